"""Phone numbers as people type and paste them."""

import pytest

from flait.errors import InvalidPhone
from flait.phones import costly, looks_like_phone, parse_phone, refuse_costly

ANN = "+15555550100"


def read(text: str, region: str = "US") -> str:
    return parse_phone(text, region=region)


@pytest.mark.parametrize(
    "text",
    [
        ANN,
        " +1 555 555 0100 ",
        "+1 (555) 555-0100",
        "+1.555.555.0100",
        "(555) 555-0100",
        "\u202a+1 555 555 0100\u202c",  # as copied from an address book
        "\u2066+1\u2069 555\u200b5550100\ufeff",
        "+1\u2011555\u2011555\u20110100",  # hyphens that do not break
        "+1\u2013555\u2014555\u22120100",
        "+1\u00a0555\u202f555\u20090100",
        "\uff0b\uff11 555 555 0100",
        "tel:+1-555-555-0100",
        "TEL:+15555550100",
        "tel://+15555550100",
        "+1 (0)555 555 0100",
    ],
)
def test_a_number_is_read_however_it_was_typed_or_pasted(text: str) -> None:
    assert read(text) == ANN
    assert looks_like_phone(text)


@pytest.mark.parametrize(
    ("text", "phone"),
    [
        ("+44 (0)20 7946 0958", "+442079460958"),
        ("+44 (0) 20 7946 0958", "+442079460958"),
        ("+49 (0)171/555 01 00", "+491715550100"),
        ("+7 (0)495 555 01 00", "+74955550100"),
        ("+39 (0)6 555 0100", "+39065550100"),  # in Italy the nought is dialled from abroad too
    ],
)
def test_a_nought_in_brackets_is_dialled_only_where_it_is(text: str, phone: str) -> None:
    assert read(text) == phone


@pytest.mark.parametrize(
    ("text", "phone"),
    [
        ("+52 1 55 5555 0100", "+525555550100"),
        ("+52 55 5555 0100", "+525555550100"),
        ("+54 11 5555-0100", "+5491155550100"),
        ("+54 11 15 5555-0100", "+5491155550100"),
        ("+55 11 8555 0100", "+5511985550100"),
        ("+225 47 55 01 00", "+2250747550100"),
    ],
)
def test_a_number_in_whatsapps_spelling_is_kept_as_it_is_dialled(text: str, phone: str) -> None:
    assert read(text) == phone


def test_the_spelling_that_was_written_is_kept_where_somebody_asks_for_it() -> None:
    assert parse_phone("+52 1 55 5555 0100", region="US", as_written=True) == "+5215555550100"


def test_without_a_plus_the_region_decides() -> None:
    assert read("55 5555 0100", "MX") == "+525555550100"
    assert read("1 55 5555 0100", "MX") == "+525555550100"
    assert read("020 7946 0958", "GB") == "+442079460958"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is not a phone number"),
        ("+", "is not a phone number"),
        ("Bob", "is not a phone number"),
        ("+1 555 555 0100 x5", "is not a phone number"),
        ("tel:+15555550100;ext=5", "is not a phone number"),
        ("whatsapp:+15555550100", "is not a phone number"),
        ("tel:tel:+15555550100", "is not a phone number"),
        ("+1 555 555 \u0660\u0661\u0660\u0660", "is not a phone number"),
        ("+1 555 5", "too short"),
        ("+1 555 555 0100 0", "too long"),
        ("+999 123 4567", "country code"),
        ("0", "no number"),
    ],
)
def test_whatever_else_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(InvalidPhone, match=why):
        read(text)


@pytest.mark.parametrize("text", ["Ann", "tel:", "+", "Ann 2", ""])
def test_a_name_is_no_number(text: str) -> None:
    assert not looks_like_phone(text)


COSTLY = [
    ("+19005550100", "premium-rate"),
    ("+19001234567", "premium-rate"),  # not assigned
    ("+979123456789", "premium-rate"),
    ("+447012345678", "personal-number"),
    ("+449012345678", "premium-rate"),
    ("+4990012345678", "premium-rate"),
    ("+881612345678", "satellite"),
    ("+870123456789", "satellite"),
    ("+88216123456", "satellite or network"),
    ("+88312345678", "network"),
    ("+80812345678", "shared-cost"),
]


@pytest.mark.parametrize(("phone", "kind"), COSTLY)
def test_a_number_that_costs_a_lot_is_refused_unless_its_beginning_is_allowed(phone: str, kind: str) -> None:
    assert costly(phone) == kind
    with pytest.raises(InvalidPhone, match=f"is a {kind} number") as refused:
        refuse_costly(phone, ())
    assert "phone.allow" in refused.value.hint
    refuse_costly(phone, ("+1555", phone[:4]))


@pytest.mark.parametrize(
    "phone",
    [
        ANN, "+18005550100", "+442079460958", "+447700900123", "+491715550100", "+525555550100", "+5491155550100",
        "+5511985550100", "+33655501000", "+61491570156", "+390612345678", "+919876543210", "+8613812345678",
    ],
)  # fmt: skip
def test_other_numbers_cost_what_they_cost(phone: str) -> None:
    assert costly(phone) == ""
