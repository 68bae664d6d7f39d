"""How commands print: tables for people, TSV for pipes, one JSON object for scripts; data is always shown escaped."""

import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from flait.commands import session
from flait.commands.tables import Cell, Column
from flait.errors import FlaitError, UserError

if TYPE_CHECKING:
    from rich.text import Text


SCHEMA_VERSION = 1

# What a terminal acts upon, or a reader is misled by: C0, DEL and C1, zero-width and direction marks.
_UNSAFE_RANGES = ((0, 0x1F), (0x7F, 0x9F), (0x200B, 0x200F), (0x2028, 0x202E), (0x2060, 0x2069), (0xFEFF, 0xFEFF))
_UNSAFE = {
    code: f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
    for first, last in _UNSAFE_RANGES
    for code in range(first, last + 1)
}


Style = Callable[[int, int], str]


def safe(text: object) -> str:
    """Any value as one harmless line: control, escape and direction marks are shown, not obeyed."""
    return str(text).translate(_UNSAFE)


def in_lines(text: str) -> str:
    """The same of a text that may have several lines."""
    return "\n".join(map(safe, text.splitlines()))


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


def print_table(
    columns: Sequence[Column], rows: Iterable[Sequence[object]], *, empty: str = "", style: Style | None = None
) -> None:
    """A table on a terminal; tab-separated lines with a heading when piped. `empty` is said where there is nothing.

    Moments, days and what `reads` says are cells for people on the one and for scripts in the other; a tuple is broken
    between its parts alone. `style` says how a cell looks, by its row and column.
    """
    rows = list(rows)
    if not on_screen():
        for row in [[column.name for column in columns], *rows]:
            sys.stdout.write("\t".join(_in_one_line(_cell(value)) for value in row) + "\n")
    elif rows:
        console().print(laid(columns, rows, screen_width(), style), soft_wrap=True, end="")
    elif empty:
        say(empty)


def screen_width() -> int:
    """How many columns the terminal has; 80 where it does not say."""
    said = os.environ.get("COLUMNS", "")
    if said.isdecimal() and int(said):
        return int(said)
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or 80
    except OSError:
        return 80


def laid(columns: Sequence[Column], rows: Iterable[Sequence[object]], width: int, style: Style | None = None) -> "Text":
    """The table on a screen of that width, for Rich; its heading bold."""
    from rich.text import Text

    from flait.commands.tables import HEADING, laid_out

    text = Text(end="", no_wrap=True, overflow="ignore")
    for line in laid_out(columns, [[_cell(value) for value in row] for row in rows], width):
        for span in line:
            look = style(span.row, span.column) if style and span.row >= 0 else "bold" if span.row == HEADING else ""
            text.append(span.text, look)
        text.append("\n")
    return text


def _cell(value: object) -> Cell:
    if isinstance(value, datetime) and on_screen():
        return _day_and_time(value)
    if isinstance(value, tuple):
        return tuple(safe(part) for part in value if part)
    return "" if value is None else in_lines(worded(value))


def _in_one_line(cell: Cell) -> str:
    return " ".join(cell) if isinstance(cell, tuple) else " / ".join(cell.split("\n"))


def known_facts(facts: Iterable[tuple[str, object]]) -> list[tuple[str, object]]:
    """What has a value, for people; everything for scripts."""
    return [(name, value) for name, value in facts if not on_screen() or value not in (None, "", ())]


def worded(value: object) -> str:
    """A value as whoever reads the output reads it: people local time and days, scripts ISO 8601 in UTC."""
    if isinstance(value, datetime):
        return local(value) if on_screen() else str(stamp(value))
    if isinstance(value, date):
        return day(value) if on_screen() else value.isoformat()
    return str(value)


def reads(words: str, value: object) -> str:
    """`words` for people, the `value` for scripts."""
    return words if on_screen() else str(value)


def on_screen() -> bool:
    """Whether people read the output, and not a pipe."""
    return sys.stdout.isatty()


def local(moment: datetime) -> str:
    """`27 Nov 17:29:37 CET`: on this machine's clock, with the year where it is another than this."""
    return " ".join(_day_and_time(moment))


def _day_and_time(moment: datetime) -> tuple[str, str]:
    here = moment.astimezone()
    return day(here.date()).partition(" ")[2], f"{here:%H:%M:%S %Z}"


def day(on: date) -> str:
    """`Fri 27 Nov`, with the year where it is another than this."""
    from flait.core.texts import formats

    this_year = session.app().clock.now().astimezone().year
    return formats.day(on) + ("" if on.year == this_year else f" {on.year}")


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
