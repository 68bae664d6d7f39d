"""Options and arguments that several commands share, worded once."""

import math
import re
from pathlib import Path
from typing import Annotated

import typer

from flait.system.paths import state_of

LARGEST_ID = 2**63 - 1  # what SQLite can look for
MESSAGE_ID = re.compile(r"[1-9][0-9]{0,18}", re.ASCII)

A_DAY = 86_400


def number(text: str) -> int:
    """`40`, or `msg:40` as that text is called elsewhere. Raises BadParameter."""
    digits = text.removeprefix("msg:")
    if MESSAGE_ID.fullmatch(digits) and int(digits) <= LARGEST_ID:
        return int(digits)
    from flait.core.idents import shown

    raise typer.BadParameter(f"{shown(text)} is no number of a text, like 40 or msg:40")


def seconds(text: str) -> float:
    """How long to wait, a day at most. Raises BadParameter."""
    try:
        span = float(text)
    except ValueError:
        span = math.nan
    if 0 <= span <= A_DAY:
        return span
    from flait.core.idents import shown

    raise typer.BadParameter(f"{shown(text)} is no number of seconds, 0 to {A_DAY}")


def file(text: str) -> Path:
    """The file that is meant, there or not. Raises BadParameter where no file is, or can be, called so."""
    from flait.core.idents import shown

    if not text.strip():
        raise typer.BadParameter("no file is named")
    path = Path(text)
    try:
        state_of(path)
    except OSError as problem:
        raise typer.BadParameter(f"{shown(text)} cannot be looked at: {problem.strerror}") from None
    return path


AsJson = Annotated[bool, typer.Option("--json", help="One JSON object.")]
Who = Annotated[str, typer.Argument(help="A phone number with country code, or a name.")]
MessageId = Annotated[
    int, typer.Argument(help="The number `flait messages` shows, like 40 or msg:40.", parser=number, metavar="ID")
]
