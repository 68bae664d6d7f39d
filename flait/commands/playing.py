"""`flait demo` and `flait sandbox`: the product without accounts. The only commands that import the sandbox."""

from typing import TYPE_CHECKING, Annotated

import typer

from flait.commands import session

if TYPE_CHECKING:
    from datetime import date


def add_to(root: typer.Typer) -> None:
    """Register the commands."""
    root.command()(demo)
    root.command()(sandbox)


def demo(
    fast: Annotated[bool, typer.Option("--fast", help="Twice as fast.")] = False,
) -> int:
    """The whole product against the built-in sandbox: a stormy day in under a minute, no accounts needed."""
    from flait.commands.demo import play

    return play(fast=fast)


def sandbox(
    port: Annotated[int, typer.Option("--port", help="Where to listen on 127.0.0.1; 0 is any free port.")] = 0,
    day: Annotated[
        str | None, typer.Option("--day", help="The day of the storm, like 2026-11-25; default: today in New York.")
    ] = None,
    tier: Annotated[
        str | None, typer.Option("--tier", help="Keep to a tier's rate limit: personal, standard or premium.")
    ] = None,
    ledger: Annotated[str | None, typer.Option("--ledger", help="Append every request to this file.")] = None,
) -> None:
    """Only the simulated AeroAPI and Twilio, for trying things by hand. Stop it with Ctrl-C."""
    from pathlib import Path

    from flait.sandbox.run import serve_forever

    serve_forever(
        clock=session.app().clock,
        port=port,
        storm_day=_day(day) if day else None,
        ledger=Path(ledger) if ledger else None,
        tier=_tier(tier) if tier else None,
    )


def _day(text: str) -> "date":
    from datetime import date

    from flait.core.idents import shown
    from flait.errors import InvalidDate

    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidDate(f"{shown(text)} is not a date", "--day takes one like 2026-11-25") from None


def _tier(text: str) -> str:
    from flait.core.idents import shown
    from flait.errors import UserError

    if text not in ("personal", "standard", "premium"):
        raise UserError(f"{shown(text)} is not a tier", "--tier takes personal, standard or premium")
    return text
