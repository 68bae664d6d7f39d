"""`flait status`: is all well, and how a flight stands."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flait.commands import session
from flait.commands.options import AsJson
from flait.commands.output import known_facts, on_screen, print_json, print_table, reads, worded
from flait.commands.tables import Column, columns
from flait.commands.troubles import DaemonSigns, problems
from flait.errors import ConfigError, DaemonNotRunning, FlaitError, NotFound

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from flait.app import App
    from flait.core.idents import Ident
    from flait.store import FlightView, Heartbeat, Provider, Store
    from flait.system.lock import Holder

PROVIDERS = ("flightaware", "twilio")
ANSWERS_WITHIN = 1.0  # seconds, real: what the daemon's own listener has to say that it is alive

Row = tuple[object, ...]


def add_to(root: typer.Typer) -> None:
    """Register the command."""
    root.command()(status)


def status(
    ident: Annotated[str | None, typer.Argument(help="A flight number: how that flight stands instead.")] = None,
    as_json: AsJson = False,
) -> int:
    """Whether all is well: daemon, queue, budget, providers; or, with IDENT, how a tracked flight stands.

    Exit codes: 0 all is well; 4 the daemon does not run; 1 there is a problem, which is told with its cause; with
    IDENT, 7 when that flight is not tracked.
    """
    if ident is not None:
        _show_flights(ident, as_json=as_json)
        return 0
    mistake = _mistake(session.app())
    state = _state(session.app().store(), mistake)
    if as_json:
        print_json(state)
    else:
        rows = _state_rows(state, one_way=session.app().is_one_way)
        print_table((*columns("what"), Column(name="state", under=True)), rows)
    return _verdict(state)


def _mistake(app: "App") -> str:
    """What is wrong with config.toml, beside a daemon that goes on with what it has; else it is raised: ConfigError."""
    from flait import settings
    from flait.system.lock import daemon_of

    try:
        _ = app.settings
    except ConfigError as problem:
        if daemon_of(app.paths.database) is None:
            raise
        app.settings = settings.without_file(app.env)
        return str(problem)
    return ""


def _state(store: "Store", mistake: str) -> dict[str, Any]:
    app = session.app()
    seen = DaemonSigns.now(app)
    url = _answering(seen.run_dir / "webhook.json") if seen.daemon else None
    with store.one_moment():  # a text is here or there: never in neither place
        state = _stored(app, store, seen, url=url)
    if mistake and all(each["what"] != "settings" for each in state["problems"]):  # the daemon has not seen it yet
        state["problems"].append({"what": "settings", "cause": mistake, "since": None})
    return state


def _stored(app: "App", store: "Store", seen: "DaemonSigns", *, url: str | None) -> dict[str, Any]:
    from flait.core.messages import MessageStatus as S
    from flait.core.prices import dollars

    counts, known, month = store.queue_counts(), store.providers(), f"{app.clock.now():%Y-%m}"
    daemon, running = seen.daemon, seen.daemon is not None
    webhook = _webhook(seen, known.get("webhook"), running=running, url=url)
    return {
        "daemon": _daemon(store.heartbeat(), daemon),
        "queue": {state.value: counts[state] for state in (S.QUEUED, S.SENDING, S.IN_DOUBT, S.FAILED)},
        "budget": {
            "month": month,
            "spent_usd": dollars(store.spent(month)),
            "limit_usd": seen.setting("flightaware.monthly_budget_usd"),
        },
        "providers": {name: _provider(known.get(name)) for name in PROVIDERS},
        "webhook": webhook,
        "push": _push(app, seen, store, known.get("push")),
        "settings": {"waiting": list(seen.waiting)},
        "problems": problems(store, seen, deaf=_deaf(webhook, running=running)),
    }


def _deaf(webhook: Mapping[str, Any], *, running: bool) -> str | None:
    """Why a running daemon does not hear Twilio's calls; None: it does, or need not."""
    if not running or webhook["mode"] != "webhook" or webhook["listening"]:
        return None
    return webhook["problem"] or ""


