"""A database of the fifth release, upgraded in the middle of a busy day: what a text is, copies and answers is known."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flait.core.messages import Channel, CopiedAs, MessageKind, MessageStatus
from flait.store import Store
from tests.store.releases import DEE, EVE, fifth_release
from tests.store.samples import HOUR, MINUTE, NOW, message

S, C = MessageStatus, CopiedAs


@pytest.fixture
def upgraded(tmp_path: Path) -> Iterator[Store]:
    path = tmp_path / "flait.db"
    fifth_release(path)
    with Store.open(path) as store:
        yield store


def test_what_a_text_copies_and_answers_is_known(upgraded: Store) -> None:
    texts = {view.message.id: view.message for view in upgraded.messages()}

    assert {number: (text.copied_as, text.copy_of, text.answers) for number, text in texts.items() if number > 50} == {
        51: (None, None, None),
        52: (C.TEMPLATE, 51, None),
        53: (C.SMS, 52, None),
        54: (None, None, "SM7"),
        55: (None, None, "SM7"),
        56: (C.REWORDED, 55, "SM7"),
        57: (C.RETRIED, 54, "SM7"),
        58: (C.RETRIED, 54, "SM7"),
        59: (None, None, "SM9"),
        60: (None, None, None),
    }
    assert [copy.id for copy in upgraded.copies(54)] == [57, 58]


def test_a_kind_that_is_none_any_more_can_be_read(upgraded: Store) -> None:
    text = upgraded.message(60)
    assert text
    assert (text.kind, text.body) == (MessageKind.OTHER, "d")


def test_texts_under_way_go_on_from_where_they_were(upgraded: Store) -> None:
    assert [text.id for text in upgraded.doubt_orphans(except_by="boot")] == [58]
    assert {doubt.message.id for doubt in upgraded.in_doubt(NOW + MINUTE)} == {56, 58}
    assert [text.id for text in upgraded.suppress_opted_out(NOW) if text.to == EVE] == [60]
    claimed = [upgraded.claim_due_message(NOW, "boot") for _ in range(4)]
    assert {text.id for text in claimed if text and text.to in (DEE, EVE)} == {53, 59}


def test_stop_holds_and_a_question_still_waits_for_its_answer(upgraded: Store) -> None:
    assert upgraded.is_opted_out(EVE)
    assert upgraded.dialogue(DEE, "question", NOW) == {"of": "TRACK"}
    assert upgraded.dialogue(DEE, "question", NOW + HOUR) is None


def test_what_was_agreed_to_becomes_rows_and_reads_as_before(upgraded: Store) -> None:
    people = {user.name: user for user in upgraded.users()}

    dee, fay = people["Dee"], people["Fay"]
    assert dee.consent == "added at the command line, 2013-03-07; whatsapp: JOIN by text, 2013-03-08"
    assert [(each.channel, each.value, each.agreed_at) for each in dee.addresses] == [
        (Channel.SMS, DEE, datetime(2013, 3, 7, tzinfo=UTC)),
        (Channel.WHATSAPP, DEE, datetime(2013, 3, 8, tzinfo=UTC)),
    ]
    assert (fay.consent, fay.agreed(Channel.SMS), fay.agreed(Channel.WHATSAPP)) == ("whatsapp: said so", False, True)
    assert [(each.channel, each.consent) for each in people["Eve"].addresses] == [(Channel.SMS, "")]
    assert not people["Eve"].agreed(Channel.SMS)


def test_tables_that_were_built_anew_give_no_id_twice(upgraded: Store) -> None:
    upgraded._change("DELETE FROM messages")
    ann = upgraded.users()[0]

    stored = upgraded.enqueue(message(ann.id, "next"))
    assert stored
    assert stored.id > 60
