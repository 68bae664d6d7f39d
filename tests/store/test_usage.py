"""Money, pace and signs of life."""

import pytest

from flait.store import Heartbeat, Provider, SmsRow, Store, UsageRow
from tests.store.samples import DAY, HOUR, NOW, message, user

MONTH = "2013-03"


def book(store: Store, operation: str = "flight", **changes: object) -> None:
    options = {"flight": None, "result_sets": 1, "micro_usd": 5_000}
    store.book(MONTH, operation, now=NOW, **options | changes)  # type: ignore[arg-type]  # a table of options


def test_counters_add_up_for_operation_and_flight(store: Store) -> None:
    book(store)
    book(store, flight="UA1")
    book(store, flight="UA1", result_sets=2, micro_usd=10_000)
    book(store, "schedules", micro_usd=20_000)
    assert store.usage_rows(MONTH) == [
        UsageRow(operation="flight", flight=None, result_sets=1, micro_usd=5_000),
        UsageRow(operation="flight", flight="UA1", result_sets=3, micro_usd=15_000),
        UsageRow(operation="schedules", flight=None, result_sets=1, micro_usd=20_000),
    ]
    assert store.spent(MONTH) == 40_000


def test_a_refund_takes_away(store: Store) -> None:
    book(store)
    book(store, result_sets=-1, micro_usd=-5_000)
    assert store.spent(MONTH) == 0


def test_a_month_begins_with_nothing(store: Store) -> None:
    book(store)
    assert (store.spent("2013-04"), store.usage_rows("2013-04"), store.sms_rows("2013-04")) == (0, [], [])


def test_texts_are_counted_in_the_month_twilio_took_them(store: Store) -> None:
    ann = store.add_user(user())
    for days in (0, 1, 40):
        moment = NOW + days * DAY
        body = "x" * 200
        text = store.enqueue(message(ann.id, f"key {days}", body=body, not_before=moment, expires_at=moment + HOUR))
        assert text is not None
        store.claim_due_message(moment, "boot")
        store.mark_accepted(text.id, attempt=1, sid=f"SM{days}", now=moment)
    assert store.sms_rows(MONTH) == [SmsRow(user="Ann 0", messages=2, segments=4)]
    assert store.sms_rows("2013-04") == [SmsRow(user="Ann 0", messages=1, segments=2)]


def turn(store: Store, now: float, *, burst: int = 1, longest: float = 60) -> float | None:
    return store.take_turn(1_000_000 + now, spacing_s=6, burst=burst, longest_wait_s=longest)


def test_turns_are_spaced_whoever_takes_them(store: Store) -> None:
    assert [turn(store, now) for now in (0, 0, 1, 30, 30)] == [0, 6, 11, 0, 6]


def test_after_a_quiet_time_a_burst_goes_at_once(store: Store) -> None:
    assert [turn(store, 0, burst=3) for _ in range(5)] == [0, 0, 0, 6, 12]
    assert [turn(store, 12, burst=3) for _ in range(2)] == [6, 12]
    assert [turn(store, 900, burst=3) for _ in range(4)] == [0, 0, 0, 6]


def test_a_queue_that_is_too_long_is_not_joined(store: Store) -> None:
    assert [turn(store, 0, longest=12) for _ in range(5)] == [0, 6, 12, None, None]
    assert turn(store, 6, longest=12) == 12


def test_a_pause_holds_everybody(store: Store) -> None:
    turn(store, 0)
    store.push_turn(1_000_030)
    store.push_turn(1_000_020)
    assert [turn(store, 10, burst=2), turn(store, 10, burst=2), turn(store, 10, burst=2)] == [20, 20, 26]
    assert turn(store, 10, longest=5) is None


def test_a_clock_set_back_does_not_stop_the_queue(store: Store) -> None:
    turn(store, 0)
    turn(store, 0)
    assert turn(store, -86_400) == pytest.approx(12)
    assert turn(store, -86_400 + 900) == 0


def test_a_clock_set_forward_forgets_the_queue(store: Store) -> None:
    for _ in range(5):
        turn(store, 0)
    assert turn(store, 86_400) == 0


def test_the_daemon_beats(store: Store) -> None:
    assert store.heartbeat() is None
    store.beat(boot="one", pid=1, started_at=NOW, now=NOW)
    store.beat(boot="two", pid=2, started_at=NOW + HOUR, now=NOW + 2 * HOUR)
    assert store.heartbeat() == Heartbeat(boot="two", pid=2, started_at=NOW + HOUR, last_tick_at=NOW + 2 * HOUR)


def test_parties_are_known_by_their_last_answer_and_their_last_fault(store: Store) -> None:
    store.note_success("flightaware", NOW)
    store.note_error("flightaware", "timed out", NOW + HOUR)
    store.note_error("twilio", "refused", NOW)
    assert store.providers() == {
        "flightaware": Provider(
            name="flightaware", last_success_at=NOW, last_error="timed out", last_error_at=NOW + HOUR
        ),
        "twilio": Provider(name="twilio", last_error="refused", last_error_at=NOW),
    }
