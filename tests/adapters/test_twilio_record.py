"""Twilio's own record over real sockets: what is read from it, and that a failure is never an empty record."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from flait.adapters.twilio.statuses import TWILIO_STATUSES
from flait.core.inbound import Inbound
from flait.core.messages import MessageStatus
from flait.core.receipts import Receipt
from flait.errors import InDoubt, NotSent, Rejected
from tests.adapters.provider import Provider, answer, patience, reset
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


def test_the_record_is_read_as_far_back_as_it_must_be(provider: Provider) -> None:
    link = f"{MESSAGES}?Page=1&PageToken=x"
    others = [sent("SM" + f"{number:032x}") for number in range(3)]
    old = sent("SM" + "c3" * 16, date_created="Sun, 01 Mar 2026 11:59:59 +0000")
    pages = [answer(200, listed(one, following=f"{link}{number}")) for number, one in enumerate(others)]
    found = answering(provider, *pages, answer(200, listed(old, following=link))).sent_to(PHONE, since=NOW)
    assert [text.sid for text in found] == [one["sid"] for one in others]
    assert provider.asked[1].target == f"{link}0"
    assert len(provider.asked) == 4


def test_of_a_record_too_long_to_read_nothing_is_absent(provider: Provider) -> None:
    link = f"{MESSAGES}?PageToken="
    pages = [answer(200, listed(sent(sid(number)), following=f"{link}{number}")) for number in range(21)]
    with pytest.raises(InDoubt, match="more texts to that number"):
        answering(provider, *pages).sent_to(PHONE, since=NOW)


def test_a_person_on_whatsapp_is_looked_up_at_both_addresses(provider: Provider) -> None:
    whatsapp = sent("SM" + "b2" * 16, to=f"whatsapp:{PHONE}")
    gateway = answering(
        provider, answer(200, listed(sent())), answer(200, listed(whatsapp)), whatsapp_from="+15555550155"
    )
    assert [text.to for text in gateway.sent_to(PHONE, since=NOW)] == [PHONE, PHONE]
    assert [asked.query["To"] for asked in provider.asked] == [PHONE, f"whatsapp:{PHONE}"]


def test_a_person_whom_whatsapp_spells_otherwise_is_looked_up_in_each_spelling(provider: Provider) -> None:
    phone, address = "+525555550100", "+5215555550100"
    on_whatsapp = sent("SM" + "b2" * 16, to=f"whatsapp:{address}")
    answers = [answer(200, listed()), answer(200, listed()), answer(200, listed(on_whatsapp))]
    gateway = answering(provider, *answers, whatsapp_from="+15555550155")
    assert [text.sid for text in gateway.sent_to(phone, since=NOW)] == ["SM" + "b2" * 16]
    assert [asked.query["To"] for asked in provider.asked] == [phone, f"whatsapp:{phone}", f"whatsapp:{address}"]


def test_to_a_name_nobody_writes(provider: Provider) -> None:
    assert answering(provider, from_number="Flait").received(NOW).texts == []
    assert provider.asked == []


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
        answering(provider, step, deadline=patience(step)).sent_to(PHONE, since=NOW)


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


# --- what became of one text ----------------------------------------------------------------------------------------

TEXT = f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{SID}.json"


@pytest.mark.parametrize(("word", "status"), sorted(TWILIO_STATUSES.items()))
def test_every_state_of_a_text_is_understood(provider: Provider, word: str, status: MessageStatus) -> None:
    found = answering(provider, answer(200, sent(status=word))).status_of(SID)
    assert found == Receipt(sid=SID, status=status)
    assert provider.asked[0].path == TEXT


def test_a_failure_comes_with_its_code(provider: Provider) -> None:
    found = answering(provider, answer(200, sent(status="undelivered", error_code=30003))).status_of(SID)
    assert (found.status, found.error_code) == (MessageStatus.UNDELIVERED, 30003)


def test_a_text_that_twilio_does_not_have_is_no_failed_one(provider: Provider) -> None:
    with pytest.raises(Rejected, match="does not have the text"):
        answering(provider, refused(404, 20404)).status_of(SID)


@pytest.mark.parametrize(
    "step",
    [
        *IN_DOUBT[:5],
        refused(401, 20003),
        refused(429, 20429),
        refused(500, 20500),
        answer(200, b"<html>"),
        answer(200, {}),
        answer(200, sent("SM" + "b2" * 16)),
        answer(200, sent(status="received")),
        answer(200, sent(status=None)),
        answer(200, sent(error_code="soon")),
    ],
)
def test_an_unusable_answer_says_nothing_about_a_text(provider: Provider, step: Any) -> None:
    with pytest.raises(InDoubt):
        answering(provider, step, deadline=patience(step)).status_of(SID)


# --- what people texted ---------------------------------------------------------------------------------------------


def came(sid: str = SID, **changed: Any) -> dict[str, Any]:
    """A person's text as Twilio lists it."""
    fields = {"from": PHONE, "to": FROM, "body": "STOP", "direction": "inbound", "status": "received"}
    return sent(sid, **{**fields, "messaging_service_sid": None, **changed})


