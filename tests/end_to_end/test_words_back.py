"""People text back: each word is answered once, whatever happens meanwhile, and STOP is for good.

Both ways round: Twilio calls the daemon's listener, or the daemon fetches from Twilio what it cannot be told.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from flait.sandbox.signing import NO_ACCOUNT
from tests.end_to_end.rig import ANA, BEN, CLEO, DAN, SENDER, World, at, struck

TALK = 40.0  # times real time: what waits ten minutes for an answer waits 15 seconds for a slow machine
FAST = 600.0  # a look-up every 15 minutes is one every 1.5 s

EVE, FAY = "+15555550104", "+15555550105"
RATES = "Msg rates may apply. STOP to end."
NO_FLIGHTS = "You follow no flights now. Reply TRACK UA123 tomorrow to start, or HELP."
STOPPED = "You get no more texts from Flait. Reply START if you want them again."

both_ways = pytest.mark.parametrize("way", ["called back", "fetched"])


def go(world: World, way: str) -> None:
    """Which way what people say comes to Flait."""
    if way == "called back":
        world.be_called_back()


def flies(world: World, *idents: str, **fields: object) -> None:
    for ident in idents:
        world.flight(ident, scheduled_out="18:00", scheduled_in="23:00", **fields)


def flies_tomorrow_too(world: World, *idents: str) -> None:
    for ident in idents:
        world.flight(ident, scheduled_out="2013-03-09T18:00:00Z", scheduled_in="2013-03-09T23:00:00Z")


# --- the dialogue -----------------------------------------------------------------------------------------------

Script = Sequence[tuple[str, Sequence[str]]]  # what somebody says (nothing: they wait), and what they are told then

ASKS = "Reply JOIN to get texts, STOP never to hear from us. Msg rates may apply."
URGENT = "Only urgent msgs come: cancelled, diverted, leaving earlier, gate change near departure."

LISTED = """\
1 UA8702 Fri8Mar JFK-LAX 13:00 on time
2 UA8701 Sat9Mar JFK-LAX 13:00 on time
Reply STATUS 1, UNTRACK 1 or MUTE 1."""
TODAY = "UA8702 JFK-LAX Fri 8 Mar, dep 13:00 EST, arr 15:00 PST."
TOMORROW = "Tracking UA8701 JFK-LAX Sat 9 Mar, dep 13:00 EST, arr 15:00 PST. Gate later."
FIRST = "Flait flight alerts"

TALKS: Mapping[str, Script] = {
    ANA: [
        ("list", [NO_FLIGHTS]),
        ("TRACK UA8701 tomorrow", [TOMORROW]),
        ("Track ua8702 today!", [f"Tracking {TODAY} Gate later."]),
        ("LIST", [LISTED]),
        ("UNTRACK 2", ["Stopped UA8701 Sat 9 Mar. 1 flight left. Reply UNDO within 10 min to restore."]),
        ("UNDO", [TOMORROW]),
    ],
    BEN: [
        ("TRACK UA8701", ["UA8701 flies today 13:00 EST and tomorrow 13:00 EST JFK-LAX. Reply 1 today, 2 tomorrow."]),
        ("2", [TOMORROW]),
        ("Thanks!", []),
        ("STOP UA8701", ["Stopped UA8701 Sat 9 Mar only. To end ALL messages reply STOP alone."]),
    ],
    CLEO: [
        ("TRACK UA8702 today", [f"{FIRST} for Cleo: {TODAY} Gate later. {RATES}"]),
        (
            f"SHARE UA8702 {DAN} meet",
            ["Asked +1555...0103 to follow UA8702 Fri 8 Mar as meeter. They must reply JOIN first."],
        ),
    ],
    DAN: [
        ("", [f"Cleo invites you to follow UA8702 JFK-LAX Fri 8 Mar by text. {ASKS}"]),
        ("Join", [f"{FIRST}: {TODAY} We text when it takes off and lands. {RATES}"]),
        ("LEAVE", ["Stopped UA8702 Fri 8 Mar. No flights left. Reply UNDO within 10 min to restore."]),
    ],
    EVE: [
        ("TRACK UA8702 today", [f"{FIRST} for Eve: {TODAY} Gate later. {RATES}"]),
        ("where is my plane", ["UA8702 JFK-LAX on time: dep 13:00 EST, arr 15:00 PST. Gate later. Checked lately."]),
        ("MUTE 2h", [f"All flights muted until HH:MM EST. {URGENT} Reply UNMUTE."]),
        ("UNMUTE", ["Nothing is muted any more. What changed meanwhile follows."]),
    ],
    FAY: [
        ("Who is this?", ["This number is not set up for Flait. Ask the person who runs it to add you."]),
        ("TRACK UA8702", []),
    ],
}


class Talk:
    """One person's part, said bit by bit: `go_on` says the next when the last is answered, and whether all is over."""

    def __init__(self, world: World, who: str, script: Script) -> None:
        self._world, self._who, self._script = world, who, script
        self._said = 0
        self._sid = ""

    def go_on(self) -> bool:
        """Say what can be said now."""
        while self._is_answered():
            if self._said == len(self._script):
                return True
            body, _ = self._script[self._said]
            self._sid = self._world.sandbox.reply(self._who, body) if body else ""
            self._said += 1
        return False

    def _is_answered(self) -> bool:
        due = sum(len(answers) for _, answers in self._script[: self._said])
        heard = not self._sid or self._world.is_answered(self._sid)
        return heard and len(self._world.told(self._who)) >= due


