"""`flait messages …` and `flait trace`: what was said, what became of it, and why."""

from typing import Any

import pytest

from flait.core.messages import Message, MessageStatus
from flait.store import Step, Store
from tests.doors.command_line import CommandLine
from tests.store.samples import MINUTE, NOW, follower, message, user

S = MessageStatus
FIELDS = (
    "id user to channel kind flight body segments status sid attempts error_code "
    "created_at sent_at delivered_at read_at expires_at"
)


def queued(store: Store, key: str = "a", **changes: Any) -> Message:
    """A text to somebody who follows flight 123."""
    person, subscription = follower(store)
    text = message(person.id, key, subscription_id=subscription.id, flight_id=subscription.flight_id, **changes)
    stored = store.enqueue(text)
    assert stored is not None
    return stored


def sending(store: Store, key: str = "a", **changes: Any) -> Message:
    """One that is under way."""
    queued(store, key, **changes)
    claimed = store.claim_due_message(NOW, "boot")
    assert claimed is not None
    return claimed


def ended(store: Store, status: MessageStatus, key: str = "a", **changes: Any) -> Message:
    """One that ended so."""
    text = sending(store, key, **changes)
    store.mark_failed(text.id, attempt=1, status=status, error_code=30005, error="unknown handset", now=NOW)
    return text


def test_texts_are_listed_newest_first(flait: CommandLine, store: Store) -> None:
    text = queued(store)
    store.enqueue(message(text.user_id, "b", kind="gate_change", body="line one\nline two"))

    assert [row[:7] for row in flait("messages").table] == [
        ["2", "2013-03-08T12:00:00Z", "Ann 0", "", "gate_change", "queued", "1"],
        ["1", "2013-03-08T12:00:00Z", "Ann 0", "UA123", "delay_first", "queued", "1"],
    ]
    assert flait("messages").table[0][7] == "line one / line two"


def test_a_text_as_json_has_the_promised_fields(flait: CommandLine, store: Store) -> None:
    text = sending(store)
    store.mark_accepted(text.id, attempt=1, sid="SM1", now=NOW + MINUTE)

    (found,) = flait("messages", "--json").json["messages"]

    assert " ".join(found) == FIELDS
    assert (found["user"], found["to"], found["flight"]) == ("Ann 0", "+15555550100", "UAL123")
    assert (found["status"], found["sid"], found["attempts"], found["segments"]) == ("accepted", "SM1", 1, 1)
    assert (found["sent_at"], found["delivered_at"]) == ("2013-03-08T12:01:00Z", None)
    assert found["expires_at"] == "2013-03-08T13:00:00Z"


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        ((), [3, 2, 1]),
        (("--limit", "2"), [3, 2]),
        (("--flight", "ua 123"), [1]),
        (("--flight", "DLH9123"), [1]),
        (("--user", "ann 1"), [3, 2]),
        (("--user", "+1 555 555 0100"), [1]),
        (("--status", "FAILED"), [3]),
        (("--user", "Ann 1", "--status", "queued"), [2]),
    ],
)
def test_filters_narrow_the_list(flait: CommandLine, store: Store, filters: tuple[str, ...], ids: list[int]) -> None:
    queued(store)
    other = store.add_user(user(1))
    store.enqueue(message(other.id, "b"))
    store.enqueue(message(other.id, "c", status=S.FAILED))

    assert [each["id"] for each in flait("messages", *filters, "--json").json["messages"]] == ids


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        (("--status", "lost"), 2, "'lost' is not a status; it is one of queued, sending, in_doubt"),
        (("--flight", "first"), 2, "is not a flight number"),
        (("--user", "Nobody"), 7, "nobody here is 'Nobody'"),
        (("--limit", "0"), 2, "limit"),
        (("show", "7"), 7, "there is no text 7"),
        (("show", "msg:7"), 7, "there is no text 7"),
        (("drop", "msg:7"), 7, "there is no text 7"),
        (("retry", "msg:7"), 7, "there is no text 7"),
        *(
            (("show", number), 2, "no number of a text, like 40 or msg:40")
            for number in ("x", "0", "7.0", "msg:", "sub:7", "msg:msg:7", "99999999999999999999", "7" * 5000, "\u0667")
        ),
        (("retry", "7"), 7, "there is no text 7"),
    ],
)
def test_bad_questions_are_refused_in_one_line(flait: CommandLine, words: tuple[str, ...], code: int, why: str) -> None:
    assert why in flait("messages", *words).refused(code)


