"""A published life of a flight, played at the plan's own pace: what AeroAPI shows when, and what people then read."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from flait.core.flights import Flight, Times
from flait.core.messages import Message
from flait.core.values import replace
from flait.errors import FlaitError
from tests.flows.world import PHONES, World

Shown = Sequence[Flight] | FlaitError
Life = Callable[[datetime], Shown]


def steps(*stages: tuple[datetime, Shown]) -> Life:
    """What is shown from each of these moments on, earliest first."""

    def shown(now: datetime) -> Shown:
        return next(what for at, what in reversed(stages) if at <= now)

    return shown


def play(world: World, life: Life, *, until: datetime | None = None) -> list[Message]:
    """Every look that falls due before `until`, or to the end of the watch; the texts that came of it, as they went."""
    before = len(world.texts)
    while (due := world.flight().next_poll_at) and (until is None or due < until):
        world.clock.moment = max(world.clock.moment, due)
        shown = life(world.clock.now())
        world.source.fault = shown if isinstance(shown, FlaitError) else None
        world.poll(*(() if isinstance(shown, FlaitError) else shown))
        world.deliver()
    if until is not None:
        world.clock.moment = max(world.clock.moment, until)
    return world.texts[before:]


def bodies(texts: Sequence[Message], number: int = 0) -> list[str]:
    """What person `number` reads, in order."""
    return [text.body for text in texts if text.to == PHONES[number]]


def only(event: str, at: datetime, flight: Flight) -> Flight:
    """With that one actual time, and none before it."""
    times: Times = getattr(flight, event)
    changed: dict[str, Any] = {event: replace(times, actual=at)}
    return replace(flight, **changed)
