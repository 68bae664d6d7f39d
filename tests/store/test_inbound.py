"""What people text: each once, answered by one, forgotten late."""

from typing import Any

import pytest

from flait.core.inbound import Inbound
from flait.core.values import replace
from flait.store import Store
from flait.store.inbound import ANSWER_WITHIN, MOST_TRIES
from tests.store.samples import DAY, HOUR, MINUTE, NOW, PHONE

OURS = "+15555550199"
BOB = "+15555550111"


def text(number: int = 1, **changes: Any) -> Inbound:
    return replace(Inbound(sid=f"SM{number}", sender=PHONE, to=OURS, body="STATUS"), **changes)


def answered_sid(store: Store, boot: str = "boot", **after: Any) -> str | None:
    heard = store.claim_inbound(NOW, boot)
    return heard.inbound.sid if heard else None


def test_a_text_is_read_back_as_it_came(store: Store) -> None:
    odd = text(whatsapp=True, body="\x1b]0;\u202e[/x] 'ok'", opt_out_type="STOP")
    assert store.add_inbound(odd, NOW)
    heard = store.heard("SM1")
    assert heard
    assert (heard.inbound, heard.received_at, heard.answered_at) == (odd, NOW, None)
    assert store.heard("SM2") is None


def test_a_text_is_taken_once(store: Store) -> None:
    assert store.add_inbound(text(), NOW)
    assert store.add_inbound(text(body="another"), NOW + HOUR) is False
    assert len(store._rows("SELECT * FROM inbound")) == 1


def test_it_counts_from_when_twilio_had_it_and_never_from_the_future(store: Store) -> None:
    store.add_inbound(text(1, sent_at=NOW - HOUR), NOW)
    store.add_inbound(text(2, sent_at=NOW + HOUR), NOW)
    moments = [heard.received_at for sid in ("SM1", "SM2") if (heard := store.heard(sid))]
    assert moments == [NOW - HOUR, NOW]


def test_the_one_that_waited_longest_is_answered_first_and_by_one_only(store: Store) -> None:
    store.add_inbound(text(1, sent_at=NOW - MINUTE), NOW)
    store.add_inbound(text(2, sent_at=NOW - HOUR), NOW)
    assert [answered_sid(store) for _ in range(3)] == ["SM2", "SM1", None]
    assert store.mark_answered("SM2", NOW, "reply")
    assert store.mark_answered("SM2", NOW, "reply") is False
    assert answered_sid(store, "next boot") == "SM1"


def test_what_a_dead_daemon_was_answering_is_the_next_ones(store: Store) -> None:
    store.add_inbound(text(), NOW)
    assert answered_sid(store, "boot") == "SM1"
    assert answered_sid(store, "boot") is None
    assert answered_sid(store, "next boot") == "SM1"


def test_an_answer_that_fails_is_tried_again_later_and_not_for_ever(store: Store) -> None:
    store.add_inbound(text(), NOW)
    tries = [store.claim_inbound(NOW + number * ANSWER_WITHIN, "boot") for number in range(MOST_TRIES + 1)]
    assert [heard.tries if heard else None for heard in tries] == [1, 2, 3, None]


def test_texts_and_answers_of_one_number_are_counted(store: Store) -> None:
    for number, minutes in enumerate((10, 50, 70), 1):
        store.add_inbound(text(number, sent_at=NOW - minutes * MINUTE), NOW)
    store.add_inbound(text(9, sender=BOB), NOW)
    store.mark_answered("SM1", NOW, "stranger")
    assert store.inbound_count(PHONE, since=NOW - HOUR) == 2
    assert store.inbound_count(PHONE, since=NOW - DAY, answer="stranger") == 1
    assert store.inbound_count(BOB, since=NOW - DAY, answer="stranger") == 0


def test_how_far_a_record_was_read_is_remembered(store: Store) -> None:
    assert store.read_until("record") is None
    store.note_read("record", NOW)
    store.note_read("record", NOW + HOUR)
    assert store.read_until("record") == NOW + HOUR


def test_old_texts_and_talk_that_is_over_are_forgotten(store: Store) -> None:
    for number in (1, 2):
        store.add_inbound(text(number), NOW + number * DAY)
    store.put_dialogue(PHONE, "leg", {"ident": "UA123"}, NOW - DAY / 24)
    store.put_dialogue(PHONE, "undo", {"do": "mute"}, NOW)
    store.note_window(PHONE, NOW)
    assert store.prune_words(NOW + 2 * DAY, NOW + 2 * DAY) == 1
    assert [row["sid"] for row in store._rows("SELECT sid FROM inbound")] == ["SM2"]
    assert [row["kind"] for row in store._rows("SELECT kind FROM dialogues")] == ["undo"]  # a late text may answer it
    assert store.wrote_over_whatsapp_at(PHONE) is None


@pytest.mark.parametrize("sender", ["12345", "Flait", ""])
def test_a_sender_that_is_no_number_is_refused_by_the_table(store: Store, sender: str) -> None:
    with pytest.raises(Exception, match="refused a change"):
        store.add_inbound(text(sender=sender), NOW)
