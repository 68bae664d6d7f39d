"""FlightAware's push alerts: one for each followed flight, and their calls, which hasten that flight's next poll.

A call is no news by itself: nothing in it is read, and polls go on without it. An alert costs money until it ends, so
its row is written before it is ordered, an unclear order is looked up before it is repeated, and strays are deleted.
"""

import hmac
import logging
import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from threading import Lock
from typing import Final

from msgspec import Struct

from flait.clock import Clock
from flait.core.pauses import Pauses
from flait.core.prices import PRICES
from flait.core.shares import divided
from flait.core.values import replace
from flait.errors import AboveTier, AlertInDoubt, ConfigError, FlightSourceError
from flait.flows import accounts
from flait.flows.looks import hasten
from flait.flows.ports import AlertDesk, AlertWish
from flait.store import PushAlert, PushState, Step, Store, TrackedFlight

log = logging.getLogger("flait.push")

PATH: Final = "/flightaware/alert/"
TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{32,64}", re.ASCII)
BILLED: Final = "delivery"  # what a call costs stands under this name
PUSH: Final = "push"  # its name among those that `flait status` tells of
SWEEP: Final = "flightaware alerts"  # what the nightly look remembers its time in
SWEEP_EVERY: Final = timedelta(hours=24)
HASTEN_EVERY: Final = timedelta(seconds=60)  # of one flight: whoever learns a token costs no more than that
MOST_BILLED: Final = 50  # deliveries booked for one flight: more than any flight has, and an end to what a replay costs
RESTS: Final = Pauses(timedelta(minutes=1), timedelta(hours=1))
MOST_ATTEMPTS: Final = 6  # orders of one alert; then its flight does with polls alone

S = PushState
LIVE: Final = frozenset({S.WANTED, S.ACTIVE, S.UNCLEAR})
EVERY: Final = frozenset(PushState)


class Callbacks:
    """Takes FlightAware's calls in, from any thread. It remembers when it hastened which flight, and nothing else."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._hastened: dict[int, datetime] = {}

    def take(self, store: Store, token: str, now: datetime) -> bool:
        """Whether the token is one of ours; then its flight is polled soon, and the delivery booked.

        Soon is at once, or a minute after the last time this was done for the flight. Ended alerts are known too.
        """
        alert = _with_token(store.push_alerts(EVERY), token)
        tracked = store.tracked(alert.flight_id) if alert and alert.flight_id is not None else None
        if tracked:
            at, is_new = self._turn(tracked.id, now)
            with store.transaction():
                _book(store, tracked, now)
                hasten(store, tracked.id, at)
                if is_new:
                    _record(store, tracked.id, now, "called", "the next poll is hastened")
        return alert is not None

    def _turn(self, flight_id: int, now: datetime) -> tuple[datetime, bool]:
        """When to poll for this call, and whether that is another moment than for the call before.

        A moment that is still ahead is given again: a poll in between may have put the next one off.
        """
        with self._lock:
            last = self._hastened.get(flight_id)
            if last and last > now:
                return last, False
            self._hastened = {name: at for name, at in self._hastened.items() if now - at < HASTEN_EVERY}
            at = max(now, last + HASTEN_EVERY) if last else now
            self._hastened[flight_id] = at
            return at, True


def _with_token(alerts: Sequence[PushAlert], token: str) -> PushAlert | None:
    """Compared with every one in constant time, so that no answer comes sooner for a better guess."""
    found = None
    if TOKEN.fullmatch(token):
        for alert in alerts:
            if hmac.compare_digest(alert.token, token):
                found = alert
    return found


def _book(store: Store, tracked: TrackedFlight, now: datetime) -> None:
    month, about = f"{now:%Y-%m}", tracked.fa_flight_id
    booked = sum(row.result_sets for row in store.usage_rows(month) if (row.operation, row.flight) == (BILLED, about))
    if booked < MOST_BILLED:
        store.book(month, BILLED, flight=about, result_sets=1, micro_usd=PRICES[BILLED], now=now)
        for phone, part in divided(PRICES[BILLED], accounts.of_flight(store, tracked.id)).items():
            store.bill(month, phone, part)


class Office(Struct, frozen=True, kw_only=True):
    """What ordering takes: FlightAware's desk, our public address, and new tokens. `wanted`: new alerts are ordered."""

    desk: AlertDesk
    public_url: str
    token: Callable[[], str]
    wanted: bool = True

    def target_url(self, token: str) -> str:
        """Where FlightAware calls for the alert with that token."""
        return f"{self.public_url.rstrip('/')}{PATH}{token}"

    def is_ours(self, target_url: str) -> bool:
        """Whether an alert calls here, whichever row it belongs to."""
        prefix = self.target_url("")
        return target_url.startswith(prefix) and TOKEN.fullmatch(target_url.removeprefix(prefix)) is not None


