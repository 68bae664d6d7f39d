"""What is answered to MUTE and UNMUTE: what is muted until when, and what comes all the same. One GSM-7 segment."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from flait.core.flights import Airport
from flait.core.subscriptions import Role
from flait.core.texts.formats import Reader, fold, in_one

BRIEFLY = "Only urgent msgs come."

Muted = tuple[str, datetime]
"""A flight's name, or ALL_FLIGHTS, and until when."""


class Muting(Struct, frozen=True, kw_only=True):
    """What is said of mutes, in the time of that place."""

    place: Airport
    reader: Reader

    def muted(self, name: str, until: datetime, beside: Sequence[Muted] = (), *, roles: Collection[Role]) -> str:
        """Fewer texts until then, and what who has these roles hears all the same.

        Mutes `beside` it are named where they last longer.
        """
        longer = self._names([one for one in beside if one[1] > until])
        urgent = BRIEFLY if longer else _urgent(roles)
        return in_one(f"{self._until(name, until, 'muted ')}.", longer, urgent, "Reply UNMUTE.")

    def unmuted(self, name: str, beside: Sequence[Muted] = ()) -> str:
        """Every text about it again, but about what is muted `beside` it."""
        if beside:
            return in_one(f"{fold(name)} no longer muted, but {self._names(beside)}", "UNMUTE ends that too.")
        return f"{fold(name)} no longer muted. What changed meanwhile follows."

    def still_muted(self, name: str, until: datetime) -> str:
        """This flight is not muted, but all of them are."""
        return f"{name} itself is not muted, but all flights are, until {self._at(until)}. UNMUTE alone ends that."

    def over(self, until: datetime) -> str:
        """The text was read too late for it."""
        return f"That MUTE was over at {self._at(until)}, before we could read it. Nothing changed."

    def _names(self, muted: Sequence[Muted]) -> str:
        """`UA1234 until 18:00 PST.`; how many, where that is more than one."""
        if len(muted) > 1:
            return f"{len(muted)} until {self._at(max(until for _, until in muted))} at most."
        return "".join(f"{self._until(name, until)}." for name, until in muted)

    def _until(self, name: str, until: datetime, how: str = "") -> str:
        return f"{fold(name)} {how}until {self._at(until)}"

    def _at(self, until: datetime) -> str:
        return self.reader.at(until, self.place)


def _urgent(roles: Collection[Role]) -> str:
    passes = _URGENT[frozenset(roles) or frozenset({Role.TRAVELER})]
    return f"Only urgent msgs come: {', '.join(('cancelled', 'diverted', *passes))}."


_NEAR_GATE = "gate change near departure"
_BOTH_ENDS = ("moved earlier", _NEAR_GATE)
_URGENT: Mapping[frozenset[Role], Sequence[str]] = {
    # what somebody is to the flights → what passes a mute besides a cancellation and a diversion
    frozenset({Role.TRAVELER}): ("leaving earlier", _NEAR_GATE),
    frozenset({Role.MEETER}): ("arriving early",),
    frozenset({Role.WATCHER}): ("much earlier",),
    frozenset({Role.MEETER, Role.WATCHER}): ("much earlier",),
    frozenset({Role.TRAVELER, Role.MEETER}): _BOTH_ENDS,
    frozenset({Role.TRAVELER, Role.WATCHER}): _BOTH_ENDS,
    frozenset(Role): _BOTH_ENDS,
}
