"""What leaves from one airport for another: kept for a while, and what is watched from there."""

from flait.core.flights import Airport, ScheduledFlight
from flait.core.values import replace
from flait.store import Store
from tests.store.samples import HOUR, MINUTE, NOW, flight, follower

SFO, JFK = flight().origin, Airport(code="KJFK", code_iata="JFK", timezone="America/New_York")
ROW = ScheduledFlight(ident="UAL9", ident_iata="UA9", origin=SFO, destination=JFK, scheduled_out=NOW + HOUR)


def test_what_was_told_of_a_pair_is_kept_as_it_was_and_of_no_other(store: Store) -> None:
    store.keep_route(SFO, JFK, [ROW], asked_at=NOW)
    assert store.kept_route(SFO, JFK, since=NOW - HOUR, now=NOW) == [ROW]
    assert store.kept_route(JFK, SFO, since=NOW - HOUR, now=NOW) is None


def test_that_there_is_none_is_kept_too_and_a_later_answer_takes_its_place(store: Store) -> None:
    store.keep_route(SFO, JFK, [], asked_at=NOW)
    assert store.kept_route(SFO, JFK, since=NOW - HOUR, now=NOW) == []
    store.keep_route(SFO, JFK, [ROW], asked_at=NOW + MINUTE)
    assert store.kept_route(SFO, JFK, since=NOW - HOUR, now=NOW + HOUR) == [ROW]


def test_what_is_old_or_told_by_a_clock_that_was_ahead_is_not_handed_out(store: Store) -> None:
    store.keep_route(SFO, JFK, [ROW], asked_at=NOW)
    assert store.kept_route(SFO, JFK, since=NOW, now=NOW + HOUR) is None
    assert store.kept_route(SFO, JFK, since=NOW - HOUR, now=NOW - MINUTE) is None


def test_it_is_forgotten_within_the_hour(store: Store) -> None:
    store.keep_route(SFO, JFK, [ROW], asked_at=NOW)
    store.keep_route(JFK, SFO, [], asked_at=NOW + HOUR)
    store.prune_words(NOW - HOUR, NOW + HOUR)
    assert [row["origin"] for row in store._rows("SELECT origin FROM routes")] == ["KJFK"]


def test_what_is_watched_from_an_airport_says_whether_anybody_follows_it(store: Store) -> None:
    follower(store)
    alone = replace(flight(5), origin=SFO)
    store.track(alone, next_poll_at=NOW, now=NOW)
    store.track(replace(flight(6), origin=JFK), next_poll_at=NOW, now=NOW)
    seen = {view.tracked.flight.ident: view.subscribers for view in store.watched_from(SFO)}
    assert seen == {"UAL123": 1, "UAL5": 0}
    store.close_flight(1, NOW)
    assert [view.tracked.flight.ident for view in store.watched_from(SFO)] == ["UAL5"]
