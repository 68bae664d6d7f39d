"""`flait config …` and `flait paths`: the settings, where each comes from, and where Flait keeps things."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from flait.commands import session
from flait.commands.options import AsJson
from flait.commands.output import print_json, print_table, safe, say
from flait.commands.tables import Column, columns

if TYPE_CHECKING:
    from flait.errors import ConfigError
    from flait.settings.rules import Value

Key = Annotated[str, typer.Argument(help="A setting, like alerts.delay_minutes.")]
PLACES = ("config_file", "data_dir", "database", "backups_dir", "log_dir", "run_dir")


def add_to(root: typer.Typer) -> None:
    """Register the commands."""
    group = typer.Typer(help="The settings: show, read, change, check. None of them is a secret.", no_args_is_help=True)
    group.command("show")(show)
    group.command("get")(get)
    group.command("set")(change)
    group.command("validate")(validate)
    root.add_typer(group, name="config")
    root.command()(paths)


def show(
    origin: Annotated[bool, typer.Option("--origin", help="Where each value comes from, too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Every setting and the value that holds."""
    values, origins = _values(), _origins() if origin else {}
    if as_json:
        print_json({"settings": values} | ({"origins": origins} if origin else {}))
    elif origin:
        rows = [(key, _text(value), origins[key]) for key, value in values.items()]
        print_table((*columns("setting value"), Column(name="origin", under=True)), rows)
    else:
        pairs = [(key, (_text(value),)) for key, value in values.items()]
        print_table((*columns("setting"), Column(name="value", under=True)), pairs)


def get(key: Key, as_json: AsJson = False) -> None:
    """The value that holds for one setting. `flait config get alerts.delay_minutes`"""
    from flait.settings import setting_for

    setting = setting_for(key)
    value = _values().get(key, setting.default)
    if as_json:
        print_json({"key": key, "value": value})
    else:
        typer.echo(safe(_text(value)))


def change(
    key: Key, value: Annotated[str, typer.Argument(help="The new value; empty takes an optional setting out.")]
) -> None:
    """Write one setting into config.toml; comments stay. `flait config set alerts.delay_minutes 20`"""
    from flait.core.senders import is_one_way
    from flait.settings import AT_START, set_value, setting_for

    app = session.app()
    kept = set_value(app.paths, key, value)
    wrong = _what_is_wrong()
    in_force = "" if wrong else _in_force(key in AT_START)
    say(f"{key} is {safe(_text(kept)) or 'empty'} in {safe(app.paths.config_file)}.{in_force}")
    if wrong:
        say(f"warning: no setting holds yet: {safe(wrong)}")
    if key == "twilio.from_number" and is_one_way(str(kept)):
        say("Nobody can reply to a name: no commands, and no STOP. Texts say whom to ask instead (operator.contact).")
    variable = setting_for(key).variable
    if variable in app.env:
        say(f"warning: {variable} is set, and wins over config.toml")


def _what_is_wrong() -> "ConfigError | None":
    """What is left to mend before any setting holds: a mistake beside the one that was mended, or a variable's."""
    from flait.errors import ConfigError

    try:
        _ = session.app().settings
    except ConfigError as problem:
        return problem
    return None


def _in_force(at_start: bool) -> str:
    """What comes next, where a daemon runs on the earlier value."""
    from flait.system.lock import daemon_of

    if not daemon_of(session.app().paths.database):
        return ""
    return " `flait daemon restart` puts it in force." if at_start else " The daemon takes it up within a minute."


def validate(as_json: AsJson = False) -> None:
    """Check every setting, in config.toml and in the environment."""
    from flait.settings import unknown_variables
    from flait.system.paths import state_of

    app = session.app()
    there = state_of(app.paths.config_file) is not None
    _ = app.settings
    warnings = [str(stranger) for stranger in unknown_variables(app.env)]
    for warning in warnings:
        say(f"warning: {safe(warning)}")
    if as_json:
        fields = {"valid": True, "config_file": str(app.paths.config_file), "exists": there, "warnings": warnings}
        print_json(fields)
    elif there:
        say(f"The settings are right; {safe(app.paths.config_file)} was read.")
    else:
        say(f"There is no {safe(app.paths.config_file)} yet. The defaults, and the environment, are right.")


def paths(as_json: AsJson = False) -> None:
    """Where Flait keeps its settings, database, backups and logs."""
    places: dict[str, Any] = {name: str(getattr(session.app().paths, name)) for name in PLACES}
    if as_json:
        print_json(places)
    else:
        rows = [(place, (path,)) for place, path in places.items()]
        print_table((*columns("place"), Column(name="path", under=True)), rows)


def _values() -> "dict[str, Value]":
    from flait.settings import values

    return values(session.app().settings)


def _origins() -> dict[str, str]:
    from flait.settings import origins

    app = session.app()
    return origins(
        app.paths, app.env, {"secrets.allow_insecure": True if session.current.allow_insecure_keyring else None}
    )


def _text(value: "Value") -> str:
    """The value in the spelling of config.toml, without quotes."""
    return str(value).lower() if isinstance(value, bool) else str(value)
