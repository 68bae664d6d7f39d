"""`flait secrets …`: keys and tokens, into the keyring and out of it. A value is read, never shown."""

import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Protocol, cast

import typer

from flait.commands import session
from flait.commands.options import AsJson
from flait.commands.output import confirm, print_json, print_table, say
from flait.commands.tables import Column, columns
from flait.errors import ConfigError, FlaitError, NotSent, Refused, UserError

if TYPE_CHECKING:
    from flait.adapters.secrets.credentials import SecretName, Stored
    from flait.app import App

MOST_READ = 16_384  # bytes of standard input: far more than a secret may have

Name = Annotated[str, typer.Argument(help="flightaware-api-key, twilio-auth-token or twilio-api-key-secret.")]


class Checkable(Protocol):
    """An outside party that can be asked whether it takes our credentials."""

    def check(self) -> bool:
        """True, or a FlaitError that says why not."""


PROVIDERS: Mapping[str, "Callable[[App], Checkable]"] = {
    # The flows have no use for check(), so their protocols do not know it; both adapters have it.
    "flightaware": lambda app: cast("Checkable", app.source()),
    "twilio": lambda app: cast("Checkable", app.gateway()),
}
WORST_FIRST = (5, 6, 8, 1)  # exit codes: a secret is missing, refused, no budget to ask, anything else


def add_to(root: typer.Typer) -> None:
    """Register the commands."""
    group = typer.Typer(help="API keys and tokens, kept in the OS keyring.", no_args_is_help=True)
    group.command("set")(store)
    group.command("list")(list_all)
    group.command("delete")(delete)
    group.command("test")(ask_providers)
    root.add_typer(group, name="secrets")


def store(name: Name) -> None:
    """Store a secret: typed unseen, or one line on standard input. `flait secrets set flightaware-api-key`"""
    secret = _name(name)
    credentials = session.app().credentials
    credentials.set(secret, _value(secret))
    place = next(stored.backend for stored in credentials.stored() if stored.name == secret)
    say(f"{secret} is stored in {place}.")


def list_all(as_json: AsJson = False) -> None:
    """Which secrets are stored, and where; never their values."""
    secrets = session.app().credentials.stored()
    if as_json:
        print_json(
            {"secrets": [{"name": each.name, "stored": each.stored, "backend": each.backend} for each in secrets]}
        )
    else:
        rows = [(each.name, _state(each), each.backend) for each in secrets]
        print_table((*columns("secret state"), Column(name="backend", under=True)), rows)
    for problem in {each.problem.partition(";")[0]: each.problem for each in secrets if each.problem}.values():
        say(f"warning: {problem}")


def _state(stored: "Stored") -> str:
    if stored.problem:
        return "unknown"
    return "stored" if stored.stored else "missing"


def delete(name: Name) -> None:
    """Take a secret out of the keyring."""
    secret = _name(name)
    confirm(f"Delete {secret}?")
    session.app().credentials.delete(secret)
    say(f"{secret} is deleted.")


def ask_providers(as_json: AsJson = False) -> int:
    """Ask each provider, with one cheap call, whether it takes the credentials.

    Exit codes: 0 both do; 5 a secret or a setting is missing; 6 a provider refuses; 1 one could not be asked.
    """
    faults = {name: _fault(name, provider) for name, provider in PROVIDERS.items()}
    if as_json:
        print_json({"providers": {name: _fields(fault) for name, fault in faults.items()}})
    else:
        rows = [(name, "failed" if fault else "ok", fault or "") for name, fault in faults.items()]
        print_table((*columns("provider result"), Column(name="why", under=True)), rows)
    codes = {_exit_code(fault) for fault in faults.values() if fault}
    return next((code for code in WORST_FIRST if code in codes), 0)


def _fault(name: str, provider: "Callable[[App], Checkable]") -> FlaitError | None:
    """What the provider said against it; `flait status` knows of the answer from then on."""
    from flait.adapters.secrets.credentials import KeyringFault
    from flait.system.lock import daemon_of

    app = session.app()
    try:
        provider(app).check()
    except ConfigError as fault:  # it was not asked; a daemon may have secrets of its own, and says so itself
        if isinstance(fault, KeyringFault) and daemon_of(app.paths.database) is None:
            app.store().note_error(name, fault.message, app.clock.now())
        return fault
    except FlaitError as fault:
        app.store().note_error(name, fault.message, app.clock.now())
        return fault
    app.store().note_success(name, app.clock.now())
    return None


def _exit_code(fault: FlaitError) -> int:
    if isinstance(fault, NotSent) and fault.account:
        return Refused.exit_code
    return fault.exit_code


def _fields(fault: FlaitError | None) -> dict[str, Any]:
    return {"ok": fault is None, "error": fault.message if fault else None, "hint": fault.hint if fault else None}


def _name(text: str) -> "SecretName":
    from flait.adapters.secrets.credentials import SecretName
    from flait.core.idents import shown

    try:
        return SecretName(text)
    except ValueError:
        raise UserError(f"{shown(text)} is not a secret of Flait's", f"it is one of {', '.join(SecretName)}") from None


def _value(secret: "SecretName") -> str:
    if not sys.stdin.isatty():
        return sys.stdin.buffer.read(MOST_READ).decode(errors="replace")
    import getpass

    try:
        return getpass.getpass(f"{secret}: ")
    except EOFError:
        raise typer.Abort from None
