from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flait.core.dates import parse_date
from flait.core.idents import Ident, parse_ident
from flait.core.replies import parts, words
from flait.core.replies.kinds import Preference
from flait.core.replies.understanding import (
    Choice,
    Fact,
    Help,
    Later,
    ListNumber,
    Mine,
    Reply,
    Share,
    Start,
    Stop,
    Thanks,
    Track,
    TrackWish,
    Unknown,
    Untrack,
    understand,
)
from flait.core.subscriptions import Role
from flait.core.values import fields

GOLDEN = [
    line.replace("\\n", "\n").rsplit("\t", 1)
    for line in (Path(__file__).parent / "golden_replies.tsv").read_text(encoding="utf-8").splitlines()
    if not line.startswith("# ")
]


def named(value: object) -> str:
    match value:
        case Ident() | Role() | timedelta():
            return str(value)
        case ListNumber():
            return f"#{value.number}"
        case Mine() | Fact() | Later() | Preference():
            return "" if value is Fact.ALL else value.value
        case TrackWish():
            route = (value.origin and f"from {value.origin}", value.destination and f"to {value.destination}")
            ends = (*route, value.either and f"at {value.either}", f"at {value.at}" if value.at else None)
            return " ".join(filter(None, (str(value.ident), value.date, *ends)))
        case tuple():
            return ", ".join(named(one) for one in value)
        case _:
            return str(value or "")


AS_WRITTEN: dict[str, Callable[[object], str]] = {
    "subject": lambda subject: named(subject) or "-",
    "exact": lambda exact: "exact" if exact else "",
    "explained": lambda explained: "explained" if explained else "",
    "both": lambda both: "both" if both else "",
    "value": lambda value: "?" if value is None else str(value),
    "date": lambda date: f"on {date}" if date else "",
    "until": lambda until: "" if until is None else f"until {until}",
}


def shown(reply: Reply) -> str:
    """The meaning as the golden file writes it: the name of its kind, and what it tells."""
    told = [AS_WRITTEN.get(field.name, named)(getattr(reply, field.name)) for field in fields(reply)]
    braced = ", ".join(filter(None, told))
    return type(reply).__name__ + (f"({braced})" if braced else "")


@pytest.mark.parametrize(("phrase", "meaning"), GOLDEN)
def test_what_people_text_means_what_the_golden_file_says(phrase: str, meaning: str) -> None:
    assert shown(understand(phrase)) == meaning


def test_the_golden_file_is_large_and_says_nothing_twice() -> None:
    phrases = [phrase for phrase, _meaning in GOLDEN]

    assert len(phrases) == len(set(phrases)) >= 500


# Any text at all

ANYTHING = st.text(st.characters(), max_size=200)
WORDS = st.sampled_from(sorted({word for phrase, _meaning in GOLDEN for word in phrase.split()}))
WORD_SALAD = st.lists(WORDS, max_size=30).map(" ".join)


@given(st.one_of(ANYTHING, WORD_SALAD))
def test_every_text_means_something(body: str) -> None:
    assert isinstance(understand(body), Reply)


@given(st.one_of(ANYTHING, WORD_SALAD))
def test_the_same_text_means_the_same_again(body: str) -> None:
    assert understand(body) == understand(body)


@given(st.one_of(ANYTHING, WORD_SALAD))
def test_what_is_handed_on_is_readable_and_bounded(body: str) -> None:
    match understand(body):
        case Track(wishes=wishes):
            assert len(wishes) <= 9
            assert all(parse_ident(str(wish.ident)) == wish.ident for wish in wishes)
            assert all(parse_date(wish.date) for wish in wishes if wish.date)
        case Choice(numbers=numbers, both=both):
            assert bool(numbers) != both
            assert all(1 <= number <= 99 for number in numbers)
        case Share(phone=phone):
            assert 7 <= sum(char.isdigit() for char in phone) <= 15


