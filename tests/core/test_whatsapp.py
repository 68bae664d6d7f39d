"""WhatsApp's forms: one at a time, by the window; and each says what the stored text says."""

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flait.core.flights import Flight
from flait.core.messages import Channel, CopiedAs, Message, MessageKind
from flait.core.structure import Headline, Phrase, Structure, one_line, plain
from flait.core.subscriptions import User, agreeing
from flait.core.texts.confirmations import Greeting, tracked_text
from flait.core.texts.formats import Reader
from flait.core.told import tells
from flait.core.values import replace
from flait.core.whatsapp import (
    ANY_KIND,
    LONGEST_VARIABLE,
    MARGIN,
    WINDOW,
    MessageForm,
    Setup,
    choice,
    free_text,
    is_whatsapp_error,
    variables,
)
from tests.agreements import addresses
from tests.core.flights_for_tests import F12, NOON, diverted, hours, late, minutes, planned

HX = "HX" + "0" * 32
READER = Reader(ident="UA1234", now=NOON)
DELAYED = Structure(
    headline=Headline(flight="UA1234", route="SFO-EWR", news="delayed 45m"),
    times=(Phrase("dep 14:10->14:55 PST"), Phrase("arr 22:31->23:16 EST")),
    sentences=(Phrase("Gate F12."), Phrase("Stay near.")),
)


def news(flight: str, news: str, *then: str, times: tuple[str, ...] = (), route: str = "") -> Structure:
    """A text in its parts, by its words."""
    return Structure(
        headline=Headline(flight=flight, route=route, news=news),
        times=tuple(map(Phrase, times)),
        sentences=tuple(map(Phrase, then)),
    )


def text(
    said: Structure = DELAYED, *, flight: Flight | None = None, facts: tuple[str, ...] = (), **changes: object
) -> Message:
    message = Message(
        user_id=1,
        to="+15555550100",
        channel=Channel.WHATSAPP,
        kind=MessageKind.DELAY_FIRST,
        body=one_line(said),
        structure=said,
        tells=tells(flight, facts) if flight else {},
        dedup_key="alert:1:2",
        created_at=NOON,
        not_before=NOON,
        expires_at=NOON + hours(1),
    )
    return replace(message, **changes)  # type: ignore[arg-type]  # Message's own fields


def form(
    *, wrote_ago: timedelta | None, templates: bool = False, sms: bool = False, **changes: object
) -> MessageForm | None:
    setup = Setup(sender=bool(changes.pop("sender", True)), templates={"delay_first": HX} if templates else {})
    wrote_at = None if wrote_ago is None else NOON - wrote_ago
    return choice(text(**changes), setup=setup, wrote_at=wrote_at, sms_agreed=sms, now=NOON).form  # type: ignore[arg-type]  # as above


# --- which form -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrote_ago", "templates", "sms", "expected"),
    [
        (minutes(1), True, True, MessageForm.FREE),
        (minutes(1), False, False, MessageForm.FREE),
        (WINDOW - MARGIN - minutes(1), True, True, MessageForm.FREE),
        (WINDOW - MARGIN, True, True, MessageForm.TEMPLATE),
        (WINDOW, True, False, MessageForm.TEMPLATE),
        (None, True, True, MessageForm.TEMPLATE),
        (None, False, True, MessageForm.SMS),
        (WINDOW, False, False, None),
    ],
)
def test_the_window_decides(
    wrote_ago: timedelta | None, templates: bool, sms: bool, expected: MessageForm | None
) -> None:
    assert form(wrote_ago=wrote_ago, templates=templates, sms=sms) is expected


def test_without_a_sender_whatsapp_is_none() -> None:
    assert form(wrote_ago=minutes(1), sms=True, sender=False) is MessageForm.SMS
    assert form(wrote_ago=minutes(1), sender=False) is None


def test_what_was_refused_as_free_text_does_not_go_as_free_text_again() -> None:
    again = CopiedAs.TEMPLATE
    assert form(wrote_ago=minutes(1), templates=True, copied_as=again) is MessageForm.TEMPLATE
    assert form(wrote_ago=minutes(1), sms=True, copied_as=again) is MessageForm.SMS