def test_what_people_texted_is_read_oldest_first(provider: Provider) -> None:
    rows = (
        came("SM" + "b2" * 16, body="START"),
        came(body="STOP"),
        came("SM" + "c3" * 16, date_created="Sun, 01 Mar 2026 12:00:01 +0000", body=None),
        sent("SM" + "d4" * 16),
        came("SM" + "e5" * 16, date_created="Sun, 01 Mar 2026 11:59:59 +0000"),
        came("SM" + "f6" * 16, account_sid="AC" + "9" * 32),
        came("SM" + "07" * 16, status="receiving"),
        came("SM" + "18" * 16, **{"from": "72975"}),
    )
    texts = answering(provider, answer(200, listed(*rows))).received(NOW + timedelta(milliseconds=400)).texts
    assert [(text.body, text.sent_at) for text in texts] == [
        ("STOP", NOW),
        ("START", NOW),
        ("", NOW + timedelta(seconds=1)),
    ]
    assert texts[0] == Inbound(sid=SID, sender=PHONE, to=FROM, body="STOP", sent_at=NOW)
    assert provider.asked[0].query == {"To": FROM, "PageSize": "50"}


def test_what_twilio_is_still_receiving_is_said_to_be_missing(provider: Provider) -> None:
    coming = {"status": "receiving", "date_created": "Sun, 01 Mar 2026 12:00:01 +0000"}
    rows = (
        came(),
        came("SM" + "07" * 16, **coming),
        came("SM" + "18" * 16, status="receiving", direction="outbound-api"),
    )
    inbox = answering(provider, answer(200, listed(*rows))).received(NOW)
    assert ([text.sid for text in inbox.texts], inbox.unfinished) == ([SID], NOW + timedelta(seconds=1))


def test_half_an_emoji_is_no_reason_to_read_nothing(provider: Provider) -> None:
    [text] = answering(provider, answer(200, listed(came(body="STOP \ud83d")))).received(NOW).texts
    assert text.body == "STOP ?"


def test_reading_goes_back_as_far_as_it_must_and_no_further(provider: Provider) -> None:
    link = f"{MESSAGES}?Page=1&PageToken=x"
    old = came("SM" + "c3" * 16, date_created="Sun, 01 Mar 2026 11:00:00 +0000")
    pages = [
        answer(200, listed(came(), following=link)),
        answer(200, listed(came("SM" + "b2" * 16), old, following=link)),
        answer(200, listed(old, following=link)),
    ]
    inbox = answering(provider, *pages).received(NOW)
    assert (len(inbox.texts), inbox.cursor) == (2, None)
    assert len(provider.asked) == 3


def sid(number: int) -> str:
    return f"SM{number:032x}"


def page(number: int, *, last: int) -> bytes:
    """One of many pages of an inbox, each of a text."""
    following = None if number == last else f"{MESSAGES}?Page={number + 1}&PageToken=x"
    return answer(200, listed(came(sid(number)), following=following))


def test_a_long_inbox_is_read_in_goes_to_its_end_and_nothing_is_left_out(provider: Provider) -> None:
    gateway = answering(provider, *(page(number, last=44) for number in range(45)))
    inbox, sids, goes = gateway.received(NOW), [], 1
    while inbox.cursor:
        sids += [text.sid for text in inbox.texts]
        inbox, goes = gateway.received(NOW, inbox.cursor), goes + 1
    sids += [text.sid for text in inbox.texts]
    assert (goes, sorted(sids)) == (3, [sid(number) for number in range(45)])
    assert [asked.query.get("Page") for asked in provider.asked[18:23]] == ["18", "19", "20", "21", "22"]