def as_scripted(body: str) -> str:
    """Without what depends on the minute."""
    return re.sub(r"Checked [^.]*\.", "Checked lately.", re.sub(r"until \d\d:\d\d", "until HH:MM", body))


@both_ways
def test_everybody_gets_the_answers_to_what_they_say_each_once(world: World, way: str) -> None:
    go(world, way)
    flies(world, "UA8701", "UA8702")
    flies_tomorrow_too(world, "UA8701", "UA8702")
    people = {ANA: "Ana", BEN: "Ben", CLEO: "Cleo", EVE: "Eve"}
    for ran in world.all_at_once([("user", "add", name, phone) for phone, name in people.items()]):
        ran.done()
    world.clock.put(at("15:10"), TALK)
    daemon = world.daemon()

    talks = [Talk(world, who, script) for who, script in TALKS.items()]
    world.wait_for(lambda: not [talk for talk in talks if not talk.go_on()], "every answer")
    world.terminate(daemon)
    read_again(world)

    answered = {who: [as_scripted(body) for body in world.told(who)] for who in TALKS}
    assert answered == {who: [text for _, answers in script for text in answers] for who, script in TALKS.items()}


@both_ways
def test_who_was_invited_has_a_share_of_the_look_ups_and_no_more(world: World, way: str) -> None:
    go(world, way)
    flies(world, "UA8702", "UA8703")
    world.env["FLAIT_BUDGET_PER_PERSON"] = "0.004"
    world.flait("subscribe", "UA8702", CLEO, "--name", "Cleo").done()
    world.clock.put(at("15:10"), TALK)
    daemon = world.daemon()
    wait_until_told(world, CLEO, 1)
    world.sandbox.reply(CLEO, f"SHARE UA8702 {DAN}")
    wait_until_told(world, DAN, 1)
    world.sandbox.reply(DAN, "JOIN")
    wait_until_told(world, DAN, 2)

    world.sandbox.reply(DAN, "TRACK UA8703")

    wait_until_told(world, DAN, 3)
    assert world.told(DAN)[2].startswith(
        "Your share of this month's look-ups is used up: none for you before Mon 1 Apr."
    )
    assert not world.rows("SELECT 1 FROM usage WHERE flight LIKE '%8703%'")
    world.terminate(daemon)


def wait_until_told(world: World, to: str, texts: int) -> None:
    world.wait_for(lambda: len(world.told(to)) >= texts, f"{texts} texts to {to}")


def read_again(world: World) -> None:
    """Another daemon looks at all that was said lately, and has nothing to add."""
    before = len(readings(world))
    daemon = world.daemon()
    world.wait_for(lambda: len(readings(world)) > before, "a reading of what people said")
    world.terminate(daemon)
    assert not world.rows("SELECT 1 FROM inbound WHERE answered_at IS NULL")
    assert not world.statuses().keys() & {"queued", "sending"}


