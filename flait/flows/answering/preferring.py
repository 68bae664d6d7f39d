"""QUIET, LESS, MORE, LEVEL, TZ, 12H, 24H and LEAVE-BY: how a person wants to be told, from now on."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from flait.core.changes import ChangeKind
from flait.core.preferences import Level, Preferences, lead_from, leads_of, parse_quiet, quiet_of, with_lead
from flait.core.replies.kinds import Prefer, Preference
from flait.core.subscriptions import ClockFace, User
from flait.core.texts import preferring as texts
from flait.flows.answering.desk import Act, AnswerText, Desk
from flait.flows.promised import comes_no_more

P = Preference
_LONGEST_ZONE: Final = 40  # characters


def prefer(desk: Desk, wish: Prefer) -> Act:
    """Set it and say how it is; without a value say it only."""
    return lambda: [AnswerText(body=_preferred(desk, wish))]


def _preferred(desk: Desk, wish: Prefer) -> str:
    user = desk.store.user(desk.user.id) or desk.user
    if wish.value is None:
        return texts.HOW[wish.what]
    changed = _changed(desk, user, wish) if wish.value else user
    if isinstance(changed, str):
        return changed
    if changed is not user:
        user = desk.store.save_user(changed)
        desk.store.hasten_moments(user.id, desk.now)
    return _how_it_is(desk, user, wish.what)


def _changed(desk: Desk, user: User, wish: Prefer) -> User | str:
    """The person as they want to be; or words: why not."""
    value, preferences = wish.value or "", user.preferences
    if wish.what is P.QUIET:
        return replace(user, preferences=replace(preferences, quiet=value))
    if wish.what is P.LEVEL:
        return replace(user, preferences=replace(preferences, level=Level(value)))
    if wish.what is P.CLOCK:
        return replace(user, clock=ClockFace(value))
    if wish.what is P.TIMEZONE:
        zones = _zones(desk, value[:_LONGEST_ZONE])
        return replace(user, timezone=zones[0]) if len(zones) == 1 else texts.which_zone(value, zones)
    lead = lead_from(ChangeKind.LEAVE, value)
    if lead is None:
        return texts.HOW[P.LEAVE]
    return replace(user, preferences=with_lead(preferences, ChangeKind.LEAVE, lead))


def _zones(desk: Desk, typed: str) -> list[str]:
    """The zones that they may mean: by its name, its town, or an airport's code."""
    airport = desk.rules.zone_of(typed.upper()) if len(typed) == 3 else None
    if airport:
        return [airport.key]
    known = {zone: zone.lower().replace("_", " ").replace("/", " ") for zone in available_timezones() if "/" in zone}
    whole = [zone for zone, words in known.items() if words == typed]
    town = [zone for zone in known if zone.lower().rpartition("/")[2].replace("_", " ") == typed]
    current = sorted((zone for zone in town if zone.partition("/")[0] not in texts.OLD_NAMES), key=len)
    return whole or list({_clocks(zone, desk.now): zone for zone in current}.values())


def _clocks(zone: str, now: datetime) -> tuple[timedelta | None, ...]:
    """What its clocks show this year: one zone has several names."""
    return tuple((now + timedelta(days=days)).astimezone(ZoneInfo(zone)).utcoffset() for days in range(0, 366, 30))


def _how_it_is(desk: Desk, user: User, what: Preference) -> str:
    defaults, preferences = desk.rules.polls.defaults, user.preferences
    if what is P.QUIET:
        return texts.quiet(quiet_of(preferences, defaults), user.timezone)
    if what is P.LEVEL:
        return texts.level(preferences.level, _no_more(desk, user))
    if what is P.CLOCK:
        return texts.CLOCKS[user.clock]
    if what is P.TIMEZONE:
        return texts.zone(user.timezone, desk.now, user.clock, waits=_waits(preferences, user))
    lead = leads_of(preferences, defaults)[ChangeKind.LEAVE]
    return texts.leave_by(lead, preferences.level, _no_more(desk, user))


def _no_more(desk: Desk, user: User) -> texts.NoMore:
    """For which flights they are not told any more when to leave."""
    return comes_no_more(desk.store, user, ChangeKind.LEAVE, desk.rules.polls, desk.now)


def _waits(preferences: Preferences, user: User) -> bool:
    """Whether quiet hours were asked for that nobody can keep."""
    return not user.timezone and parse_quiet(preferences.quiet) is not None