@pytest.mark.parametrize(
    ("as_free_text", "templates", "sms", "expected"),
    [
        (False, True, True, MessageForm.SMS),
        (False, True, False, MessageForm.FREE),
        (True, True, True, MessageForm.TEMPLATE),
        (True, False, True, MessageForm.SMS),
        (True, False, False, None),
    ],
)
def test_what_is_told_in_place_of_a_refused_text_goes_the_other_way(
    as_free_text: bool, templates: bool, sms: bool, expected: MessageForm | None
) -> None:
    setup = Setup(sender=True, templates={"delay_first": HX} if templates else {})
    refused = {"refused": 63016 if as_free_text else 63003, "as_free_text": as_free_text}
    chosen = choice(text(), setup=setup, wrote_at=NOON - minutes(1), sms_agreed=sms, now=NOON, **refused)  # type: ignore[arg-type]  # as named
    assert chosen.form is expected


def test_a_template_of_its_own_comes_before_the_one_for_any_kind() -> None:
    setup = Setup(templates={"gate_change": HX, ANY_KIND: "HX1"})

    assert (setup.template(MessageKind.GATE_CHANGE), setup.template(MessageKind.LANDED)) == (HX, "HX1")
    assert Setup(templates={"landed": ""}).template(MessageKind.LANDED) is None


def test_a_text_that_cannot_go_says_why() -> None:
    why = choice(text(), setup=Setup(sender=True), wrote_at=None, sms_agreed=False, now=NOON).why

    assert "no template for delay_first" in why
    assert "has not agreed to SMS" in why


@pytest.mark.parametrize(
    ("code", "whatsapp"), [(63003, True), (63016, True), (21610, False), (30003, False), (None, False)]
)
def test_whatsapp_s_own_errors_are_told_by_their_number(code: int | None, whatsapp: bool) -> None:
    assert is_whatsapp_error(code) is whatsapp


# --- consent ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("consent", "sms", "whatsapp"),
    [
        ("", False, False),
        ("added at the command line, 2025-11-25", True, False),
        ("whatsapp: added at the command line, 2025-11-25", False, True),
        ("whatsapp: asked; sms: asked", True, True),
        ("JOIN by text; whatsapp: asked", True, True),
    ],
)
def test_consent_is_read_per_channel(consent: str, sms: bool, whatsapp: bool) -> None:
    ann = User(name="Ann", phone="+15555550100", created_at=NOON, addresses=addresses("+15555550100", consent))

    assert (ann.agreed(Channel.SMS), ann.agreed(Channel.WHATSAPP)) == (sms, whatsapp)


@given(st.lists(st.sampled_from(Channel), max_size=4))
def test_consent_noted_is_consent_read_and_noting_twice_changes_nothing(channels: list[Channel]) -> None:
    ann = User(name="Ann", phone="+15555550100", created_at=NOON)
    for channel in channels:
        ann = agreeing(ann, channel, "asked", NOON)

    assert {channel for channel in Channel if ann.agreed(channel)} == set(channels)
    assert all(agreeing(ann, channel, "again", NOON) == ann for channel in channels)


# --- free text --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "lines"),
    [
        (
            DELAYED,
            [
                "*UA1234* SFO-EWR *delayed 45m*",
                "dep 14:10->14:55 PST",
                "arr 22:31->23:16 EST",
                "Gate F12.",
                "Stay near.",
            ],
        ),
        (
            news("UA1234 (LH9051)", "GATE CHANGE F12->C3 (Terminal 3->1) SFO", "Dep 14:10 PST."),
            ["*UA1234 (LH9051)* *GATE CHANGE F12->C3 (Terminal 3->1) SFO*", "Dep 14:10 PST."],
        ),
        (news("UA1234", "bags at EWR: belt 6->4"), ["*UA1234* *bags at EWR: belt 6->4*"]),
        (news("UA1234", "", times=("dep 14:55 PST",), route="SFO-EWR"), ["*UA1234* SFO-EWR", "dep 14:55 PST"]),
        (news("UA1234", "gate assigned: A*1, SFO"), ["*UA1234* gate assigned: A*1, SFO"]),
        (plain("Sorry, I did not get that. Try HELP."), ["Sorry, I did not get that. Try HELP."]),
        (plain("1 UA1234 Tue25\n2 LH403"), ["1 UA1234 Tue25", "2 LH403"]),
    ],
)
def test_free_text_has_lines_and_bold_facts(said: Structure, lines: list[str]) -> None:
    assert free_text(said).split("\n") == lines


words = st.text(alphabet="ABCabc019*_.,:->() \n", max_size=60)
phrases = st.builds(Phrase, words)
headlines = st.builds(Headline, opening=words, flight=words, route=words, news=words)
structures = st.builds(
    Structure,
    headline=headlines,
    joint=st.sampled_from([":", ",", ";"]),
    times=st.lists(phrases, max_size=3).map(tuple),
    sentences=st.lists(phrases, max_size=4).map(tuple),
)


