"""Texts that did not arrive: whose problem that is, and what mends it."""

from datetime import timedelta
from typing import Any

import pytest

from flait.core.losses import Ended, Loss, losses
from flait.core.twilio_errors import ERRORS, ErrorKind
from tests.core.flights_for_tests import NOON, hours, minutes

ANN, BEN = "+15555550100", "+15555550101"


def ended(error_code: int | None = None, phone: str = ANN, ago: timedelta = timedelta(), **changes: Any) -> Ended:
    name = {ANN: "Ann", BEN: "Ben"}.get(phone, phone)
    return Ended(phone=phone, name=name, at=NOON - ago, arrived=error_code is None, error_code=error_code, **changes)


def wrong(*texts: Ended) -> list[str]:
    return [loss.cause for loss in losses(texts, NOON)]


def test_where_everything_arrives_nothing_is_wrong() -> None:
    assert wrong() == wrong(*[ended()] * 5) == []


def test_twelve_of_twelve_from_an_unregistered_sender_are_one_problem_with_its_remedy() -> None:
    people = [f"+155555501{number:02}" for number in range(4)]
    texts = [ended(30034, phone, hours(12 - number)) for number, phone in enumerate(people * 3)]
    [loss] = losses(texts, NOON)
    assert loss == Loss(
        cause="the last 12 texts to 4 people did not arrive: the sender is not registered with the carriers "
        "(error 30034); register it in Twilio's console (A2P 10DLC: a brand, a campaign, and the number in its "
        "messaging service)",
        since=NOON - hours(12),
    )


@pytest.mark.parametrize("code", [30032, 30034, 30007, 30006, 21408, 30450])
def test_what_the_next_text_would_meet_too_is_wrong_at_once(code: int) -> None:
    [cause] = wrong(ended(), ended(code))
    assert cause.startswith(f"the last text to Ann did not arrive: {ERRORS[code].words} (error {code}); ")


@pytest.mark.parametrize("code", [30003, 30004, 30005, 30008])
def test_a_phone_that_is_off_for_two_texts_is_nobodys_problem_and_for_three_it_is(code: int) -> None:
    assert wrong(ended(), ended(code), ended(code)) == []
    [cause] = wrong(ended(), ended(code), ended(code), ended(code))
    assert cause.startswith(f"the last 3 texts to Ann did not arrive: {ERRORS[code].words} (error {code}); ")


@pytest.mark.parametrize("code", [30034, 30003])
def test_it_is_over_when_the_person_gets_a_text_again(code: int) -> None:
    lost = [ended(code, ago=hours(hour)) for hour in (4, 3, 2)]
    assert wrong(*lost)
    assert wrong(*lost, *[ended()] * 4) == []


def test_what_one_person_gets_says_nothing_of_the_other() -> None:
    assert len(wrong(ended(30034, ANN), ended(None, BEN), ended(None, BEN), ended(None, BEN))) == 1


def test_each_cause_is_said_once() -> None:
    causes = wrong(ended(30034, ANN), ended(30034, BEN), ended(30006, "+15555550102"))
    assert [cause.partition(":")[0] for cause in causes] == [
        "the last 2 texts to 2 people did not arrive",
        "the last text to +15555550102 did not arrive",
    ]


def test_a_day_on_which_half_was_lost_is_wrong_though_everybody_got_something() -> None:
    day = [ended(30008), ended(), ended(30008, BEN), ended(None, BEN)]
    [cause] = wrong(*day)
    assert cause.startswith("2 of the last day's 4 texts did not arrive, most of them because the carrier did not")
    assert wrong(*day, ended()) == []
    assert wrong(*[ended(text.error_code, text.phone, hours(25)) for text in day]) == []


def test_a_text_that_failed_here_says_so_in_our_own_words() -> None:
    failed = Ended(phone=ANN, name="Ann", at=NOON - minutes(1), arrived=False, error="the person has not agreed to SMS")
    [cause] = wrong(failed, failed, failed)
    assert cause.startswith("the last 3 texts to Ann did not arrive: the person has not agreed to SMS; ")


def test_every_error_has_its_remedy_and_those_that_last_have_one_of_their_own() -> None:
    assert all(known.remedy and not known.remedy.endswith(".") for known in ERRORS.values())
    general = ERRORS[30008].remedy
    lost_on_the_way = {30024, 30032, 30033, 30034, 30035, 30006, 30007, 30003, 30004, 30005, 21408, 21608, 63003, 63015}
    assert all(ERRORS[code].remedy != general for code in lost_on_the_way)
    assert {known.kind for known in ERRORS.values()} == set(ErrorKind)


def test_who_is_out_of_reach_altogether_is_a_problem_from_the_first_text() -> None:
    why = "the person has not written for 24 hours, and there is no template for tracked; the person has not agreed to SMS"
    text = Ended(phone=ANN, name="Ann", at=NOON, arrived=False, error=why)
    [cause] = wrong(text)
    assert cause == (
        f"the last text to Ann did not arrive: {why}; `flait user set WHO channel sms` once they agree to that, or set "
        "up templates (`flait help whatsapp`)"
    )