def test_a_long_inbox_of_one_sender_keeps_nobody_from_reading_the_other(provider: Provider) -> None:
    whatsapp = came(sid(99), **{"from": f"whatsapp:{PHONE}", "to": "whatsapp:+15555550155"})
    pages = [page(number, last=19) for number in range(20)]
    gateway = answering(provider, *pages, answer(200, listed(whatsapp)), whatsapp_from="+15555550155")
    first = gateway.received(NOW)
    assert (len(first.texts), len(provider.asked)) == (20, 20)
    rest = gateway.received(NOW, first.cursor)
    assert ([text.sid for text in rest.texts], rest.cursor) == ([sid(99)], None)


def test_a_page_that_leads_to_itself_is_no_record(provider: Provider) -> None:
    circle = answer(200, listed(came(), following=f"{MESSAGES}?Page=1"))  # the same texts again
    with pytest.raises(InDoubt):
        answering(provider, *[circle] * 3).received(NOW)


def test_a_page_of_the_longest_texts_is_read(provider: Provider) -> None:
    rows = [came(sid(number), body="\U0001f6d1" * 800) for number in range(50)]
    assert len(answering(provider, answer(200, listed(*rows))).received(NOW).texts) == 50


def test_one_text_is_read_by_its_sid(provider: Provider) -> None:
    gateway = answering(provider, answer(200, came(body="STATUS")))
    assert gateway.text(SID) == Inbound(sid=SID, sender=PHONE, to=FROM, body="STATUS", sent_at=NOW)
    assert provider.asked[0].path == MESSAGES.replace(".json", f"/{SID}.json")


@pytest.mark.parametrize(
    "changes",
    [{"direction": "outbound-api"}, {"status": "receiving"}, {"from": "72975"}, {"account_sid": "AC" + "9" * 32}],
)
def test_what_no_person_texted_to_us_is_no_text(provider: Provider, changes: dict[str, str]) -> None:
    assert answering(provider, answer(200, came(**changes))).text(SID) is None


def test_a_text_that_twilio_does_not_know_is_refused(provider: Provider) -> None:
    with pytest.raises(Rejected):
        answering(provider, refused(404, 20404)).text(SID)


@pytest.mark.parametrize("step", [refused(503), answer(200, {}), answer(200, []), answer(200, came("SM" + "b2" * 16))])
def test_a_text_that_cannot_be_read_is_in_doubt(provider: Provider, step: bytes) -> None:
    with pytest.raises(InDoubt):
        answering(provider, step).text(SID)


def test_texts_on_whatsapp_are_read_too(provider: Provider) -> None:
    ours = "+15555550155"
    row = came(**{"from": f"whatsapp:{PHONE}", "to": f"whatsapp:{ours}"})
    pages = (answer(200, listed()), answer(200, listed(row)))
    [text] = answering(provider, *pages, whatsapp_from=ours).received(NOW).texts
    assert (text.sender, text.to, text.whatsapp) == (PHONE, ours, True)
    assert provider.asked[1].query["To"] == f"whatsapp:{ours}"


def test_of_a_messaging_service_only_its_own_texts_are_read(provider: Provider) -> None:
    service = "MG" + "1" * 32
    rows = (came(messaging_service_sid=service), came("SM" + "b2" * 16, messaging_service_sid="MG" + "2" * 32))
    gateway = answering(provider, answer(200, listed(*rows)), from_number=None, messaging_service_sid=service)
    assert [text.sid for text in gateway.received(NOW).texts] == [SID]
    assert provider.asked[0].query == {"PageSize": "50"}


@pytest.mark.parametrize(
    "step",
    [
        *IN_DOUBT[:2],
        refused(401, 20003),
        refused(503, 20503),
        answer(200, {}),
        answer(200, listed(5)),
        answer(200, listed(came(sid="SM123"))),
        answer(200, listed(came(date_created="soon"))),
        answer(200, listed({"sid": SID, "date_created": "Sun, 01 Mar 2026 12:00:00 +0000"})),
    ],
)
def test_an_inbox_that_cannot_be_read_is_never_an_empty_one(provider: Provider, step: Any) -> None:
    with pytest.raises(InDoubt):
        answering(provider, step, deadline=patience(step)).received(NOW)
