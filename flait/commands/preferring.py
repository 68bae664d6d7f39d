"""What `flait user set` takes beside names and numbers: how a person wants to be told, and how that is shown."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from flait.commands import session
from flait.commands.output import safe, say
from flait.errors import UserError

if TYPE_CHECKING:
    from flait.core.preferences import Preferences
    from flait.core.subscriptions import User


def _as_texted(command: str, value: str) -> str:
    """What is made of the value when it is texted with that command; '' where it is not read, or more is said."""
    from flait.core.replies.kinds import Prefer
    from flait.core.replies.understanding import understand

    reply = understand(f"{command} {value}")
    read = reply.value or "" if isinstance(reply, Prefer) else ""
    return read if isinstance(reply, Prefer) and reply == Prefer(what=reply.what, value=read) else ""


def zone_from(text: str, user: "User") -> str | None:
    """The zone that is meant, as by text: its name, an abbreviation, a town or an airport; '' is none."""
    from zoneinfo import available_timezones

    from flait.core.idents import shown
    from flait.flows.zones import zones_meant
    from flait.settings.table import meant

    if not text:
        return None
    rules = session.app().answer_rules
    zones = zones_meant(text, user, session.app().clock.now(), rules.zone_of, rules.zones_in)
    if len(zones) > 1:
        raise UserError(f"{shown(text)} is several time zones", f"write {' or '.join(zones[:3])}")
    known = available_timezones()
    if zones or text in known:
        return zones[0] if zones else text
    raise UserError(
        f"{shown(text)} is not a time zone", meant(text, known) or "write an IANA name, like America/New_York"
    )


def _level(user: "User", value: str) -> "Preferences":
    from flait.core.idents import shown
    from flait.core.preferences import Level
    from flait.core.values import replace

    try:
        return replace(user.preferences, level=Level(_as_texted("LEVEL", value)))
    except ValueError:
        raise UserError(f"{shown(value)} is not a level", "it is all or important") from None


def _quiet(user: "User", value: str) -> "Preferences":
    from flait.core.idents import shown
    from flait.core.preferences import parse_quiet
    from flait.core.values import replace

    read = _as_texted("QUIET", value)
    hours = parse_quiet(value) or parse_quiet(read)
    if hours is None and read != "off":
        raise UserError(f"{shown(value)} are no quiet hours", "write them like 22:00-07:00, or off")
    if hours and not user.timezone:
        raise UserError(
            f"the time zone of {shown(user.name)} is not known, and quiet hours need one",
            f"set it first: flait user set {user.phone} timezone America/New_York",
        )
    return replace(user.preferences, quiet=str(hours) if hours else "off")


def _lead(key: str) -> "Callable[[User, str], Preferences]":
    def changed(user: "User", value: str) -> "Preferences":
        from flait.core.changes import ChangeKind
        from flait.core.idents import shown
        from flait.core.preferences import LONGEST_LEAD, SHORTEST_LEAD, lead_from, spelled_span, with_lead

        kind = ChangeKind(key)
        lead = lead_from(kind, value)
        if lead is None:
            lead = lead_from(kind, _as_texted("LEAVE-BY", value))
        if lead is None:
            bounds = f"{spelled_span(SHORTEST_LEAD[kind])} to {spelled_span(LONGEST_LEAD[kind])}"
            raise UserError(f"{shown(value)} is not how long before", f"write {bounds}, like 2h30, or off")
        return with_lead(user.preferences, kind, lead)

    return changed


def _kinds(user: "User", value: str) -> "Preferences":
    from flait.core.idents import shown
    from flait.core.priorities import OPTIONAL
    from flait.core.values import replace

    off = set(user.preferences.off)
    for each in value.lower().replace(" ", "").split(","):
        kind = next((kind for kind in OPTIONAL if kind == each[1:].replace("-", "_")), None)
        if each[:1] not in ("+", "-") or kind is None:
            raise UserError(
                f"{shown(each)} is no kind of text to turn on or off",
                f"write + or - and one of {', '.join(sorted(OPTIONAL))}; like -belt,+landed",
            )
        off = off - {kind} if each[0] == "+" else off | {kind}
    return replace(user.preferences, off=tuple(sorted(off)))


PREFERENCES: "Mapping[str, Callable[[User, str], Preferences]]" = {
    "level": _level,
    "quiet": _quiet,
    "leave": _lead("leave"),
    "meet": _lead("meet"),
    "checkin": _lead("checkin"),
    "kinds": _kinds,
}


def shown_preferences(user: "User") -> dict[str, Any]:
    """How they want to be told, as `user set` takes it, with the operator's defaults for what they have not set."""
    from flait.core.preferences import leads_of, quiet_of, spelled_span

    set_here, others = user.preferences, session.app().settings.defaults
    return {
        "level": set_here.level,
        "quiet": str(quiet_of(set_here, others) or "off"),
        **{kind.value: spelled_span(lead) for kind, lead in leads_of(set_here, others).items()},
        "kinds": ",".join(f"-{kind}" for kind in set_here.off),
    }


def say_missed(user: "User", key: str, value: str) -> None:
    """Say of what was just set for which flights it comes no more, for it was told, or its time is past."""
    from flait.core.milestones import MILESTONES, Missed
    from flait.flows.promised import comes_no_more

    app = session.app()
    again = {"level": ("leave", "meet"), "kinds": [each.strip()[1:] for each in value.lower().split(",")]}
    for kind in [kind for kind in MILESTONES if kind.value in (key, *again.get(key, ()))]:
        for why, idents in comes_no_more(app.store(), user, kind, app.rules, app.clock.now()).items():
            if why is Missed.PAST or key == kind.value:
                reason = "it was told already" if why is Missed.SAID else "its time is past"
                say(safe(f"No {kind.value} for {', '.join(idents)}: {reason}."))


def is_quiet(user: "User") -> bool:
    """Whether they have set quiet hours."""
    from flait.core.preferences import parse_quiet

    return parse_quiet(user.preferences.quiet) is not None
