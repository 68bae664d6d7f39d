"""Gates, terminals and belts as signs have them: no word of the field, and none cut to another's name."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flait.core.labels import FIELD_WORDS, LONGEST, short_label


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("GATE 12", "12"), ("GATE 14", "14"), ("BELT 12", "12"), ("TERMINAL B", "B"), ("Term. 2E", "2E"),
        ("gate12", "12"), ("GATEB7", "B7"), ("Terminal2E", "2E"), ("Gate No. 5", "5"), ("GATE #4", "4"),
        ("Flugsteig A10", "A10"), ("Halle 2", "2"), ("Gepäckband 4", "4"), ("BAND 3", "3"),
        ("Porte F32", "F32"), ("Aérogare 2", "2"), ("Tapis 7", "7"), ("Puerta J46", "J46"), ("Cinta 9", "9"),
        ("Cancello 8", "8"), ("Uscita B3", "B3"), ("Nastro 1", "1"), ("Portão 3", "3"), ("Esteira 2", "2"),
        ("Bramka 11", "11"), ("Wyjście 12", "12"), ("Kap\u0131 5", "5"), ("KAPI 5", "5"), ("Выход 7", "7"),
        ("登机口12", "12"), ("搭乗口 A5", "A5"), ("CAROUSEL-99", "99"), ("Stand 5B", "5B"), ("PIER B", "B"),
        ("f12", "F12"), ("C 12", "C12"), ("B-12", "B12"), ("12 A", "12A"), ("NORTH", "NORTH"), ("T3", "T3"),
    ],
)  # fmt: skip
def test_words_of_the_field_are_no_part_of_the_name(sent: str, name: str) -> None:
    assert short_label(sent) == name


@pytest.mark.parametrize(
    ("sent", "name"), [("1/2", "1/2"), ("Belt 1 2", "1 2"), ("BELTS 1 & 2", "1/2"), ("A1-A2", "A1-A2"), ("1.2", "1/2")]
)
def test_two_belts_are_not_the_twelfth(sent: str, name: str) -> None:
    assert short_label(sent) == name != "12"


@pytest.mark.parametrize(
    "sent",
    [None, "", " ", "GATE", "Terminal", "-", "???", "登机口", "é", "Ä5", "٣", "INTERNATIONAL", "CONCOURSE DOWNTOWN"],
)
def test_what_nobody_finds_by_its_name_or_no_text_has_room_for_is_none(sent: str | None) -> None:
    assert short_label(sent) is None


NAMES = st.from_regex(r"[A-Z]{0,3}[0-9]{1,4}[A-Z]?|[A-Z]", fullmatch=True)
WORDS = st.sampled_from(sorted(FIELD_WORDS))
DECORATED = st.sampled_from(["{word} {name}", "{name} {word}", " {word}: {name} ", "({word}) {name}"])


@given(NAMES, WORDS, DECORATED, st.booleans())
def test_the_words_around_a_name_do_not_change_it(name: str, word: str, around: str, loud: bool) -> None:
    sent = around.format(word=word.upper() if loud else word, name=name)

    assert short_label(sent) == (short_label(name) if len(name) <= LONGEST else None)


@given(NAMES, NAMES, WORDS, WORDS)
def test_two_names_that_differ_stay_different(name: str, other: str, word: str, another: str) -> None:
    for one, two in product((name, f"{word} {name}"), (other, f"{another} {other}")):
        shown, shown_too = short_label(one), short_label(two)
        assert name == other or shown is None or shown != shown_too


SENT = st.text(st.sampled_from("AB12gate/ -."), max_size=9) | st.text(max_size=12)


@given(SENT, SENT)
def test_no_two_labels_become_one_but_by_field_words_case_blanks_and_punctuation(one: str, two: str) -> None:
    def letters(label: str) -> str:
        return "".join(char for char in label.casefold() if char.isalnum()).replace("gate", "")

    if short_label(one) and one.isascii() and two.isascii() and short_label(one) == short_label(two):
        assert letters(one) == letters(two)


@given(SENT)
def test_a_name_is_short_plain_and_its_own_short_form(sent: str) -> None:
    name = short_label(sent)

    assert name is None or (name.isascii() and len(name) <= LONGEST and short_label(name) == name)
