"""WHY: what somebody had been told, what the looks showed, which rule it was, and what became of the text."""

import pytest

from flait.core.changes import ChangeKind
from flait.core.flights import Flight
from flait.core.messages import MessageStatus, units
from flait.core.preferences import Preferences
from flait.core.receipts import Receipt
from flait.core.values import replace
from tests.core.flights_for_tests import F12, hours, late, minutes
from tests.flows.talk import Talk
from tests.flows.world import PHONES, REMINDING, World


def why(world: World, body: str = "WHY", number: int = 0) -> str:
    talk = Talk(world)
    talk.sids = [str(len(world.store.messages()))] * (1 + len(world.texts))  # sids are never used twice
    talk.send(body, PHONES[number])
    [text] = talk.answer()
    assert units(text.body) <= 160
    return text.body


def told_late(world: World, flight: Flight | None = None) -> None:
    """45 minutes late by two looks, told and accepted."""
    world.follow(F12)
    world.clock.advance(minutes(5))
    flight = flight or late(minutes(45))
    world.store.hasten(1, world.clock.now())
    assert world.poll(flight) == []
    world.clock.advance(minutes(1))
    world.store.hasten(1, world.clock.now())
    assert world.poll(flight) == ["delay_first"]
    world.deliver()


def test_a_delay_is_explained_by_what_was_told_the_two_looks_and_the_rule(world: World) -> None:
    told_late(world)
    assert why(world) == (
        "UA1234: told 14:10 PST at 12:10. 12:15 and 12:16: 14:55. Rule: 15m or more late. Sent 12:16."
    )


def test_the_receipt_is_the_last_thing_known_of_the_text(world: World) -> None:
    told_late(world)
    sid = world.texts[-1].sid
    assert sid
    arrived = world.clock.now() + minutes(1)
    world.store.save_receipt(Receipt(sid=sid, status=MessageStatus.DELIVERED), "delivered", now=arrived)
    assert why(world).endswith("Rule: 15m or more late. Delivered 12:17.")


def test_two_looks_that_showed_different_times_are_told_apart(world: World) -> None:
    world.follow(F12)
    for by in (45, 50):
        world.clock.advance(minutes(1))
        world.store.hasten(1, world.clock.now())
        world.poll(late(minutes(by)))
    world.deliver()
    assert "12:11: 14:55. 12:12: 15:00. Rule" in why(world)


def test_what_was_told_by_a_text_that_was_lost_was_not_told(world: World) -> None:
    world.follow(F12)
    sid = world.texts[0].sid
    assert sid
    for _ in range(2):
        world.clock.advance(minutes(1))
        world.store.hasten(1, world.clock.now())
        world.poll(late(minutes(45)))
    world.deliver()
    world.store.save_receipt(Receipt(sid=sid, status=MessageStatus.UNDELIVERED), "undelivered", now=world.clock.now())
    assert "told" not in why(world)


@pytest.mark.parametrize(("preferences", "words"), [
    (Preferences(), "Rule: 3h before departure."),
    (Preferences(leads={ChangeKind.LEAVE: hours(3)}), "You asked to be told 3h before departure."),
])  # fmt: skip
def test_a_reminder_is_what_was_asked_for_only_by_who_asked(world: World, preferences: Preferences, words: str) -> None:
    world.clock.moment -= hours(5)
    world.source.board = [F12]
    subscribed = world.subscribe()
    world.store.save_user(replace(subscribed.user, preferences=preferences))
    world.deliver()
    world.clock.moment += hours(4)
    world.store.hasten(1, world.clock.now())
    world.poll(F12, rules=REMINDING)
    world.deliver()
    assert world.texts[-1].kind == "leave"
    assert words in why(world)


def test_what_waited_for_the_end_of_quiet_hours_says_so(world: World) -> None:
    world.clock.moment -= hours(14)
    world.source.board = [F12]
    subscribed = world.subscribe()
    quiet = Preferences(quiet="21:00-06:00")
    world.store.save_user(replace(subscribed.user, preferences=quiet, timezone="America/Los_Angeles"))
    world.deliver()
    for _ in range(3):
        world.clock.advance(minutes(2))
        world.store.hasten(1, world.clock.now())
        world.poll(late(minutes(45)))
    assert world.kinds == ["tracked"]
    assert [step.outcome for step in world.steps("held")] == ["delay_first"]
    world.clock.moment = world.moment() or world.clock.moment
    world.store.hasten(1, world.clock.now())
    world.poll(late(minutes(45)))
    world.deliver()
    assert world.kinds[-1] == "delay_first"
    assert "Waited for 06:00: quiet hours." in why(world)


def test_who_was_sent_no_alert_is_told_so(world: World) -> None:
    world.follow(F12)
    assert why(world) == (
        "No alert has been sent to you yet. We text when something changes. Reply STATUS to see how it stands."
    )
    assert why(world, "WHY UA1234").startswith("No alert about UA1234 has been sent to you yet.")


def test_one_flight_is_asked_about_by_its_number(world: World) -> None:
    told_late(world)
    assert why(world, "why UA1234").startswith("UA1234: told 14:10")
    assert why(world, "why UA99").startswith("No alert about UA99 has been sent")


def test_nobody_is_told_why_another_was_texted(world: World) -> None:
    told_late(world)
    world.subscribe(1)
    assert "No alert" in why(world, "why UA1234", number=1)


def test_what_is_not_on_record_any_more_is_said_to_be_gone(world: World) -> None:
    told_late(world)
    with world.store.transaction():
        world.store._change("DELETE FROM alerts")
    assert why(world) == "UA1234, sent 12:16 PST: Why it was told is not on record any more. Sent 12:16."


def test_what_an_earlier_flait_noted_is_no_more_than_that(world: World) -> None:
    told_late(world)
    with world.store.transaction():
        world.store._change("UPDATE alerts SET why = :why", why='{"priority": "P1", "held": []}')
    assert why(world) == "UA1234: sent 12:16 PST. Sent 12:16."


def test_a_text_said_again_has_the_reason_of_the_first(world: World) -> None:
    told_late(world)
    with world.store.transaction():
        world.store._change("UPDATE alerts SET message_id = 1")
        world.store._change("UPDATE messages SET copy_of = 1 WHERE id = 2")
    assert "Rule: 15m or more late." in why(world)
