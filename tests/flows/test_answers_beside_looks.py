"""What asks nobody is answered at once; one person's looks wait behind each other, and before nobody else's."""

import threading
from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest

from flait.core.texts import answers as texts
from flait.errors import StoreError
from flait.flows import answer
from flait.store import Store
from flait.store.inbound import ANSWER_WITHIN
from tests.core.flights_for_tests import F12, hours, minutes, planned
from tests.flows.talk import RULES, TOMORROW, Talk, live, moved
from tests.flows.world import PHONES, FakeFlightSource, World

ANA, BEN, CLEO = PHONES[:3]
UA5 = planned(fa_flight_id="UAL5", ident="UAL5", ident_icao="UAL5", ident_iata="UA5")


class Hands:
    """The daemon's two ways to answer, each when a test says so."""

    def __init__(self, talk: Talk) -> None:
        self.talk, self.world, self.looks = talk, talk.world, answer.Looks()

    def at_once(self) -> list[str]:
        """All that can be answered without a look; who was answered what: `0100 All flights muted …`."""
        seen = len(self.world.texts)
        while answer.answer_next(
            self.world.store, self.world.clock, boot=self.world.boot, looks=self.looks, rules=RULES
        ):
            pass
        return self._since(seen)

    def look(self, store: Store | None = None) -> list[str]:
        """One text that waits for a look."""
        seen = len(self.world.texts)
        answer.answer_looked(store or self.world.store, self.world.source, looks=self.looks)
        return self._since(seen)

    def _since(self, seen: int) -> list[str]:
        return [f"{text.to[-4:]} {text.body}" for text in self.world.texts[seen:]]

    def says(self, body: str, phone: str = ANA) -> list[str]:
        """A text comes in, and is answered if it can be."""
        self.talk.send(body, phone)
        return self.at_once()


@pytest.fixture
def hands(world: World, talk: Talk) -> Hands:
    """Ana and Ben follow a flight; AeroAPI shows it, and the next day's."""
    for phone in (ANA, BEN):
        talk.tracks(F12, phone=phone)
    world.source.board = [F12, TOMORROW]
    return Hands(talk)


# --- what never waits -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("phone", [ANA, BEN])
@pytest.mark.parametrize(
    ("said", "answered"),
    [
        ("LIST", "1 UA1234 Tue25Nov"),
        ("HELP", "Flait: STATUS"),
        ("MUTE", "All flights muted until"),
        ("UNMUTE", "Nothing is muted."),
        ("stop texting me", "You get no more texts"),
        ("UNTRACK 1", "Stopped UA1234 Tue 25 Nov."),
        ("UNDO", "There is nothing to undo"),
        ("STATUS", "UA1234 SFO-EWR on time"),  # seen less than three minutes ago
        ("who is this?", "This is Flait"),
        ("SHARE 1 +15555550105", "Asked +1555...0105"),
        ("QUIET 22-7", "Quiet 22:00-07:00 is saved"),
        ("WHY", "No alert has been sent to you yet."),
        ("CONNECT", "No two flights that you travel on connect."),
        ("LANG de", "LANG is not there yet."),
        ("blah", "Sorry, I did not get that."),
    ],
)
def test_what_asks_nobody_is_answered_while_somebody_s_look_hangs(
    world: World, hands: Hands, phone: str, said: str, answered: str
) -> None:
    calls = len(world.source.calls)
    assert hands.says("TRACK UA1234 tomorrow") == []
    bodies = hands.says(said, phone)
    assert f"{phone[-4:]} {answered}" in bodies[-1][: len(answered) + 5]
    assert len(world.source.calls) == calls
    (looked,) = hands.look() or [""]
    assert looked.startswith("0100 Tracking UA1234 SFO-EWR Wed 26") or said.startswith("stop")


def test_a_stop_while_a_look_waits_leaves_nothing_of_it(world: World, hands: Hands) -> None:
    hands.says("TRACK UA1234 tomorrow")
    hands.says("STOP")
    assert hands.look() == []
    assert live(world, ANA) == ["UA1234 active"]


@pytest.mark.parametrize("said", ["TRACK UA1234 tomorrow", "STATUS", "START", "BAGS", "track UA1234"])
def test_what_takes_a_look_is_put_off_and_nothing_of_it_is_done(world: World, hands: Hands, said: str) -> None:
    world.clock.advance(minutes(10))
    world.store.opt_out(ANA, world.clock.now(), how="texted STOP") if said == "START" else None
    before = {name: rows for name, rows in world.dump().items() if name not in ("inbound", "consent_texts")}
    if said != "START":  # which is obeyed when it comes in
        assert hands.says(said) == []
        assert {name: rows for name, rows in world.dump().items() if name not in ("inbound", "consent_texts")} == before
    else:
        hands.says(said)
    assert hands.looks.ready == 1
    assert len(hands.look()) >= 1
    assert hands.looks.ready == 0


# --- in order, person by person -------------------------------------------------------------------------------------


def test_the_looks_of_one_wait_behind_each_other_and_before_nobody(world: World, hands: Hands) -> None:
    for body, phone in (("TRACK UA1234 tomorrow", ANA), ("TRACK UA5", ANA), ("TRACK UA1234 tomorrow", BEN)):
        hands.says(body, phone)
    first = hands.looks.take()
    assert first
    assert (hands.looks.ready, len(hands.looks.sids())) == (1, 3)
    other = hands.looks.take()
    assert other
    assert [one.desk.phone for one in (first, other)] == [ANA, BEN]
    assert hands.looks.take() is None  # Ana's second is behind her first
    hands.looks.done(first)
    second = hands.looks.take()
    assert second
    assert second.desk.heard.inbound.body == "TRACK UA5"


