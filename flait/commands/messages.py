"""`flait messages …` and `flait trace`: what was said, what became of it, and why."""

import re
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flait.commands import explaining, session, testing
from flait.commands.options import AsJson, MessageId
from flait.commands.output import confirm, in_lines, known_facts, local, print_json, print_table, reads, say, worded
from flait.commands.tables import FACTS, Column
from flait.errors import NotFound, UserError

if TYPE_CHECKING:
    from flait.core.messages import Message, MessageStatus
    from flait.store import MessageView, Step, Store, TrackedFlight

COLUMNS = (
    Column(name="id"),
    Column(name="created", breaks=True),
    Column(name="user", breaks=True),
    Column(name="flight", rank=1),
    Column(name="kind", rank=3),
    Column(name="status"),
    Column(name="segments", rank=4),
    Column(name="text", under=True),
)
STEP_COLUMNS = (
    Column(name="time", breaks=True),
    Column(name="subject", breaks=True),
    Column(name="step"),
    Column(name="outcome"),
    Column(name="attempt", rank=3),
    Column(name="duration", rank=1),
    Column(name="detail", under=True),
)
TEXT = "msg:"
NUMBERED = re.compile(r"(sub|msg):([0-9]{1,18})", re.ASCII)


def add_to(root: typer.Typer) -> None:
    """Register the commands."""
    group = typer.Typer(invoke_without_command=True)
    group.callback()(messages)
    group.command()(show)
    group.command()(retry)
    group.command()(drop)
    group.command("test")(testing.send_test)
    root.add_typer(group, name="messages")
    root.command()(trace)


def messages(
    context: typer.Context,
    flight: Annotated[str | None, typer.Option("--flight", help="Only about this flight number.")] = None,
    user: Annotated[str | None, typer.Option("--user", help="Only to this person: a phone or a name.")] = None,
    status: Annotated[str | None, typer.Option("--status", help="Only in this state, like failed or in_doubt.")] = None,
    limit: Annotated[int, typer.Option("--limit", help="How many, the newest first.", min=1, max=1_000_000)] = 100,
    as_json: AsJson = False,
) -> None:
    """The texts, newest first: queued, sent, and what became of them. `flait messages --status failed`"""
    if context.invoked_subcommand:
        return
    from flait.commands.who import known
    from flait.core.idents import parse_ident

    store = session.app().store()
    views = store.messages(
        flight=str(parse_ident(flight)) if flight is not None else None,
        user_id=known(store, user).id if user is not None else None,
        status=_status(status) if status is not None else None,
        limit=limit,
    )
    if as_json:
        print_json({"messages": [_fields(view.message, view.user, view.flight) for view in views]})
        return
    print_table(COLUMNS, [_row(view) for view in views], empty="No such texts.")


def show(number: MessageId, as_json: AsJson = False) -> None:
    """One text, with its receipts and every step on its way."""
    store = session.app().store()
    message = store.message(number)
    if message is None:
        raise NotFound(f"there is no text {number}", "`flait messages` lists them")
    user, flight = store.user(message.user_id), store.tracked(message.flight_id or 0)
    fields = _fields(message, user.name if user else None, flight.flight.ident if flight else None)
    fields["error"] = message.error
    steps = store.steps(message_id=number)
    if as_json:
        print_json({"message": fields, "steps": [_step_fields(store, step) for step in steps]})
        return
    fields["flight"] = flight.flight.number if flight else None
    facts = [(reads(name.replace("_", " "), name), value) for name, value in known_facts(fields.items())]
    moments = [("journal", f"{worded(step.at)} {step.step} {step.outcome} {step.detail}".rstrip()) for step in steps]
    print_table(FACTS, [*facts, *moments])


def retry(number: MessageId) -> None:
    """Have a text told again that did not arrive, in words of now: failed, expired or undelivered. In doubt it wants a
    yes, or --yes.
    """
    from flait.commands.carrying import Carrier, carrier
    from flait.core.texts.formats import span
    from flait.flows.resend import USEFUL, resend, why_twice

    app = session.app()
    store = app.store()
    twice = why_twice(store, number)
    if twice:
        confirm(f"{twice}: told again, it may come twice. Tell it all the same?")
    least = app.settings.trips.least
    retried = resend(store, number, now=app.clock.now(), accept_twice=bool(twice), least=least)
    if retried.queued:
        copy = retried.queued
        say(f"Queued again as msg:{copy.id}; it goes out within {span(USEFUL)}, or not at all: {in_lines(copy.body)}")
    else:
        news = ", ".join(f"{name.replace('_', ' ')} {_fact(value)}" for name, value in retried.news.items())
        say(f"Still news of msg:{number}: {news}. The flight is looked at now, and it is told in words of then.")
    if carrier() is Carrier.NOBODY:
        say("warning: no daemon runs; `flait daemon start` does that")


def _fact(value: str | bool) -> str:
    """A fact as texts keep it; a moment as in every other output."""
    from datetime import datetime

    if isinstance(value, bool):
        return "yes" if value else "no"
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return value
    return local(moment) if moment.tzinfo else value


