"""`flait demo` and `flait sandbox …`: the product without accounts. The only commands that import the sandbox."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flait.commands import session
from flait.commands.options import AsJson
from flait.commands.output import in_lines, print_json, print_table, safe, say
from flait.commands.tables import Column

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from flait.sandbox.run import StormFlight

COLUMNS = (
    Column(name="flight"),
    Column(name="route", rank=1),
    Column(name="leaves", breaks=True),
    Column(name="what happens", under=True),
)
OFFERED = 40  # flights, of each kind in turn
WAIT = 8.0  # seconds, real: a daemon on the system's clock ticks every few seconds


def add_to(root: typer.Typer) -> None:
    """Register the commands."""
    root.command()(demo)
    group = typer.Typer(
        help="The simulated AeroAPI and Twilio, for trying things by hand.", invoke_without_command=True
    )
    group.callback()(sandbox)
    group.command()(text)
    group.command()(flights)
    root.add_typer(group, name="sandbox")


def demo(
    fast: Annotated[bool, typer.Option("--fast", help="Twice as fast.")] = False,
) -> int:
    """The whole product against the built-in sandbox: a stormy day in about a minute, no accounts needed."""
    from flait.commands.demo import play

    return play(fast=fast)


Port = Annotated[
    int, typer.Option("--port", help="Where to listen on 127.0.0.1; 0 is any free port.", min=0, max=65_535)
]
Day = Annotated[
    str | None, typer.Option("--day", help="The day of the storm, like 2026-11-25; default: today in New York.")
]
Tier = Annotated[str | None, typer.Option("--tier", help="Keep to a tier's rate limit: personal, standard or premium.")]
LedgerFile = Annotated[str | None, typer.Option("--ledger", help="Append every request to this file.")]
InboundUrl = Annotated[
    str | None,
    typer.Option("--inbound-url", help="Where people's texts are posted, like http://127.0.0.1:8787/twilio/message."),
]
KeywordKind = Annotated[
    str, typer.Option("--keywords", help="Who answers STOP, START and HELP: twilio, advanced or none.")
]
TokenFile = Annotated[
    str | None,
    typer.Option("--auth-token-file", help="A file with the auth token; default: learned from the first text."),
]


def sandbox(
    context: typer.Context,
    port: Port = 0,
    day: Day = None,
    tier: Tier = None,
    ledger: LedgerFile = None,
    inbound_url: InboundUrl = None,
    keywords: KeywordKind = "twilio",
    auth_token_file: TokenFile = None,
) -> None:
    """Only the simulated AeroAPI and Twilio, for trying things by hand. Stop it with Ctrl-C."""
    if context.invoked_subcommand is not None:
        return
    from pathlib import Path

    from flait.sandbox.run import Sandbox, Trial, example_flight, serve_forever

    app = session.app()
    trial = Trial.made(app.paths.data_dir / "sandbox", _token(auth_token_file) if auth_token_file else None)
    server = Sandbox(
        clock=app.clock,
        port=port,
        storm_day=_day(day) if day else None,
        daily=[example_flight(app.clock.now())],
        ledger=Path(ledger) if ledger else None,
        tier=_one_of("tier", tier, TIERS) if tier else None,
        auth_token=trial.token,
        inbound_url=inbound_url or trial.inbound_url,
        keywords=_one_of("keywords", keywords, KEYWORDS),
    )
    serve_forever(server, trial=trial, address_file=_address_file())


TIERS = ("personal", "standard", "premium")
KEYWORDS = ("twilio", "advanced", "none")


def text(
    phone: Annotated[str, typer.Argument(help="Who writes: a phone number with country code.")],
    body: Annotated[str, typer.Argument(help="What they write, like STOP.")],
    url: Annotated[
        str | None, typer.Option("--url", help="The sandbox's address; default: the one that runs here.")
    ] = None,
    whatsapp: Annotated[bool, typer.Option("--whatsapp", help="On WhatsApp.")] = False,
    as_json: AsJson = False,
) -> None:
    """Play a person's phone: text back to a running sandbox, and print the texts they get within a few seconds."""
    from flait.phones import parse_phone
    from flait.sandbox.run import text_back

    app = session.app()
    person = parse_phone(phone, region=app.settings.phone.default_region, as_written=True)
    reply = {"from": person, "body": body, "whatsapp": whatsapp}
    texts = text_back(url or _running(), reply, wait=WAIT)
    if as_json:
        print_json({"texts": [{name: found[name] for name in ("at", "from", "body")} for found in texts]})
        return
    for found in texts:
        typer.echo(in_lines(found["body"]))
    if not texts:
        say(f"Nothing came back within {WAIT:g} seconds.")


