"""Lives in which one look alone shows something big, and AeroAPI is dark from that moment on; and what is owed then."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from random import Random
from typing import Final

from flait.core.values import replace
from tests.torture.lives_belief import Belief
from tests.torture.lives_owed import owed
from tests.torture.lives_truth import View
from tests.torture.lives_world import MINUTE, Leg, Life, Page, Trouble

OF_ALL: Final = 0.2  # lives
BIG: Final = 30 * MINUTE  # a smaller move can wait for the hours in which people act on every word
KINDS: Final = ("down", "down", "budget", "refused")
LASTS: Final = (70, 130, 200, 400, 900)  # minutes
STATES: Final = ("cancelled", "diverted_to", "to")


def darkened(life: Life) -> Life:
    """The same, or with a darkness right after one look at something new; drawn apart from the life itself."""
    rng = Random(f"{life.seed} dark")
    turns = [page.at for before, page in pairwise(life.pages) if _is_big(before, page)]
    if rng.random() >= OF_ALL or not turns or life.glitches:  # a glitch that is the last look is nobody's truth
        return life
    since = rng.choice(turns)
    dark = Trouble(since, since + rng.choice(LASTS) * MINUTE, rng.choice(KINDS))
    return replace(life, darkness=(dark,), story=(*life.story, "goes dark"))


def _is_big(before: Page, page: Page) -> bool:
    was, now = _ours(before), _ours(page)
    if was is None or now is None or now.act_on or now.act_in:
        return False
    moved = abs(_leaves(now) - _leaves(was)) >= BIG and not now.act_out and not now.act_off
    names = ("cancelled", "diverted", "diverted_to", "destination")
    return moved or any(getattr(was, name) != getattr(now, name) for name in names)


def _ours(page: Page) -> Leg | None:
    return next((leg for leg in page.legs if leg.of == "ours"), None)


def _leaves(leg: Leg) -> timedelta:
    return (leg.est_out or leg.est_off or leg.leaves) - leg.leaves


def seen_once(role: str, belief: Belief, view: View, before: View | None) -> Iterator[str]:
    """What the last look alone showed, and they would be told if another agreed: it is said with the silence."""
    for one in owed(role, belief, view, view):
        fact = one.fact if one.fact in STATES else "dep" if one.fact == "sooner" else one.fact[:3]
        if fact not in (*STATES, "dep", "arr") or view.sure(fact, before):
            continue
        if fact in STATES or abs(one.want - one.have) >= BIG:
            yield fact
