"""Random timetables of a flight saved weeks ahead: whoever reads the words alone ends up knowing what live data show.

The judge reads times out of texts and imports nothing that decides.
"""

import re
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from flait.core.messages import MessageStatus
from flait.core.preferences import NO_DEFAULTS
from flait.core.receipts import Receipt
from flait.core.subscriptions import Role
from flait.core.values import replace
from flait.errors import FlightSourceError
from flait.flows import receipts, timetable
from flait.store import Store
from tests.core.flights_for_tests import F12, IN, OUT, minutes, rescheduled
from tests.flows.world import World, timetabled

AHEAD = timedelta(days=40)
LEAVES = re.compile(r"dep (?:\d\d:\d\d->)?(\d\d:\d\d) PST")
GONE = "not in the airline's timetable any more"
DAYS = "30,14,7,3"

LOOK = st.fixed_dictionaries(
    {
        "moved": st.none() | st.sampled_from([0, 0, 5, 10, 45, -15, -180, 240]),
        "fault": st.sampled_from([False, False, False, True]),
        "lost": st.sampled_from([False, False, False, True]),
    }
)


class Believer:
    """Somebody who reads our texts: when it leaves on the clocks there, and whether it is planned at all."""

    def __init__(self) -> None:
        self.leaves = ""
        self.gone = False

    def reads(self, body: str) -> None:
        found = LEAVES.search(body)
        self.leaves = found[1] if found else self.leaves
        self.gone = GONE in body


def clock_of(by: timedelta) -> int:
    return (14 * 60 + 10) + round(by / timedelta(minutes=1))


def minutes_of(text: str) -> int:
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)


@given(st.lists(LOOK, max_size=8), st.sampled_from(Role))
@settings(max_examples=25, deadline=None)
def test_nobody_keeps_a_false_belief(empty_database: Path, looks: list[dict[str, object]], role: Role) -> None:
    with TemporaryDirectory() as folder:
        path = Path(shutil.copy(empty_database, Path(folder) / "flait.db"))
        with Store.open(path) as store:
            store._conn.execute("PRAGMA synchronous = OFF")
            _play(World(path=path, store=store), looks, role)


def _play(world: World, looks: list[dict[str, object]], role: Role) -> None:
    believer, heard, by = Believer(), 0, timedelta()
    world.source.timetable = [timetabled(scheduled_out=OUT + AHEAD, scheduled_in=IN + AHEAD)]
    world.subscribe(0, on=f"{OUT + AHEAD:%Y-%m-%d}", role=role)
    heard = _read(world, believer, heard, lost=False)
    _step(world)
    for look in looks:
        at = _next(world)
        if at is None:
            break
        world.clock.moment = at
        world.source.fault = FlightSourceError("down") if look["fault"] else None
        moved = look["moved"]
        rows = [timetabled(scheduled_out=OUT + AHEAD + (by if moved is None else minutes(int(str(moved)))))]
        rows = [replace(row, scheduled_in=row.scheduled_out + (IN - OUT)) for row in rows]
        world.source.timetable = [] if moved is None else rows
        _step(world)
        if not look["fault"] and moved is not None:
            by = minutes(int(str(moved)))
        heard = _read(world, believer, heard, lost=bool(look["lost"]))
        if not look["fault"] and moved is not None and not look["lost"] and _nothing_waits(world):
            assert not believer.gone
            assert abs(minutes_of(believer.leaves) - clock_of(by)) < 10
    world.source.fault = None
    world.clock.moment = max(world.clock.moment, world.subscription().next_attempt_at or world.clock.moment)
    world.source.board = [rescheduled(by, replace(rescheduled(AHEAD, F12), fa_flight_id="UAL1234-far"))]
    assert world.activate()
    text = world.texts[-1]
    world.deliver()
    believer.reads(text.body)
    assert not believer.gone
    if role is Role.TRAVELER:
        assert minutes_of(believer.leaves) == clock_of(by)


def _step(world: World) -> None:
    while timetable.step(world.store, world.source, world.clock, days=DAYS, defaults=NO_DEFAULTS):
        pass


def _next(world: World) -> datetime | None:
    planned = world.store.planned(1)
    assert planned
    return min((at for at in (planned.next_check_at, planned.next_word_at) if at), default=None)


def _nothing_waits(world: World) -> bool:
    planned = world.store.planned(1)
    return planned is not None and planned.next_word_at is None and planned.misses == 0


def _read(world: World, believer: Believer, heard: int, *, lost: bool) -> int:
    """The texts of this look, read, or lost on their way."""
    world.deliver()
    new = world.texts[heard:]
    for text in new:
        if lost:
            receipt = Receipt(sid=text.sid or "", status=MessageStatus.UNDELIVERED, error_code=30003)
            receipts.take(world.store, receipt, "undelivered", world.clock.now())
        else:
            believer.reads(text.body)
    _step(world)
    heard += len(new)
    return _read(world, believer, heard, lost=False) if world.texts[heard:] else heard
