"""Options and arguments that several commands share, worded once."""

from typing import Annotated

import typer

LARGEST_ID = 2**63 - 1  # what SQLite can look for

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object.")]
Who = Annotated[str, typer.Argument(help="A phone number with country code, or a name.")]
MessageId = Annotated[int, typer.Argument(help="The number `flait messages` shows.", min=1, max=LARGEST_ID)]
