"""The planes of followed flights: found, watched while they matter, and let go.

AeroAPI names the flight before by its id alone. Its record is asked for outside any transaction; from then on its row
is polled, seen and closed like any other, for the flight that waits for it. At most two flights back.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from flait.clock import Clock
from flait.core import planes, polling
from flait.core.flights import Flight
from flait.core.pauses import BUDGET_PAUSE
from flait.core.planes import Plane
from flait.core.subscriptions import Role
from flait.errors import BudgetExhausted, ConfigError, FlightSourceError
from flait.flows import accounts
from flait.flows.looks import MISSING, POLL, SEEN, hasten
from flait.flows.ports import FlightSource
from flait.store import Step, Store, Subscriber, TrackedFlight, WantedPlane, WatchReason

log = logging.getLogger("flait.planes")

PLANE: Final = "plane"  # the reason for which such a flight is watched
LEASE: Final = timedelta(minutes=5)
UNKNOWN_YET: Final = timedelta(minutes=30)  # until it is looked for again, where AeroAPI does not know it


def is_followed(reasons: Sequence[WatchReason]) -> bool:
    """Whether somebody follows the flight itself; else it is watched for another's sake alone."""
    return any(reason.subscription_id for reason in reasons)


def booked_for(store: Store, flight_id: int) -> str:
    """FlightAware's id of the flight for whose sake that one is looked at alone; empty: for its own."""
    reasons = store.watch_reasons(flight_id)
    waiting = next((store.tracked(one.for_flight_id) for one in reasons if one.for_flight_id), None)
    if waiting is None or is_followed(reasons):
        return ""
    return booked_for(store, waiting.id) or waiting.fa_flight_id


def account(store: Store, flight_id: int) -> tuple[Sequence[str], str]:
    """On whose account that flight is looked at, and for the sake of which flight (`booked_for`)."""
    concerned = store.concerned(flight_id)
    followed = any(one.subscription.flight_id == flight_id for one in concerned)
    return accounts.payers(concerned), "" if followed else booked_for(store, flight_id)


def follow(store: Store, tracked: TrackedFlight, after: Flight, now: datetime) -> None:
    """Inside the transaction of a look: which plane that flight waits for from now on, if any."""
    wanted, had = _wanted(store, tracked, after), store.wanted_plane(tracked.id)
    if had and planes.may_be_on_again(after, now):
        return
    if had and had.fa_flight_id != wanted:
        _let_go(store, had, now)
    leaves = after.departure.best
    if wanted and leaves:
        store.want_plane(tracked.id, wanted, at=max(leaves - planes.MATTERS, now))
    plane = store.plane_of(tracked.id, wanted)
    if had and had.inbound_id and planes.is_asked_again(tracked.flight, after, plane, now):
        hasten(store, had.inbound_id, now)


def _wanted(store: Store, tracked: TrackedFlight, after: Flight) -> str | None:
    inbound = after.inbound_fa_flight_id
    if inbound in (None, after.fa_flight_id, tracked.fa_flight_id) or not planes.is_ahead(after):
        return None
    travels = any(_travels(one) for one in store.live_subscribers(tracked.id))
    return inbound if travels or _is_first_back(store, tracked.id, inbound) else None


def _travels(one: Subscriber) -> bool:
    return one.subscription.role is Role.TRAVELER and not one.user.opted_out_at


def _is_first_back(store: Store, flight_id: int, inbound: str | None) -> bool:
    """Whether it is watched as the plane of a flight that is followed, and its own plane is not that flight again."""
    waiting = [store.tracked(number) for number in _waits_for(store.watch_reasons(flight_id))]
    return any(one and one.fa_flight_id != inbound and is_followed(store.watch_reasons(one.id)) for one in waiting)


def _waits_for(reasons: Sequence[WatchReason]) -> list[int]:
    return [reason.for_flight_id for reason in reasons if reason.for_flight_id and reason.reason == PLANE]


def _let_go(store: Store, had: WantedPlane, now: datetime) -> None:
    """It is not waited for any more; where nobody else does, nobody looks at it."""
    store.want_no_plane(had.flight_id)
    if had.inbound_id is None:
        return
    store.await_no_more(had.inbound_id, for_flight_id=had.flight_id)
    if not store.watch_reasons(had.inbound_id):
        store.close_flight(had.inbound_id, now)