def test_an_error_as_json_goes_to_stderr(flait: CommandLine) -> None:
    done = flait("messages", "show", "7", "--json")

    assert (done.code, done.out) == (7, "")
    assert done.err.startswith('{"error": {"code": "not_found", "message": "there is no text 7"')


def test_one_text_is_shown_with_its_steps(flait: CommandLine, store: Store) -> None:
    text = ended(store, S.FAILED)
    store.record(Step(at=NOW, message_id=text.id, step="send", outcome="failed", detail="unknown handset", attempt=1))

    done, as_json = flait("messages", "show", text.id), flait("messages", "show", text.id, "--json").json

    assert (done.facts["status"], done.facts["error"]) == ("failed", "unknown handset")
    assert done.facts["journal"] == "2013-03-08T12:00:00Z send failed unknown handset"
    assert as_json["message"]["error_code"] == 30005
    assert [(step["subject"], step["outcome"]) for step in as_json["steps"]] == [("msg:1", "failed")]


@pytest.mark.parametrize("status", [S.FAILED, S.EXPIRED, S.UNDELIVERED])
def test_the_news_of_an_alert_that_did_not_arrive_is_told_anew(
    flait: CommandLine, store: Store, status: MessageStatus
) -> None:
    text = ended(store, status)
    store._change("UPDATE flights SET latest = json_set(latest, '$.out.estimated', '2013-03-08T18:40:00Z')")

    done = flait("messages", "retry", text.id)

    assert done.code == 0
    assert done.err == (
        "Still news of msg:1: departure 8 Mar 18:40:00 UTC. "
        "The flight is looked at now, and it is told in words of then.\n"
        "warning: no daemon runs; `flait daemon start` does that\n"
    )
    assert [view.message.status for view in store.messages()] == [S.EXPIRED]
    assert [step.step for step in store.steps(message_id=text.id)] == ["retry"]


def test_an_alert_that_is_no_news_any_more_is_not_told_again(flait: CommandLine, store: Store) -> None:
    text = ended(store, S.FAILED)  # that it leaves late, which it does not

    assert flait("messages", "retry", text.id, "--yes").refused(2) == (
        "nothing that msg:1 said is still news; `flait status UA123` shows how it stands"
    )


@pytest.mark.parametrize("status", [S.FAILED, S.EXPIRED, S.UNDELIVERED])
def test_a_confirmation_that_did_not_arrive_is_queued_again_for_half_an_hour(
    flait: CommandLine, store: Store, status: MessageStatus
) -> None:
    text = ended(store, status, kind="tracked")

    done = flait("messages", "retry", text.id)

    copy = store.message(2)
    assert copy is not None
    assert (done.code, done.err) == (
        0,
        (
            f"Queued again as msg:2; it goes out within 30m, or not at all: {copy.body}\n"
            "warning: no daemon runs; `flait daemon start` does that\n"
        ),
    )
    assert (copy.to, copy.dedup_key) == (text.to, "retry:1:1")
    assert copy.body.startswith("Flait flight alerts for Ann 0: UA123 SFO-JFK Fri 8 Mar")
    assert (copy.status, copy.attempts, copy.error, copy.expires_at) == (S.QUEUED, 0, None, NOW + 30 * MINUTE)
    assert [step.step for step in store.steps(message_id=text.id)] == ["retry"]


def test_a_text_has_one_copy_under_way_at_most(flait: CommandLine, store: Store) -> None:
    text = ended(store, S.FAILED, kind="tracked")
    flait("messages", "retry", text.id)

    assert "msg:1 was sent again as msg:2" in flait("messages", "retry", text.id, "--yes").refused(2)
    assert len(store.messages()) == 2


def test_a_copy_that_failed_is_sent_again_and_its_original_no_more(flait: CommandLine, store: Store) -> None:
    text = ended(store, S.FAILED, kind="tracked")
    flait("messages", "retry", text.id)
    copy = store.claim_due_message(NOW + MINUTE, "boot")
    assert copy is not None
    store.mark_failed(copy.id, attempt=1, error_code=None, error="again", now=NOW)

    assert flait("messages", "retry", copy.id).code == 0
    assert "msg:1 was sent again as msg:3" in flait("messages", "retry", text.id, "-y").refused(2)
    assert [view.message.dedup_key for view in store.messages()] == ["retry:1:2", "retry:1:1", "a"]