def readings(world: World) -> list[dict[str, Any]]:
    """Of Twilio's record, as answered: whose texts there are is not said in the question."""
    return [asked for asked in world.requests("twilio", "GET") if asked["query"].get("To") == SENDER]


HELP = "Flait: STATUS, LIST, TRACK UA123 tomorrow, UNTRACK UA123, ALT, MUTE 2h, QUIET 22-7, SHARE UA123 PHONE, LESS, WHY. STOP ends all msgs."
TWILIOS_HELP = "Reply STOP to unsubscribe. Msg&Data Rates May Apply."


@both_ways
@pytest.mark.parametrize(("kind", "owner"), [("advanced", "twilio"), ("none", "flait")])
def test_one_of_the_two_answers_help_stop_and_start(world: World, way: str, kind: str, owner: str) -> None:
    go(world, way)
    world.sandbox.set_keywords(kind)
    world.env["FLAIT_TWILIO_KEYWORD_OWNER"] = owner
    world.flait("user", "add", "Ana", ANA).done()
    world.clock.put(at("15:10"), TALK)
    daemon = world.daemon()
    by_flait = owner == "flait"
    ours: list[str] = []
    for body, answer in (("HELP", HELP), ("STOP", STOPPED), ("LIST", ""), ("START", NO_FLIGHTS)):
        world.say(ANA, body)
        ours += [answer] if answer and (by_flait or body == "START") else []
        wait_until_told(world, ANA, len(ours))
    world.terminate(daemon)
    read_again(world)

    assert world.told(ANA) == ours
    assert (TWILIOS_HELP in world.texts(ANA)) is not by_flait
    assert len(world.texts(ANA)) == (3 if by_flait else 4)


# --- what people say, whatever happens meanwhile -----------------------------------------------------------------


def test_a_text_that_was_both_called_in_and_fetched_is_answered_once(world: World) -> None:
    world.be_called_back()
    world.flait("user", "add", "Ana", ANA).done()
    world.clock.put(at("15:10"), TALK)
    daemon = world.daemon()
    world.say(ANA, "LIST", replay=2)
    world.wait_for(lambda: world.told(ANA), "the answer")
    world.terminate(daemon)
    read_again(world)  # called in, then fetched
    world.sandbox.set_inbound_url(None)
    sid = world.sandbox.reply(ANA, "STATUS")
    daemon = world.daemon()
    world.wait_for(lambda: world.is_answered(sid), "the fetched text's answer")
    world.wait_for(lambda: len(world.told(ANA)) == 2, "the second answer")
    assert post(world, "/twilio/message", inbound(sid, ANA, "STATUS")) == 200  # fetched, then called in
    world.terminate(daemon)
    read_again(world)

    assert len(world.told(ANA)) == 2


def inbound(sid: str, who: str, body: str) -> dict[str, str]:
    """The form that Twilio posts for a person's text."""
    return {"MessageSid": sid, "SmsSid": sid, "AccountSid": NO_ACCOUNT, "From": who, "To": SENDER, "Body": body}


def post(world: World, path: str, fields: Mapping[str, str]) -> int:
    """Post a form as Twilio does; the status."""
    return world.post(*world.sandbox.signed(world.public_url + path, fields))


@both_ways
def test_a_question_and_its_answer_outlive_kill_9(world: World, way: str) -> None:
    go(world, way)
    flies(world, "UA8703")
    flies_tomorrow_too(world, "UA8703")
    world.flait("user", "add", "Ana", ANA).done()
    world.clock.put(at("15:10"), TALK)
    daemon = world.daemon()
    world.sandbox.reply(ANA, "TRACK UA8703")
    world.wait_for_text(ANA, "UA8703 flies today")
    world.kill(daemon)
    sid = world.sandbox.reply(ANA, "2")  # to a listener that is dead: Twilio gives up, its record keeps the text
    world.sandbox.settled()
    with struck(world, [(1, "before"), (3, "after")]):
        for _ in range(2):
            assert world.finished(world.spawn("daemon", "run", "--quiet")).code == -9
    world.daemon()

    world.wait_for(lambda: world.is_answered(sid), "the digit to be answered")
    world.wait_for_text(ANA, "Tracking UA8703 JFK-LAX Sat 9 Mar")
    world.wait_for(lambda: world.statuses() == {"accepted": 2}, "both texts settled")
    assert len(world.told(ANA)) == 2


