"""Twilio's wire, as a client sees it."""

from email.utils import parsedate_to_datetime

import httpx
import pytest

from flait.sandbox.run import Sandbox
from flait.sandbox.twilio_messages import segments
from tests.sandbox.conftest import ACCOUNT, NOON, StandingClock

TO, FROM = "+15555550100", "+15555550111"
TEXT = {"To": TO, "From": FROM, "Body": "UA15 leaves 40 minutes late"}


def test_a_text_is_accepted_with_every_field(twilio: httpx.Client) -> None:
    answer = twilio.post("/Messages.json", data=TEXT)
    assert answer.status_code == 201
    message = answer.json()
    assert message["sid"].startswith("SM")
    assert len(message["sid"]) == 34
    assert (message["status"], message["direction"], message["num_segments"]) == ("queued", "outbound-api", "1")
    assert parsedate_to_datetime(message["date_created"]) == NOON
    assert (message["date_sent"], message["price"], message["error_code"]) == (None, None, None)
    assert message["uri"] == f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{message['sid']}.json"


def test_sids_are_unique(twilio: httpx.Client) -> None:
    assert len({twilio.post("/Messages.json", data=TEXT).json()["sid"] for _ in range(20)}) == 20


def test_a_text_is_delivered_as_virtual_time_goes_by(twilio: httpx.Client, clock: StandingClock) -> None:
    sid = twilio.post("/Messages.json", data=TEXT).json()["sid"]
    seen = []
    for _ in range(4):
        message = twilio.get(f"/Messages/{sid}.json").json()
        seen.append((message["status"], message["date_sent"] is None))
        clock.advance(seconds=3)
    assert seen == [("queued", True), ("sent", False), ("delivered", False), ("delivered", False)]


def test_a_messaging_service_picks_its_sender_a_moment_later(twilio: httpx.Client, clock: StandingClock) -> None:
    form = {"To": TO, "MessagingServiceSid": f"MG{'0' * 32}", "Body": "hello"}
    first = twilio.post("/Messages.json", data=form).json()
    clock.advance(seconds=1)
    later = twilio.get(f"/Messages/{first['sid']}.json").json()
    assert (first["status"], first["from"], first["num_segments"]) == ("accepted", None, "0")
    assert (later["status"], later["from"] is None, later["num_segments"]) == ("queued", False, "1")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"To": ""}, 21604),
        ({"From": ""}, 21603),
        ({"Body": ""}, 21602),
        ({"Body": "x" * 1601}, 21617),
        ({"To": "5550100"}, 21211),
        ({"From": "+"}, 21212),
        ({"From": TO}, 21266),
        ({"To": f"whatsapp:{TO}"}, 21910),
        ({"StatusCallback": "https://my_host/twilio/status"}, 21609),
        ({"ValidityPeriod": "36001"}, 21624),
        ({"ContentSid": "HX1"}, 21655),
        ({"ContentVariables": "1, 2"}, 21656),
    ],
)
def test_what_twilio_refuses(twilio: httpx.Client, sandbox: Sandbox, changes: dict[str, str], code: int) -> None:
    answer = twilio.post("/Messages.json", data=TEXT | changes)
    assert answer.status_code == 400
    assert list(answer.json()) == ["code", "message", "more_info", "status"]
    assert answer.json()["code"] == code
    assert sandbox.texts() == []


def test_whatsapp_goes_the_same_way(twilio: httpx.Client) -> None:
    form = TEXT | {"To": f"whatsapp:{TO}", "From": f"whatsapp:{FROM}"}
    assert twilio.post("/Messages.json", data=form).json()["to"] == f"whatsapp:{TO}"


def test_the_list_is_newest_first_filtered_and_paged(twilio: httpx.Client, clock: StandingClock) -> None:
    for number in range(5):
        twilio.post("/Messages.json", data=TEXT | {"Body": f"text {number}"})
        twilio.post("/Messages.json", data=TEXT | {"To": "+15555550122"})
        clock.advance(seconds=10)
    bodies, uri = [], f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json?To=%2B15555550100&PageSize=2"
    while uri:
        page = twilio.get(httpx.URL(f"http://{twilio.base_url.host}:{twilio.base_url.port}{uri}")).json()
        bodies += [message["body"] for message in page["messages"]]
        uri = page["next_page_uri"]
    assert bodies == [f"text {number}" for number in (4, 3, 2, 1, 0)]
    assert (page["page"], page["page_size"], page["start"], page["end"]) == (2, 2, 4, 4)
    assert page["previous_page_uri"].endswith("Page=1")


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({}, 3),
        ({"DateSent": "2013-03-08"}, 2),
        ({"DateSent": "2013-03-09"}, 0),
        ({"DateSent": "2013-03-08T17:00:02Z"}, 1),
        ({"DateSent>": "2013-03-08T17:00:30Z"}, 1),
        ({"DateSent<": "2013-03-08T17:00:30Z"}, 1),
        ({"DateSent>": "2013-03-08", "DateSent<": "2013-03-09"}, 2),
        ({"DateSent>": "2013-03-08T17:00:00Z", "To": "+15555550122"}, 0),
    ],
)
def test_the_list_is_filtered_by_when_a_text_was_sent(
    twilio: httpx.Client, clock: StandingClock, query: dict[str, str], count: int
) -> None:
    for _ in range(2):
        twilio.post("/Messages.json", data=TEXT)
        clock.advance(minutes=1)
    twilio.post("/Messages.json", data=TEXT)  # not sent yet

    assert len(twilio.get("/Messages.json", params=query).json()["messages"]) == count


@pytest.mark.parametrize("query", [{"DateSent": "noon"}, {"PageSize": "0"}, {"Page": "x"}])
def test_a_list_that_makes_no_sense_is_refused(twilio: httpx.Client, query: dict[str, str]) -> None:
    assert twilio.get("/Messages.json", params=query).json()["code"] == 20001


def test_what_does_not_exist_is_20404(twilio: httpx.Client) -> None:
    answers = [twilio.get(f"/Messages/SM{'f' * 32}.json"), twilio.get("/Calls.json")]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(404, 20404)] * 2


def test_the_account_is_active(sandbox: Sandbox) -> None:
    url = f"{sandbox.twilio_base_url}/2010-04-01/Accounts/{ACCOUNT}.json"
    answer = httpx.get(url, auth=(ACCOUNT, "any"), verify=False, trust_env=False)
    assert (answer.json()["sid"], answer.json()["status"]) == (ACCOUNT, "active")


@pytest.mark.parametrize(
    ("auth", "status"),
    [
        ((ACCOUNT, "right"), 200),
        (("SKkey", "right"), 200),
        ((ACCOUNT, "wrong"), 401),
        (None, 401),
        (("AC1", "right"), 404),
    ],
)
def test_who_may_ask(clock: StandingClock, auth: tuple[str, str] | None, status: int) -> None:
    with Sandbox(clock=clock, auth_token="right") as sandbox:
        url = f"{sandbox.twilio_base_url}/2010-04-01/Accounts/{ACCOUNT}.json"
        answer = httpx.get(url, auth=auth, verify=False, trust_env=False)
    assert answer.status_code == status
    assert status != 401 or answer.json()["code"] == 20003


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ("", 1),
        ("x" * 160, 1),
        ("x" * 161, 2),
        ("[" * 80, 1),
        ("[" * 81, 2),
        ("ж" * 70, 1),
        ("ж" * 71, 2),
        ("✈" * 135, 3),
    ],
)
def test_segments_are_counted_as_twilio_counts(body: str, count: int) -> None:
    assert segments(body) == count
