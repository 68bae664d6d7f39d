"""Phone numbers as people type and paste them."""

import pytest

from flait.errors import InvalidPhone
from flait.phones import costly, looks_like_phone, opens_a_country, parse_phone, refuse_costly

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
        "whatsapp:+15555550100",
        "sms:+1-555-555-0100",
        "SMSTO:+15555550100",
        "sms:+15555550100?body=Hello%20Ann",
        "https://wa.me/15555550100",
        "wa.me/15555550100?text=hi",
        "https://api.whatsapp.com/send?phone=15555550100",
        "+15555550100,",
        "+1 555 555 0100.",
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
        ("+1 555 555 0100 x5", "has an extension, which no text reaches; write the number without it"),
        ("(555) 555-0100 ext. 12", "has an extension"),
        ("+1 555 555 0100 #5", "has an extension"),
        ("tel:+1-555-555-0100;ext=5", "has an extension"),
        ("tel:tel:+15555550100", "is not a phone number"),
        ("+1 555 555 \u0660\u0661\u0660\u0660", "is not a phone number"),
        ("+1 555 5", "too short"),
        ("+1 555 555 0100 0", "too long"),
        ("+999 123 4567", "country code"),
        ("0", "no number"),
        ("1" * 100_000, "is not a phone number"),
        ("+9005550100", "too short. Numbers of 900 are premium-rate"),  # North America's 900, not Turkey's +90
        ("+900 123 456 7890", r"of \+90, where none is dialled like that. Numbers of 900 are premium-rate"),
        ("+905550100", "too short"),  # seven digits are a company's service there, and no telephone
        ("+44 0555 550 100", r"of \+44, where none is dialled like that"),
        ("+33055501000", r"of \+33, where none is dialled like that"),
        ("+11 555 555 0100", r"of \+1, where none is dialled like that"),
    ],
)
def test_whatever_else_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(InvalidPhone, match=why):
        read(text)


@pytest.mark.parametrize("text", ["Ann", "tel:", "+", "Ann 2", ""])
def test_a_name_is_no_number(text: str) -> None:
    assert not looks_like_phone(text)


@pytest.mark.parametrize(
    ("text", "phone"),
    [
        ("+61 0491 570 156", "+61491570156"),
        ("+44 07700 900123", "+447700900123"),
        ("+90 0555 555 01 00", "+905555550100"),
        ("+7 8 495 555 01 00", "+74955550100"),
        ("+229 85 75 12 34", "+2290185751234"),
    ],
)
def test_a_trunk_zero_is_left_out_where_one_number_can_be_meant(text: str, phone: str) -> None:
    assert read(text) == phone


COSTLY = [
    ("+19005550100", "premium-rate"),
    ("+19001234567", "premium-rate"),  # not assigned
    ("+979123456789", "premium-rate"),
    ("+12129765010", "premium-rate"),
    ("+15559765010", "premium-rate"),
    ("+19765550100", "premium-rate"),
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
    ("phone", "allow", "kept"),
    [
        ("+19005550100", (), "+1900"),
        ("+19005550100", ("+8816",), "+8816,+1900"),
        ("+979123456789", ("+8816", "+1900"), "+8816,+1900,+9791"),
        ("+12129765010", (), "+1212976"),
        ("+19765550100", (), "+1976"),
    ],
)
def test_the_hint_keeps_what_was_allowed_before(phone: str, allow: tuple[str, ...], kept: str) -> None:
    with pytest.raises(InvalidPhone) as refused:
        refuse_costly(phone, allow)
    assert refused.value.hint == f"if you mean it, allow its kind: `flait config set phone.allow {kept}`"
    refuse_costly(phone, kept.split(","))


@pytest.mark.parametrize("prefix", ["+1", "+7", "+44", "+4", "+90", "+88", "+8", "+972", "+97"])
def test_a_country_code_or_less_opens_a_country(prefix: str) -> None:
    assert opens_a_country(prefix)


@pytest.mark.parametrize("prefix", ["+1900", "+19", "+449", "+8816", "+881", "+870", "+979", "+87"])
def test_more_than_a_country_code_or_a_code_of_no_country_opens_none(prefix: str) -> None:
    assert not opens_a_country(prefix)


@pytest.mark.parametrize(
    "phone",
    [
        ANN, "+18769765010", "+18005550100", "+442079460958", "+447700900123", "+491715550100", "+525555550100", "+5491155550100",
        "+5511985550100", "+33655501000", "+61491570156", "+390612345678", "+919876543210", "+8613812345678",
    ],
)  # fmt: skip
def test_other_numbers_cost_what_they_cost(phone: str) -> None:
    assert costly(phone) == ""
