"""ALT: other flights between two airports, which flight is meant, what it costs, and a number that picks one."""

from datetime import timedelta
from typing import Any

import pytest

from flait.core.flights import Flight, ScheduledFlight
from flait.core.messages import MessageKind
from flait.core.subscriptions import Role
from flait.core.values import replace
from flait.errors import BudgetExhausted, FlightSourceError, Refused, ShareSpent
from flait.flows import answer
from flait.flows.telling import AlertRules
from tests.core.flights_for_tests import EWR, F12, FRA, IN, NOON, OUT, hours, late, minutes, planned, took_off
from tests.flows.talk import RULES, TOMORROW, Talk, flies, live, moved
from tests.flows.test_shares import on_the_meter
from tests.flows.world import PHONES, World, timetabled

CANCELLED = replace(F12, cancelled=True)


def live_of(row: ScheduledFlight) -> Flight:
    """The same as a look shows it."""
    by = row.scheduled_out - OUT
    named: dict[str, Any] = {
        "fa_flight_id": f"{row.ident}-1",
        "ident": row.ident,
        "ident_icao": row.ident,
        "ident_iata": row.ident_iata,
    }
    moved = {name: _moved(getattr(F12, name), by) for name in ("out", "off", "on", "in_")}
    return replace(F12, **named, **moved)


def _moved(times: Any, by: timedelta) -> Any:
    return replace(times, scheduled=times.scheduled + by)


UA2468, UA1580, UA9 = flies("2468", hours(3)), flies("1580", hours(5)), flies("9", hours(20))
ITSELF = flies("1234", hours(0))
OFFERED = (
    "SFO-EWR next: 1) UA2468 17:10 PST 2) UA1580 19:10 3) UA9 10:10 Wed. "
    "Seats unknown: ask the airline. Reply 1, 2 or 3 (10 min)."
)


@pytest.fixture(autouse=True)
def timetable(world: World) -> None:
    world.source.timetable = [ITSELF, UA2468, UA1580, UA9]


def routes(world: World) -> list[tuple[Any, ...]]:
    """How often a pair was asked about, and which."""
    return [call[1:3] for call in world.source.calls if call[0] == "route"]


# --- the answer ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("said", ["ALT", "ALT UA1234", "alt 1", "rebook my flight", "other flights"])
def test_a_followed_flight_is_named_like_anywhere_else_and_costs_one_look(world: World, talk: Talk, said: str) -> None:
    talk.tracks(F12)
    world.source.calls.clear()

    assert talk.says(said) == [OFFERED]
    assert [call[0] for call in world.source.calls] == ["route"]
    assert (world.texts[-1].kind, talk.word) == (MessageKind.ALTERNATIVES, "alternatives")
    assert world.texts[-1].tells == {}


FAR = "UA1234 leaves {}, and ALT shows SFO-EWR flights of today and tomorrow only. Reply ALT UA1234 from {} on, or ask the airline."


def test_of_a_saved_flight_it_says_from_when_on_and_looks_for_none(world: World, talk: Talk) -> None:
    world.source.timetable = [timetabled()]
    world.subscribe(on="2025-12-02")

    assert talk.says("ALT") == [FAR.format("Tue 2 Dec", "Mon 1 Dec")]
    assert routes(world) == []


def test_of_a_flight_of_the_day_after_tomorrow_it_looks_for_none(world: World, talk: Talk) -> None:
    talk.tracks(moved(by=timedelta(days=2)))

    assert talk.says("ALT") == [FAR.format("Thu 27 Nov", "Wed 26 Nov")]
    assert routes(world) == []


def test_a_day_that_it_does_not_reach_is_refused_without_a_look(world: World, talk: Talk) -> None:
    talk.tracks(F12)

    assert talk.says("other flights 5 dec") == [
        "ALT shows SFO-EWR flights of today and tomorrow only. Reply ALT from Thu 4 Dec on, or ask the airline."
    ]
    assert routes(world) == []


