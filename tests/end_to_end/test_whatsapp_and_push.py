"""WhatsApp's ways beside SMS, and FlightAware's calls: what leaves in which form, and what a call makes happen."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from tests.end_to_end.rig import ANA, BEN, CLEO, DAN, SENDER, World, at

TALK = 40.0  # times real time
FAST = 600.0
TEMPLATE = f"HX{'a' * 32}"
CHANGED = "UA9001 GATE CHANGE A1->B2 JFK. Dep 13:00 EST, boards about 12:25."
RATES = "Msg rates may apply. STOP to end."
STOPPED = "You get no more texts from Flait. Reply START if you want them again."

both_ways = pytest.mark.parametrize("way", ["called back", "fetched"])


def by_whatsapp(phone: str) -> str:
    return f"whatsapp:{phone}"


# --- WhatsApp ------------------------------------------------------------------------------------------------------


@both_ways
def test_each_whatsapp_text_goes_in_the_form_that_may_go_now(world: World, way: str) -> None:
    set_up(world, way)
    world.clock.put(at("15:10"), TALK)
    daemon = world.daemon()
    writes_by_whatsapp(world, ANA)
    seems_to_have_written(world, CLEO)
    follow(world, ANA, BEN, CLEO, DAN)
    world.wait_for(lambda: known(world, "tracked") == CONFIRMED, "every confirmation, by whatever way")
    world.terminate(daemon)
    world.flight("UA9001", gate_origin="B2")
    world.clock.put(world.clock.now(), FAST)
    world.daemon()
    world.wait_for(lambda: known(world, "gate_change") == ALERTED, "every alert, by whatever way")

    assert [lines(world, by_whatsapp(ANA))[-1], world.texts(ANA)] == [FREE_ALERT, []]
    assert [world.texts(BEN)[0][:35], filled(world, BEN)] == ["Flait flight alerts for Ben: UA9001", [VARIABLES]]
    assert [world.texts(CLEO)[0][:36], filled(world, CLEO)] == ["Flait flight alerts for Cleo: UA9001", [VARIABLES]]
    fates = known(world, "gate_first")
    assert list(fates) == [DAN]
    # It is tried again and again, in words of then where it waited long.
    assert set(fates[DAN]) <= {f"whatsapp {state}" for state in ("failed", "expired", "queued", "sending")}
    assert {"whatsapp failed", "whatsapp expired"} & set(fates[DAN])
    assert (world.texts(DAN), filled(world, DAN)) == ([], [])


FREE_ALERT = ["*UA9001* *GATE CHANGE A1->B2 JFK*", "Dep 13:00 EST, boards about 12:25."]
VARIABLES = {"1": "UA9001", "2": "JFK-LAX", "3": "GATE CHANGE A1->B2 JFK", "4": "dep 13:00 EST", "5": "JFK gate B2"}

# Of each person's texts of one kind: by which channel, and what became of it.
CONFIRMED = {
    ANA: ["whatsapp delivered"],
    BEN: ["sms delivered"],  # never wrote, and confirmations have no template
    CLEO: ["whatsapp failed", "sms delivered"],  # 63016: by Twilio's record she never wrote
    DAN: ["whatsapp failed"],  # nor did Dan, who has not agreed to SMS
}
ALERTED = {
    ANA: ["whatsapp delivered"],
    BEN: ["whatsapp delivered"],
    CLEO: ["whatsapp failed", "whatsapp delivered"],
}  # Dan, who could be told nothing before, is to hear of a first gate: there is no template for that


def set_up(world: World, way: str) -> None:
    """A WhatsApp sender with one template; three who agreed to SMS and WhatsApp, and Dan to WhatsApp alone."""
    if way == "called back":
        world.be_called_back()
    world.env["FLAIT_TWILIO_WHATSAPP_FROM"] = SENDER
    world.flait("config", "set", "twilio.whatsapp_templates.gate_change", TEMPLATE).done()
    world.flight("UA9001", scheduled_out="18:00", scheduled_in="23:00", gate_origin="A1")
    known_ones = {"Ana": ANA, "Ben": BEN, "Cleo": CLEO}
    for ran in world.all_at_once([("user", "add", name, phone) for name, phone in known_ones.items()]):
        ran.done()


def follow(world: World, *people: str) -> None:
    for ran in world.all_at_once([("subscribe", "UA9001", who, "--channel", "whatsapp") for who in people]):
        ran.done()


def writes_by_whatsapp(world: World, who: str) -> None:
    """Within the window from now on, and answered there."""
    world.say(who, "LIST", whatsapp=True)
    world.wait_for_text(by_whatsapp(who), "You follow no flights now.")


def seems_to_have_written(world: World, who: str) -> None:
    """We think so, and Twilio knows better."""
    now = f"{world.clock.now():%Y-%m-%dT%H:%M:%S.000Z}"
    world.change(f"INSERT INTO whatsapp_windows (phone, last_inbound_at) VALUES ('{who}', '{now}')")


def known(world: World, kind: str) -> dict[str, list[str]]:
    """Of everybody's texts of a kind: by which channel they go, and how far they are."""
    found: dict[str, list[str]] = {}
    for row in world.rows('SELECT "to", channel, status FROM messages WHERE kind = ? ORDER BY id', kind):
        found.setdefault(row["to"], []).append(f"{row['channel']} {row['status']}")
    return found