def test_a_text_in_doubt_is_sent_again_only_after_a_yes(flait: CommandLine, store: Store) -> None:
    text = sending(store, kind="tracked")
    store.mark_in_doubt(text.id, attempt=1, error="the line broke")

    assert flait("messages", "retry", text.id).refused(2).endswith("add --yes")
    asked = flait("messages", "retry", text.id, typed="no\n")
    assert asked.code == 1
    assert "may have arrived, nobody knows: told again, it may come twice" in asked.err
    assert len(store.messages()) == 1


def test_a_text_in_doubt_that_was_sent_again_is_given_up(flait: CommandLine, store: Store) -> None:
    text = sending(store, kind="tracked")
    store.mark_in_doubt(text.id, attempt=1, error="the line broke")

    assert flait("messages", "retry", text.id, "--yes").code == 0
    assert [view.message.status for view in store.messages()] == [S.QUEUED, S.CANCELED]
    assert store.in_doubt(NOW + 5 * MINUTE) == []


@pytest.mark.parametrize(
    ("status", "why"),
    [
        (S.QUEUED, "is in line already"),
        (S.CANCELED, "was given up"),
        (S.SUPPRESSED, "was kept back: the number has texted STOP"),
    ],
)
def test_other_texts_are_not_sent_again(flait: CommandLine, store: Store, status: MessageStatus, why: str) -> None:
    person = store.add_user(user())
    store.enqueue(message(person.id, "a", status=status))

    assert f"msg:1 {why}" in flait("messages", "retry", "1", "--yes").refused(2)
    assert len(store.messages()) == 1


def test_a_text_on_its_way_or_at_twilio_is_not_sent_again(flait: CommandLine, store: Store) -> None:
    text = sending(store)
    assert "is being sent" in flait("messages", "retry", text.id, "--yes").refused(2)

    store.mark_accepted(text.id, attempt=1, sid="SM1", now=NOW)
    assert "is with Twilio" in flait("messages", "retry", text.id, "--yes").refused(2)


def test_nobody_is_texted_again_who_said_stop_or_was_removed(flait: CommandLine, store: Store) -> None:
    text = sending(store)
    store.mark_in_doubt(text.id, attempt=1)
    store.set_opt_out("+15555550100", NOW)
    assert "has texted STOP" in flait("messages", "retry", text.id, "--yes").refused(2)

    store.remove_user(text.user_id)
    assert "was removed" in flait("messages", "retry", text.id, "--yes").refused(2)
    assert len(store.messages()) == 1


def test_a_trace_tells_what_happened_in_order(flait: CommandLine, store: Store) -> None:
    text = queued(store)
    store.record(
        Step(at=NOW + MINUTE, message_id=text.id, step="send", outcome="accepted", detail="SM1", attempt=1),
        Step(at=NOW, flight_id=text.flight_id, step="poll", outcome="seen", detail="changed", duration_ms=120),
        Step(at=NOW, subscription_id=text.subscription_id, step="subscribe", outcome="active"),
    )

    rows = [
        ["2013-03-08T12:00:00Z", "UA123 2013-03-08", "poll", "seen", "", "120 ms", "changed"],
        ["2013-03-08T12:00:00Z", "sub:1", "subscribe", "active", "", "", ""],
        ["2013-03-08T12:01:00Z", "msg:1", "send", "accepted", "1", "", "SM1"],
    ]
    assert flait("trace", "ua123").table == rows
    assert flait("trace", "sub:1").table == rows[1:]
    assert flait("trace", "MSG:01").table == [
        ["2013-03-08T12:00:00Z", "msg:1", "why", "unknown", "", "", "Why it was told is not on record any more."],
        ["2013-03-08T12:00:00Z", "msg:1", "why", "receipt", "", "", "queued"],
        *rows[2:],
    ]


