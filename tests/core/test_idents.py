import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from flait.core.idents import Ident, Misnamed, may_be_registration, misnamed, parse_ident, shown
from flait.errors import InvalidIdent

OPERATORS = st.from_regex(r"[A-Z]{3}|[A-Z][0-9]|[A-Z]{2}|[0-9][A-Z]", fullmatch=True)
NUMBERS = st.integers(min_value=1, max_value=9999).map(str)
SUFFIXES = st.sampled_from(["", *"ABCXYZ"])


@pytest.mark.parametrize(
    ("typed", "operator", "number", "suffix"),
    [
        ("UA123", "UA", "123", ""),
        ("ua123", "UA", "123", ""),
        ("  ua 123\t", "UA", "123", ""),
        ("UA-123", "UA", "123", ""),
        ("ua 0123", "UA", "123", ""),
        ("AC-0871", "AC", "871", ""),
        ("9W12", "9W", "12", ""),
        ("6E123", "6E", "123", ""),
        ("U21234", "U2", "1234", ""),
        ("U2 1234", "U2", "1234", ""),
        ("u2-0034", "U2", "34", ""),
        ("BAW12", "BAW", "12", ""),
        ("BAW12A", "BAW", "12", "A"),
        ("BA12", "BA", "12", ""),
        ("ba12a", "BA", "12", "A"),
        ("ACA871", "ACA", "871", ""),
        ("B6 1", "B6", "1", ""),
        ("UA1", "UA", "1", ""),
        ("UA9999", "UA", "9999", ""),
    ],
)
def test_every_usual_spelling_is_read(typed: str, operator: str, number: str, suffix: str) -> None:
    assert parse_ident(typed) == Ident(operator=operator, number=number, suffix=suffix)


@pytest.mark.parametrize(
    "typed",
    [
        "", " ", "UA", "123", "UA12345", "UA01234", "UA 1 2", "UA  123", "UA--123", "UA- 123", "UA_123", "UA.123",
        "U 123", "UALX123", "UA0", "UA 0000", "UA12AB", "A 1", "12", "UA-", "UA123!", "UA123; DROP TABLE users",
        "✈123", "UA12✈", "../../x", "UA\x00123", "UA123\x00", "UA\n123", "\uff35\uff21123", "UA\uff11\uff12\uff13",
        "UA\u0661\u0662\u0663", "\ufb01123", "\u017fa123", "UA123" * 2048, "U" * 10_240, " " * 10_240 + "UA123", "%s%s%s", "{}", "-UA123",
    ],
)  # fmt: skip
def test_anything_else_is_refused(typed: str) -> None:
    with pytest.raises(InvalidIdent):
        parse_ident(typed)


@pytest.mark.parametrize(
    ("typed", "what"),
    [
        ("N40726", Misnamed.REGISTRATION),
        ("n123ab", Misnamed.REGISTRATION),
        (" N909UA ", Misnamed.REGISTRATION),
        ("G-ABCD", Misnamed.REGISTRATION),
        ("VT-ANP", Misnamed.REGISTRATION),
        ("9V-SKA", Misnamed.REGISTRATION),
        ("B-2345", Misnamed.REGISTRATION),
        ("WZZ33SW", Misnamed.CALLSIGN),
        ("baw9kx", Misnamed.CALLSIGN),
        ("DLH4PM", Misnamed.CALLSIGN),
        ("RYR1A2B", Misnamed.CALLSIGN),
        ("N-123AB", Misnamed.REGISTRATION),
        ("B-308Q", Misnamed.REGISTRATION),
        ("B-16701", Misnamed.REGISTRATION),
        ("RA-89001", Misnamed.REGISTRATION),
        ("ra89001", Misnamed.REGISTRATION),
        ("UK32011", Misnamed.REGISTRATION),
        ("EW-456PA", Misnamed.REGISTRATION),
        ("EW456PA", Misnamed.REGISTRATION),
        ("HP1534CMP", Misnamed.REGISTRATION),
        ("JA01AB", Misnamed.REGISTRATION),
        ("RP-C3345", Misnamed.REGISTRATION),
        ("VN-A123", Misnamed.REGISTRATION),
        ("A4O-BA", Misnamed.REGISTRATION),
        ("9XRWA", Misnamed.REGISTRATION),
        ("GABCD", Misnamed.LETTERS),
        ("daimp", Misnamed.LETTERS),
        ("CFABC", Misnamed.LETTERS),
        ("VTANP", Misnamed.LETTERS),
        ("9VSKA", Misnamed.LETTERS),
        ("A6EUA", Misnamed.LETTERS),
        ("BLAA", Misnamed.LETTERS),
        ("N4726", None),
        ("JA8089", None),  # JetSMART's flight, or a Japanese aircraft
        ("JA801A", None),
        ("HL7534", None),
        ("B2345", None),
        ("VNA123", None),
        ("QQABC", None),
        ("N4 0726", None),
        ("BAW12A", None),
        ("ON 23", None),
        ("UA-123", None),
        ("UA12AB", None),
        ("x" * 10_240, None),
    ],
)
def test_what_is_surely_something_else_is_called_what_it_is(typed: str, what: Misnamed | None) -> None:
    assert misnamed(typed) is what
    if what:
        sure = f"is {what}, not a flight number"
        words = f"is not a flight number, but {what}" if what is Misnamed.LETTERS else sure
        with pytest.raises(InvalidIdent, match=f"{words}; write the one on the booking"):
            parse_ident(typed)