def flights(day: Day = None, as_json: AsJson = False) -> None:
    """Flights that the sandbox has to offer: which leave from now on, and what happens to them."""
    from flait.sandbox.run import storm_day_for, storm_flights

    now = session.app().clock.now()
    storm_day = _day(day) if day else _running_day() or storm_day_for(now)
    offered = storm_flights(OFFERED, storm_day=storm_day)
    if as_json:
        print_json({"day": storm_day, "flights": [_flight_fields(flight) for flight in offered]})
        return
    ahead = [flight for flight in offered if flight.scheduled_out > now]
    print_table(COLUMNS, [_flight_row(flight) for flight in ahead])
    say(
        f"{len(offered) - len(ahead)} more have left. The snow falls on {storm_day}. The days before and after it are "
        "as recorded; all others are flown to plan, under the same numbers. `flait sandbox --day` moves it."
    )


def _flight_fields(flight: "StormFlight") -> dict[str, Any]:
    return {
        "ident": flight.ident,
        "ident_iata": flight.ident_iata,
        "origin": flight.origin.iata,
        "destination": flight.destination.iata,
        "scheduled_out": flight.scheduled_out,
        "scheduled_in": flight.scheduled_in,
        "kind": flight.kind,
    }


def _flight_row(flight: "StormFlight") -> tuple[object, ...]:
    from flait.core.texts.formats import clock_time, day, zone_label

    out, zone = flight.scheduled_out, flight.origin.zone
    leaves = (day(out.astimezone(zone).date()), f"{clock_time(out, zone)} {zone_label(out, zone)}")
    return flight.ident_iata, f"{flight.origin.iata}-{flight.destination.iata}", leaves, flight.kind


def _address_file() -> "Path":
    return session.app().paths.run_dir / "sandbox.json"


def _running() -> str:
    """Where the sandbox of this home is. Raises NotFound."""
    from flait.errors import NotFound

    url = _addressed("url")
    if url is None:
        raise NotFound("no sandbox runs here", "start one with `flait sandbox`, or give --url")
    return url


def _running_day() -> "date | None":
    """The day on which the snow falls in the sandbox of this home, if one runs."""
    day = _addressed("day")
    return _day(day) if day else None


def _addressed(name: str) -> str | None:
    """What the sandbox of this home says of itself."""
    try:
        return str(json.loads(_address_file().read_text(encoding="utf-8"))[name])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _token(file: str) -> str:
    from pathlib import Path

    from flait.errors import UserError

    try:
        token = Path(file).read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        raise UserError(f"the file {safe(file)} cannot be read", "--auth-token-file takes a file of text") from None
    if not token:
        raise UserError(f"the file {safe(file)} is empty", "put the auth token there, alone")
    return token


def _day(text: str) -> "date":
    from datetime import date

    from flait.core.idents import shown
    from flait.errors import InvalidDate

    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidDate(f"{shown(text)} is not a date", "--day takes one like 2026-11-25") from None


def _one_of(name: str, text: str, allowed: tuple[str, ...]) -> str:
    from flait.core.idents import shown
    from flait.errors import UserError

    if text not in allowed:
        raise UserError(f"{shown(text)} is no {name}", f"--{name} takes one of {', '.join(allowed)}")
    return text
