"""Ways to break Flait, for tests only: a campaign that does not see them sees nothing.

Each is a patch that holds inside a `with`, and in every process forked meanwhile.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest

from flait.adapters.twilio.forms import TwilioForms
from flait.clock import Clock
from flait.core import observations, polling, silences, trips
from flait.core.alerts import Decision
from flait.core.changes import Change, ChangeKind
from flait.core.doubts import NO_DOUBTS
from flait.core.flights import Flight, cancelled
from flait.core.messages import Message
from flait.core.texts import confirmations
from flait.core.texts.wording import Text
from flait.core.told import Told, tells
from flait.core.values import replace
from flait.core.whatsapp import Setup
from flait.flows import deliver, keep, telling, track
from flait.flows import trips as traveling
from flait.flows.deliver import Progress
from flait.flows.ports import Gateway
from flait.store import Store

_send_next, _send = deliver.send_next, deliver._send
_merged, _tracked_text = observations.merged, confirmations.tracked_text
_finished, _last_looks = polling.finished, track._last_looks
_change_of_connection, _booked, _onward_of = trips.change, trips.booked, trips.onward_of
_silence, _is_awaited = silences.silence, silences.is_awaited


@contextmanager
def sends_before_it_commits() -> Iterator[None]:
    """The claim is committed together with what came of it: whoever dies between has sent what still looks unsent."""

    def send_next(store: Store, *others: Any, **more: Any) -> Progress:
        with store.transaction():
            return _send_next(store, *others, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deliver, "send_next", send_next)
        yield


@contextmanager
def commits_and_forgets() -> Iterator[None]:
    """A text counts as accepted before Twilio has been asked: whoever dies between never sends it."""

    def send(store: Store, gateway: Gateway, clock: Clock, message: Message, whatsapp: Setup) -> Progress:
        now = clock.now()
        deliver._accepted(store, message, f"SM{message.id:032x}", now, "accepted")
        gateway.send(message, now=now)
        return Progress(more=True)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deliver, "_send", send)
        yield


@contextmanager
def checks_no_signature() -> Iterator[None]:
    """Whatever stands where the signature should, the request counts as Twilio's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TwilioForms, "_genuine", lambda *_: True)
        yield


@contextmanager
def ends_by_the_schedule_at_one_sight() -> Iterator[None]:
    """A cancelled flight is over when it was to arrive by its schedule, and any is when one look says so.

    Whatever was held back then, and not told, nobody ever hears of.
    """

    def finished(flight: Flight, now: datetime) -> bool:
        if cancelled(flight):
            return now >= (flight.arrival.scheduled or now)
        return _finished(flight, now)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(polling, "finished", finished)
        patch.setattr(track, "_last_looks", lambda *_, **__: None)
        yield


@contextmanager
def closes_on_what_is_held() -> Iterator[None]:
    """A watch ends when two looks agree that the flight is over, and drops whatever is still held back."""

    def last_looks(before: Flight, after: Flight, _: Sequence[Decision], now: datetime, **more: Any) -> datetime | None:
        return _last_looks(before, after, (), now, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(track, "_last_looks", last_looks)
        patch.setattr(track, "_is_owed", lambda *_: False)
        yield


@contextmanager
def counts_what_it_does_not_say() -> Iterator[None]:
    """A confirmation counts as telling everything that is known, mentioned or not."""

    def tracked_text(flight: Flight, *others: Any, **more: Any) -> Text:
        text = _tracked_text(flight, *others, **more)
        return replace(text, tells={**tells(flight), **text.tells})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keep, "tracked_text", tracked_text)
        yield


@contextmanager
def takes_nothing_back() -> Iterator[None]:
    """What once happened has happened, and what once was diverted is: no look makes any of it undone."""

    def merged(before: Flight | None, after: Flight, now: datetime | None) -> Flight:
        known = _merged(before, after, now)
        if before is None or len(known.via) > len(before.via):
            return known
        kept = {
            name: replace(there, actual=there.actual or was.actual)
            for name in ("out", "off", "on", "in_")
            if (there := getattr(known, name)) and (was := getattr(before, name))
        }
        return replace(known, **kept)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(track, "merged", merged)
        yield


@contextmanager
def goes_by_what_nobody_was_told() -> Iterator[None]:
    """A silence is told by the departure that one look showed, and what that look showed is left out."""

    def silence(told: Told, **more: Any) -> Any:
        sure = _silence(told, **(more | {"doubts": NO_DOUBTS}))
        return sure and _is_awaited(more["flight"], more["now"]) and sure

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(telling, "silence", silence)
        patch.setattr(telling, "is_new", lambda *_: False)
        yield


@contextmanager
def _never_tells(kind: ChangeKind) -> Iterator[None]:
    def change(*pair: Any) -> Change | None:
        found = _change_of_connection(*pair)
        return None if found and found.kind is kind else found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trips, "change", change)
        yield


def never_well_again() -> AbstractContextManager[None]:
    """Whoever was told that a connection is tight, at risk or missed never hears that it is not."""
    return _never_tells(ChangeKind.CONN_OK)


def never_missed() -> AbstractContextManager[None]:
    """Nobody hears that a connection is missed."""
    return _never_tells(ChangeKind.CONN_MISSED)


@contextmanager
def at_every_minute() -> Iterator[None]:
    """A connection that is a minute better is told to be."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trips, "HYSTERESIS", timedelta())
        yield


@contextmanager
def missed_where_no_gate_is_reported() -> Iterator[None]:
    """Who is down, and not reported at the gate, has missed whatever leaves."""

    def as_it_left(first: Flight, left: datetime, known: trips.Chance | None) -> trips.Chance:
        gate = first.in_.actual
        return trips.Chance.MISSED if gate is None or gate > left else known or trips.Chance.OK

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trips, "_as_it_left", as_it_left)
        yield


@contextmanager
def at_the_gate_before_it_is_down() -> Iterator[None]:
    """An estimate of the gate from before the touchdown is believed after it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trips, "there_at", lambda flight: flight.arrival.best)
        yield


@contextmanager
def booked_as_it_is_today() -> Iterator[None]:
    """What the airline's own schedules make of a connection counts as booked."""

    def booked(first: Flight, onward: trips.Onward) -> trips.Chance:
        today = replace(onward, arrives=None, leg=replace(onward.leg, leaves=None))
        return _booked(first, today)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trips, "booked", booked)
        yield


@contextmanager
def holds_on_to_what_is_missed() -> Iterator[None]:
    """The next departure is what they go on with, whether they miss it or not."""

    def onward_of(first: trips.Leg, legs: Sequence[trips.Leg], least: Any) -> trips.Onward | None:
        return _onward_of(replace(first, told=trips.NOTHING), legs, least)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(telling, "onward_of", onward_of)
        yield


@contextmanager
def each_flight_for_itself() -> Iterator[None]:
    """How the second flight moves is told at once, beside the connection."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trips.Feed, "tells_of_it", False)
        yield


@contextmanager
def reminds_of_what_they_miss() -> Iterator[None]:
    """Reminders come as if they were no way to the airport, and no connection missed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(traveling, "only_what_they_board", lambda wishes, _: wishes)
        yield