# --- STOP --------------------------------------------------------------------------------------------------------


@both_ways
def test_stop_holds_whatever_comes_and_start_undoes_it(world: World, way: str) -> None:
    go(world, way)
    flies(world, "UA8801", "UA8802", gate_origin="A1")
    for ran in world.all_at_once([("subscribe", "UA8801", to) for to in (ANA, BEN, CLEO)]):
        ran.done()
    world.clock.put(at("15:10"), TALK)
    daemon = world.daemon()
    world.wait_for(lambda: world.statuses() == {"accepted": 3}, "three confirmations")
    world.say(ANA, "STOP")
    world.say(CLEO, "stop please")
    world.say(CLEO, "please stop")
    world.wait_for_text(CLEO, STOPPED)

    for gate, ends in (("B1", world.terminate), ("B2", world.kill), ("B3", world.terminate)):
        ends(daemon)
        daemon = hear_of_gate(world, gate)
    refused = [world.flait("messages", "retry", str(first_text(world, ANA))), world.flait("subscribe", "UA8802", ANA)]

    assert [(ran.code, "texted STOP" in ran.err) for ran in refused] == [(2, True), (2, True)]
    assert [posts(world, to) for to in (ANA, CLEO)] == [1, 2]
    assert world.told(CLEO)[1:] == [STOPPED]
    world.terminate(daemon)
    comes_back(world)


def test_a_backup_from_before_stop_does_not_bring_the_texts_back(world: World) -> None:
    world.be_called_back()
    flies(world, "UA8801", gate_origin="A1")
    for ran in world.all_at_once([("subscribe", "UA8801", to) for to in (ANA, BEN)]):
        ran.done()
    world.clock.put(at("15:10"), TALK)
    daemon = world.daemon()
    world.wait_for(lambda: world.statuses() == {"accepted": 2}, "both confirmations")
    backup = world.flait("backup", "create").done().out.strip()
    world.say(ANA, "STOP")
    world.terminate(daemon)
    world.flait("-y", "backup", "restore", backup).done()
    opted_out = world.rows("SELECT phone FROM opt_outs")
    hear_of_gate(world, "B1")

    assert opted_out == [{"phone": ANA}]
    assert posts(world, ANA) == 1


def hear_of_gate(world: World, gate: str) -> Any:
    """Another daemon, with another gate to tell of: Ben reads of it, and whoever else may."""
    world.flight("UA8801", gate_origin=gate)
    world.clock.put(world.clock.now(), FAST)
    daemon = world.daemon()
    world.wait_for(lambda: any(f"->{gate} " in body for body in world.told(BEN)), f"gate {gate} to Ben")
    return daemon


def comes_back(world: World) -> None:
    """START: how things stand, once, and from then on what is new."""
    world.clock.put(world.clock.now(), TALK)
    daemon = world.daemon()
    world.say(ANA, "START")
    # on time; or without a report yet that it left, where the story took that long
    world.wait_for(
        lambda: any("UA8801 JFK-LAX" in said and "Gate B3" in said for said in world.told(ANA)), "the answer"
    )
    world.terminate(daemon)
    daemon = hear_of_gate(world, "B9")
    world.wait_for_text(ANA, "UA8801 GATE CHANGE B3->B9 JFK.")
    world.terminate(daemon)
    told = [body for body in world.told(ANA) if "A1->B3" not in body]  # a look may have come before the answer
    assert len(told) == 3  # the confirmation, the status, the change


def posts(world: World, to: str) -> int:
    """How often Twilio was asked to text somebody, whatever it said."""
    return sum(request["form"].get("To") == to for request in world.requests("twilio", "POST"))


def first_text(world: World, to: str) -> int:
    return int(world.rows('SELECT min(id) AS id FROM messages WHERE "to" = ?', to)[0]["id"])
