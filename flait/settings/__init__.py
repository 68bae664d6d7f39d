"""Which value of each setting holds: flag, then environment, then config.toml, then default; and how one is changed.

The table of the settings is in table.py. Only `load`, `origins`, `set_value` and `unset` touch the disk.
No error repeats a value: it may be a telephone number, or a secret in the wrong place.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from flait.errors import ConfigError
from flait.settings import config_file, rules
from flait.settings.config_file import Entry
from flait.settings.rules import Value
from flait.settings.table import (
    AT_START,
    FAMILIES,
    NONE,
    SECRETS,
    SECTIONS,
    TABLE,
    Setting,
    Settings,
    meant,
    setting_for,
    unknown,
)
from flait.system.paths import Paths

__all__ = [
    "AT_START",
    "TABLE",
    "Setting",
    "Settings",
    "load",
    "without_file",
    "taken_up",
    "origins",
    "values",
    "setting_for",
    "set_value",
    "unset",
    "unknown_variables",
]

Flags = Mapping[str, Value | None]


class _Found(NamedTuple):
    value: Value
    origin: str


def load(paths: Paths, env: Mapping[str, str], flags: Flags = NONE) -> Settings:
    """The settings that hold; `flags` is key → value, None where the flag was not given. Raises ConfigError."""
    return _settings(_found(paths, env, flags))


def without_file(env: Mapping[str, str]) -> Settings:
    """The settings that would hold without config.toml: for a look beside a daemon when that file has a mistake."""
    return _settings(_defaults() | dict(_from_environment(env)))


def _settings(found: Mapping[str, _Found]) -> Settings:
    chosen: dict[str, dict[str, Any]] = {section: {} for section in SECTIONS}
    for key, each in found.items():
        section, name, *kind = key.split(".")
        if kind:
            chosen[section][name] = MappingProxyType({**chosen[section].get(name, {}), kind[0]: each.value})
        else:
            chosen[section][name] = each.value
    return Settings(**{section: SECTIONS[section](**entries) for section, entries in chosen.items()})


def taken_up(held: Settings, fresh: Settings) -> tuple[Settings, list[str]]:
    """What holds in a daemon that held the one and now reads the other; and the keys that wait for a restart."""
    before, after = values(held), values(fresh)
    waiting = [key for key in AT_START if before[key] != after[key]]
    sections = {name: getattr(fresh, name) for name in SECTIONS}
    for key in waiting:
        section, name = key.split(".")
        sections[section] = replace(sections[section], **{name: before[key]})
    return Settings(**sections), waiting


def origins(paths: Paths, env: Mapping[str, str], flags: Flags = NONE) -> dict[str, str]:
    """Where each value comes from: `flag`, `environment NAME`, `config.toml:LINE` or `default`. Raises ConfigError."""
    return {key: found.origin for key, found in _found(paths, env, flags).items()}


def values(settings: Settings) -> dict[str, Value]:
    """Every setting by its key; of a family, the keys that are set."""
    flat: dict[str, Value] = {}
    for key in TABLE:
        section, name, *is_family = key.split(".")
        value = getattr(getattr(settings, section), name)
        flat |= {f"{section}.{name}.{kind}": value[kind] for kind in value} if is_family else {key: value}
    return flat


def set_value(paths: Paths, key: str, text: str) -> Value:
    """Write one setting into config.toml and give it as kept; empty text takes it out where empty is the default.

    Comments, order and other keys stay as they are. Raises ConfigError, and then nothing is written: also for another
    mistake in the file, for nothing of it would hold. What mends one of several mistakes is written.
    """
    setting = setting_for(key)
    value = _read(setting, text, place="", hint="")
    _write(paths.config_file, key, None if value == "" else value)
    return value


def unset(paths: Paths, key: str) -> None:
    """Take one setting out of config.toml, so that its default holds. Raises ConfigError."""
    _write(paths.config_file, setting_for(key).key, None)


def _write(file: Path, key: str, value: Value | None) -> None:
    def agrees(before: list[Entry], after: list[Entry]) -> None:
        left = list(_mistakes(file, after))
        if left and key not in {entry.key for entry, _ in _mistakes(file, before)}:
            mistake = left[0][1]
            raise ConfigError(f"nothing was written: {mistake.message}", mistake.hint)

    config_file.write(file, key, value, agrees=agrees)


def unknown_variables(env: Mapping[str, str]) -> list[ConfigError]:
    """Variables that look like settings and are none: worth a warning, no stop, for others name variables too."""
    known = {setting.variable: setting for setting in TABLE.values()} | dict(_overrides(env))
    sections = tuple(f"FLAIT_{section.upper()}_" for section in SECTIONS)
    return [_stranger(name, known) for name in sorted(env) if name.startswith(sections) and name not in known]


def _found(paths: Paths, env: Mapping[str, str], flags: Flags) -> dict[str, _Found]:
    """Every value that holds, by key. All sources are checked, also where a later one wins."""
    return _defaults() | dict(_from_file(paths)) | dict(_from_environment(env)) | dict(_from_flags(flags))


def _defaults() -> dict[str, _Found]:
    return {key: _Found(value=row.default, origin="default") for key, row in TABLE.items() if key not in FAMILIES}


def _from_file(paths: Paths) -> Iterator[tuple[str, _Found]]:
    for entry in config_file.read(paths.config_file):
        if entry.value == {} and _is_section(entry.key):
            continue
        value = _of_entry(paths.config_file, entry)
        yield entry.key, _Found(value=value, origin=f"{paths.config_file.name}:{entry.line}")


def _of_entry(file: Path, entry: Entry) -> Value:
    place = f" in {file}, line {entry.line}"
    return _checked(_row(entry.key, place), entry.value, place=place, hint="mend it there")


def _mistakes(file: Path, entries: Iterable[Entry]) -> Iterator[tuple[Entry, ConfigError]]:
    """What of the file would keep all of it from holding."""
    for entry in entries:
        try:
            if not (entry.value == {} and _is_section(entry.key)):
                _of_entry(file, entry)
        except ConfigError as mistake:
            yield entry, mistake


def _from_environment(env: Mapping[str, str]) -> Iterator[tuple[str, _Found]]:
    for name, setting in _overrides(env):
        if not env[name].strip() and setting.default != "":
            continue  # docker compose hands over an empty variable for one that is not set
        value = _read(setting, env[name], place=f" in {name}", hint="mend or unset the variable")
        yield setting.key, _Found(value=value, origin=f"environment {name}")


def _from_flags(flags: Flags) -> Iterator[tuple[str, _Found]]:
    for key, given in flags.items():
        if given is not None:
            yield key, _Found(value=_given(setting_for(key), given), origin="flag")


def _given(setting: Setting, given: Value) -> Value:
    if isinstance(given, str):
        return _read(setting, given, place=" in the flag", hint="")
    return _checked(setting, given, place=" in the flag", hint="")


def _overrides(env: Mapping[str, str]) -> Iterator[tuple[str, Setting]]:
    """Variables that are settings."""
    for key, setting in TABLE.items():
        if key not in FAMILIES and setting.variable in env:
            yield setting.variable, setting
    for family in FAMILIES.values():
        stem = TABLE[family.key].variable.partition("<")[0]
        for variable in env:
            name = family.case(variable.removeprefix(stem))
            if variable.startswith(stem) and rules.matches(family.name, name):
                yield variable, setting_for(f"{family.stem}.{name}")


def _is_section(key: str) -> bool:
    return any(known.startswith(f"{key}.") for known in TABLE)


def _row(key: str, place: str) -> Setting:
    try:
        return setting_for(key)
    except ConfigError:
        raise unknown(key, place) from None


def _read(setting: Setting, text: str, *, place: str, hint: str) -> Value:
    try:
        return rules.from_text(setting.rule, text)
    except ValueError:
        raise _refused(setting, place, hint) from None


def _checked(setting: Setting, value: object, *, place: str, hint: str) -> Value:
    try:
        return rules.from_toml(setting.rule, value)
    except ValueError:
        raise _refused(setting, place, hint) from None


def _refused(setting: Setting, place: str, hint: str) -> ConfigError:
    return ConfigError(f"{setting.key}{place} must be {setting.rule.allowed}", hint)


def _stranger(name: str, known: Mapping[str, Setting]) -> ConfigError:
    secret = {f"FLAIT_{key.upper().replace('.', '_')}": key for key in SECRETS}.get(name)
    if secret:
        return ConfigError(f"{name} is ignored: a secret is never read from the environment", unknown(secret).hint)
    return ConfigError(f"{name} is no setting", meant(name, known) or "`flait config show` lists the settings")
