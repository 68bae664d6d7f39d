"""Which time zone somebody typed: an abbreviation, a zone's name, a town, or an airport's code.

By text and at the command line it is the same.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from flait.core.subscriptions import User
from flait.core.zones import abbreviated, folded
from flait.flows.wishes import ZoneOf

ZonesIn = Callable[[str], Sequence[str]]  # the zones of the airports of a city

_OLD_NAMES: Final = frozenset({"US", "Etc", "posix", "right", "SystemV", "Brazil", "Canada", "Chile", "Mexico"})
_LONGEST: Final = 40  # characters


def no_city(_: str) -> Sequence[str]:
    """No city's airports are known."""
    return ()


def zones_meant(
    typed: str, person: User, now: datetime, zone_of: ZoneOf, zones_in: ZonesIn = no_city
) -> tuple[str, ...]:
    """The zones that they may mean, by IANA name: none is known by it, one, or several. An abbreviation comes first."""
    said = folded(typed[:_LONGEST]).removesuffix(" time")
    meant = abbreviated(said, phone=person.phone, own=person.timezone, now=now)
    return meant or _at_airport(typed, zone_of) or _named(said, now) or _once(zones_in(said), now)


def _at_airport(typed: str, zone_of: ZoneOf) -> tuple[str, ...]:
    airport = zone_of(typed.upper()) if len(typed) == 3 and typed.isalpha() else None
    return (airport.key,) if airport else ()


def _named(said: str, now: datetime) -> tuple[str, ...]:
    known = {zone: folded(zone) for zone in available_timezones() if "/" in zone}
    whole = tuple(zone for zone, words in known.items() if words == said)
    towns = sorted(
        (zone for zone in known if folded(zone.rpartition("/")[2]) == said), key=lambda zone: (len(zone), zone)
    )
    current = [zone for zone in towns if zone.partition("/")[0] not in _OLD_NAMES]
    return whole or _once(current, now)


def _once(zones: Sequence[str], now: datetime) -> tuple[str, ...]:
    """Without those whose clocks show what another's of them show."""
    return tuple({_clocks(zone, now): zone for zone in zones}.values())


def _clocks(zone: str, now: datetime) -> tuple[timedelta | None, ...]:
    """What its clocks show this year: one zone has several names."""
    return tuple((now + timedelta(days=days)).astimezone(ZoneInfo(zone)).utcoffset() for days in range(0, 366, 30))