@pytest.mark.parametrize(
    "typed", ["N4726", "N472U", "JA8089", "JA801A", "HL7534", "HK4567", "YV1234", "OB2036", "B2345", "B308Q"]
)
def test_what_may_be_a_registration_is_said_to_be(typed: str) -> None:
    assert may_be_registration(parse_ident(typed))


@pytest.mark.parametrize("typed", ["NK726", "UA123", "JA80", "BA2345", "HLA753"])
def test_what_is_no_registration_is_none(typed: str) -> None:
    assert not may_be_registration(parse_ident(typed))


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("ÜA123", "'ÜA123'"),
        ("UA\uff11\uff12\uff13", "'UA\uff11\uff12\uff13'"),
        ("李小龍", "'李小龍'"),
        ("a\x1b[2J", "'a\\x1b[2J'"),
        ("\u202eUA1", "'\\u202eUA1'"),
        ("\u200bUA1\ufeff", "'\\u200bUA1\\ufeff'"),
        ("UA\u2028\x85\xa0", "'UA\\u2028\\x85\\xa0'"),
        ("\udc80", "'\\udc80'"),
    ],
)
def test_letters_are_shown_and_what_is_not_seen_is_escaped(typed: str, printed: str) -> None:
    assert shown(typed) == printed


def test_the_refusal_says_what_to_write() -> None:
    with pytest.raises(InvalidIdent, match=r"^'UA' is not a flight number; write .* like UA123 or BAW12$"):
        parse_ident("UA")


@pytest.mark.parametrize("typed", ["x" * 10_240, "\x1b[2J\x07", "UA\r\nSet-Cookie", "🛫" * 9])
def test_a_refusal_is_short_and_prints_safely(typed: str) -> None:
    with pytest.raises(InvalidIdent) as refusal:
        parse_ident(typed)

    assert refusal.value.message.isprintable()
    assert len(refusal.value.message) < 400


@given(operator=OPERATORS, number=NUMBERS, suffix=SUFFIXES)
def test_what_is_written_back_reads_as_the_same_flight(operator: str, number: str, suffix: str) -> None:
    ident = parse_ident(f"{operator}{number}{suffix}")

    assert parse_ident(str(ident)) == ident
    assert str(ident) == f"{operator}{number}{suffix}"


@given(operator=OPERATORS, number=NUMBERS, gap=st.sampled_from(["", " ", "-"]))
def test_case_gap_and_leading_zeros_do_not_matter(operator: str, number: str, gap: str) -> None:
    typed = f" {operator.lower()}{gap}{number.zfill(4)} "
    assume(misnamed(typed) is None)  # N40726 is read as a registration
    assert str(parse_ident(typed)) == f"{operator}{number}"


@given(st.text())
def test_any_text_is_read_or_refused_and_never_breaks(typed: str) -> None:
    try:
        ident = parse_ident(typed)
    except InvalidIdent:
        return
    assert str(ident).isascii()
    assert len(str(ident)) <= 8


def test_what_is_shown_is_quoted() -> None:
    assert shown("ÜA") == "'ÜA'"
