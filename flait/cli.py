"""DOOR: a person at the terminal. The root of the command line; its groups live in flait/commands/.

Every error becomes one line `error: what; what to do` and a documented exit code; never a traceback without -vv.
Only the group that is asked for is imported: `flait subscriptions` pays for no network library.
"""

import importlib
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

import typer

from flait import __version__
from flait.commands import session
from flait.errors import FlaitError, UserError
from flait.system import streams
from flait.system.starving import starved

GROUPS: Mapping[str, str] = {
    # command → the module of flait/commands that adds it
    "subscribe": "subscribing",
    "unsubscribe": "subscribing",
    "subscriptions": "subscribing",
    "user": "people",
    "flights": "flights",
    "trips": "trips",
    "history": "history",
    "alternatives": "alternatives",
    "board": "board",
    "status": "status",
    "usage": "usage",
    "messages": "messages",
    "trace": "messages",
    "daemon": "running",
    "tick": "running",
    "secrets": "secrets",
    "config": "configuration",
    "paths": "configuration",
    "backup": "keeping",
    "prune": "keeping",
    "help": "helping",
    "demo": "playing",
    "sandbox": "playing",
}

INTERRUPTED = 130
AS_JSON = "--json"
LIKE_A_SECRET = 16  # characters; a key of either provider has 32, a mistyped name or option fewer

_SWITCHES = {
    "-v": ("verbose", 1),
    "-vv": ("verbose", 2),
    "--verbose": ("verbose", 1),
    "--quiet": ("quiet", True),
    "--no-color": ("no_color", True),
    "-y": ("yes", True),
    "--yes": ("yes", True),
    "--allow-insecure-keyring": ("allow_insecure_keyring", True),
}

GLOBAL_HELP = """Flight alerts by text, on your own machine.

Anywhere on the line: -v/-vv (say more; tracebacks), --quiet, --no-color, -y/--yes (confirm), --allow-insecure-keyring,
and --json with a command that reads.

Exit codes: 0 done, 1 failure, 2 bad input, 3 saved and retried later, 4 daemon not running, 5 configuration or secret,
6 a provider refused, 7 not found, 8 budget, 9 locked, 130 interrupted."""


def run(argv: Sequence[str]) -> int:
    """Run one command line; its exit code."""
    options, rest = _split(argv)
    begun = session.Session(**options, argv=list(argv))  # type: ignore[arg-type]  # the table above names its fields
    session.begin(begun)
    try:
        return _code(rest)
    finally:
        streams.end()


def _code(rest: list[str]) -> int:
    """The exit code, whatever happens; errors are printed."""
    try:
        return _invoke(rest)
    except FlaitError as problem:
        return _explain(problem, rest)
    except KeyboardInterrupt:
        return INTERRUPTED
    except streams.ReaderLeft:
        return 0
    except Exception as problem:  # noqa: BLE001  # the last door: a person gets one line, -vv the rest
        return _explain(_unexpected(problem), rest)


def _split(argv: Sequence[str]) -> tuple[dict[str, object], list[str]]:
    """The global switches, wherever they stand before `--`, and the rest; `--json` at its end, where it is taken."""
    end = argv.index("--") if "--" in argv else len(argv)
    options: dict[str, object] = {}
    for word in argv[:end]:
        if word in _SWITCHES:
            name, value = _SWITCHES[word]
            options[name] = max(int(value), int(str(options.get(name, 0)))) if name == "verbose" else value
    words = [word for word in argv[:end] if word not in _SWITCHES]
    as_json = [AS_JSON] if AS_JSON in words else []  # of the command: it may stand before its name too
    return options, [*(word for word in words if word != AS_JSON), *as_json, *argv[end:]]


def _invoke(argv: list[str]) -> int:
    from typer import _click as click  # Typer's own copy: its errors are how bad usage is told

    argv = [_in_utf8(word) for word in argv]
    command = typer.main.get_command(application(argv))
    try:
        result = command.main(args=argv, prog_name="flait", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError:
        result = 0  # the help has been printed, and was all there was to do
    except click.exceptions.ClickException as problem:
        from flait.commands.misuse import misused

        raise misused(problem, argv, list(GROUPS)) from problem
    except typer.Abort:
        return INTERRUPTED
    sys.stdout.flush()
    return result if isinstance(result, int) else 0


def _in_utf8(word: str) -> str:
    """The argument; in a locale that could not read it, as UTF-8. Raises UserError: nothing could store it."""
    try:
        word.encode()
    except UnicodeEncodeError:
        with suppress(UnicodeDecodeError):
            return os.fsencode(word).decode()
        raise UserError("an argument is not UTF-8 text", "write it in UTF-8") from None
    return word


def application(argv: Sequence[str] = ()) -> typer.Typer:
    """The command line; only the group that `argv` asks for, or all of them when it names none."""
    root = typer.Typer(
        name="flait",
        help=GLOBAL_HELP,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    root.callback()(_root)
    asked = next((word for word in argv if not word.startswith("-")), None)
    wanted = [GROUPS[asked]] if asked and asked in GROUPS else list(dict.fromkeys(GROUPS.values()))
    for name in wanted:
        importlib.import_module(f"flait.commands.{name}").add_to(root)
    return root


def _tell_version(asked: bool) -> None:
    if asked:
        typer.echo(f"flait {__version__}")
        raise typer.Exit


def _root(
    _version: bool = typer.Option(
        False, "--version", help="Print the version and leave.", is_eager=True, callback=_tell_version
    ),
) -> None:
    pass


def _explain(problem: FlaitError, argv: Sequence[str]) -> int:
    from flait.commands.output import safe, tell

    hidden = _hiding(argv)
    if session.current.verbose > 1:
        import traceback

        from flait.system.redaction import seen

        tell(seen.redact("".join(traceback.format_exception(problem))).rstrip("\n"))
    if AS_JSON in argv:
        error = {"code": problem.code, "message": hidden(problem.message), "hint": problem.hint}
        tell(json.dumps({"error": error}))
    else:
        tell(f"error: {safe(hidden(str(problem)))}")
    return problem.exit_code


def _hiding(argv: Sequence[str]) -> Callable[[str], str]:
    """What takes the value out of a sentence that somebody wrote as an argument, where it is only ever read."""
    if "secrets" not in argv[:1]:
        return str
    from flait.adapters.secrets.credentials import SecretName
    from flait.system.redaction import seen

    for word in (word.lstrip("-") for word in argv[1:]):
        if len(word) >= LIKE_A_SECRET and word not in set(SecretName):
            seen.remember(word)
    return seen.redact


def _unexpected(problem: Exception) -> FlaitError:
    what, _, hint = starved(problem).partition("; ")
    fault = FlaitError(
        what or f"unexpected {type(problem).__name__}", hint or "run it again with -vv and report what it prints"
    )
    fault.__cause__ = problem
    return fault
