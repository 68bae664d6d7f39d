"""Twilio's list is read to its end, however long; and what decided consent is known for good."""

from datetime import timedelta

import pytest

from flait.errors import InDoubt
from flait.flows import intake, upkeep
from flait.flows.intake import LONGEST_READING, OVERLAP, RECORD, Fetched
from flait.store import salvaged
from tests.core.flights_for_tests import NOON, hours, minutes, planned
from tests.flows.talk import Talk, live, moved
from tests.flows.test_intake import ANN, BOB, take, text
from tests.flows.world import World

SECOND = timedelta(seconds=1)
LATER = timedelta(days=91)


def fetch(world: World) -> Fetched:
    return intake.fetch(world.store, world.gateway, world.clock, keyword_owner="twilio")


def fetch_all(world: World) -> int:
    """As the daemon does: at once again while there is more; in how many goes."""
    goes = 1
    while fetch(world).more:
        goes += 1
    return goes


def flood(world: World) -> None:
    """A STOP, and more texts of somebody else's behind it than are read at once."""
    world.gateway.page = 100
    fetch(world)
    world.clock.advance(hours(1))
    world.gateway.inbox.append(text("STOP", sent_at=NOON + minutes(20)))
    world.gateway.inbox += [text("spam", BOB, sent_at=NOON + minutes(21) + number * SECOND) for number in range(123)]


# --- long lists -----------------------------------------------------------------------------------------------------


def test_a_stop_behind_more_texts_than_are_read_at_once_is_heard(known: World) -> None:
    flood(known)
    assert fetch_all(known) == 2
    assert known.store.is_opted_out(ANN)


def test_the_place_stays_where_it_was_until_everything_is_read(known: World) -> None:
    flood(known)
    place = known.store.read_until(RECORD)
    assert fetch(known) == Fetched(new=100, more=True)
    assert known.store.read_until(RECORD) == place
    assert fetch(known).more is False
    assert known.store.read_until(RECORD) == known.clock.now()


def test_the_place_waits_for_what_twilio_is_still_receiving(known: World) -> None:
    """A picture takes its time: it is listed under the moment at which it began to come."""
    fetch(known)
    known.clock.advance(hours(1))
    known.gateway.receiving = NOON + minutes(30)
    fetch(known)
    assert known.store.read_until(RECORD) == NOON + minutes(30)
    known.clock.advance(hours(1))
    known.gateway.receiving = None
    known.gateway.inbox.append(text("STOP", sent_at=NOON + minutes(30)))
    fetch(known)
    assert known.store.is_opted_out(ANN)
    assert known.store.read_until(RECORD) == known.clock.now()


def test_but_not_for_ever(known: World) -> None:
    fetch(known)
    known.gateway.receiving = NOON + minutes(30)
    known.clock.advance(hours(25))
    fetch(known)
    assert known.store.read_until(RECORD) == known.clock.now()


def test_a_long_reading_remembers_it_too(known: World) -> None:
    flood(known)
    known.gateway.receiving = NOON + minutes(5)
    assert fetch_all(known) == 2
    assert known.store.read_until(RECORD) == NOON + minutes(5)


def test_a_reading_goes_on_after_a_death_and_after_a_fault(known: World) -> None:
    flood(known)
    fetch(known)
    known.restart()
    page = known.gateway.received

    def broken(*_: object) -> None:
        raise InDoubt("Twilio's record cannot be read")

    known.gateway.received = broken  # type: ignore[method-assign, assignment]  # a fault of the line
    assert fetch(known) == Fetched()
    known.gateway.received = page  # type: ignore[method-assign]  # as before
    fetch(known)
    assert known.store.is_opted_out(ANN)


def test_a_reading_that_never_ends_begins_anew_and_leaves_nothing_out(known: World) -> None:
    flood(known)
    fetch(known)
    known.clock.advance(LONGEST_READING + SECOND)
    known.gateway.inbox.append(text("STOP", BOB, sent_at=known.clock.now() - OVERLAP))
    fetch_all(known)
    assert [known.store.is_opted_out(phone) for phone in (ANN, BOB)] == [True, True]


def test_what_comes_in_while_a_long_list_is_read_is_read_next(known: World) -> None:
    flood(known)
    fetch(known)
    known.clock.advance(SECOND)
    late = text("STATUS", sent_at=known.clock.now())
    known.gateway.inbox.append(late)
    fetch_all(known)
    known.clock.advance(minutes(1))
    fetch(known)
    assert known.store.heard(late.sid)


def test_a_stop_deep_in_the_list_is_void_when_start_came_after_it(known: World) -> None:
    flood(known)
    known.gateway.inbox.append(text("START", sent_at=NOON + minutes(50)))
    fetch_all(known)
    assert not known.store.is_opted_out(ANN)


def test_a_clock_that_was_set_back_begins_the_reading_anew(known: World) -> None:
    flood(known)
    fetch(known)
    known.clock.advance(-minutes(5))
    assert fetch_all(known) == 2
    assert known.store.is_opted_out(ANN)


# --- what decided consent -------------------------------------------------------------------------------------------


def grow_old(world: World) -> None:
    world.clock.advance(LATER)
    upkeep.prune(world.store, world.clock, keep=timedelta(days=1), keep_raw=timedelta())


@pytest.mark.parametrize("owner", ["twilio", "flait"])
def test_a_start_that_is_sent_again_after_years_undoes_no_stop(known: World, owner: str) -> None:
    take(known, text("STOP"), owner)
    known.clock.advance(SECOND)
    start = text("START")
    take(known, start, owner)
    for _ in range(10):
        grow_old(known)
    stop = text("STOP")
    take(known, stop, owner)
    grow_old(known)
    before = known.dump()
    assert take(known, start, owner) is False
    assert known.dump() == before
    assert known.store.is_opted_out(ANN)


def test_a_stop_that_changed_nothing_is_known_as_long(known: World) -> None:
    take(known, text("STOP"))
    known.clock.advance(SECOND)
    second = text("stop it")
    take(known, second)
    known.clock.advance(SECOND)
    take(known, text("START"))
    grow_old(known)
    assert take(known, second) is False
    assert not known.store.is_opted_out(ANN)


def test_a_join_that_is_sent_again_agrees_to_no_other_invitation(world: World) -> None:
    talk = Talk(world)
    world.follow(planned())
    talk.says(f"SHARE UA1234 {BOB}")
    join = text("JOIN", BOB)
    take(world, join)
    talk.answer()
    assert live(world, BOB)
    [bob] = [user for user in world.store.users() if user.phone == BOB]
    world.store.remove_user(bob.id)
    grow_old(world)
    world.follow(moved(planned(), LATER))
    talk.says(f"SHARE UA1234 {BOB}")
    assert take(world, join) is False
    talk.answer()
    assert not live(world, BOB)


def test_other_words_are_forgotten_with_the_rest(known: World) -> None:
    status = text("STATUS")
    take(known, status)
    grow_old(known)
    assert take(known, status)


def test_what_decided_consent_outlives_a_restore(known: World) -> None:
    stop, start = text("STOP"), text("START")
    take(known, stop)
    known.clock.advance(SECOND)
    take(known, start)
    known.store._change("DELETE FROM inbound")
    replaced = salvaged(known.path)
    known.store._change("DELETE FROM consent_texts")
    known.store.take_over(replaced, known.clock.now(), resume=False)
    assert [take(known, one) for one in (stop, start)] == [False, False]