@given(structures)
def test_free_text_says_the_same_words_in_the_same_order(said: Structure) -> None:
    def letters(body: str) -> str:
        return "".join(char for char in body if char.isalnum())

    assert letters(free_text(said)) == letters(one_line(said))


# --- templates --------------------------------------------------------------------------------------------------


def test_a_template_s_variables_are_short_and_say_what_the_text_tells() -> None:
    facts = ("departure", "arrival", "gate_origin", "terminal_origin")
    filled = variables(text(flight=late(minutes(45)), facts=facts), F12, READER)

    assert filled.numbered() == {
        "1": "UA1234",
        "2": "SFO-EWR",
        "3": "delayed 45m",
        "4": "dep 14:55 PST, arr 23:16 EST",
        "5": "SFO gate F12, Terminal 3",
    }


def test_what_the_text_does_not_tell_the_template_does_not_either() -> None:
    filled = variables(
        text(news("UA1234", "bags at EWR: belt 6"), flight=planned(baggage_claim="6"), facts=("baggage_claim",)),
        F12,
        READER,
    )

    assert (filled.what, filled.times, filled.place) == ("bags at EWR: belt 6", "", "EWR belt 6")
    assert filled.numbered()["4"] == "-"


def test_a_diverted_flight_s_times_are_of_where_it_lands() -> None:
    flight = diverted()
    message = text(
        news("UA1234", "DIVERTED to Pittsburgh (PIT), not EWR", times=("arrives about 23:05 EST",)),
        flight=flight,
        facts=("diverted_to", "arrival"),
    )

    assert variables(message, flight, READER).times == "arr 23:05 EST"


def test_a_confirmation_fills_a_template_too() -> None:
    confirmation = tracked_text(F12, READER)
    filled = variables(text(confirmation.structure, tells=confirmation.tells), F12, READER)

    assert filled.what == "Tracking Tue 25 Nov"
    assert filled.times == "dep 14:10 PST, arr 22:31 EST"


@pytest.mark.parametrize(
    ("flight", "what"),
    [
        (F12, "Flait flight alerts for Ana: Tue 25 Nov"),
        (replace(F12, cancelled=True), "CANCELLED: Tue 25 Nov"),
        (diverted(), "DIVERTED to Pittsburgh (PIT): Tue 25 Nov, in the air"),
    ],
)
def test_a_first_confirmation_is_taken_apart_as_well(flight: Flight, what: str) -> None:
    confirmation = tracked_text(flight, READER, first=Greeting(name="Ana"))
    filled = variables(text(confirmation.structure, tells=confirmation.tells), flight, READER)

    assert (filled.flight, filled.route, filled.what) == ("UA1234", "SFO-EWR", what)


def test_words_without_parts_are_told_whole() -> None:
    """A text that an earlier Flait wrote, and one about no flight."""
    filled = variables(text(plain("UA1234 bags at EWR: belt 6. Go."), structure=None), F12, READER)

    assert (filled.flight, filled.route, filled.what) == ("UA1234", "SFO-EWR", "UA1234 bags at EWR: belt 6. Go")


def test_where_there_is_no_other_news_the_first_time_is_it() -> None:
    assert variables(text(news("UA1234", "", times=("dep 14:55 PST", "arr 23:16 EST"))), None, READER).what == (
        "dep 14:55 PST"
    )


def test_without_a_flight_the_text_s_own_words_have_to_do() -> None:
    said = news("UA1234", "Sun 14 Jun saved", "You will hear from us.", route="SFO-EWR")
    filled = variables(text(said), None, READER)

    assert (filled.flight, filled.route, filled.what) == ("UA1234", "SFO-EWR", "Sun 14 Jun saved")


@given(st.text(max_size=400), st.sampled_from([None, F12, diverted(None)]))
def test_variables_are_what_whatsapp_takes(body: str, flight: Flight | None) -> None:
    filled = variables(text(plain(body), flight=flight, facts=("arrival", "gate_origin")), flight, READER).numbered()

    assert list(filled) == ["1", "2", "3", "4", "5"]
    assert json.loads(json.dumps(filled)) == filled
    assert all(
        value and len(value) <= LONGEST_VARIABLE and value == " ".join(value.split()) for value in filled.values()
    )


def test_an_invitation_goes_by_no_template_but_its_own() -> None:
    assert Setup(sender=True, templates={"any": "HXany"}).template(MessageKind.INVITATION) is None
    assert (
        Setup(sender=True, templates={"any": "HXany", "invitation": "HXown"}).template(MessageKind.INVITATION)
        == "HXown"
    )
