"""People text back: the webhook, what its answer makes Twilio do, and the keywords that Twilio handles itself."""

import json
from typing import Any

import httpx
import pytest

from flait.errors import UserError
from flait.sandbox.keywords import ANSWERS
from flait.sandbox.run import Sandbox
from tests.sandbox.conftest import ACCOUNT, TOKEN
from tests.sandbox.receiver import ANA, SENDER, SERVICE, Trial, nobody

BEN = "+15555550101"


@pytest.fixture
def line(trial: Trial) -> Trial:
    """A program that has texted Ana, and takes what she says at /twilio/message."""
    trial.send()
    trial.sandbox.set_inbound_url(f"{trial.receiver.url}/twilio/message")
    return trial


def got(line: Trial, direction: str = "outbound-reply") -> list[str]:
    """What people got, beside what the program sent by itself."""
    return [text["body"] for text in line.sandbox.texts() if text["direction"] == direction]


def reply(line: Trial, body: str, **more: Any) -> str:
    sid = line.sandbox.reply(ANA, body, **more)
    assert line.sandbox.settled()
    return sid


def test_a_reply_reaches_the_webhook_signed_with_twilios_fields(line: Trial) -> None:
    sid = reply(line, "  when? é😀 ")
    (call,) = line.receiver.calls
    assert (call.path, call.is_signed_with(TOKEN)) == ("/twilio/message", True)
    assert call.form | {"FromCity": "", "ToZip": ""} == call.form
    told = {name: value for name, value in call.form.items() if value}
    assert told == {
        "MessageSid": sid, "SmsSid": sid, "SmsMessageSid": sid, "AccountSid": ACCOUNT, "From": ANA, "To": SENDER,
        "Body": "  when? é😀 ", "NumMedia": "0", "NumSegments": "1", "SmsStatus": "received", "ApiVersion": "2010-04-01",
    }  # fmt: skip


def test_a_reply_over_http_can_carry_pictures(line: Trial, by_hand: httpx.Client) -> None:
    content = {"from": ANA, "to": "+15555550122", "body": "", "media": ["https://example.net/1.jpg"]}
    sid = by_hand.post("/reply", json=content).json()["sid"]
    assert line.sandbox.settled()
    (form,) = line.receiver.forms()
    assert (form["MessageSid"], form["To"], form["NumMedia"]) == (sid, "+15555550122", "1")
    assert (form["MediaUrl0"], form["MediaContentType0"]) == ("https://example.net/1.jpg", "image/jpeg")


def test_without_a_webhook_a_reply_waits_in_the_list(trial: Trial) -> None:
    trial.send()
    sid = trial.sandbox.reply(ANA, "hello?")
    assert trial.sandbox.settled()
    (row,) = trial.twilio.get("/Messages.json", params={"From": ANA, "To": SENDER}).json()["messages"]
    assert (row["sid"], row["direction"], row["status"], row["body"]) == (sid, "inbound", "received", "hello?")
    assert row["date_sent"] == row["date_created"]
    assert (trial.receiver.calls, trial.callbacks()) == ([], [])


def test_the_list_pages_through_both_directions(trial: Trial) -> None:
    for number in range(3):
        trial.send(Body=f"to {number}")
        trial.sandbox.reply(ANA, f"from {number}")
    bodies, uri = [], f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json?PageSize=4"
    while uri:
        page = trial.twilio.get(httpx.URL(f"{trial.sandbox.url}{uri}")).json()
        bodies += [row["body"] for row in page["messages"]]
        uri = page["next_page_uri"]
    assert bodies == ["from 2", "to 2", "from 1", "to 1", "from 0", "to 0"]


