"""`flait user …`: who is known, and how they like their texts."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flait.commands import session
from flait.commands.options import AsJson, Who
from flait.commands.output import confirm, known_facts, print_json, print_table, safe, say, worded
from flait.commands.preferring import PREFERENCES, is_quiet, say_missed, shown_preferences, zone_from
from flait.commands.tables import FACTS, Column
from flait.errors import UserError

if TYPE_CHECKING:
    from flait.core.messages import Channel
    from flait.core.subscriptions import ClockFace, Role, User
    from flait.store import Store

LONGEST_NAME = 40  # characters: a name stands in tables and in texts
COLUMNS = (
    Column(name="name", breaks=True),
    Column(name="phone"),
    Column(name="timezone", rank=6),
    Column(name="channel", rank=4),
    Column(name="role", rank=2),
    Column(name="clock", rank=5),
    Column(name="texts", rank=1),
    Column(name="subscriptions", rank=3),
)

Zone = Annotated[str | None, typer.Option("--timezone", help="Their time zone, like America/New_York.")]
RoleOption = Annotated[
    str | None,
    typer.Option("--role", help="Their usual role: traveler (without it), meeter or watcher: what is worth a text."),
]
ClockOption = Annotated[str | None, typer.Option("--clock", help="How they read the time: 24h (default) or 12h.")]


def add_to(root: typer.Typer) -> None:
    """Register the commands."""
    people = typer.Typer(help="The people who get texts: add, show, change, remove.", no_args_is_help=True)
    people.command("add")(add)
    people.command("list")(list_all)
    people.command("show")(show)
    people.command("set", context_settings={"allow_interspersed_args": False})(change)  # `kinds -belt`
    people.command("remove")(remove)
    root.add_typer(people, name="user")


def add(
    name: Annotated[str, typer.Argument(help="What to call them; any command takes it in place of the number.")],
    phone: Annotated[str, typer.Argument(help="Their number, with country code.")],
    timezone: Zone = None,
    role: RoleOption = None,
    clock: ClockOption = None,
) -> None:
    """Add a person. `flait user add Ann +15555550100`"""
    from flait.commands.who import phone_from
    from flait.core.subscriptions import ClockFace, Role, User, agreeing
    from flait.core.values import replace

    app = session.app()
    now = app.clock.now()
    user = User(
        name=name_from(name),
        phone=phone_from(phone),
        role=role_from(role) if role is not None else Role.TRAVELER,
        clock=_clock(clock) if clock is not None else ClockFace.H24,
        created_at=now,
    )
    user = replace(user, timezone=zone_from(timezone or "", user))
    added = app.store().add_user(agreeing(user, user.channel, "added at the command line", now))
    say(f"{safe(added.name)} is known now, as {added.phone}.")
    if added.opted_out_at:
        say("That number has texted STOP: it gets no texts until it texts START.")


def list_all(as_json: AsJson = False) -> None:
    """Everybody who is known."""
    store = session.app().store()
    live = [view.user.id for view in store.subscription_views()]
    people = [_fields(user, live.count(user.id)) for user in store.users()]
    if as_json:
        print_json({"users": people})
        return
    print_table(COLUMNS, [_row(each) for each in people], empty="Nobody yet. Try `flait user add Ann +15555550100`.")


def show(who: Who, as_json: AsJson = False) -> None:
    """One person, with how and when they agreed to be texted, and every STOP and START since."""
    from flait.commands.who import known

    store = session.app().store()
    user = known(store, who)
    fields = _fields(user, len(store.live_for(user.id)))
    changes = store.consent_changes(user.phone)
    if as_json:
        history = [{"at": change.at, "change": change.change, "how": change.how} for change in changes]
        print_json({"user": fields | {"consent_history": history}})
        return
    heard = [(change.change.replace("_", " "), f"{worded(change.at)}, {change.how}") for change in changes]
    facts = zip((column.name for column in COLUMNS), _row(fields), strict=True)
    told = [(name.replace("_", " "), fields[name]) for name in PREFERENCES]
    more = [*told, ("added by", user.added_by), ("look-ups", _share(user.phone)), ("consent", user.consent)]
    print_table(FACTS, known_facts([*facts, *more, *heard]))


def change(
    who: Who,
    key: Annotated[
        str,
        typer.Argument(help="name, timezone, channel, role, clock, level, quiet, leave, meet, checkin or kinds."),
    ],
    value: Annotated[
        str, typer.Argument(help="The new value: like 22:00-07:00, 2h30, off, -belt; an empty timezone takes it away.")
    ],
) -> None:
    """Change one thing about a person. `flait user set Ann clock 12h`"""
    from flait.commands.who import known
    from flait.core.idents import shown
    from flait.core.values import replace

    store = session.app().store()
    user = known(store, who)
    if key == "channel":
        user = _move(store, user, channel_from(value))
    elif key in PREFERENCES:
        user = store.save_user(replace(user, preferences=PREFERENCES[key](user, value)))
    elif key in NOT_YET:
        _refuse_unless_held(user, key, value)
    elif key == "timezone" and not value and is_quiet(user):
        raise UserError(
            f"the quiet hours of {shown(user.name)} need a time zone",
            f"end them first: flait user set {user.phone} quiet off",
        )
    elif key in CHANGES:
        user = store.save_user(replace(user, **{key: CHANGES[key](value, user)}))
    else:
        raise UserError(
            f"a person has no {shown(key)}", f"it is one of {', '.join([*CHANGES, 'channel', *PREFERENCES])}"
        )
    store.hasten_moments(user.id, session.app().clock.now())
    held = _held(user, key, value)
    say(f"{safe(user.name)}: {key} is {safe(held) or 'not set'}.")
    say_missed(user, key, value)


def _held(user: "User", key: str, value: str) -> str:
    """What was made of the value that was typed."""
    if key == "timezone":
        return user.timezone or ""
    return str(shown_preferences(user)[key]) if key in PREFERENCES else value


def remove(who: Who) -> None:
    """Forget a person: their subscriptions and texts go; a STOP from their number stays in force. Backs up first."""
    from flait.commands.keeping import backed_up, tell_the_way_back
    from flait.commands.who import known
    from flait.flows.backup import Before
    from flait.flows.subscribe import unsubscribe

    app = session.app()
    store = app.store()
    user = known(store, who)
    follows = len(store.live_for(user.id))
    confirm(f"Forget {safe(user.name)}, their texts and their subscriptions ({follows} under way)?")
    made = backed_up(Before.REMOVAL)
    with store.transaction():
        for subscription in store.live_for(user.id):
            unsubscribe(store, subscription, now=app.clock.now())
        store.remove_user(user.id)
    say(f"{safe(user.name)} is forgotten; {follows} subscription{'' if follows == 1 else 's'} ended.")
    tell_the_way_back(made)


def name_from(text: str) -> str:
    """A name as kept: printable, short, and nothing that WHO would take for a number. Raises UserError."""
    from flait.core.idents import shown
    from flait.phones import looks_like_phone

    name = text.strip(" ")
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise UserError(f"{shown(text)} is not a name", f"write 1 to {LONGEST_NAME} printable characters")
    if looks_like_phone(name):
        raise UserError(f"the name {shown(text)} looks like a phone number", "choose a name with letters")
    return name


def channel_from(text: str) -> "Channel":
    """The channel. Raises UserError for none, and ConfigError for WhatsApp without a sender."""
    from flait.core.idents import shown
    from flait.core.messages import Channel
    from flait.errors import ConfigError

    try:
        channel = Channel(text.lower())
    except ValueError:
        raise UserError(f"{shown(text)} is not a channel", "it is sms or whatsapp") from None
    if channel is Channel.WHATSAPP and not session.app().settings.twilio.whatsapp_from:
        raise ConfigError("twilio.whatsapp_from is not set", "run `flait config set twilio.whatsapp_from +1…`")
    return channel


def _move(store: "Store", user: "User", channel: "Channel") -> "User":
    from flait.flows.whatsapp import prefer

    return prefer(store, user, channel, consent="set at the command line", agreed_at=session.app().clock.now())


def role_from(text: str, hint: str = "it is traveler, meeter or watcher") -> "Role":
    """The role that somebody typed. Raises UserError with that hint."""
    from flait.core.idents import shown
    from flait.core.subscriptions import Role

    try:
        return Role(text.lower())
    except ValueError:
        raise UserError(f"{shown(text)} is not a role", hint) from None


def _clock(text: str) -> "ClockFace":
    from flait.core.idents import shown
    from flait.core.subscriptions import ClockFace

    try:
        return ClockFace(text.lower())
    except ValueError:
        raise UserError(f"{shown(text)} is not a clock", "it is 12h or 24h") from None


CHANGES: Mapping[str, Callable[[str, "User"], Any]] = {
    "name": lambda text, _: name_from(text),
    "timezone": zone_from,
    "role": lambda text, _: role_from(text),
    "clock": lambda text, _: _clock(text),
}
NOT_YET: Mapping[str, Callable[["User"], str]] = {  # key → what holds, and cannot be changed in this version
    "language": lambda _: "en",
}


def _refuse_unless_held(user: "User", key: str, value: str) -> None:
    from flait.core.idents import shown

    held = NOT_YET[key](user)
    if value.lower() != held:
        raise UserError(f"{key} {shown(value)} is not in this version yet", f"{key} is {held} for everybody")


def _fields(user: "User", subscriptions: int) -> dict[str, Any]:
    kept = ("id", "name", "phone", "timezone", "channel", "role", "clock", "consent", "created_at", "opted_out_at")
    own = {name: getattr(user, name) for name in kept} | {"subscriptions": subscriptions}
    return own | shown_preferences(user)


def _share(phone: str) -> str:
    """`$0.35 this month, of $1.67`: what was looked up for that person."""
    from flait.core.prices import MICRODOLLARS

    spent, limit = session.app().share_of(phone)
    of = "" if limit is None else f", of ${limit / MICRODOLLARS:.2f}"
    return f"${spent / MICRODOLLARS:.2f} this month{of}"


def _row(fields: Mapping[str, Any]) -> tuple[object, ...]:
    texts = "STOP" if fields["opted_out_at"] else "yes"
    return tuple(texts if column.name == "texts" else fields[column.name] for column in COLUMNS)
