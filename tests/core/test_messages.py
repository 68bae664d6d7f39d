from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flait.core.changes import ChangeKind
from flait.core.messages import (
    GSM_7,
    GSM_7_EXTENSION,
    UNTOLD,
    Channel,
    Message,
    MessageKind,
    MessageStatus,
    is_gsm_7,
    next_attempt,
    segments,
    units,
)
from tests.core.flights_for_tests import NOON, minutes

EMOJI = "🛫"  # two UTF-16 units


@pytest.mark.parametrize(
    ("body", "expected_units", "expected_segments"),
    [
        ("", 0, 1),
        ("a" * 160, 160, 1),
        ("a" * 161, 161, 2),
        ("a" * 306, 306, 2),
        ("a" * 307, 307, 3),
        ("a" * 459, 459, 3),
        ("a" * 460, 460, 4),
        ("é" * 160, 160, 1),
        ("\n" * 160, 160, 1),
        ("[" * 80, 160, 1),
        ("€" * 80 + "a", 161, 2),
        ("a" * 152 + "€" + "a" * 152, 306, 3),  # a two-septet character is never split, so a septet is lost
        ("a" * 153 + "€" + "a" * 150, 305, 2),
        ("ç" * 70, 70, 1),  # lower-case c with cedilla is not in the alphabet; the capital is
        ("ç" * 71, 71, 2),
        ("Ç" * 160, 160, 1),
        ("ç" * 134, 134, 2),
        ("ç" * 135, 135, 3),
        (EMOJI * 35, 70, 1),
        (EMOJI * 35 + "a", 71, 2),
        ("a" * 66 + EMOJI + "a" * 66, 134, 3),  # nor is an emoji
        ("`" * 70, 70, 1),
        ("`" * 71, 71, 2),
    ],
)
def test_what_a_text_weighs(body: str, expected_units: int, expected_segments: int) -> None:
    assert units(body) == expected_units
    assert segments(body) == expected_segments


def test_the_alphabet_is_that_of_the_standard() -> None:
    assert len(GSM_7) == 127  # 128 places, one of them the escape to the extension
    assert len(GSM_7_EXTENSION) == 10
    assert not GSM_7 & GSM_7_EXTENSION


@pytest.mark.parametrize("char", "`çÁ\u2019\u2192\t\u00a0\x00\x1b")
def test_what_looks_harmless_and_is_not_in_the_alphabet(char: str) -> None:
    assert not is_gsm_7(char)


@given(st.text())
def test_any_text_has_a_weight(body: str) -> None:
    single = 160 if is_gsm_7(body) else 70

    assert (segments(body) == 1) is (units(body) <= single)
    assert segments(body) <= max(1, units(body))


@given(st.text(), st.characters())
def test_a_longer_text_is_never_cheaper(body: str, char: str) -> None:
    assert segments(body + char) >= segments(body)


def test_a_message_knows_its_price() -> None:
    message = Message(
        user_id=1, to="+15555550100", kind=MessageKind.TRACKED, body="a" * 161, dedup_key="k",
        created_at=NOON, not_before=NOON, expires_at=NOON + minutes(60),
    )  # fmt: skip

    assert message.segments == 2
    assert (message.status, message.channel, message.attempts) == (MessageStatus.QUEUED, Channel.SMS, 0)


@pytest.mark.parametrize(
    ("attempts", "seconds"),
    [(0, 2), (1, 2), (2, 4), (3, 8), (4, 16), (5, 32), (6, 64), (7, 120), (8, 120), (10_000, 120)],
)
def test_the_waits_between_attempts_double_up_to_two_minutes(attempts: int, seconds: int) -> None:
    assert next_attempt(attempts, NOON) == NOON + timedelta(seconds=seconds)


@pytest.mark.parametrize(("asked", "seconds"), [(0, 4), (1, 4), (30, 30), (900, 900)])
def test_twilio_may_ask_for_a_longer_wait_but_not_for_a_shorter_one(asked: int, seconds: int) -> None:
    assert next_attempt(2, NOON, timedelta(seconds=asked)) == NOON + timedelta(seconds=seconds)


def test_a_text_that_may_have_arrived_counts_as_told() -> None:
    reached = {MessageStatus.ACCEPTED, MessageStatus.SENT, MessageStatus.DELIVERED, MessageStatus.READ}
    open_ = {MessageStatus.QUEUED, MessageStatus.SENDING, MessageStatus.IN_DOUBT}
    given_up = {MessageStatus.CANCELED}  # while in doubt: it may have arrived

    assert set(MessageStatus) == UNTOLD | reached | open_ | given_up
    assert not UNTOLD & (reached | open_ | given_up)


def test_whatever_is_news_is_a_kind_of_text() -> None:
    assert [kind.value for kind in MessageKind][: len(ChangeKind)] == [kind.value for kind in ChangeKind]
