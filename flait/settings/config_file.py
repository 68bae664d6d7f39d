"""config.toml as a file: what stands on which line, and how one value is changed without touching the rest.

Knows TOML, not the settings: which keys there are and what they may hold is decided in settings.py.
"""

import contextlib
import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from flait.errors import ConfigError
from flait.settings.rules import Value
from flait.system.paths import make_private, read_regular, refuse_written_by_others, write_private

PATIENCE_FOR_OTHERS = 10.0  # seconds, real: another `flait config set` is done in a fraction of one
LARGEST = 1_000_000  # bytes: far more than the settings with all their comments take
REPAIR = "mend the file by hand; `flait config validate` tells when it is right"


class Entry(NamedTuple):
    """One `key = value` of the file, the key with its sections (`twilio.from_number`), and its line."""

    key: str
    value: object
    line: int


def read(file: Path) -> list[Entry]:
    """What the file says, in its order; nothing when there is no file. Raises ConfigError naming file and line."""
    return _entries(_parsed_text(file))


def write(file: Path, key: str, value: Value | None, *, agrees: Callable[[list[Entry], list[Entry]], None]) -> None:
    """Set one key (None takes it out); comments, order and other keys stay. Raises ConfigError, the file untouched.

    `agrees` is shown what the file says and what it would say, and raises what speaks against that.
    """
    from flait.system.lock import take

    handle = take(make_private(file.parent) / f"{file.name}.lock", patience=PATIENCE_FOR_OTHERS)
    if handle is None:
        raise ConfigError(f"{file} is being changed by another process", "try again when it is done")
    try:
        _rewrite(file, key, value, agrees)
    finally:
        os.close(handle)


def _parsed_text(file: Path) -> str:
    """The file's text, known to be TOML."""
    import tomllib

    try:
        text = _text(file)
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise ConfigError(f"{file} is not TOML: {problem}", REPAIR) from None
    except UnicodeDecodeError:
        raise ConfigError(f"{file} is not UTF-8 text", REPAIR) from None
    except OSError as problem:
        raise ConfigError(f"{file} cannot be read: {problem.strerror}", "mend its owner and mode") from problem
    return text


def _text(file: Path) -> str:
    try:
        content, state = read_regular(file, LARGEST + 1)
    except FileNotFoundError:
        return ""
    if len(content) > LARGEST:
        raise ConfigError(f"{file} is larger than {LARGEST // 1000} kB", REPAIR)
    refuse_written_by_others(file, state)
    return content.decode("utf-8-sig")


def _entries(text: str) -> list[Entry]:
    """Each statement is parsed by itself below its header: so the line is known, and TOML's grammar is tomllib's."""
    import tomllib

    found: list[Entry] = []
    header, statement, start = "", "", 1
    for number, line in enumerate(text.split("\n"), start=1):
        start = start if statement else number
        statement += line + "\n"
        try:
            document = tomllib.loads(header + statement)
        except tomllib.TOMLDecodeError:
            continue  # a value over several lines
        is_header = statement.lstrip().startswith("[")
        header, statement = (statement if is_header else header), ""
        found += [Entry(key=key, value=value, line=start) for key, value in _leaves(document, is_header)]
    return found


def _leaves(table: Mapping[str, Any], with_empty: bool, above: str = "") -> Iterator[tuple[str, object]]:
    for name, value in table.items():
        key = above + (name if re.fullmatch("[A-Za-z0-9_-]+", name) else repr(name))
        if isinstance(value, dict) and (value or not with_empty):
            yield from _leaves(value, with_empty, f"{key}.")
        else:
            yield key, value


def _rewrite(file: Path, key: str, value: Value | None, agrees: Callable[[list[Entry], list[Entry]], None]) -> None:
    before = _parsed_text(file)
    after = _changed(file, before, key, value)
    agrees(_entries(before), _entries(after))
    if after != before:
        write_private(file.resolve(), after)  # a linked config.toml stays a link


def _changed(file: Path, before: str, key: str, value: Value | None) -> str:
    """The text that says the one thing more and nothing else; checked, for tomlkit trips over some layouts."""
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    wanted = {other: kept for other, kept in _contents(before).items() if other != key}
    wanted |= {} if value is None else {key: value}
    for new_section in (tomlkit.table, tomlkit.inline_table):
        with contextlib.suppress(TOMLKitError, ValueError):
            document = tomlkit.parse(before)
            _change(file, document, key.split("."), value, new_section)
            if _contents(document.as_string()) == wanted:
                return document.as_string()
    raise ConfigError(f"{file} is laid out in a way that cannot be edited safely", f"write {key} into it by hand")


def _contents(text: str) -> dict[str, object]:
    import tomllib

    return dict(_leaves(tomllib.loads(text), with_empty=False))


def _change(file: Path, table: Any, path: list[str], value: Value | None, new_section: Callable[[], object]) -> None:
    *sections, name = path
    for section in sections:
        if section not in table and value is None:
            return
        table = _section(file, table, section, new_section)
    if value is None:
        table.pop(name, None)
    elif name in table:
        table[name] = value
    else:
        _append(table, name, value)


def _section(file: Path, table: Any, name: str, new_section: Callable[[], object]) -> Any:
    if name not in table:
        table[name] = new_section()
    if not isinstance(table[name], Mapping):
        raise ConfigError(f"`{name}` in {file} is a value, not a section", REPAIR)
    return table[name]


def _append(table: Any, name: str, value: Value) -> None:
    """Behind the last key, before the comments that follow it: those mostly speak of the next section."""
    from tomlkit.items import Table

    tail = []
    while isinstance(table, Table) and table.value.body and table.value.body[-1][0] is None:
        tail.append(table.value.body.pop()[1])
    table[name] = value
    for trivia in reversed(tail):
        table.add(trivia)