def _daemon(heart: "Heartbeat | None", daemon: "Holder | None") -> dict[str, Any]:
    """A daemon that ended leaves no pid: another process may have it now."""
    running, last = daemon is not None, heart.last_tick_at if heart else None
    pid, since = (daemon.pid, daemon.since) if daemon else (None, None)
    if running and pid is None and heart:  # an earlier Flait's
        pid, since = heart.pid, heart.started_at
    return {"running": running, "pid": pid, "started_at": since, "last_tick_at": last}


def _provider(provider: "Provider | None") -> dict[str, Any]:
    kept = ("last_success_at", "last_error", "last_error_at")
    return {name: getattr(provider, name, None) for name in kept}


def _webhook(seen: "DaemonSigns", known: "Provider | None", *, running: bool, url: str | None) -> dict[str, Any]:
    """`url` is where the listener answered just now; `problem` is why it does not, where its daemon could say."""
    enabled, public_url = bool(seen.setting("webhook.enabled")), str(seen.setting("webhook.public_url"))
    silent = running and enabled and url is None
    return {
        "mode": "webhook" if enabled and public_url else "no-tunnel",
        "listening": url is not None,
        "public_url": public_url,
        "url": url,
        "problem": known.last_error if silent and known else None,
    }


def _push(app: "App", seen: "DaemonSigns", store: "Store", known: "Provider | None") -> dict[str, Any]:
    """`problem` is why push alerts that were asked for do not come, as far as is known."""
    from flait.store import PushState

    wanted = bool(seen.setting("flightaware.push"))
    refused = known.last_error if known and wanted and known.failing else None
    alerts = len(store.push_alerts({PushState.ACTIVE}))
    return {"enabled": wanted, "alerts": alerts, "problem": app.push_problem or refused}


def _answering(address_file: "Path") -> str | None:
    """The address that the listener wrote down, if somebody alive answers there."""
    import json
    from http.client import HTTPConnection, HTTPException
    from urllib.parse import urlsplit

    try:
        url: str = json.loads(address_file.read_text())["url"]
        connection = HTTPConnection(urlsplit(url).netloc, timeout=ANSWERS_WITHIN)
        with closing(connection):
            connection.request("GET", "/healthz")
            return url if connection.getresponse().status == 200 else None
    except (OSError, HTTPException, ValueError, KeyError, TypeError):
        return None


def _verdict(state: Mapping[str, Any]) -> int:
    if not state["daemon"]["running"]:
        return DaemonNotRunning.exit_code
    return FlaitError.exit_code if state["problems"] else 0


def _state_rows(state: Mapping[str, Any], *, one_way: bool) -> Iterator[Row]:
    from datetime import UTC, datetime

    from flait.running.pulse import Trouble, by_cause

    daemon, budget, webhook = state["daemon"], state["budget"], state["webhook"]
    if daemon["running"]:
        since = f", since {worded(daemon['started_at'])}" if daemon["started_at"] else ""
        yield "daemon", f"running, pid {daemon['pid']}{since}"
    else:
        yield "daemon", "not running; `flait daemon start` starts it"
    yield "last tick", daemon["last_tick_at"] or "never"
    yield "queue", ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in state["queue"].items())
    limit = f"of ${budget['limit_usd']:.2f}" if budget["limit_usd"] else "without a limit"
    yield "budget", f"${budget['spent_usd']:.4f} {limit} in {budget['month']}"
    for name, provider in state["providers"].items():
        yield name, _health(provider)
    yield "replies", _replies(webhook, one_way=one_way)
    if state["push"]["enabled"]:
        problem = state["push"]["problem"]
        yield "push alerts", f"none: {problem}" if problem else f"{state['push']['alerts']} active"
    yield "listener", f"listens on {webhook['url']}" if webhook["url"] else _why_silent(webhook)
    if state["settings"]["waiting"]:
        yield "settings", f"{', '.join(state['settings']['waiting'])}: changed, and wait for `flait daemon restart`"
    never = datetime.max.replace(tzinfo=UTC)
    problems = (
        Trouble(what=each["what"], cause=each["cause"], since=each["since"] or never) for each in state["problems"]
    )
    for what, cause, began in by_cause(problems):
        yield "problem", f"{what}: {cause}{f' (since {worded(began)})' if began != never else ''}"


def _replies(webhook: Mapping[str, Any], *, one_way: bool) -> str:
    way = f"come to {webhook['public_url']}" if webhook["mode"] == "webhook" else "are fetched from Twilio"
    return f"none to SMS: its sender is a name, and STOP does not reach it; others {way}" if one_way else way


