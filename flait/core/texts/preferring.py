"""What is answered to QUIET, LESS, MORE, LEVEL, TZ, 12H, 24H and LEAVE-BY: how it is now. One GSM-7 segment each."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from flait.core.milestones import Missed
from flait.core.preferences import Level, QuietHours
from flait.core.replies.kinds import Preference
from flait.core.subscriptions import ClockFace
from flait.core.texts.formats import clock_time, in_one, span, spelled, time_of_day, zone_label
from flait.core.zones import town

P = Preference
NoMore = Mapping[Missed, Sequence[str]]
HOW: Mapping[Preference, str] = {
    # a value that cannot be read
    P.QUIET: "Write quiet hours like QUIET 22-7 or QUIET 22:30-06:00. QUIET OFF ends them. For once: MUTE until 7am. "
    "STOP ends all msgs.",
    P.LEVEL: "Reply LESS for important msgs only, without reminders, MORE for all. "
    "LEAVE-BY OFF ends the one to leave for the airport.",
    P.TIMEZONE: "Reply TZ and your city, like TZ London.",
    P.CLOCK: "Reply 12H or 24H.",
    P.LEAVE: "Write it like LEAVE-BY 2h30: 5 min to 24h before departure, for all flights. LEAVE-BY OFF ends it.",
}
LEVELS: Mapping[Level, str] = {
    Level.ALL: "You get all msgs about all your flights. Reply LESS for the important ones only.",
    Level.IMPORTANT: "Important msgs only, for all your flights: cancelled, diverted, late, other gates. No reminders. "
    "Reply MORE for all msgs.",
}
CLOCKS: Mapping[ClockFace, str] = {
    ClockFace.H24: "Times come like 14:10 now. Reply 12H for 2:10pm.",
    ClockFace.H12: "Times come like 2:10pm now. Reply 24H for 14:10.",
}
NO_ZONE: Final = "We do not know your time zone. Reply TZ and your city, like TZ London."


def which_hours(readings: Sequence[str]) -> str:
    """Hours that can be read in several ways; each with the halves of the day."""
    *others, last = [f"QUIET {'-'.join(_halved(at) for at in hours.split('-'))}" for hours in readings]
    return f"Which hours? Reply {', '.join(others)} or {last}."


def _halved(at: str) -> str:
    """`10pm`, `10:30pm`, of `22:00` and `22:30`."""
    return time_of_day(time.fromisoformat(at), ClockFace.H12).replace(":00", "")


def quiet(hours: QuietHours | None, zone: str | None) -> str:
    """Quiet hours as they are: from when to when, where, and what comes all the same."""
    if hours is None:
        return "You have no quiet hours. Reply like QUIET 22-7 to set some."
    if zone is None:
        return (
            f"Quiet {hours} is saved, and starts when we know your time zone. Reply TZ and your city, like TZ London."
        )
    return in_one(
        f"Quiet {hours}, {town(zone)} time.",
        "Cancellations, leave and boarding msgs, and changes within 6h of departure still come.",
        "QUIET OFF ends it.",
    )


def zone(name: str | None, now: datetime, clock: ClockFace, *, waits: bool) -> str:
    """Their time zone, by its clock."""
    if name is None:
        return f"{NO_ZONE} Your quiet hours wait for it." if waits else NO_ZONE
    called = "/".join(_labels(ZoneInfo(name), now))
    what = name if called == name else f"{name} ({called})"
    return f"Your time zone is {what}: it is {clock_time(now, ZoneInfo(name), clock)} there now."


def _labels(zone: ZoneInfo, now: datetime) -> list[str]:
    """`EST`, `EDT`: what its clocks are called this year, so that who has no summer time sees one."""
    year = (now + timedelta(days=days) for days in range(0, 366, 30))
    return list(dict.fromkeys(zone_label(moment, zone) for moment in year))


LONGEST_ABBREVIATION: Final = 5  # letters; what is longer is a city


def which_zone(typed: str, zones: Sequence[str]) -> str:
    """No zone of that name, or several."""
    said = spelled(typed)[:40]
    if zones:
        towns = [town(zone) for zone in zones[:3]]
        names = towns if len({*towns}) == len(towns) else zones[:3]
        *others, last = [f"TZ {name}" for name in names]
        name = said.title() if len(said) > LONGEST_ABBREVIATION else said.upper()
        return in_one(f"Which {name}? Reply {', '.join(others)} or {last}.")
    return in_one(f"We know no time zone {said}; nothing changed.", "Reply TZ and a big city near you, like TZ London.")


def leave_by(lead: timedelta, level: Level, no_more: NoMore) -> str:
    """How long before departure they are told to leave, and for which flights they are not any more."""
    if not lead:
        return "We do not tell you when to leave for the airport. Reply like LEAVE-BY 3h to change that."
    if level is Level.IMPORTANT:
        set_to = f"Set to {span(lead)} before departure, but you get important msgs only."
        return f"{set_to} Reply MORE to be told when it is time to leave."
    told = f"We tell you {span(lead)} before departure that it is time to leave."
    change = "Reply like LEAVE-BY 2h30 to change that, or LEAVE-BY OFF."
    return in_one(told, *but_not(no_more, "said already"), change)


def level(now: Level, no_more: NoMore) -> str:
    """How much they are told, and of which flights it is too late to tell them when to leave."""
    return in_one(LEVELS[now], *but_not({Missed.PAST: no_more.get(Missed.PAST, ())}, ""))


def but_not(no_more: NoMore, said: str) -> list[str]:
    """`Not for UA1234: said already.`, `Too late for UA98 and 2 more: check when to leave.`"""
    again, late = no_more.get(Missed.SAID, ()), no_more.get(Missed.PAST, ())
    return [
        *([f"Not for {_some(again)}: {said}."] if again else []),
        *([f"Too late for {_some(late)}: see yourself when to leave."] if late else []),
    ]


def _some(idents: Sequence[str]) -> str:
    """The first two, and how many more."""
    first, more = " and ".join(idents[:2]), len(idents) - 2
    return f"{', '.join(idents[:2])} and {more} more" if more > 0 else first