def test_in_the_place_of_a_cancelled_flight_any_day_will_do(world: World, talk: Talk) -> None:
    talk.tracks(replace(moved(by=timedelta(days=2)), cancelled=True))

    assert talk.says("ALT")[0].startswith("SFO-EWR next: 1) UA1234 14:10 PST 2) UA2468 17:10")


def test_a_second_question_within_half_an_hour_costs_nothing_and_one_after_it_does(world: World, talk: Talk) -> None:
    for phone in PHONES[:2]:
        talk.tracks(F12, phone=phone)
    talk.says("ALT")
    assert talk.says("alt", PHONES[1]) == [OFFERED]
    assert routes(world) == [("SFO", "EWR")]

    world.clock.advance(minutes(30))
    talk.says("ALT")
    assert routes(world) == [("SFO", "EWR")] * 2


def test_what_has_to_be_asked_waits_beside_the_looks(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    sid, looks, seen = talk.send("ALT"), answer.Looks(), len(world.texts)

    answer.answer_next(world.store, world.clock, boot=world.boot, looks=looks, rules=RULES)
    assert (looks.sids(), len(world.texts)) == ([sid], seen)

    answer.answer_looked(world.store, world.source, looks=looks)
    assert world.texts[-1].body == OFFERED


def test_what_is_kept_is_answered_without_a_look(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    talk.says("ALT")
    talk.send("ALT UA1234")
    looks = answer.Looks()

    answer.answer_next(world.store, world.clock, boot=world.boot, looks=looks, rules=RULES)

    assert looks.sids() == []
    assert world.texts[-1].body == OFFERED


def test_what_the_person_follows_and_what_is_known_to_be_cancelled_is_left_out(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    talk.tracks(live_of(UA2468), ident="UA2468")
    talk.tracks(replace(live_of(UA1580), cancelled=True), ident="UA1580", phone=PHONES[1])
    talk.tracks(live_of(UA9), ident="UA9", phone=PHONES[2])  # only somebody else's

    assert talk.says("ALT UA1234") == [
        "SFO-EWR next: 1) UA9 10:10 PST Wed. Seats unknown: ask the airline. Reply 1 (10 min)."
    ]


def test_where_there_is_none_the_answer_says_so_and_asks_nothing(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    world.source.timetable = [ITSELF]
    none = ["FlightAware's schedule shows no other flight SFO-EWR before Thu 27 Nov. Ask the airline."]
    assert talk.says("ALT") == none
    assert talk.says("ALT") == none
    assert len(routes(world)) == 1  # that there is none is kept too
    assert world.store.dialogue(PHONES[0], "question", world.clock.now()) is None


def test_a_day_without_a_flight_is_that_of_the_others(talk: Talk) -> None:
    talk.tracks(F12)
    [body] = talk.says("other flights tomorrow")
    assert body.startswith("SFO-EWR next: 1) UA9 10:10 PST Wed. ")


# --- a number picks -----------------------------------------------------------------------------------------------


def test_a_number_follows_that_flight_in_the_role_they_had(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    talk.says("ALT")
    world.source.board = [live_of(UA1580)]

    [confirmed] = talk.says("2")

    assert confirmed.startswith("Tracking UA1580 SFO-EWR Tue 25 Nov, dep 19:10 PST")
    assert live(world) == ["UA1234 active", "UA1580 active"]
    assert world.subscription(2).role is Role.TRAVELER


def test_the_role_is_that_of_the_flight_in_whose_place_it_comes(world: World, talk: Talk) -> None:
    world.source.board = [F12]
    world.subscribe(0, role=Role.MEETER)
    world.deliver()
    talk.says("ALT")
    world.source.board = [live_of(UA2468)]
    talk.says("1")
    assert world.subscription(2).role is Role.MEETER


@pytest.mark.parametrize("said", ["4", "both", "1 and 2"])
def test_an_answer_that_picks_none_or_several_is_asked_again(world: World, talk: Talk, said: str) -> None:
    talk.tracks(F12)
    talk.says("ALT")
    assert talk.says(said) == ["Reply 1, 2 or 3."]
    assert live(world) == ["UA1234 active"]


# --- which flight is meant ----------------------------------------------------------------------------------------

LH403 = planned(
    fa_flight_id="DLH403-1", ident="DLH403", ident_icao="DLH403", ident_iata="LH403", origin=EWR, destination=FRA,
    out=replace(F12.out, scheduled=IN + minutes(90)), off=replace(F12.off, scheduled=IN + minutes(105)),
    on=replace(F12.on, scheduled=IN + hours(8)), in_=replace(F12.in_, scheduled=IN + hours(8)),
)  # fmt: skip


def test_of_several_the_next_departure_is_meant(world: World, talk: Talk) -> None:
    talk.tracks(LH403, ident="LH403")
    talk.tracks(F12)
    talk.says("ALT")
    assert routes(world) == [("SFO", "EWR")]


def test_the_cancelled_one_comes_before_the_next_departure(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    talk.tracks(replace(LH403, cancelled=True), ident="LH403")
    talk.says("ALT")
    assert routes(world) == [("EWR", "FRA")]


def test_the_missed_one_comes_before_the_next_departure(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    talk.tracks(LH403, ident="LH403")
    world.poll(late(hours(2)))
    world.store.hasten(1, world.clock.now())
    world.poll(late(hours(2)))
    talk.says("ALT")
    assert routes(world) == [("EWR", "FRA")]


def test_where_none_is_still_to_leave_they_are_asked_which(world: World, talk: Talk) -> None:
    world.clock.moment = OUT + hours(4)
    for number, flight in (("UA1234", took_off()), ("UA2468", took_off(live_of(UA2468)))):
        world.source.board = [flight]
        world.subscribe(0, number, "2025-11-25", role=Role.MEETER)
    world.deliver()

    assert talk.says("ALT") == ["ALT which one? 1) UA1234 Tue 25 Nov 2) UA2468 Tue 25 Nov. Reply 1 or 2 (10 min)."]
    [body] = talk.says("2")
    assert body.startswith("SFO-EWR next: 1) UA9 10:10 PST Wed.")


def test_a_flight_that_nobody_follows_is_found_first(world: World, talk: Talk) -> None:
    talk.tracks(LH403, ident="LH403")
    world.source.board = [F12]
    world.source.calls.clear()

    assert talk.says("ALT UA1234") == [OFFERED]
    assert [call[0] for call in world.source.calls] == ["departures", "route"]


@pytest.mark.parametrize(
    ("said", "board", "answered"),
    [
        ("ALT UA999", [], "No UA999 found. Check number and date with the airline."),
        ("ALT 7", [F12], "There is no number 7 on your list. Reply LIST."),
        ("ALT UA1234 tomorrow", [TOMORROW, replace(TOMORROW, fa_flight_id="x", destination=FRA)],
         "UA1234 flies several routes. Reply TRACK UA1234 and its day to follow one, then ALT UA1234."),
        ("ALT UA1234 tomorrow", [replace(TOMORROW, destination=None)],
         "Where UA1234 flies is not known yet, so other flights are not either. Ask the airline."),
    ],
)  # fmt: skip
def test_what_cannot_be_looked_for_is_said(
    world: World, talk: Talk, said: str, board: list[Flight], answered: str
) -> None:
    talk.tracks(F12)
    world.source.board = board
    assert talk.says(said) == [answered]
    assert routes(world) == []


def test_somebody_who_follows_nothing_is_told_how_to_begin(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    talk.says("untrack ua1234")
    assert talk.says("ALT") == ["You follow no flights now. Reply TRACK UA123 tomorrow to start, or HELP."]


# --- money and faults ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "answered"),
    [
        (BudgetExhausted("spent"), "Flait cannot look up new flights now (monthly data budget used). Ask ben@example.com."),
        (ShareSpent("spent"), "Your share of this month's look-ups is used up: none for you before Mon 1 Dec. Ask ben@example.com."),
        (Refused("bad key"), "Flait cannot look up flights now: FlightAware refuses its account. Ask ben@example.com."),
        (FlightSourceError("no answer"), "FlightAware does not answer now, and we know no other flights. Try ALT again later, or ask the airline."),
    ],
)  # fmt: skip
def test_a_look_that_cannot_be_had_is_owned_up_to(
    world: World, talk: Talk, fault: BaseException, answered: str
) -> None:
    talk.tracks(F12)
    world.source.fault = fault
    assert talk.says("ALT") == [answered]
    world.source.fault = None
    assert talk.says("ALT") == [OFFERED]


def test_the_look_is_paid_by_who_asks(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    on_the_meter(world, usd=1.0, per_person=0.03)
    assert talk.says("ALT") == [OFFERED]
    assert world.store.share_spent("2025-11", PHONES[0]) == 20_000
    world.clock.advance(minutes(31))
    [body] = talk.says("ALT")
    assert body.startswith("Your share of this month's look-ups is used up")


def test_there_are_ten_of_them_a_day(talk: Talk) -> None:
    talk.tracks(F12)
    talk.pause = minutes(16)
    said = [talk.says("ALT") for _ in range(12)]
    assert said[10][0].startswith("Limit reached: 10 ALT msgs per day.")
    assert said[11] == []


# --- who is offered it --------------------------------------------------------------------------------------------

OFFER = "Reply ALT for other flights."


def told_of(world: World, *board: Flight, rules: AlertRules) -> list[str]:
    """What everybody reads once two looks agree."""
    seen = len(world.texts)
    for _ in range(2):
        world.clock.advance(minutes(2))
        world.store.hasten(1, world.clock.now())
        world.poll(*board, rules=rules)
    return [text.body for text in world.texts[seen:]]


@pytest.mark.parametrize(("affords", "offered"), [(True, True), (False, False)])
def test_a_cancelled_flight_offers_it_while_there_is_money(world: World, *, affords: bool, offered: bool) -> None:
    world.follow(F12)
    [body] = told_of(world, CANCELLED, rules=replace(RULES.polls, affords=lambda _: affords))
    assert body.endswith(OFFER) is offered


def test_only_the_one_who_travels_is_offered_it(world: World) -> None:
    world.follow(F12, 0, role=Role.MEETER)
    [body] = told_of(world, CANCELLED, rules=replace(RULES.polls, affords=lambda _: True))
    assert "ALT" not in body


def test_a_missed_connection_offers_it(world: World, talk: Talk) -> None:
    before_midnight = replace(LH403, out=replace(LH403.out, scheduled=IN + minutes(50)))
    talk.tracks(F12)
    talk.tracks(before_midnight, ident="LH403")
    [body, *_] = told_of(world, late(minutes(45)), before_midnight, rules=replace(RULES.polls, affords=lambda _: True))
    assert "CONNECTION MISSED" in body
    assert body.endswith(OFFER)


@pytest.mark.parametrize(
    ("budget", "spent", "covered"), [(0.03, 0, True), (0.03, 15_000, False), (0.0, 9_000_000, True)]
)
def test_there_is_money_when_the_month_has_the_price_of_one_such_look(
    world: World, budget: float, spent: int, *, covered: bool
) -> None:
    world.follow(F12)  # at the operator's wish: no share of their own
    meter = on_the_meter(world, usd=budget).meter
    world.store.book("2025-11", "flights", result_sets=1, micro_usd=spent, now=NOON)
    assert meter.covers("schedules", PHONES[0]) is covered


def test_a_person_whose_share_is_spent_is_not_offered_it(world: World) -> None:
    meter = on_the_meter(world, usd=5.0, per_person=0.03).meter
    assert meter.covers("schedules", PHONES[0])
    world.store.bill("2025-11", PHONES[0], 15_000)
    assert not meter.covers("schedules", PHONES[0])
    assert meter.covers("schedules", PHONES[1])
