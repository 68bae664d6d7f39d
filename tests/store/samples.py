"""People, flights and texts to test the store with, and the ways to run it in other processes."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flait.core.flights import Airport, Flight, Times
from flait.core.messages import Message, MessageKind
from flait.core.subscriptions import Subscription, SubscriptionState, User
from flait.core.values import replace
from flait.store import Store, TrackedFlight
from flait.store.mark import forget

NOW = datetime(2013, 3, 8, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
PHONE = "+15555550100"
ROOT = Path(__file__).parents[2]
WORKER = Path(__file__).with_name("worker.py")


def user(number: int = 0, **changes: Any) -> User:
    return replace(User(name=f"Ann {number}", phone=f"+155555501{number:02}", created_at=NOW), **changes)


def flight(number: int = 123, **changes: Any) -> Flight:
    return replace(
        Flight(
            fa_flight_id=f"UAL{number}-1362600000-schedule-0001",
            ident=f"UAL{number}",
            ident_icao=f"UAL{number}",
            ident_iata=f"UA{number}",
            codeshares=(f"DLH9{number}",),
            origin=Airport(code="KSFO", code_iata="SFO", city="San Francisco", timezone="America/Los_Angeles"),
            destination=Airport(code="KJFK", code_iata="JFK", city="New York", timezone="America/New_York"),
            out=Times(scheduled=NOW + 6 * HOUR),
            in_=Times(scheduled=NOW + 12 * HOUR),
        ),
        **changes,
    )


def pending(user_id: int, **changes: Any) -> Subscription:
    return replace(
        Subscription(user_id=user_id, ident="UA123", wish="fri", asked_at=NOW, next_attempt_at=NOW), **changes
    )


def active(user_id: int, tracked: TrackedFlight, **changes: Any) -> Subscription:
    return replace(
        Subscription(
            user_id=user_id,
            ident="UA123",
            departure_date=tracked.flight.departure_date,
            state=SubscriptionState.ACTIVE,
            flight_id=tracked.id,
            asked_at=NOW,
        ),
        **changes,
    )


def message(user_id: int, key: str, **changes: Any) -> Message:
    return replace(
        Message(
            user_id=user_id,
            to=PHONE,
            kind=MessageKind.DELAY_FIRST,
            body="UA123 leaves 40 min late.",
            dedup_key=key,
            tells={"departure": "2013-03-08T18:40:00Z", "late": True},
            created_at=NOW,
            not_before=NOW,
            expires_at=NOW + HOUR,
        ),
        **changes,
    )


def tracked(store: Store, number: int = 123) -> TrackedFlight:
    return store.track(flight(number), next_poll_at=NOW, now=NOW)


def follower(store: Store, number: int = 0) -> tuple[User, Subscription]:
    """Somebody who follows flight 123."""
    person = store.add_user(user(number))
    subscription, _ = store.add_subscription(active(person.id, tracked(store)))
    return person, subscription


def copied_over(empty: Path, path: Path) -> Path:
    """The empty database where one may have stood before, of which nothing is left."""
    forget(path)
    return Path(shutil.copy(empty, path))


def started(*arguments: str | Path, under: Sequence[str] = (), **options: Any) -> subprocess.Popen[str]:
    """Another process, running worker.py; `under` is a command that runs it."""
    return subprocess.Popen(
        [*under, sys.executable, "-W", "error", WORKER, *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def finished(process: subprocess.Popen[str]) -> str:
    """What it printed. Fails when it failed."""
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    return output
