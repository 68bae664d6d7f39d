"""QUIET, LESS, MORE, LEVEL, TZ, 12H, 24H and LEAVE-BY: how a person wants to be told, from now on."""

from flait.core.changes import ChangeKind
from flait.core.preferences import Level, Preferences, lead_from, leads_of, parse_quiet, quiet_of, with_lead
from flait.core.replies.kinds import Prefer, Preference
from flait.core.subscriptions import ClockFace, User
from flait.core.texts import preferring as texts
from flait.core.values import replace
from flait.flows.answering.desk import Act, AnswerText, Desk
from flait.flows.promised import comes_no_more
from flait.flows.zones import zones_meant

P = Preference


def prefer(desk: Desk, wish: Prefer) -> Act:
    """Set it and say how it is; without a value say it only."""
    return lambda: [AnswerText(body=_preferred(desk, wish))]


def _preferred(desk: Desk, wish: Prefer) -> str:
    user = desk.store.user(desk.user.id) or desk.user
    if wish.value is None:
        return texts.which_hours(wish.readings) if wish.readings else texts.HOW[wish.what]
    changed, instead = _changed(desk, user, wish) if wish.value else (user, "")
    if changed is not user:
        user = desk.store.save_user(changed)
        desk.store.hasten_moments(user.id, desk.now)
    return instead or _how_it_is(desk, user, wish.what)


def _changed(desk: Desk, user: User, wish: Prefer) -> tuple[User, str]:
    """The person as they want to be; and what is said instead of how it is: what is asked, or why it stays."""
    value, preferences = wish.value or "", user.preferences
    if wish.what is P.QUIET:
        quieter = replace(user, preferences=replace(preferences, quiet=value))
        return _in_zone(desk, quieter, wish.zone, user) if wish.zone else (quieter, "")
    if wish.what is P.LEVEL:
        return replace(user, preferences=replace(preferences, level=Level(value))), ""
    if wish.what is P.CLOCK:
        return replace(user, clock=ClockFace(value)), ""
    if wish.what is P.TIMEZONE:
        return _in_zone(desk, user, value, user)
    lead = lead_from(ChangeKind.LEAVE, value)
    if lead is None:
        return user, texts.HOW[P.LEAVE]
    return replace(user, preferences=with_lead(preferences, ChangeKind.LEAVE, lead)), ""


def _in_zone(desk: Desk, wished: User, typed: str, before: User) -> tuple[User, str]:
    """With the zone that was typed; where that is none, as they were before."""
    zones = zones_meant(typed, before, desk.now, desk.rules.zone_of, desk.rules.zones_in)
    if len(zones) == 1:
        return replace(wished, timezone=zones[0]), ""
    return wished if zones else before, texts.which_zone(typed, zones)


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
