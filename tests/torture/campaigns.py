"""Every campaign there is, longest first, and how one is run."""

import importlib
import time
import traceback
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from tests.torture.score import Score, Size

CAMPAIGNS: Final[Mapping[str, str]] = {
    # module → what it tries
    "clocks": "set the clock forward, back and to sleep",
    "outages": "break what Flait leans on, and look at the status",
    "storage": "to destroy what is kept: power cuts, deaths, full disks, damaged bytes",
    "leaks": "to let a secret or a telephone number out while everything goes wrong",
    "forged": "requests that nobody genuine made",
    "receipts": "reports that come twice, late and out of order",
    "stop": "senders against people who say STOP",
    "kills": "to lose a text or send it twice, by SIGKILL at every commit and every call to the outside",
    "commands": "to leave half of a command behind, by kills inside system calls and failing or full disks",
    "one": "to have two daemons, two polls of a flight or two senders of a text, and to lose one of many writes",
    "soak": "30 days of flights, restarts and outages, against a model",
    "year": "to make the database grow for ever: 365 days of flights, for three times to keep things",
    "payloads": "to have hostile or wrong answers of AeroAPI believed",
    "money": "to make a day cost more look-ups and texts than the caps",
}


def run(name: str, folder: Path, size: Size) -> Score:
    """Run one campaign below `folder`; an exception that it lets through is something unexpected."""
    folder.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    try:
        score: Score = importlib.import_module(f"tests.torture.{name}").run(folder, size)
    except Exception:  # noqa: BLE001 - whatever it is, it is what the campaign was looking for
        score = Score(campaign=name, expected=1, unexpected=1, remarks=(traceback.format_exc(limit=-6),))
    return replace(score, seconds=time.monotonic() - began)