def test_who_was_answered_last_is_last_in_turn(hands: Hands) -> None:
    for body, phone in (("TRACK UA1", ANA), ("TRACK UA2", ANA), ("TRACK UA3", ANA), ("TRACK UA4", BEN)):
        hands.says(body, phone)
    answered = [hands.look()[0][:4] for _ in range(4)]
    assert answered == ["0100", "0101", "0100", "0100"]


def test_what_is_about_the_flight_that_is_looked_up_comes_after_it(world: World, hands: Hands) -> None:
    for said in ("TRACK UA1234 tomorrow", "UNTRACK UA1234 tomorrow", "UNDO", "MUTE UA1234 today"):
        assert hands.says(said) == []
    bodies = [body[5:27] for _ in range(4) for body in hands.look()]
    assert bodies == [
        "Tracking UA1234 SFO-EW", "Stopped UA1234 Wed 26 ", "Tracking UA1234 SFO-EW", "UA1234 Tue 25 Nov mute",
    ]  # fmt: skip


def test_what_is_about_another_flight_does_not_wait(world: World, hands: Hands) -> None:
    world.source.board = [UA5]
    world.subscribe(0, "UA5")
    hands.says("TRACK UA1234 tomorrow")
    assert hands.says("UNTRACK UA5")[0].startswith("0100 Stopped UA5 Tue 25 Nov. 1 flight left.")


def test_a_digit_answers_the_question_that_was_open_when_it_came(world: World, hands: Hands) -> None:
    hands.says("TRACK UA1234")
    hands.look()
    hands.says("TRACK UA1234")
    assert hands.says("2") == []
    world.source.board = [TOMORROW, moved(TOMORROW, hours(6))]  # so that another question is put before it is answered
    hands.look()
    (body,) = hands.look()
    assert body.startswith("0100 Tracking UA1234 SFO-EWR Wed 26 Nov, dep 14:10 PST")
    hands.says("2")
    assert hands.look()[0].startswith("0100 Tracking UA1234 SFO-EWR Wed 26 Nov, dep 20:10 PST")


def test_a_flood_of_looks_is_answered_up_to_the_limits(world: World, hands: Hands) -> None:
    for number in range(14):
        hands.says(f"TRACK UA{number + 10}")
    world.source.board = []
    bodies = [body for _ in range(14) for body in hands.look()]
    assert sum("No UA" in body for body in bodies) == 10
    assert hands.looks.sids() == []


# --- deaths and faults ----------------------------------------------------------------------------------------------


def test_what_waits_is_found_anew_by_the_next_daemon_however_often(world: World, hands: Hands) -> None:
    for _ in range(5):
        hands.says("TRACK UA1234 tomorrow") if not hands.talk.sids else None
        hands.at_once()
        assert hands.looks.ready == 1
        world.restart()
        hands = Hands(hands.talk)
    hands.at_once()
    assert hands.look()[0].startswith("0100 Tracking UA1234 SFO-EWR Wed 26 Nov")


def test_a_look_that_is_not_stored_is_taken_up_again(
    world: World, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> bool:
        raise StoreError("the disk is full")

    hands.says("TRACK UA1234 tomorrow")
    monkeypatch.setattr(world.store, "mark_answered", full)
    with pytest.raises(StoreError):
        hands.look()
    monkeypatch.undo()
    assert hands.at_once() == []
    world.clock.advance(ANSWER_WITHIN + timedelta(seconds=1))
    hands.at_once()
    assert hands.look()[0].startswith("0100 Tracking UA1234 SFO-EWR Wed 26 Nov")


def test_a_fault_of_our_own_in_a_look_is_owned_up_to_and_the_next_is_answered(
    world: World, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    hands.says("TRACK UA1234 tomorrow")
    hands.says("TRACK UA1234 today")
    world.source.meanwhile = lambda: 1 / 0
    assert hands.look() == [f"0100 {texts.FAULT}"]
    world.source.meanwhile = lambda: None
    assert hands.look() == ["0100 You follow UA1234 already. Reply STATUS to see how it stands."]


# --- several at once ------------------------------------------------------------------------------------------------


class Hanging(FakeFlightSource):
    """AeroAPI does not answer about UA1234 before it is let go."""

    def __init__(self, board: Sequence[object]) -> None:
        super().__init__()
        self.board = board  # type: ignore[assignment]  # flights
        self.asked, self.go_on = threading.Event(), threading.Event()

    def _called(self, *call: object) -> None:
        if "UA1234" in call:
            self.asked.set()
            assert self.go_on.wait(60)


@pytest.fixture
def hanging(hands: Hands) -> Iterator[Hanging]:
    source = Hanging([UA5])
    yield source
    source.go_on.set()


def test_a_look_that_hangs_holds_up_no_other_person_s(world: World, hands: Hands, hanging: Hanging) -> None:
    hands.says("TRACK UA1234 tomorrow")
    hands.says("TRACK UA5", BEN)
    world.source = hanging

    def other_hand() -> None:
        with Store.open(world.path) as store:
            answer.answer_looked(store, hanging, looks=hands.looks)

    first = threading.Thread(target=other_hand)
    first.start()
    assert hanging.asked.wait(60)
    assert hands.look()[0].startswith("0101 Tracking UA5")
    assert hands.says("MUTE")[0].startswith("0100 All flights muted until")
    hanging.go_on.set()
    first.join(60)
    assert [hands.talk.heard(number).answer for number in range(3)] == ["track", "track", "mute"]