def drop(number: MessageId) -> None:
    """Give up a text that waits or is in doubt: it is not sent, or not once more."""
    from flait.core.messages import MessageStatus
    from flait.flows.resend import drop as give_up

    app = session.app()
    message = give_up(app.store(), number, now=app.clock.now())
    if message.status is MessageStatus.IN_DOUBT:
        say(f"msg:{message.id} is given up. It may have arrived: what it told counts as said.")
    else:
        say(f"msg:{message.id} is not sent. What it was to tell is told anew if it still holds at the next look.")


def trace(
    subject: Annotated[str, typer.Argument(help="sub:12, msg:40, or a flight number like UA123.")],
    as_json: AsJson = False,
) -> None:
    """Every step of a subscription, a text or a flight, in order: attempts, decisions, errors; and why a text was told.

    `flait trace UA123`
    """
    store = session.app().store()
    name, steps = _traced(store, subject)
    if not steps:
        raise NotFound(f"nothing is known of {name}", "see `flait subscriptions --all` and `flait messages`")
    why = explaining.reason(store, int(name.removeprefix(TEXT))) if name.startswith(TEXT) else None
    if as_json:
        reasons = {"why": explaining.fields(why)} if why else {}
        print_json({"subject": name, "steps": [_step_fields(store, step) for step in steps], **reasons})
        return
    said = [(at, name, explaining.WHY, what, "", "", words) for at, what, words in explaining.rows(why)] if why else []
    rows = [(row[0], row) for row in said] + [(step.at, _step_row(store, step)) for step in steps]
    print_table(STEP_COLUMNS, [row for _, row in sorted(rows, key=lambda each: each[0])])


def _traced(store: "Store", subject: str) -> "tuple[str, list[Step]]":
    """The subject as written properly, and its time-line."""
    from flait.core.idents import parse_ident, shown
    from flait.errors import InvalidIdent

    row = NUMBERED.fullmatch(subject.strip().lower())
    if row:
        kind, number = row[1], int(row[2])
        steps = store.steps(subscription_id=number) if kind == "sub" else store.steps(message_id=number)
        return f"{kind}:{number}", steps
    try:
        ident = str(parse_ident(subject))
    except InvalidIdent:
        raise InvalidIdent(
            f"{shown(subject)} cannot be traced", "write sub:12, msg:40 or a number like UA123"
        ) from None
    return ident, store.steps(number=ident)


def _status(text: str) -> "MessageStatus":
    from flait.core.idents import shown
    from flait.core.messages import MessageStatus

    try:
        return MessageStatus(text.lower())
    except ValueError:
        raise UserError(f"{shown(text)} is not a status", f"it is one of {', '.join(MessageStatus)}") from None


def _fields(message: "Message", user: str | None, flight: str | None) -> dict[str, Any]:
    """One entry of `messages`."""
    same = ("to", "channel", "kind")
    later = ("segments", "status", "sid", "attempts", "error_code")
    moments = ("created_at", "sent_at", "delivered_at", "read_at", "expires_at")
    return (
        {"id": message.id, "user": user}
        | {name: getattr(message, name) for name in same}
        | {"flight": flight, "body": message.body}
        | {name: getattr(message, name) for name in (*later, *moments)}
    )


def _row(view: "MessageView") -> tuple[object, ...]:
    message = view.message
    return (
        message.id,
        message.created_at,
        view.user,
        view.number,
        message.kind,
        message.status,
        message.segments,
        message.body,
    )


def _step_fields(store: "Store", step: "Step") -> dict[str, Any]:
    return {
        "at": step.at,
        "subject": _subject(store, step),
        "step": step.step,
        "outcome": step.outcome,
        "attempt": step.attempt,
        "duration_ms": step.duration_ms,
        "detail": step.detail,
        "subscription_id": step.subscription_id,
        "flight_id": step.flight_id,
        "message_id": step.message_id,
    }


def _subject(store: "Store", step: "Step") -> str:
    """The narrowest thing a step is about."""
    tracked = _flight(store, step)
    return f"{tracked.flight.ident} {tracked.flight.departure_date}" if tracked else _number(step)


def _number(step: "Step") -> str:
    if step.message_id is not None:
        return f"msg:{step.message_id}"
    return f"sub:{step.subscription_id}" if step.subscription_id is not None else ""


def _flight(store: "Store", step: "Step") -> "TrackedFlight | None":
    """The flight of a step that names neither a text nor a subscription."""
    return None if _number(step) else store.tracked(step.flight_id or 0)


def _step_row(store: "Store", step: "Step") -> tuple[object, ...]:
    tracked = _flight(store, step)
    subject = (tracked.flight.number, worded(tracked.flight.departure_date)) if tracked else _number(step)
    duration = f"{step.duration_ms} ms" if step.duration_ms is not None else ""
    return (step.at, subject, step.step, step.outcome, step.attempt, duration, step.detail)
