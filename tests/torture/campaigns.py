"""Every campaign there is, longest first and one that computes beside one that waits, and how one is run."""

import importlib
import time
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from flait.core.values import replace
from tests.torture.score import Score, Size

CAMPAIGNS: Final[Mapping[str, str]] = {
    # module → what it tries
    "lives": "to have a last word that is not true, by 8,000 published lives of flights, read as their people read",
    "dialogues": "to be answered what is not so, or to have done what was not meant, by 2,000 random dialogues",
    "planes": "to be told of a late plane what is not so, or not to be told, by 2,500 random flights before",
    "trips": "to be told of a connection what is not so, or not to be told, by 2,500 random pairs of flights",
    "soak": "to lose or double anything in 30 days of flights, restarts and outages",
    "outages": "to break what Flait leans on without `flait status` naming the cause",
    "kills": "to lose a text or send it twice, by SIGKILL at every commit and every call to the outside",
    "storage": "to destroy what is kept, by power cuts, deaths, full disks, damaged bytes",
    "leaks": "to let a secret or a telephone number out while everything goes wrong",
    "commands": "to leave half of a command behind, by kills inside system calls and failing or full disks",
    "one": "to have two daemons, two polls of a flight or two senders of a text, and to lose one of many writes",
    "payloads": "to have hostile or wrong answers of AeroAPI believed",
    "money": "to make a day cost more look-ups and texts than the caps",
    "clocks": "to lose, end or delay anything by setting the clock forward, back and to sleep",
    "stop": "to text somebody after STOP, by races",
    "year": "to make the database grow for ever: 365 days of flights, for three times to keep things",
    "receipts": "to have a report lost or acted upon twice, by late and disordered ones",
    "forged": "to have requests believed that nobody genuine made",
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