def step(store: Store, office: Office, clock: Clock) -> bool:
    """Do the one thing that is due, if any; at most one call to AeroAPI; the nightly sweep may make more. True: again.

    A passing fault is written down and waits. Raises AboveTier when the account has no alerts: stop asking.
    """
    now = clock.now()
    steps = (_end_one, _look_up_one, _order_one, _sweep)
    try:
        if office.wanted and _want_one(store, office, now):
            return True
        done = any(one(store, office, clock) for one in steps)
    except AboveTier:
        raise
    except (FlightSourceError, ConfigError) as fault:
        store.note_error(PUSH, fault.message, clock.now())
        log.warning("push alerts: %s", fault)
        return False
    if done:
        store.note_success(PUSH, clock.now())
    return done


def is_idle(store: Store) -> bool:
    """Whether there is no alert to look after."""
    return not store.push_alerts(LIVE)


def _want_one(store: Store, office: Office, now: datetime) -> bool:
    """Write down that a flight is to have an alert; each flight has one in its life."""
    had = {alert.flight_id for alert in store.push_alerts(EVERY)}
    for view in store.flight_views():
        tracked = view.tracked
        if tracked.id not in had and view.subscribers and not _is_too_late(tracked, now):
            with store.transaction():
                wanted = store.want_push(tracked.id, office.token(), now)
                if wanted:
                    _record(store, tracked.id, now, "wanted", "")
            return wanted is not None
    return False


def _is_too_late(tracked: TrackedFlight, now: datetime) -> bool:
    """AeroAPI takes no start before the current UTC day, and a later one would be another day's flight."""
    return tracked.flight.departure_date < now.date()


def _end_one(store: Store, office: Office, clock: Clock) -> bool:
    """Delete one alert that nobody needs any more."""
    for alert in store.push_alerts({S.WANTED, S.ACTIVE}):
        if not (office.wanted and _is_needed(store, alert)) and _has_rested(alert, clock.now()):
            _end(store, office, alert, clock)
            return True
    return False


def _end(store: Store, office: Office, alert: PushAlert, clock: Clock) -> None:
    if alert.alert_id is not None:
        try:
            office.desk.delete(alert.alert_id)
        except (FlightSourceError, ConfigError) as fault:  # the others have their turn before it is tried again
            _save(store, replace(alert, attempts=alert.attempts + 1), clock.now(), fault.message)
            raise
    _save(store, replace(alert, state=S.ENDED), clock.now(), "no longer needed")


def _is_needed(store: Store, alert: PushAlert) -> bool:
    tracked = store.tracked(alert.flight_id) if alert.flight_id is not None else None
    return tracked is not None and tracked.closed_at is None and bool(store.live_subscribers(tracked.id))