def find_next(store: Store, source: FlightSource, clock: Clock) -> bool:
    """Look for one plane that is due. True: there may be more."""
    now = clock.now()
    wanted = store.claim_plane(now, now + LEASE) if store.is_plane_due(now) else None
    if wanted is None:
        return False
    known = store.tracked_by_fa_flight_id(wanted.fa_flight_id)
    try:
        found = known.flight if known else _asked(store, source, wanted)
    except (BudgetExhausted, ConfigError, FlightSourceError) as fault:
        pause = (
            now + BUDGET_PAUSE if isinstance(fault, BudgetExhausted) else polling.after_failure(wanted.attempts, now)
        )
        store.put_off_plane(wanted, pause)
        log.info("the plane of flight %d is not found yet: %s", wanted.flight_id, fault)
        return True
    with store.transaction():
        _keep(store, wanted, found, clock.now(), is_new=known is None)
    return True


def _asked(store: Store, source: FlightSource, wanted: WantedPlane) -> Flight | None:
    waiting = store.tracked(wanted.flight_id)
    about = booked_for(store, wanted.flight_id) or (waiting.fa_flight_id if waiting else "")
    account = source.billed_to(accounts.of_flight(store, wanted.flight_id), about=about)
    answer = account.flight(wanted.fa_flight_id)
    return next((flight for flight in answer.flights if flight.fa_flight_id == wanted.fa_flight_id), None)


def _keep(store: Store, wanted: WantedPlane, found: Flight | None, now: datetime, *, is_new: bool) -> None:
    """Inside a transaction: watch what was found, for the flight that waits for it."""
    waiting = store.tracked(wanted.flight_id)
    if waiting is None or waiting.closed_at:
        return
    store.record(
        Step(at=now, flight_id=waiting.id, step=PLANE, outcome=SEEN if found else MISSING, attempt=wanted.attempts)
    )
    if found is None:
        store.put_off_plane(wanted, now + UNKNOWN_YET if wanted.attempts < planes.MISSED_AT_MOST else None)
        return
    if not planes.comes_to(found, waiting.flight):  # bad data: it cannot bring this plane
        store.put_off_plane(wanted, None)
        return
    at = planes.next_look(None, Plane(flight=found), waiting.flight, now)
    inbound = store.track(found, next_poll_at=at or now, now=now)
    if not store.found_plane(wanted, inbound.id):
        return
    store.await_flight(inbound.id, for_flight_id=waiting.id, reason=PLANE)
    if is_new:
        store.record(
            Step(at=now, flight_id=inbound.id, step=POLL, outcome=SEEN, detail=f"plane of {waiting.flight.number}")
        )
    if at is None and not is_followed(store.watch_reasons(inbound.id)):
        store.close_flight(inbound.id, now)
    else:
        follow(store, inbound, found, now)
    store.hasten_waiting(inbound.id, now)


def next_look_at(
    store: Store, tracked: TrackedFlight, after: Flight, reasons: Sequence[WatchReason], now: datetime
) -> datetime | None:
    """When to look again at what is watched as a plane alone; None: it says nothing more."""
    own = store.plane_of(tracked.id, after.inbound_fa_flight_id)
    plane = Plane(flight=after, previous=tracked.flight, feeder=own)
    waiting = [store.tracked(number) for number in _waits_for(reasons)]
    looks = [planes.next_look(tracked.flight, plane, one.flight, now) for one in waiting if one]
    return min((at for at in looks if at), default=None)


def known(store: Store, flight_id: int | None, flight: Flight, now: datetime) -> Plane | None:
    """The plane of a followed flight as last seen, where that is of use."""
    if flight_id is None or flight.inbound_fa_flight_id is None:
        return None
    return planes.of_use(store.plane_of(flight_id, flight.inbound_fa_flight_id), now)


def is_given_up(store: Store, tracked: TrackedFlight, misses: int) -> bool:
    """Whether AeroAPI does not know it any more, and nobody follows it."""
    return misses >= planes.MISSED_AT_MOST and not is_followed(store.watch_reasons(tracked.id))