@pytest.mark.parametrize(
    ("answer", "texts", "noted"),
    [
        ((200, "text/xml", b"<Response/>"), [], None),
        ((204, "", b""), [], None),
        ((200, "text/xml", b"<Response><Message>Gate &lt;B1&gt;</Message><Message><Body>two</Body></Message></Response>"),
         ["Gate <B1>", "two"], None),
        ((200, "text/plain; charset=utf-8", b"OK\n"), ["OK"], None),  # the trap: Twilio texts it
        ((200, "application/json", b"{}"), [], "12300"),
        ((200, "text/xml", b"<Response>"), [], "12100"),
        ((200, "text/xml", b"<html/>"), [], "12100"),
        ((200, "text/xml", b"<Response>" + b" " * 65_536 + b"</Response>"), [], "11750"),
        ((403, "text/plain", b"forbidden\n"), [], "11200"),
    ],
)  # fmt: skip
def test_what_an_answer_makes_twilio_do(
    line: Trial, answer: tuple[int, str, bytes], texts: list[str], noted: str | None
) -> None:
    line.receiver.answers = [answer]
    reply(line, "hello")
    assert got(line) == texts
    assert [(entry["status"], entry["fault"]) for entry in line.callbacks()] == [(answer[0], noted)]


def test_a_webhook_that_is_away_loses_the_reply(line: Trial) -> None:
    line.sandbox.set_inbound_url(nobody())
    reply(line, "hello")
    assert [(entry["status"], entry["fault"]) for entry in line.callbacks()] == [(None, "11200")]


@pytest.mark.parametrize("word", ["STOP", " stop ", "Unsubscribe", "OPTOUT"])
def test_stop_is_answered_by_twilio_told_to_us_and_refuses_later_texts(line: Trial, word: str) -> None:
    reply(line, word)
    reply(line, word)  # says nothing more
    refused = line.twilio.post("/Messages.json", data={"To": ANA, "From": SENDER, "Body": "late"})
    elsewhere = line.twilio.post("/Messages.json", data={"To": BEN, "From": SENDER, "Body": "late"})
    assert [form["Body"] for form in line.receiver.forms()] == [word, word]
    assert "OptOutType" not in line.receiver.forms()[0]
    assert got(line) == [ANSWERS["STOP"]]
    assert (refused.status_code, refused.json()["code"], elsewhere.status_code) == (400, 21610, 201)


def test_twilios_own_answers_are_not_ours(line: Trial) -> None:
    reply(line, "STOP")
    assert [text["from_twilio"] for text in line.sandbox.texts()] == [False, True]


@pytest.mark.parametrize("word", ["START", "unstop", "YES"])
def test_start_undoes_stop(line: Trial, word: str) -> None:
    reply(line, word)  # nothing to undo: nobody says anything
    reply(line, "STOP")
    reply(line, word)
    assert got(line) == [ANSWERS["STOP"], ANSWERS["START"]]
    assert line.message(line.send())["status"] == "queued"


@pytest.mark.parametrize("body", ["stop please", "OPT OUT", "STOP.", ""])
def test_what_twilio_does_not_know_is_ours_to_understand(line: Trial, body: str) -> None:
    reply(line, body)
    assert got(line) == []
    assert line.message(line.send())["status"] == "queued"


def test_help_is_answered_unless_stopped(line: Trial) -> None:
    for word in ("HELP", "STOP", "info"):
        reply(line, word)
    assert got(line) == [ANSWERS["HELP"], ANSWERS["STOP"]]


def test_who_has_stopped_gets_no_answer_of_the_webhook(line: Trial) -> None:
    line.receiver.answers = [(200, "text/xml", b"<Response><Message>Goodbye</Message></Response>")]
    reply(line, "STOP")
    assert got(line) == [ANSWERS["STOP"]]
    assert line.callbacks()[0]["fault"] == "21610"


def test_with_advanced_opt_out_the_webhook_is_told_and_later_texts_fail_afterwards(line: Trial) -> None:
    line.sandbox.set_keywords("advanced")
    reply(line, "stop")
    line.receiver.calls.clear()
    sid = line.send(line.receiver.url)
    line.pass_time(minutes=1)
    (failed,) = line.receiver.forms()
    assert (failed["MessageSid"], failed["MessageStatus"], failed["ErrorCode"]) == (sid, "failed", "21610")


