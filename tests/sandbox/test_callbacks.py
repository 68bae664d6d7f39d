"""Twilio's status callbacks: signed, in virtual time, and as unruly as asked for."""

import socket
from typing import Any

import httpx
import pytest

from flait.errors import UserError
from flait.sandbox.run import Sandbox
from tests.sandbox.conftest import ACCOUNT, TOKEN
from tests.sandbox.receiver import ANA, SENDER, SERVICE, Trial, nobody


def test_receipts_come_as_virtual_time_passes(trial: Trial) -> None:
    trial.send(f"{trial.receiver.url}/twilio/status?m=7&a=1")
    told = []
    for seconds in (0, 2, 4, 60):
        trial.pass_time(seconds=seconds)
        told.append(trial.receiver.statuses())
    assert told == [[], ["sent"], ["sent", "delivered"], ["sent", "delivered"]]


def test_a_receipt_has_twilios_fields_and_is_signed(trial: Trial) -> None:
    sid = trial.send(f"{trial.receiver.url}/twilio/status?m=7&a=%31#rc=5&rp=all")
    trial.pass_time(minutes=1)
    sent, delivered = trial.receiver.calls
    same = {
        "MessageSid": sid,
        "SmsSid": sid,
        "AccountSid": ACCOUNT,
        "From": SENDER,
        "To": ANA,
        "ApiVersion": "2010-04-01",
    }
    assert sent.form == {**same, "MessageStatus": "sent", "SmsStatus": "sent"}
    assert delivered.form == {
        **same, "MessageStatus": "delivered", "SmsStatus": "delivered", "RawDlrDoneDate": "1303081700",
    }  # fmt: skip
    assert sent.path == "/twilio/status?m=7&a=%31"
    assert sent.is_signed_with(TOKEN)
    assert not sent.is_signed_with("other")
    assert sent.headers["i-twilio-idempotency-token"] != delivered.headers["i-twilio-idempotency-token"]


def test_a_messaging_service_tells_of_the_queue_first(trial: Trial) -> None:
    trial.send(trial.receiver.url, From=None, MessagingServiceSid=SERVICE)
    trial.pass_time(minutes=1)
    assert trial.receiver.statuses() == ["queued", "sent", "delivered"]
    assert {form["MessagingServiceSid"] for form in trial.receiver.forms()} == {SERVICE}
    assert {form["From"] for form in trial.receiver.forms()} == {"+15555550199"}


@pytest.mark.parametrize(
    ("behaviour", "statuses"),
    [
        ({"order": "reversed"}, ["delivered", "sent"]),
        ({"duplicate": 1}, ["sent", "sent", "delivered", "delivered"]),
        ({"lose": 2}, ["sent"]),
        ({"lose": 1.0}, []),
        ({"outcome": "undelivered"}, ["sent", "undelivered"]),
        ({"outcome": "failed"}, ["failed"]),
        ({"outcome": "sent_only"}, ["sent"]),
        ({"outcome": "read"}, ["sent", "delivered"]),  # an SMS is never known to have been read
    ],
)
def test_receipts_are_as_unruly_as_asked_for(trial: Trial, behaviour: dict[str, Any], statuses: list[str]) -> None:
    trial.sandbox.set_receipts(**behaviour)
    trial.send(trial.receiver.url)
    trial.pass_time(minutes=1)
    assert trial.receiver.statuses() == statuses
    assert all(call.is_signed_with(TOKEN) for call in trial.receiver.calls)


def test_chance_falls_the_same_way_every_time(trial: Trial, by_hand: httpx.Client) -> None:
    told = []
    for _ in range(2):
        by_hand.post("/reset")
        by_hand.post("/receipts", json={"order": "shuffled", "lose": 0.4})
        trial.receiver.calls.clear()
        for _ in range(6):
            trial.send(trial.receiver.url, From=None, MessagingServiceSid=SERVICE)
            trial.pass_time(minutes=1)
        told.append(trial.receiver.statuses())
    assert told[0] == told[1]
    assert 4 < len(told[0]) < 18


def test_forged_receipts_are_wrongly_signed(trial: Trial) -> None:
    trial.sandbox.set_receipts(forge=1)
    trial.send(trial.receiver.url)
    trial.pass_time(minutes=1)
    assert [call.is_signed_with(TOKEN) for call in trial.receiver.calls] == [True, False, True, False]
    assert [entry["fault"] for entry in trial.sandbox.ledger()[1:]] == [None, "forged", None, "forged"]


def test_receipts_can_be_late(trial: Trial) -> None:
    trial.sandbox.set_receipts(delay=3600)
    sid = trial.send(trial.receiver.url)
    trial.pass_time(minutes=59)
    early = trial.receiver.statuses()
    trial.pass_time(minutes=2)
    assert (early, trial.receiver.statuses()) == ([], ["sent", "delivered"])
    assert trial.message(sid)["status"] == "delivered"


def test_a_receipt_can_come_before_the_answer(trial: Trial) -> None:
    trial.sandbox.set_receipts(before_answer=True)
    sid = trial.send(trial.receiver.url)
    assert [form["MessageSid"] for form in trial.receiver.forms()] == [sid]
    trial.pass_time(minutes=1)
    assert trial.receiver.statuses() == ["sent", "delivered"]