@pytest.mark.parametrize(
    "block",
    [
        "stop in ",
        "a",
        "1",
        "1 ",
        "ua 123 ",
        "+1 ",
        "(",
        '"',
        "😀",
        "no more ",
        "\ufdfa",
        "\u0301",
        "25 nov ",
        "1h ",
        "\n",
        "dont ",
    ],
)
def test_a_body_of_any_length_is_read_as_far_as_the_longest_text_reaches(block: str) -> None:
    filled = block * (words.LONGEST // len(block) + 1)

    assert understand(filled[: words.LONGEST]) == understand(filled[: words.LONGEST] + block * 1000)


@pytest.mark.parametrize("block", ["ua 123 ", "25 nov ", "in in ", "1 ", "1h ", "mon tue ", "stop, ", "until 18:00 "])
def test_time_grows_with_the_length_alone(block: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers and dates are read a fixed number of times a word: once in the whole body, once in its clause."""
    reads: list[str] = []

    def counted(read: Callable[[str], object]) -> Callable[[str], object]:
        def reading(text: str) -> object:
            reads.append(text)
            return read(text)

        return reading

    monkeypatch.setattr(parts, "parse_ident", counted(parse_ident))
    monkeypatch.setattr(parts, "parse_date", counted(parse_date))
    body = block * (words.LONGEST // len(block))

    understand(body)

    assert len(reads) <= 24 * len(body.split())


# Decoration

PLAIN = [phrase for phrase, meaning in GOLDEN if phrase.isascii() and any(char.isalnum() for char in phrase)]
ASKED = [phrase for phrase, meaning in GOLDEN if phrase in PLAIN and meaning not in ("Unknown", "Thanks", "Ok")]
CASES: list[Callable[[str], str]] = [str.upper, str.lower, str.title, str.swapcase]
AROUND = ["{}", " {}\t", "\n{}  ", "{}!", "{}.", "“{}”", '"{}"', "{} 😀", "✈️ {}", "({})", "*{}*", "\u200b{}\u2060"]
COURTEOUS = [
    "please {}",
    "Hi, {}",
    "hello Flait {}",
    "can you {}",
    "{} please",
    "{}, thanks!",
    "{} thank you",
    "{} now",
]


def meaning(body: str) -> str:
    """What it means, whether or not Twilio reads it the same way."""
    return shown(understand(body)).replace("(exact)", "")


def quotes_nothing(phrase: str) -> bool:
    return "“" not in phrase and '"' not in phrase and "Liked" not in phrase and ":" not in phrase and "<" not in phrase


@given(st.sampled_from(list(filter(quotes_nothing, PLAIN))), st.sampled_from(CASES), st.sampled_from(AROUND))
def test_case_blanks_punctuation_and_emoji_change_nothing(
    phrase: str, spelled: Callable[[str], str], around: str
) -> None:
    assert meaning(around.format(spelled(phrase))) == meaning(phrase)


@given(st.sampled_from(list(filter(quotes_nothing, ASKED))), st.sampled_from(COURTEOUS))
def test_courtesies_change_nothing(phrase: str, around: str) -> None:
    assert meaning(around.format(phrase)) == meaning(phrase)


STOP_FAMILY = [phrase for phrase, meaning in GOLDEN if meaning in ("Stop", "Stop(exact)") and phrase in PLAIN]


@given(
    st.sampled_from(STOP_FAMILY), st.sampled_from(CASES), st.sampled_from(AROUND), st.sampled_from(["{}", *COURTEOUS])
)
def test_a_stop_stays_a_stop_under_any_decoration(
    phrase: str, spelled: Callable[[str], str], around: str, courteous: str
) -> None:
    assert isinstance(understand(around.format(courteous.format(spelled(phrase)))), Stop)


# What Twilio does, and what it does not


@pytest.mark.parametrize("word", ["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"])
def test_twilio_acts_on_the_whole_word_alone(word: str) -> None:
    assert understand(word.title()) == Stop(exact=True)
    assert understand(f"{word} please") == Stop(exact=False)
    assert understand(f"{word}.") == Stop(exact=False)


def test_a_look_alike_of_stop_is_honoured_and_left_to_flait_to_confirm() -> None:
    assert understand("\uff33\uff34\uff2f\uff30") == Stop(exact=False)
    assert understand("\u017ftop") == Stop(exact=False)
    assert understand("ST\u200bOP") == Stop(exact=False)


@pytest.mark.parametrize(("word", "reply"), [("YES", Start(exact=True)), ("info", Help(exact=True))])
def test_the_other_words_of_twilio_are_no_commands_of_flaits(word: str, reply: Reply) -> None:
    assert understand(word) == reply


# Corners


def test_a_reaction_that_quotes_us_never_stops_anything() -> None:
    ours = "Tracking UA1234 SFO-EWR. Reply STATUS, UNTRACK UA1234, HELP. Msg rates may apply. STOP to end."

    assert all(understand(f"{verb} “{ours}”") == Thanks() for verb in ("Liked", "Loved", "Questioned", "Emphasized"))


def test_a_flight_named_with_stop_is_the_only_one_that_ends() -> None:
    assert understand("STOP UA1234") == Untrack(subject=parse_ident("UA1234"), explained=True)


def test_a_phone_number_stays_out_of_reprs() -> None:
    reply = understand("SHARE UA1234 +15555550101 meet")

    assert isinstance(reply, Share)
    assert "555" not in repr(reply)


def test_nothing_means_nothing() -> None:
    assert understand("") == understand(" \n\t ") == Unknown()