def _why_silent(webhook: Mapping[str, Any]) -> str:
    return f"does not listen: {webhook['problem']}" if webhook["problem"] else "does not listen"


def _health(provider: Mapping[str, Any]) -> str:
    from flait.store import Provider

    answered = f"answered at {worded(provider['last_success_at'])}" if provider["last_success_at"] else ""
    if Provider(name="", **provider).failing:
        before = f" (last {answered})" if answered else ""
        return f"failed at {worded(provider['last_error_at'])}: {provider['last_error']}{before}"
    return answered or "not asked yet"


def _show_flights(ident: str, *, as_json: bool) -> None:
    from flait.commands import flight_lines
    from flait.core.idents import parse_ident

    app, number = session.app(), parse_ident(ident)
    views = _views(app.store(), number)
    if not views:
        raise NotFound(f"{number} is not tracked", "`flait subscriptions` shows what is followed or pending")
    now = app.clock.now()
    if as_json:
        print_json({"flights": [flight_lines.fields(view, now) for view in views]})
        return
    rows = [row for view in views for row in _flight_rows(app.store(), view, now)]
    print_table((*columns("what" if on_screen() else "flight what"), Column(name="state", under=True)), rows)


def _views(store: "Store", number: "Ident") -> "list[FlightView]":
    """The flights still tracked that have this number; else the last one that was."""
    from flait.core.flights import answers

    views = [view for view in store.flight_views(include_closed=True) if answers(view.tracked.flight, number)]
    return [view for view in views if view.tracked.closed_at is None] or views[-1:]


def _plane(store: "Store", view: "FlightView", now: "datetime") -> str | None:
    """`Plane UA555, arrives 14:20 PST: expect dep 14:55 PST or later.`"""
    from flait.core.texts.formats import Reader
    from flait.core.texts.planes import in_status
    from flait.flows import planes

    flight = view.tracked.flight
    plane = planes.known(store, view.tracked.id, flight, now)
    said = in_status(flight, plane, Reader(ident=flight.number, now=now)) if plane else []
    return " ".join(piece.text for piece in said) or None


def _connections(store: "Store", view: "FlightView") -> "Iterator[str]":
    """`Ana: UA1234 to LH403 at EWR, 43 min, at risk`, of every pair of theirs in which it is."""
    from flait.core.trips import connections
    from flait.flows.trips import all_legs

    for one in store.live_subscribers(view.tracked.id):
        for pair in connections(all_legs(store, one.user.id), session.app().settings.trips.least):
            if one.subscription.id in (pair.first.id, pair.then.id):
                left = "" if pair.minutes is None else f", {pair.minutes} min"
                state = pair.chance.replace("_", " ")
                yield f"{one.user.name}: {pair.first.ident} to {pair.then.ident} at {pair.airport}{left}, {state}"


def _flight_rows(store: "Store", view: "FlightView", now: "datetime") -> Iterator[Row]:
    from flait.commands import flight_lines as lines
    from flait.core.flights import phase
    from flait.core.texts.wording import route

    tracked, flight = view.tracked, view.tracked.flight
    facts = {
        "route": route(flight),
        "phase": reads(lines.PHASES[phase(flight)], phase(flight)),
        "stands": lines.remark_of(view, now),
        "departs": lines.departs(flight, now),
        "departure gate": lines.gate(flight.terminal_origin, flight.gate_origin),
        "arrives": lines.arrives(flight, now),
        "arrival gate": lines.gate(flight.terminal_destination, flight.gate_destination),
        "baggage belt": flight.baggage_claim,
        "diverted to": flight.diverted_to.short if flight.diverted_to else None,
        "plane": _plane(store, view, now),
        "connections": "; ".join(_connections(store, view)),
        "last polled": tracked.last_polled_at,
        "next poll": tracked.next_poll_at or "none: there is nothing more to learn",
        "followers": ", ".join(each.user.name for each in store.live_subscribers(tracked.id)),
    }
    name = (flight.number, worded(flight.departure_date))
    if on_screen():
        yield "flight", name
        yield from known_facts(facts.items())
    else:
        yield from ((name, what, state) for what, state in facts.items())