def lines(world: World, to: str) -> list[list[str]]:
    return [body.split("\n") for body in world.texts(to)]


def filled(world: World, who: str) -> list[Any]:
    """What templates to somebody were filled with."""
    texts = [text for text in world.sandbox.texts() if text["to"] == by_whatsapp(who) and text["content_sid"]]
    assert {text["content_sid"] for text in texts} <= {TEMPLATE}
    return [json.loads(text["content_variables"]) for text in texts]


@both_ways
def test_stop_by_whatsapp_is_confirmed_there_and_holds_for_sms_too(world: World, way: str) -> None:
    set_up(world, way)
    for ran in world.all_at_once([("subscribe", "UA9001", who) for who in (ANA, BEN)]):
        ran.done()
    world.clock.put(at("15:10"), TALK)
    daemon = world.daemon()
    world.wait_for(lambda: known(world, "tracked").keys() == {ANA, BEN} and world.texts(ANA), "the confirmations")
    world.say(ANA, "STOP", whatsapp=True)
    world.wait_for_text(by_whatsapp(ANA), STOPPED)
    world.terminate(daemon)
    world.flight("UA9001", gate_origin="B2")
    world.clock.put(world.clock.now(), FAST)
    world.daemon()
    world.wait_for_text(BEN, CHANGED)

    assert (len(world.texts(ANA)), world.texts(by_whatsapp(ANA))) == (1, [STOPPED])


# --- FlightAware's calls -------------------------------------------------------------------------------------------


def test_a_call_of_flightaware_hastens_the_next_poll(world: World) -> None:
    pushed(world)
    world.be_called_back()
    far_flight(world)
    world.clock.put(at("15:10"), TALK)
    world.daemon()
    world.wait_for(lambda: states(world) == ["active"], "the alert to be ordered")
    before = due(world)
    assert forged_call(world, token="A" * 43) == 404
    assert forged_call(world, token="") == 404
    assert (due(world), delivered(world)) == (before, 0)

    world.flight("UA9002", gate_origin="B2", terminal_origin="4", cancelled=True)
    world.wait_for_text(ANA, "UA9002 JFK-LAX Sat 9 Mar 17:00 EST is CANCELLED.")

    assert delivered(world) >= 1
    assert "called" in traced(world)
    world.flait("unsubscribe", "UA9002", ANA).done()
    world.wait_for(lambda: states(world) == ["ended"], "the alert to be deleted")
    assert alert_requests(world, "DELETE") == [204]


def test_without_an_address_nothing_is_ordered_and_the_status_says_so(world: World) -> None:
    pushed(world)
    far_flight(world)
    world.clock.put(at("15:10"), TALK)
    world.daemon()
    world.wait_for(lambda: world.texts(ANA), "the confirmation")

    assert alert_requests(world) == []
    assert "flightaware.push needs webhook.public_url" in world.flait("status").out


def pushed(world: World) -> None:
    world.env |= {"FLAIT_FLIGHTAWARE_PUSH": "true", "FLAIT_FLIGHTAWARE_TIER": "standard"}


def far_flight(world: World) -> None:
    """More than a day ahead: by itself it is looked at every ten hours, which are 15 minutes here."""
    world.flight("UA9002", scheduled_out="2013-03-09T22:00:00Z", scheduled_in="2013-03-10T03:00:00Z", gate_origin="A1")
    world.flait("subscribe", "UA9002", ANA, "--date", "2013-03-09").done()


def states(world: World) -> list[str]:
    return [row["state"] for row in world.rows("SELECT state FROM push_alerts")]


def due(world: World) -> str:
    return str(world.rows("SELECT next_poll_at FROM flights")[0]["next_poll_at"])


def delivered(world: World) -> int:
    """Calls that were booked."""
    booked = world.rows("SELECT total(result_sets) AS calls FROM usage WHERE operation = 'delivery'")
    return int(booked[0]["calls"])


def traced(world: World) -> Sequence[str]:
    """What became of the flight's alert."""
    steps = json.loads(world.flait("trace", "UA9002", "--json").done().out)["steps"]
    return [step["outcome"] for step in steps if step["step"] == "push"]


def alert_requests(world: World, method: str = "") -> list[int]:
    """How FlightAware answered what it was asked about alerts."""
    return [asked["status"] for asked in world.requests("aeroapi", method) if "/alerts" in asked["path"]]


def forged_call(world: World, token: str) -> int:
    """Somebody else calls; the status."""
    return world.post(f"/flightaware/alert/{token}", {}, b"{}")
