"""Twilio's own record over real sockets: what is read from it, and that a failure is never an empty record."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from flait.errors import InDoubt, NotSent
from tests.adapters.provider import Provider, answer, reset
from tests.adapters.twilio_talk import ACCOUNT, FROM, IN_DOUBT, MESSAGES, NOW, PHONE, SID, answering, refused


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider() as provider:
        yield provider


def sent(sid: str = SID, **changed: Any) -> dict[str, Any]:
    return {
        "sid": sid,
        "account_sid": ACCOUNT,
        "to": PHONE,
        "from": FROM,
        "body": "ZZ123 leaves 45 min late",
        "direction": "outbound-api",
        "status": "queued",
        "date_created": "Sun, 01 Mar 2026 12:00:00 +0000",
        "date_sent": None,
        **changed,
    }


def listed(*rows: Any, following: str | None = None) -> dict[str, Any]:
    return {"messages": list(rows), "next_page_uri": following, "page": 0, "page_size": 50, "uri": MESSAGES}


def test_our_own_texts_since_then_are_read_from_twilios_record(provider: Provider) -> None:
    rows = (
        sent(),
        sent("SM" + "b2" * 16, date_created="Sun, 01 Mar 2026 11:59:59 +0000"),
        sent("SM" + "c3" * 16, direction="inbound"),
        sent("SM" + "d4" * 16, direction="outbound-reply"),
        sent("SM" + "e5" * 16, account_sid="AC" + "9" * 32),
    )
    (found,) = answering(provider, answer(200, listed(*rows))).sent_to(PHONE, since=NOW + timedelta(milliseconds=400))
    assert (found.sid, found.to, found.body, found.created_at) == (SID, PHONE, "ZZ123 leaves 45 min late", NOW)
    assert provider.asked[0].path == MESSAGES
    assert provider.asked[0].query == {"To": PHONE, "PageSize": "50"}


def test_two_pages_of_the_record_are_read(provider: Provider) -> None:
    link = f"{MESSAGES}?Page=1&PageToken=x"
    pages = [answer(200, listed(sent(), following=link)), answer(200, listed(sent("SM" + "b2" * 16), following=link))]
    found = answering(provider, *pages, answer(200, listed(sent("SM" + "c3" * 16)))).sent_to(PHONE, since=NOW)
    assert [text.sid for text in found] == [SID, "SM" + "b2" * 16]
    assert provider.asked[1].target == link
    assert len(provider.asked) == 2


def test_a_person_on_whatsapp_is_looked_up_at_both_addresses(provider: Provider) -> None:
    whatsapp = sent("SM" + "b2" * 16, to=f"whatsapp:{PHONE}")
    gateway = answering(
        provider, answer(200, listed(sent())), answer(200, listed(whatsapp)), whatsapp_from="+15555550155"
    )
    assert [text.to for text in gateway.sent_to(PHONE, since=NOW)] == [PHONE, PHONE]
    assert [asked.query["To"] for asked in provider.asked] == [PHONE, f"whatsapp:{PHONE}"]


UNREADABLE: list[Any] = [
    *IN_DOUBT[:5],
    refused(401, 20003),
    refused(429, 20429),
    refused(500, 20500),
    answer(200, b"<html>"),
    answer(200, []),
    answer(200, {}),
    answer(200, {"errors": []}),
    answer(200, {"messages": None}),
    answer(200, {"messages": {}}),
    answer(200, listed(5)),
    answer(200, listed(sent(date_created=None))),
    answer(200, listed(sent(date_created="soon"))),
    answer(200, listed(sent(sid="SM123"))),
    answer(200, listed({"sid": SID})),
    answer(201, listed()),
    answer(302, b"", {"Location": "/"}),
]


@pytest.mark.parametrize("step", UNREADABLE)
def test_a_record_that_cannot_be_read_is_never_an_empty_one(provider: Provider, step: Any) -> None:
    with pytest.raises(InDoubt):
        answering(provider, step, deadline=timedelta(seconds=0.3)).sent_to(PHONE, since=NOW)


def test_a_second_page_that_fails_fails_the_whole(provider: Provider) -> None:
    first = answer(200, listed(sent(), following=f"{MESSAGES}?Page=1"))
    with pytest.raises(InDoubt):
        answering(provider, first, answer(503)).sent_to(PHONE, since=NOW)


def test_the_credentials_follow_no_link_to_another_server(provider: Provider) -> None:
    with Provider() as elsewhere:
        body = listed(sent()) | {"meta": {"key": "messages", "next_page_url": f"{elsewhere.url}/x"}}
        with pytest.raises(InDoubt):
            answering(provider, answer(200, body)).sent_to(PHONE, since=NOW)
        assert elsewhere.asked == []


def test_checking_reads_the_account(provider: Provider) -> None:
    assert answering(provider, answer(200, {"sid": ACCOUNT, "status": "active"})).check()
    assert provider.asked[0].path == f"/2010-04-01/Accounts/{ACCOUNT}.json"


KEYED: dict[str, Any] = {"api_key_sid": "SK" + "2" * 32, "api_key_secret": lambda _: "key-secret"}


def test_checking_an_api_key_lists_one_text(provider: Provider) -> None:
    assert answering(provider, answer(200, listed()), **KEYED).check()
    assert provider.asked[0].query == {"PageSize": "1"}


def test_a_list_that_is_none_proves_no_api_key(provider: Provider) -> None:
    with pytest.raises(NotSent):
        answering(provider, answer(200, {"errors": []}), **KEYED).check()


@pytest.mark.parametrize(
    ("step", "account"),
    [
        (answer(200, {"status": "suspended"}), True),
        (refused(401, 20003), True),
        (refused(404), True),
        (answer(200, {}), False),
        (answer(503), False),
        (reset, False),
    ],
)
def test_a_check_that_fails_says_whether_it_is_the_account(provider: Provider, step: Any, account: bool) -> None:
    with pytest.raises(NotSent) as caught:
        answering(provider, step).check()
    assert caught.value.account is account
