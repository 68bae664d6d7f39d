"""Nothing secret in a log line, no whole telephone number, and nothing else touched."""

import base64
import io
import json
import logging
import pickle
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flait.system.redaction import RedactingFormatter, Redactor, Secret, mask_phone, redact_phones, seen

PRINTABLE = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=12, max_size=60)


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("+15555550100", "+15…00"),
        ("+1 (555) 555-0100", "+15…00"),
        ("%2B15555550100", "+15…00"),
        ("555-555-0100", "55…00"),
        ("+1234567", "+12…67"),
        ("12345", "…"),
        ("", "…"),
    ],
)
def test_a_number_shows_two_digits_on_either_side(number: str, masked: str) -> None:
    assert mask_phone(number) == masked


@given(st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True))
def test_the_middle_of_a_number_is_never_shown(number: str) -> None:
    for text in (mask_phone(number), redact_phones(f"to {number}: sent")):
        assert number[3:-2] not in text
        assert sum(character.isdigit() for character in text) == 4


@pytest.mark.parametrize(
    ("line", "redacted"),
    [
        ("To=%2B15555550100&Body=x", "To=+15…00&Body=x"),
        ("whatsapp:+15555550100", "whatsapp:+15…00"),
        ("called +1 555 555 0100, then +15555550101.", "called +15…00, then +15…01."),
        ("(555) 555-0100 or 555.555.0101", "55…00 or 55…01"),
        ("+12345678901234567890", "+12…90"),
    ],
)
def test_numbers_are_found_as_people_and_providers_write_them(line: str, redacted: str) -> None:
    assert redact_phones(line) == redacted


@pytest.mark.parametrize(
    "line",
    [
        "2013-03-08T05:00:00+00:00 poll",
        "UAL123-1363009800-airline-0123 is en route",
        "FLAIT_CLOCK=2013-03-08T05:00:00Z,1700000000,600",
        "SM0123456789abcdef0123456789abcdef delivered",
        "127.0.0.1:8787 +0000 took 12 ms",
    ],
)
def test_times_flights_and_sids_stay_readable(line: str) -> None:
    assert redact_phones(line) == line


@given(PRINTABLE, st.binary(max_size=9))
def test_a_secret_is_hidden_in_every_spelling(secret: str, before: bytes) -> None:
    redactor = Redactor()
    redactor.remember(secret)
    encoded = base64.b64encode(before + b":" + secret.encode()).decode()
    forms = [secret, quote_plus(secret), json.dumps({"k": secret}), repr([secret]), encoded]

    shown = redactor.redact(" | ".join(forms))

    assert secret not in shown
    assert base64.b64encode(secret.encode()).decode()[:-4] not in shown
    assert shown.count("[secret]") >= 5


def test_text_without_a_known_secret_is_left_alone() -> None:
    assert Redactor().redact("nothing is known yet") == "nothing is known yet"


def test_a_longer_secret_is_hidden_whole_when_it_starts_with_another() -> None:
    redactor = Redactor()
    for secret in ("abcdefgh", "abcdefgh-and-more"):
        redactor.remember(secret)

    assert redactor.redact("key abcdefgh-and-more!") == "key [secret]!"


def test_a_formatted_traceback_is_redacted_too() -> None:
    seen.remember("canary-7f3a91")
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(RedactingFormatter("%(levelname)s %(message)s"))
    logger = logging.Logger("flait.test")
    logger.addHandler(handler)

    try:
        int("canary-7f3a91 for +15555550100")
    except ValueError:
        logger.exception("sending to %s with %s failed", "+15555550100", "canary-7f3a91")

    shown = stream.getvalue()
    assert "sending to +15…00 with [secret] failed" in shown
    assert "ValueError: invalid literal for int() with base 10: '[secret] for +15…00'" in shown
    assert "canary" not in shown
    assert "555555" not in shown


def test_a_secret_shows_itself_only_when_asked() -> None:
    secret = Secret("canary-7f3a91")

    assert secret.reveal() == "canary-7f3a91"
    assert {repr(secret), str(secret), f"{secret}", f"{secret:>9}", repr([secret])[1:-1]} == {"***"}
    assert not hasattr(secret, "__dict__")


def test_secrets_are_equal_by_value_and_only_to_secrets() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"


def test_a_secret_cannot_be_pickled_hashed_or_written_as_json() -> None:
    for spoil in (pickle.dumps, hash, json.dumps):
        with pytest.raises(TypeError) as caught:
            spoil(Secret("canary-7f3a91"))
        assert "canary" not in str(caught.value)