def test_a_failure_says_why_there_and_in_the_record(trial: Trial) -> None:
    trial.sandbox.set_receipts(outcome="undelivered", error_code=30003)
    sid = trial.send(trial.receiver.url)
    before = trial.message(sid)
    trial.pass_time(minutes=1)
    after = trial.message(sid)
    assert "ErrorCode" not in trial.receiver.forms()[0]
    assert trial.receiver.forms()[1]["ErrorCode"] == "30003"
    assert (before["error_code"], after["error_code"], after["status"]) == (None, 30003, "undelivered")
    assert after["error_message"] == "Unreachable destination handset"


@pytest.mark.parametrize(
    ("fragment", "answers", "tries"),
    [("", [500, 200], 1), ("#rc=2&rp=all", [500, 403, 200], 3), ("#rc=1&rp=5xx", [500, 500, 200], 2), ("#rc=2&rp=5xx", [403], 1)],
)  # fmt: skip
def test_a_refused_receipt_is_tried_again_as_the_fragment_says(
    trial: Trial, fragment: str, answers: list[int], tries: int
) -> None:
    trial.receiver.answers = [(status, "", b"") for status in answers]
    trial.sandbox.set_receipts(outcome="sent_only")
    trial.send(f"{trial.receiver.url}/status{fragment}")
    trial.pass_time(minutes=1)
    assert trial.receiver.statuses() == ["sent"] * tries
    assert len({call.headers["i-twilio-idempotency-token"] for call in trial.receiver.calls}) == 1
    assert [entry["status"] for entry in trial.sandbox.ledger()[1:]] == [answers[tries - 1]]


def test_a_receipt_that_finds_nobody_is_written_down_without_a_status(trial: Trial) -> None:
    trial.send(f"{nobody()}/status")
    trial.pass_time(minutes=1)
    assert [(entry["party"], entry["status"]) for entry in trial.sandbox.ledger()[1:]] == [
        ("twilio-callback", None)
    ] * 2


def test_the_ledger_tells_of_receipts_and_keeps_no_secret(trial: Trial) -> None:
    trial.sandbox.set_receipts(outcome="sent_only")
    sid = trial.send(f"{trial.receiver.url.replace('//', '//user:hush@')}/twilio/status?key=hush")
    trial.pass_time(minutes=1)
    entry = trial.sandbox.ledger()[-1]
    assert (entry["party"], entry["path"], entry["query"]) == ("twilio-callback", "/twilio/status", {})
    assert (entry["form"]["MessageSid"], entry["status"], entry["at"]) == (sid, 200, "2013-03-08T17:01:00Z")
    assert "hush" not in str(entry)
    assert trial.receiver.calls[0].headers["authorization"].startswith("Basic ")
    assert trial.receiver.calls[0].is_signed_with(TOKEN)


def test_an_api_key_teaches_no_token_and_so_nothing_is_posted(trial: Trial) -> None:
    url = f"{trial.sandbox.url}/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    form = {"To": ANA, "From": SENDER, "Body": "hello", "StatusCallback": trial.receiver.url}
    assert httpx.post(url, data=form, auth=("SKkey", "secret"), verify=False, trust_env=False).status_code == 201
    trial.pass_time(minutes=1)
    assert trial.receiver.calls == []


def test_a_given_token_signs_whoever_sends(trial: Trial) -> None:
    with Sandbox(clock=trial.clock, auth_token="given") as sandbox:
        url = f"{sandbox.url}/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
        form = {"To": ANA, "From": SENDER, "Body": "hello", "StatusCallback": trial.receiver.url}
        httpx.post(url, data=form, auth=("SKkey", "given"), verify=False, trust_env=False)
        trial.clock.advance(minutes=1)
        assert sandbox.settled()
    assert [call.is_signed_with("given") for call in trial.receiver.calls] == [True, True]


def test_a_slow_listener_does_not_hold_up_the_closing(trial: Trial) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        trial.send(f"http://127.0.0.1:{silent.getsockname()[1]}/status")
        trial.clock.advance(minutes=1)
        connection, _ = silent.accept()
        trial.sandbox.close()
        connection.close()
    assert trial.sandbox.ledger()[-1]["status"] is None


def test_a_sandbox_that_is_reset_calls_nobody(trial: Trial) -> None:
    trial.send(trial.receiver.url)
    trial.sandbox.reset()
    trial.pass_time(minutes=1)
    assert trial.receiver.calls == []


@pytest.mark.parametrize(
    "behaviour",
    [{"order": "odd"}, {"duplicate": -1}, {"lose": "some"}, {"outcome": "lost"}, {"before_answer": 1}, {"delays": 1}],
)
def test_behaviour_that_makes_no_sense_is_refused(sandbox: Sandbox, behaviour: dict[str, Any]) -> None:
    with pytest.raises(UserError):
        sandbox.set_receipts(**behaviour)


def test_the_path_is_called_as_it_was_written(trial: Trial) -> None:
    trial.sandbox.set_receipts(outcome="sent_only")
    trial.send(f"{trial.receiver.url}/a%20b/?x=1+2&x=&y")
    trial.send(trial.receiver.url)
    trial.pass_time(minutes=1)
    assert {call.path for call in trial.receiver.calls} == {"/a%20b/?x=1+2&x=&y", "/"}
    assert all(call.is_signed_with(TOKEN) for call in trial.receiver.calls)