def test_a_trace_of_a_text_says_why_it_was_told(flait: CommandLine, store: Store) -> None:
    text = sending(store, tells={"departure": "2013-03-08T14:00:00+00:00"})
    store.mark_accepted(text.id, attempt=1, sid="SM1", now=NOW)
    subscription_id, flight_id = text.subscription_id or 0, text.flight_id or 0
    later = message(text.user_id, "b", subscription_id=subscription_id, flight_id=flight_id, created_at=NOW + MINUTE)
    stored = store.enqueue(later)
    assert stored is not None
    looks = [{"at": NOW + MINUTE, "value": "2013-03-08T14:45:00+00:00"}]
    why = {"priority": "P1", "held": [], "fact": "departure", "threshold_min": 15, "looks": looks, "asked": False}
    store.add_alert(
        subscription_id=subscription_id,
        flight_id=flight_id,
        poll=2,
        kinds=["delay_first"],
        why=why,
        message_id=stored.id,
        at=NOW + MINUTE,
    )
    store.record(
        Step(
            at=NOW,
            subscription_id=subscription_id,
            step="held",
            outcome="delay_first",
            detail="quiet hours until 2013-03-08T12:01:00+00:00",
        ),
        Step(at=NOW, message_id=stored.id, step="send", outcome="queued"),
    )

    table = flait("trace", f"msg:{stored.id}").table
    assert [row[0] for row in table] == sorted(row[0] for row in table)
    said = [row[3:4] + row[6:] for row in table if row[2] == "why"]
    assert said == [
        ["told before", "departure 2013-03-08T14:00:00Z"],
        ["held", "delay_first: quiet hours until 2013-03-08T12:01:00Z"],
        ["look", "departure 2013-03-08T14:45:00Z"],
        ["rule", "delay_first: 15m or more late (P1)"],
        ["receipt", "queued"],
    ]
    fields = flait("trace", f"msg:{stored.id}", "--json").json["why"]
    assert fields["rule"] == "15m or more late"
    assert fields["threshold_min"] == 15
    assert fields["told_before"] == {"at": "2013-03-08T12:00:00Z", "value": "2013-03-08T14:00:00+00:00"}
    assert fields["held"][0]["until"] == "2013-03-08T12:01:00Z"


def test_a_trace_as_json(flait: CommandLine, store: Store) -> None:
    text = queued(store)
    store.record(Step(at=NOW, message_id=text.id, step="send", outcome="sent", duration_ms=5))

    said = flait("trace", "msg:1", "--json").json
    why = said.pop("why")
    assert (why["decided_at"], why["rule"], why["looks"]) == (None, None, [])
    assert why["receipt"]["status"] == "queued"
    assert said == {
        "subject": "msg:1",
        "steps": [
            {
                "at": "2013-03-08T12:00:00Z", "subject": "msg:1", "step": "send", "outcome": "sent", "attempt": None,
                "duration_ms": 5, "detail": "", "subscription_id": None, "flight_id": None, "message_id": 1,
            }
        ],
    }  # fmt: skip


@pytest.mark.parametrize("subject", ["sub:9", "msg:9", "UA9"])
def test_a_trace_of_nothing_is_not_found(flait: CommandLine, subject: str) -> None:
    assert flait("trace", subject).refused(7).startswith(f"nothing is known of {subject}; ")


@pytest.mark.parametrize("subject", ["", "sub:", "sub:x", "user:1", "sub:12345678901234567890"])
def test_what_cannot_be_traced_is_refused(flait: CommandLine, subject: str) -> None:
    assert flait("trace", subject).refused(2).endswith("write sub:12, msg:40 or a number like UA123")


def test_a_text_in_doubt_is_dropped_and_status_is_quiet_again(flait: CommandLine, store: Store) -> None:
    person = store.add_user(user())
    store.enqueue(message(person.id, "doubt"))
    claimed = store.claim_due_message(NOW, "boot")
    assert claimed is not None
    store.mark_in_doubt(claimed.id, attempt=1, error="the line broke")

    done = flait("messages", "drop", f"msg:{claimed.id}")  # as `flait status` calls it

    assert (done.code, done.err) == (0, "msg:1 is given up. It may have arrived: what it told counts as said.\n")
    assert [step.outcome for step in store.steps(message_id=1)] == ["canceled"]
    assert flait("messages", "drop", "1").refused(2) == (
        "msg:1 was given up; only a text that waits or is in doubt can be given up"
    )
    assert "there is no text 99" in flait("messages", "drop", "99").refused(7)