@pytest.mark.parametrize(
    ("kind", "told"), [("twilio", [None] * 3), ("advanced", ["STOP", "HELP", "START"]), ("none", [None] * 3)]
)
def test_only_advanced_opt_out_names_the_keyword(line: Trial, kind: str, told: list[str | None]) -> None:
    line.sandbox.set_keywords(kind)
    for word in ("STOP", "HELP", "START"):
        reply(line, word)
    assert [form.get("OptOutType") for form in line.receiver.forms()] == told


def test_with_no_keywords_nothing_is_answered_or_refused(line: Trial) -> None:
    line.sandbox.set_keywords("none")
    reply(line, "STOP", opt_out_type="STOP")
    assert line.receiver.forms()[0]["OptOutType"] == "STOP"
    assert (got(line), line.message(line.send())["status"]) == ([], "queued")


def test_a_messaging_service_is_stopped_as_a_whole(trial: Trial) -> None:
    trial.send(From=None, MessagingServiceSid=SERVICE)
    trial.sandbox.set_inbound_url(trial.receiver.url)
    reply(trial, "STOP")
    refused = trial.twilio.post("/Messages.json", data={"To": ANA, "MessagingServiceSid": SERVICE, "Body": "late"})
    assert trial.receiver.forms()[0]["MessagingServiceSid"] == SERVICE
    assert (refused.json()["code"], trial.message(trial.send())["status"]) == (21610, "queued")


def test_replays_forgeries_and_resplit_requests_come_when_asked_for(line: Trial) -> None:
    reply(line, "STOP", replay=2, forge=1, resplit=True)
    faults = [entry["fault"] for entry in line.callbacks()]
    calls = line.receiver.calls
    assert faults[:4] == [None, "replay", "replay", "forged"]
    assert set(faults[4:]) == {"resplit"}
    assert calls[0].body == calls[1].body == calls[2].body
    assert [call.is_signed_with(TOKEN) for call in calls[:4]] == [True, True, True, False]
    assert all(call.is_signed_with(TOKEN) and call.form.get("Body") != "" for call in calls[4:])


def test_before_any_token_is_known_nothing_can_be_signed(sandbox: Sandbox) -> None:
    sandbox.set_inbound_url("http://127.0.0.1:1/twilio/message")
    with pytest.raises(UserError, match="auth token"):
        sandbox.reply(ANA, "hello")


@pytest.mark.parametrize(
    "content",
    [
        {"body": "x"}, {"from": ANA}, {"from": "Ana", "body": "x"}, {"from": ANA, "body": "x" * 1601},
        {"from": ANA, "body": "\ud800"}, {"from": ANA, "body": "x", "media": "x"}, {"from": ANA, "body": "x", "colour": 1},
        {"from": ANA, "body": "x", "opt_out_type": "MAYBE"}, [],
    ],
)  # fmt: skip
def test_a_reply_that_makes_no_sense_is_refused(by_hand: httpx.Client, content: Any) -> None:
    assert by_hand.post("/reply", content=json.dumps(content)).status_code == 400


@pytest.mark.parametrize("content", [{"inbound_url": "ftp://x"}, {"keywords": "some"}, {"inbound": None}])
def test_a_webhook_that_makes_no_sense_is_refused(by_hand: httpx.Client, content: dict[str, Any]) -> None:
    assert by_hand.post("/webhooks", json=content).status_code == 400


def test_reset_goes_back_to_the_webhook_given_at_the_start(trial: Trial) -> None:
    with Sandbox(clock=trial.clock, auth_token=TOKEN, inbound_url=trial.receiver.url) as sandbox:
        sandbox.reply(ANA, "STOP")
        sandbox.set_inbound_url(None)
        sandbox.reset()
        sandbox.reply(ANA, "HELP")
        assert sandbox.settled()
        assert [text["body"] for text in sandbox.texts()] == [ANSWERS["HELP"]]
    assert [form["Body"] for form in trial.receiver.forms()][-1] == "HELP"
