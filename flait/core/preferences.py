"""How one person wants to be told: how much, when not, and how long before what. Pure; travel's noise is decided here.

What a person has not set is the operator's default. A `Wishes` is both together, for one decision.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from msgspec import Struct, field

from flait.core.changes import ChangeKind
from flait.core.values import replace

K = ChangeKind
OFF = timedelta()  # a lead of nothing: that milestone is not wanted
LEADS: Mapping[ChangeKind, timedelta] = {
    # the milestone  so long before: the scheduled departure, the best departure, the best arrival
    K.CHECKIN:       timedelta(hours=24),
    K.LEAVE:         timedelta(hours=3),
    K.MEET:          timedelta(minutes=45),
}  # fmt: skip
LONGEST_LEAD: Mapping[ChangeKind, timedelta] = {
    K.CHECKIN: timedelta(hours=48),
    K.LEAVE: timedelta(hours=24),
    K.MEET: timedelta(hours=12),
}
SHORTEST_LEAD: Mapping[ChangeKind, timedelta] = {
    K.CHECKIN: timedelta(hours=13),  # it is of no use from 12 hours before departure on
    K.LEAVE: timedelta(minutes=5),
    K.MEET: timedelta(minutes=5),
}


class Level(StrEnum):
    """How much a person is told."""

    ALL = "all"
    IMPORTANT = "important"  # P0 and P1, and whatever takes back what they were told


class QuietHours(Struct, frozen=True):
    """From when to when on somebody's own clock, over midnight if need be; never the whole day."""

    start: time
    end: time

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M}"

    def until(self, now: datetime, zone: ZoneInfo) -> datetime | None:
        """When they end, UTC; None: it is not quiet now. Where an hour comes twice, both are judged by the clock."""
        at = now.astimezone(zone).time()
        inside = self.start <= at < self.end if self.start < self.end else (at >= self.start or at < self.end)
        if not inside:
            return None
        today = now.astimezone(zone).date()
        ends = [
            datetime.combine(day, self.end, zone).replace(fold=fold).astimezone(UTC)
            for day in (today, today + timedelta(days=1))
            for fold in (0, 1)
        ]
        return min(end for end in ends if end > now)


_QUIET = re.compile(r"((?:[01][0-9]|2[0-3]):[0-5][0-9])-((?:[01][0-9]|2[0-3]):[0-5][0-9])")


def parse_quiet(text: str) -> QuietHours | None:
    """`22:00-07:00` as hours; None for `off`, for nothing, and for what is none."""
    found = _QUIET.fullmatch(text)
    hours = QuietHours(time.fromisoformat(found[1]), time.fromisoformat(found[2])) if found else None
    return hours if hours and hours.start != hours.end else None


_SPAN = re.compile(r"(?:([0-9]{1,2})h)?([0-5]?[0-9])m?|([0-9]{1,2})h|([0-9]{2,4})m?|([0-9]{1,2}):([0-5][0-9])")


def parse_span(text: str) -> timedelta | None:
    """`2h30`, `90m`, `45`, `1:15` as a span of at least a minute; None for anything else."""
    found = _SPAN.fullmatch(text.replace(" ", "").lower())
    if not found:
        return None
    hours, minutes = found[1] or found[3] or found[5] or 0, found[2] or found[4] or found[6] or 0
    return timedelta(hours=int(hours), minutes=int(minutes)) or None


def spelled_span(span: timedelta) -> str:
    """`2h30`, `45m`, `off`: as it is typed."""
    minutes = round(span / timedelta(minutes=1))
    if minutes < 60:
        return f"{minutes}m" if minutes else "off"
    return f"{minutes // 60}h{minutes % 60:02}" if minutes % 60 else f"{minutes // 60}h"


def lead_from(kind: ChangeKind, text: str) -> timedelta | None:
    """`2h30` or `off` as a milestone's lead; None: it is no span, or too short or long a one."""
    span = OFF if text.lower() == "off" else parse_span(text)
    fits = span is not None and (span == OFF or SHORTEST_LEAD[kind] <= span <= LONGEST_LEAD[kind])
    return span if fits else None


class Preferences(Struct, frozen=True, kw_only=True):
    """What one person has set; what is empty is the operator's default.

    `quiet` is `22:00-07:00`, `off`, or ''. `leads` are spans before, OFF for none. `off` are the kinds not wanted.
    """

    level: Level = Level.ALL
    quiet: str = ""
    leads: Mapping[ChangeKind, timedelta] = field(default_factory=dict)
    off: tuple[ChangeKind, ...] = ()

    @property
    def hears_progress(self) -> bool:
        """Whether they are told when it takes off and lands."""
        return self.level is Level.ALL and not {K.DEPARTED, K.LANDED} & set(self.off)


def with_lead(preferences: Preferences, kind: ChangeKind, lead: timedelta) -> Preferences:
    """That milestone so long before; whoever says how long before wants it, whatever they turned off."""
    off = tuple(one for one in preferences.off if one is not kind or lead == OFF)
    return replace(preferences, leads={**preferences.leads, kind: lead}, off=off)


NO_PREFERENCES = Preferences()


class Wishes(Struct, frozen=True, kw_only=True):
    """How one person wants to hear of one flight, defaults filled in.

    `since` is when they were last told how it stands: only milestones after it are told, and none without it.
    `quiet` holds on the clock of `zone`; without one there are no quiet hours. `muted_until` ends what they muted.
    """

    since: datetime | None = None
    level: Level = Level.ALL
    quiet: QuietHours | None = None
    zone: ZoneInfo | None = None
    leads: Mapping[ChangeKind, timedelta] = field(default_factory=lambda: LEADS)
    off: frozenset[ChangeKind] = frozenset()
    muted_until: datetime | None = None

    def quiet_until(self, now: datetime) -> datetime | None:
        """When their quiet hours end; None: it is not quiet for them now."""
        return self.quiet.until(now, self.zone) if self.quiet and self.zone else None


NO_WISHES = Wishes()


class Defaults(Struct, frozen=True, kw_only=True):
    """What the operator set for people who set nothing."""

    quiet: str = ""
    leads: Mapping[ChangeKind, timedelta] = field(default_factory=lambda: LEADS)


NO_DEFAULTS = Defaults()


def defaults(quiet: str, leave_hours: int, checkin_hours: int) -> Defaults:
    """The settings as defaults: `22:00-07:00` or '', and hours before departure."""
    leads = {K.LEAVE: timedelta(hours=leave_hours), K.CHECKIN: timedelta(hours=checkin_hours)}
    return Defaults(quiet=quiet, leads=leads)


def leads_of(preferences: Preferences, defaults: Defaults) -> Mapping[ChangeKind, timedelta]:
    """How long before each milestone they are told: as they set it, else as the operator did."""
    return {**LEADS, **defaults.leads, **preferences.leads}


def quiet_of(preferences: Preferences, defaults: Defaults) -> QuietHours | None:
    """Their quiet hours, else the operator's."""
    return parse_quiet(preferences.quiet or defaults.quiet)


def wishes_of(
    preferences: Preferences,
    defaults: Defaults,
    *,
    zone: str | None,
    since: datetime | None,
    muted_until: datetime | None,
) -> Wishes:
    """What one person set, and the operator's defaults for the rest. `zone` is the person's, an IANA name."""
    return Wishes(
        since=since,
        level=preferences.level,
        quiet=quiet_of(preferences, defaults),
        zone=ZoneInfo(zone) if zone else None,
        leads=leads_of(preferences, defaults),
        off=frozenset(preferences.off),
        muted_until=muted_until,
    )