def _look_up_one(store: Store, office: Office, clock: Clock) -> bool:
    """What became of an order whose answer was unclear: FlightAware's list knows."""
    alert = next((one for one in store.push_alerts({S.UNCLEAR}) if _has_rested(one, clock.now())), None)
    if alert is None:
        return False
    try:
        listed = office.desk.listed()
    except (FlightSourceError, ConfigError) as fault:
        _save(store, alert, clock.now(), fault.message)
        raise
    found = next((one for one in listed if one.target_url.endswith(f"{PATH}{alert.token}")), None)
    if found:
        active = replace(alert, state=S.ACTIVE, alert_id=found.alert_id)
        _save(store, active, clock.now(), "found in FlightAware's list")
    else:
        _save(store, replace(alert, state=S.WANTED), clock.now(), "not in FlightAware's list")
    return True


def _order_one(store: Store, office: Office, clock: Clock) -> bool:
    """Order one alert. The row says `unclear` before FlightAware is asked, so that a crash is looked up too."""
    now = clock.now()
    alert = next((one for one in store.push_alerts({S.WANTED}) if _has_rested(one, now)), None)
    tracked = store.tracked(alert.flight_id) if alert and alert.flight_id is not None else None
    if alert is None or tracked is None:
        return False
    if alert.attempts >= MOST_ATTEMPTS or _is_too_late(tracked, now):
        _save(store, replace(alert, state=S.ENDED), now, "given up: its flight is polled all the same")
        return True
    ordered = replace(alert, state=S.UNCLEAR, attempts=alert.attempts + 1)
    _save(store, ordered, now, "being ordered")
    try:
        alert_id = office.desk.create(_wish(tracked, office.target_url(alert.token)))
    except AlertInDoubt as doubt:
        _save(store, ordered, clock.now(), doubt.message)
    except (FlightSourceError, ConfigError) as fault:
        _save(store, replace(ordered, state=S.WANTED), clock.now(), fault.message)
        raise
    else:
        _save(store, replace(ordered, state=S.ACTIVE, alert_id=alert_id), clock.now(), f"alert {alert_id}")
    return True


def _wish(tracked: TrackedFlight, target_url: str) -> AlertWish:
    flight = tracked.flight
    return AlertWish(
        ident=flight.ident_icao or flight.ident,
        origin=flight.origin.code,
        destination=flight.destination.code if flight.destination else None,
        day=flight.departure_date,
        target_url=target_url,
    )


def _sweep(store: Store, office: Office, clock: Clock) -> bool:
    """Once a day: delete alerts that call us and belong to no row. An alert that calls elsewhere is somebody else's."""
    now = clock.now()
    last = store.read_until(SWEEP)
    if last and now - last < SWEEP_EVERY:
        return False
    ours = store.push_alerts(LIVE)
    active = {alert.alert_id for alert in ours if alert.state is S.ACTIVE}
    open_orders = {office.target_url(alert.token) for alert in ours if alert.state is not S.ACTIVE}
    for one in office.desk.listed():
        if office.is_ours(one.target_url) and one.alert_id not in active and one.target_url not in open_orders:
            office.desk.delete(one.alert_id)
            store.record(Step(at=clock.now(), step="push", outcome="swept", detail=f"alert {one.alert_id}"))
            log.info("alert %s at FlightAware belonged to no flight and was deleted", one.alert_id)
    store.note_read(SWEEP, now)
    return True


def _has_rested(alert: PushAlert, now: datetime) -> bool:
    """Whether its next step is due: 1, 2, 4 … 60 minutes after the last one, and at once when there was none."""
    return alert.attempts == 0 or now - alert.changed_at >= RESTS.after(alert.attempts)


def _save(store: Store, alert: PushAlert, now: datetime, why: str) -> None:
    with store.transaction():
        store.save_push_alert(alert, now)
        _record(store, alert.flight_id, now, alert.state.value, why, attempt=alert.attempts)


def _record(
    store: Store, flight_id: int | None, now: datetime, outcome: str, detail: str, *, attempt: int | None = None
) -> None:
    store.record(Step(at=now, flight_id=flight_id, step="push", outcome=outcome, detail=detail, attempt=attempt))
