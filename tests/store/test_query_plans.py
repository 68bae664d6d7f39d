"""What is asked every second, or over months of rows, is answered from an index: no plan may read a whole table."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from flait.core.flights import Airport
from flait.core.inbound import Inbound
from flait.core.messages import MessageStatus
from flait.core.receipts import Receipt
from flait.core.subscriptions import Role, Subscription, SubscriptionState
from flait.store import PushState, Store
from tests.store.samples import NOW, PHONE, flight, message

RECEIPT = Receipt(sid="SM1", status=MessageStatus.SENT, message_id=1)
ABOUT = message(1, "a", id=1, flight_id=1)
TEXT = Inbound(sid="SM1", sender=PHONE, to=PHONE, body="STATUS")
FOLLOWED = Subscription(
    id=1,
    user_id=1,
    ident="UA1",
    departure_date=NOW.date(),
    role=Role.TRAVELER,
    state=SubscriptionState.ACTIVE,
    asked_at=NOW,
)
HERE, THERE = Airport(code="KSFO"), Airport(code="KJFK")

HOT: dict[str, Callable[[Store], object]] = {
    "claim due flights": lambda store: store.claim_due_flights(NOW, "boot", 10),
    "anything awaited": lambda store: store.is_anything_awaited(),
    "claimed flights": lambda store: store.claimed_flights(except_by="boot"),
    "find open by number": lambda store: store.find_open({"UA1", "UA2"}),
    "find open by number and date": lambda store: store.find_open({"UA1"}, NOW.date()),
    "find open by id": lambda store: store.tracked_by_fa_flight_id("x"),
    "resume": lambda store: store.resume(NOW, outcome="budget", reason="the budget"),
    "readopt": lambda store: store.readopt(1, "x"),
    "close a flight": lambda store: store.close_flight(1, NOW),
    "list open flights": lambda store: store.flight_views(),
    "sightings of a flight": lambda store: store.sightings(1),
    "claim a due text": lambda store: store.claim_due_message(NOW, "boot"),
    "expire": lambda store: store.expire_messages(NOW),
    "suppress": lambda store: store.suppress_opted_out(NOW),
    "orphans": lambda store: store.doubt_orphans(except_by="boot"),
    "forgotten": lambda store: store.doubt_forgotten(NOW),
    "in doubt": lambda store: store.in_doubt(NOW),
    "said after": lambda store: store.said_after(ABOUT),
    "waiting about": lambda store: store.waiting_about(ABOUT),
    "left after": lambda store: store.has_left_after(ABOUT),
    "sent before": lambda store: store.sent_before(ABOUT),
    "changed since": lambda store: store.is_changed(1, since=NOW, now=NOW),
    "copies of a text": lambda store: store.copies(1),
    "text by key": lambda store: store.message_by_key("sms-for:1"),
    "give up": lambda store: store.give_up(ABOUT, status=MessageStatus.EXPIRED, error="", now=NOW),
    "told": lambda store: store.told_rows([1, 2]),
    "text by sid": lambda store: store.message_by_sid("SM1"),
    "known sids": lambda store: store.sids_known({"SM1", "SM2"}),
    "counts": lambda store: store.queue_counts(),
    "texts of a flight": lambda store: store.messages(flight="UA1"),
    "texts of a person": lambda store: store.messages(user_id=1),
    "texts by status": lambda store: store.messages(status=MessageStatus.FAILED),
    "texts by all": lambda store: store.messages(flight="UA1", user_id=1, status=MessageStatus.FAILED),
    "live subscribers": lambda store: store.live_subscribers(1),
    "due moment": lambda store: store.due_moment(NOW),
    "claim a moment": lambda store: store.claim_moment(1, NOW),
    "plan a moment": lambda store: store.set_moment(1, NOW),
    "hasten moments": lambda store: store.hasten_moments(1, NOW),
    "why a flight is watched": lambda store: store.watch_reasons(1),
    "concerned": lambda store: store.concerned(1),
    "hasten what waits": lambda store: store.hasten_waiting(1, NOW),
    "hasten trips": lambda store: store.hasten_trips(1, NOW, leaves_from={"KSFO"}, arrives_at={"KJFK"}),
    "what one person travels on": lambda store: store.legs_of(1),
    "what they travel on besides": lambda store: store.legs_beside(FOLLOWED, flight()),
    "last text about": lambda store: store.last_text_about(1),
    "due pending": lambda store: store.claim_pending(NOW, timedelta(minutes=1)),
    "live subscriptions": lambda store: store.subscription_views(),
    "live subscriptions of a person": lambda store: store.subscription_views(1),
    "subscriptions of a person": lambda store: store.subscription_views(1, include_ended=True),
    "live for a person": lambda store: store.live_for(1),
    "live for a person and number": lambda store: store.live_for(1, "UA1"),
    "person by number": lambda store: store.user_by_phone(PHONE),
    "person by name": lambda store: store.user_by_name("Ann"),
    "spent by one": lambda store: store.share_spent("2013-03", PHONE),
    "spent by guests": lambda store: store.guests_spent("2013-03"),
    "bill": lambda store: store.bill("2013-03", PHONE, 5),
    "spent": lambda store: store.spent("2013-03"),
    "usage of the month": lambda store: store.usage_rows("2013-03"),
    "texts of the month": lambda store: store.sms_rows("2013-03"),
    "journal of a subscription": lambda store: store.steps(subscription_id=1),
    "journal of a flight": lambda store: store.steps(flight_id=1),
    "journal of a text": lambda store: store.steps(message_id=1),
    "journal of a number": lambda store: store.steps(number="UA1"),
    "looks at a flight": lambda store: store.looks(1, since=NOW, until=NOW, outcomes={"seen"}),
    "prune": lambda store: store.prune(NOW),
    "prune raw answers": lambda store: store.prune_raw(NOW),
    "remove a person": lambda store: store.remove_user(1),
    "report by sid or id": lambda store: store.save_receipt(RECEIPT, "sent", now=NOW),
    "reports of a text": lambda store: store.reports(1),
    "claim an unfinished text": lambda store: store.claim_unfinished([NOW, NOW]),
    "add inbound": lambda store: store.add_inbound(TEXT, NOW),
    "claim inbound": lambda store: store.claim_inbound(NOW, "boot"),
    "mark answered": lambda store: store.mark_answered("SM1", NOW, "reply"),
    "texts of a number": lambda store: store.inbound_count(PHONE, since=NOW),
    "answers to a number": lambda store: store.inbound_count(PHONE, since=NOW, answer="stranger"),
    "read until": lambda store: store.read_until("record"),
    "opt out": lambda store: store.opt_out(PHONE, NOW, how="STOP"),
    "opt in": lambda store: store.opt_in(PHONE, NOW, how="START"),
    "opted out": lambda store: store.is_opted_out(PHONE),
    "opted in since": lambda store: store.opted_in_since(PHONE, NOW),
    "changes of consent": lambda store: store.consent_changes(PHONE),
    "dialogue": lambda store: store.dialogue(PHONE, "leg", NOW),
    "end dialogues": lambda store: store.end_dialogues(PHONE),
    "decline invitations": lambda store: store.decline_invitations(PHONE),
    "open invitations": lambda store: store.open_invitations(PHONE, NOW),
    "window": lambda store: store.wrote_over_whatsapp_at(PHONE),
    "push alert": lambda store: store.push_alert("token"),
    "push alerts": lambda store: store.push_alerts({PushState.WANTED}),
    "prune words": lambda store: store.prune_words(NOW, NOW),
    "pair of airports": lambda store: store.kept_route(HERE, THERE, since=NOW, now=NOW),
    "keep a pair": lambda store: store.keep_route(HERE, THERE, [], asked_at=NOW),
    "watched from": lambda store: store.watched_from(HERE),
    "sum up": lambda store: store.sum_up(NOW, NOW),
}

# Lists handed over as JSON, results of subqueries (watch_reasons is one, of two searches), the few numbers that said STOP, and rows in order of an index that
# holds only the rows wanted.
HARMLESS = re.compile(
    r"SCAN (value|json_each VIRTUAL|CONSTANT|watch_reasons\b|waiting\b|t\b|\(subquery|opt_outs\b|f USING INDEX flights_\w+_open"
    r"|inbound USING INDEX inbound_unanswered)"
)

OF_ALL = {"anything awaited", "resume", "live subscriptions"}  # of every subscription, or of the few that wait


def plans(store: Store, ask: Callable[[Store], object]) -> list[str]:
    """The plan of every statement that `ask` runs, values filled in."""
    statements: list[str] = []
    store._conn.set_trace_callback(statements.append)
    ask(store)
    store._conn.set_trace_callback(None)
    asked = [sql for sql in statements if re.match(r"\s*(SELECT|INSERT|UPDATE|DELETE)", sql)]
    assert asked
    return [row["detail"] for sql in asked for row in store._rows(f"EXPLAIN QUERY PLAN {sql}")]


@pytest.mark.parametrize("name", HOT)
def test_it_reads_no_whole_table(store: Store, name: str) -> None:
    scans = [plan for plan in plans(store, HOT[name]) if plan.startswith("SCAN") and not HARMLESS.match(plan)]
    assert scans == []


@pytest.mark.parametrize("name", [name for name in HOT if name not in OF_ALL])
def test_what_is_about_one_goes_through_no_others(store: Store, name: str) -> None:
    """Nearly all subscriptions that are kept are active: an index of states leads to each of them."""
    assert not [plan for plan in plans(store, HOT[name]) if "subscriptions_state" in plan or "AUTOMATIC" in plan]


@pytest.mark.parametrize("name", ["claim due flights", "claim a due text", "due pending", "claim inbound"])
def test_claims_are_read_in_order_without_sorting(store: Store, name: str) -> None:
    assert not any("TEMP B-TREE" in plan for plan in plans(store, HOT[name]))


def test_the_check_would_notice(store: Store) -> None:
    found = plans(store, lambda store: store._rows("SELECT * FROM messages WHERE kind = 'x'"))
    assert [plan for plan in found if plan.startswith("SCAN") and not HARMLESS.match(plan)] == ["SCAN messages"]
