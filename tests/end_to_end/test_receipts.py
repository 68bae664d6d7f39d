"""What became of our texts: it is known in the end however Twilio reports it, and nobody else can say it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from flait.sandbox.signing import NO_ACCOUNT
from tests.end_to_end.rig import ANA, BEN, CLEO, DAN, SENDER, World, at

SOON = 240.0  # times real time: Twilio is asked about a text's end half a second after it took it
EVE, FAY = "+15555550104", "+15555550105"

both_ways = pytest.mark.parametrize("way", ["called back", "fetched"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """How Twilio reports of one person's text, and what must be known of it in the end."""

    who: str
    status: str
    reports: Mapping[str, object]
    error_code: int | None = None
    error: str | None = None


FATES = (
    Fate(who=ANA, status="delivered", reports={"order": "shuffled", "duplicate": 2, "forge": 2}),
    Fate(who=BEN, status="delivered", reports={"before_answer": True, "duplicate": 1}),
    Fate(who=CLEO, status="delivered", reports={"lose": 1, "forge": 1}),
    Fate(
        who=DAN,
        status="undelivered",
        reports={"outcome": "undelivered", "error_code": 30006, "order": "reversed"},  # in vain: it comes once
        error_code=30006,
        error="the number is a landline or its carrier cannot be reached",
    ),
    Fate(
        who=EVE,
        status="failed",
        reports={"outcome": "failed", "error_code": 30006, "before_answer": True},
        error_code=30006,
        error="the number is a landline or its carrier cannot be reached",
    ),
    Fate(who=FAY, status="read", reports={"outcome": "read", "order": "shuffled", "forge": 1}),
)


@both_ways
def test_the_fate_of_every_text_is_known_however_it_is_reported(world: World, way: str) -> None:
    if way == "called back":
        world.be_called_back()
    world.flight("UA8901", scheduled_out="18:00", scheduled_in="23:00")
    world.env["FLAIT_TWILIO_WHATSAPP_FROM"] = SENDER
    world.flait("config", "set", "twilio.whatsapp_templates.any", f"HX{'0' * 32}").done()
    world.clock.put(at("15:10"), SOON)
    world.daemon()
    for fate in FATES:
        confirmed(world, fate)

    world.wait_for(lambda: known(world) == {fate.who: fate.status for fate in FATES}, "every fate")
    assert world.sandbox.settled(30)
    listed = {row["to"]: row for row in json.loads(world.flait("messages", "--json").done().out)["messages"]}
    assert {to: (row["status"], row["error_code"]) for to, row in listed.items()} == {
        fate.who: (fate.status, fate.error_code) for fate in FATES
    }
    for fate in FATES:
        assert_told_of(world, fate, listed[fate.who]["id"])
    assert forged(world) == ({403} if way == "called back" else set())


def confirmed(world: World, fate: Fate) -> None:
    """A person subscribes, and Twilio has the confirmation."""
    by_whatsapp = ("--channel", "whatsapp") if fate.status == "read" else ()
    world.sandbox.set_receipts(**fate.reports)
    world.flait("subscribe", "UA8901", fate.who, *by_whatsapp).done()
    world.wait_for(lambda: first_sid(world, fate.who), f"the confirmation to {fate.who}")


def first_sid(world: World, to: str) -> list[dict[str, Any]]:
    return world.rows('SELECT 1 FROM messages WHERE "to" = ? AND sid IS NOT NULL', to)


def known(world: World) -> dict[str, str]:
    """What became of everybody's text, as far as Flait knows."""
    return {row["to"]: row["status"] for row in world.rows('SELECT "to", status FROM messages')}


def assert_told_of(world: World, fate: Fate, number: int) -> None:
    shown = json.loads(world.flait("messages", "show", str(number), "--json").done().out)["message"]
    steps = json.loads(world.flait("trace", f"msg:{number}", "--json").done().out)["steps"]
    reported = [step["outcome"] for step in steps if step["step"] == "receipt"]
    assert fate.status in reported
    assert len(reported) == len(set(reported))
    assert (fate.error or "") in (shown["error"] or "")
    assert bool(shown["error"]) is bool(fate.error)


def forged(world: World) -> set[int]:
    """How forged reports were answered."""
    return {report["status"] for report in world.requests("twilio-callback", fault="forged")}


def test_what_twilio_did_not_sign_changes_nothing(world: World) -> None:
    world.be_called_back()
    world.flight("UA8901", scheduled_out="18:00", scheduled_in="23:00")
    world.flait("subscribe", "UA8901", ANA).done()
    world.clock.put(at("15:10"), SOON)
    world.daemon()
    world.wait_for(lambda: known(world) == {ANA: "delivered"}, "the receipt")
    assert world.sandbox.settled(30)
    before = kept(world)

    sid = world.sandbox.texts()[0]["sid"]
    read = {"MessageSid": sid, "MessageStatus": "read", "AccountSid": NO_ACCOUNT, "From": SENDER, "To": ANA}
    stop = {"MessageSid": f"SM{'1' * 32}", "AccountSid": NO_ACCOUNT, "From": ANA, "To": SENDER, "Body": "STOP"}
    asked = [("/twilio/status?m=1&a=1", read), ("/twilio/message", stop)]
    answers = [
        world.post(*forgery)
        for path, fields in asked
        for forgery in world.sandbox.forgeries(world.public_url + path, fields)
    ]

    assert set(answers) <= {400, 403}
    assert len(answers) > 20
    assert kept(world) == before


def kept(world: World) -> dict[str, Any]:
    """What words from outside could change."""
    tables = ("messages", "receipts", "inbound", "users", "opt_outs", "consent_changes", "dialogues")
    contents = world.contents()
    return {name: contents[name] for name in tables}
