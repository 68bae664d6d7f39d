"""One telephone, several spellings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flait.core.numbers import TABLE, dialled, spellings

SPELT = [
    # as WhatsApp may name it    as it is dialled
    ("+5215555550100", "+525555550100"),
    ("+541155550100", "+5491155550100"),
    ("+543515550100", "+5493515550100"),
    ("+551185550100", "+5511985550100"),
    ("+553165550100", "+5531965550100"),
    ("+22541550100", "+2250141550100"),
    ("+22545550100", "+2250545550100"),
    ("+22547550100", "+2250747550100"),
    ("+22907550100", "+2290107550100"),
]


@pytest.mark.parametrize(("other", "phone"), SPELT)
def test_a_number_is_known_as_it_is_dialled_whichever_way_it_is_spelt(other: str, phone: str) -> None:
    assert dialled(other) == dialled(phone) == phone
    assert spellings(other) == spellings(phone) == (phone, other)


@pytest.mark.parametrize(
    "phone",
    [
        "+15555550100",
        "+551135550100",  # a landline in São Paulo
        "+5511915550100",  # mobile, and never had eight digits
        "+22521550100",  # eight digits of a landline in Abidjan
        "+2252722550100",
        "+5211555550100",  # no area begins with 1
        "+52155555501000",
        "+5491155550",
        "+229",
        "",
        "whatsapp:+5215555550100",
        "+521555555010\N{ARABIC-INDIC DIGIT ZERO}",
    ],
)
def test_any_other_number_has_one_spelling(phone: str) -> None:
    assert dialled(phone) == phone
    assert len(spellings(phone)) == 1


COUNTRIES = st.sampled_from(["+52", "+521", "+54", "+549", "+55", "+225", "+229", "+1", "+44"])


@given(COUNTRIES, st.from_regex("[0-9]{6,11}", fullmatch=True))
def test_whatever_the_spelling_it_is_one_person(country: str, rest: str) -> None:
    phone = country + rest

    assert dialled(dialled(phone)) == dialled(phone)
    assert {dialled(spelling) for spelling in spellings(phone)} == {dialled(phone)}
    assert dialled(phone) in spellings(phone)
    assert phone in spellings(phone)


def test_every_country_of_the_table_is_tried() -> None:
    assert len(SPELT) >= len(TABLE)
    assert all(any(dialled(other).startswith(row.becomes_dialled[:3]) for other, _ in SPELT) for row in TABLE)
