"""Through how many functions of Flait a text `TRACK UA1234 today` goes.

`python -m scripts.steps` prints them as lines of docs/decisions/0036-what-track-crosses.md: how many stand between the
text that is claimed and the stored subscription, and how many are called in all.
"""

import logging
import sys
from collections.abc import Callable
from functools import partial, wraps
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Any

from flait.core.subscriptions import User
from flait.store import Store
from tests.core.flights_for_tests import F12, NOON
from tests.flows.talk import Talk
from tests.flows.world import PHONES, World

FLAIT = str(Path(__file__).parent.parent / "flait") + "/"
Function = tuple[str, str]


def steps(folder: Path) -> tuple[list[Function], set[Function]]:
    """The functions that stand open while the subscription is stored, outermost first; and every one that is called."""
    world = World(path=folder / "flait.db", store=Store.open(folder / "flait.db"))
    world.store.add_user(User(name="Ann", phone=PHONES[0], created_at=NOON))
    world.source.board = [F12]
    talk, called = Talk(world), set[Function]()
    way: list[Function] = []
    store = world.store.add_subscription
    world.store.add_subscription = wraps(store)(partial(_seen, way, store))  # type: ignore[method-assign]  # for once
    sys.setprofile(partial(_noted, called))
    try:
        [answer] = talk.says("TRACK UA1234 today")
    finally:
        sys.setprofile(None)
        world.store.close()
    assert "UA1234 SFO-EWR" in answer
    return way, called


def _seen(way: list[Function], store: Callable[..., Any], *args: Any, **more: Any) -> Any:
    frame: FrameType | None = sys._getframe(1)
    while frame:
        way[:0] = _named(frame)
        frame = frame.f_back
    return store(*args, **more)


def _noted(called: set[Function], frame: FrameType, event: str, _: object) -> None:
    if event == "call":
        called.update(_named(frame))


def _named(frame: FrameType) -> list[Function]:
    code = frame.f_code
    of_ours = code.co_filename.startswith(FLAIT) and not code.co_name.startswith("<")
    return [(code.co_filename.removeprefix(FLAIT), code.co_name)] if of_ours else []


def main() -> None:
    """Print the way, and the figures."""
    logging.disable(logging.CRITICAL)
    with TemporaryDirectory() as folder:
        way, called = steps(Path(folder))
    for file, name in way:
        print(f"{file}  {name}")
    print(f"| between the claimed text and the stored subscription | {len(way)} | {len({file for file, _ in way})} |")
    print(f"| called in all | {len(called)} | {len({file for file, _ in called})} |")


if __name__ == "__main__":
    main()
