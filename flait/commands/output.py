"""How commands print: tables for people, TSV for pipes, one JSON object for scripts; data is always shown escaped."""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from flait.commands import session
from flait.errors import FlaitError, UserError

SCHEMA_VERSION = 1

# What a terminal acts upon, or a reader is misled by: C0, DEL and C1, zero-width and direction marks.
_UNSAFE_RANGES = ((0, 0x1F), (0x7F, 0x9F), (0x200B, 0x200F), (0x2028, 0x202E), (0x2060, 0x2069), (0xFEFF, 0xFEFF))
_UNSAFE = {
    code: f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
    for first, last in _UNSAFE_RANGES
    for code in range(first, last + 1)
}


def safe(text: object) -> str:
    """Any value as one harmless line: control, escape and direction marks are shown, not obeyed."""
    return str(text).translate(_UNSAFE)


def stamp(moment: datetime | None) -> str | None:
    """ISO 8601, UTC, `Z`."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")[:19] + "Z" if moment else None


def print_json(fields: Mapping[str, Any]) -> None:
    """One object on stdout, and nothing else there."""
    sys.stdout.write(json.dumps({"schema_version": SCHEMA_VERSION, **fields}, default=_plain) + "\n")


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return stamp(value) or ""
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON form")


def print_table(columns: Sequence[str], rows: Sequence[Sequence[object]], *, empty: str) -> None:
    """A table on a terminal; tab-separated lines with a heading when piped. `empty` is said where there is nothing."""
    cells = [["" if cell is None else safe(cell) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        for row in [list(columns), *cells]:
            sys.stdout.write("\t".join(row) + "\n")
    elif cells:
        _print_rich(columns, cells)
    else:
        say(empty)


def _print_rich(columns: Sequence[str], cells: Sequence[Sequence[str]]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(*columns, box=SIMPLE_HEAD, pad_edge=False)
    for row in cells:
        table.add_row(*(Text(cell) for cell in row))
    console().print(table)


def console(*, stderr: bool = False) -> Any:
    """Rich's console, without colour where asked (it honours NO_COLOR itself)."""
    from rich.console import Console

    return Console(stderr=stderr, no_color=True if session.current.no_color else None, highlight=False)


def say(text: str) -> None:
    """A line for the person; silent with --quiet."""
    if not session.current.quiet:
        tell(text)


def tell(text: str) -> None:
    """A line on stderr, --quiet or not. Where it cannot be written, what was done stays done, and so does its code."""
    try:
        sys.stderr.write(text + "\n")
        sys.stderr.flush()
    except OSError:  # a file on a full disk, or whoever read it left; what is buffered must not fail the exit either
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def confirmed(question: str) -> bool:
    """Ask on a terminal; --yes answers yes, and without a terminal nothing is asked and the answer is no."""
    if session.current.yes:
        return True
    if not sys.stdin.isatty():
        return False
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def confirm(question: str) -> None:
    """Go on only after a yes. Raises UserError where nobody can be asked, FlaitError after a no."""
    if confirmed(question):
        return
    if not sys.stdin.isatty():
        raise UserError("this wants a yes, and there is no terminal to ask at", "add --yes")
    raise FlaitError("not confirmed", "nothing was changed")
