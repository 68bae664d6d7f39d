"""A home for trying things by hand against the sandbox: settings as lines to paste, secrets that open nothing.

Nobody's own data, settings or keyring are touched: the lines hold for the shell they are pasted into.
"""

import os
import shlex
import socket
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from secrets import token_hex
from typing import Self

from flait.sandbox.timetable import RECORDED_STORM_DAY, USUAL_TAXI, Recorded, airports, carriers
from flait.system.paths import make_private, open_private, read_regular

ACCOUNT = f"AC{'0' * 32}"
SENDER = "+15555550199"
KEY = "flightaware-api-key"
TOKEN = "twilio-auth-token"  # noqa: S105  # its name
SECRETS = "secrets"  # the folder's name
EXAMPLE = "UA123"  # what the README follows first
FROM, TO = "JFK", "LAX"
LEAVES_IN = timedelta(hours=4)
LONGEST = 200  # characters of a token
LASTS = timedelta(hours=6)
STEP = timedelta(minutes=5)  # timetables are written in these


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """Where Flait lives while it is tried, the token that both sides sign with, and where it is to listen."""

    home: Path
    token: str = field(repr=False)
    listen: str

    @classmethod
    def made(cls, home: Path, token: str | None) -> Self:
        """With secrets stored as systemd would hand them over. Raises ConfigError."""
        for folder in (home, home / SECRETS):
            make_private(folder)
        known = token or _stored(home / SECRETS / TOKEN) or token_hex(16)  # a daemon may go on with the earlier one
        trial = cls(home=home, token=known, listen=f"127.0.0.1:{_free_port()}")
        for name, secret in ((KEY, token_hex(16)), (TOKEN, trial.token)):
            with os.fdopen(open_private(trial.secrets / name, os.O_WRONLY | os.O_TRUNC), "w") as file:
                file.write(secret)
        return trial

    @property
    def secrets(self) -> Path:
        """Where they are."""
        return self.home / SECRETS

    @property
    def address_file(self) -> Path:
        """Where the sandbox says its address to whoever has pasted the lines."""
        return self.home / "run" / "sandbox.json"

    @property
    def inbound_url(self) -> str:
        """Where people's texts are posted to."""
        return f"http://{self.listen}/twilio/message"

    def lines(self, *, flightaware: str, twilio: str) -> list[str]:
        """What to paste."""
        home, secrets = shlex.quote(str(self.home)), shlex.quote(str(self.secrets))
        return [
            f"export FLAIT_HOME={home} CREDENTIALS_DIRECTORY={secrets}",
            f"export FLAIT_FLIGHTAWARE_BASE_URL={flightaware} FLAIT_FLIGHTAWARE_TIER=standard",
            f"export FLAIT_TWILIO_BASE_URL={twilio} FLAIT_WEBHOOK_LISTEN={self.listen}",
            f"export FLAIT_TWILIO_ACCOUNT_SID={ACCOUNT} FLAIT_TWILIO_FROM_NUMBER={SENDER}",
        ]


def example_flight(now: datetime) -> Recorded:
    """The README's flight, which leaves every day at the time of day it is in four hours."""
    origin, destination = airports()[FROM], airports()[TO]
    first = now + LEAVES_IN - (now - datetime.min.replace(tzinfo=now.tzinfo)) % STEP
    return Recorded(
        day=RECORDED_STORM_DAY,
        carrier=carriers()[EXAMPLE[:2]],
        number=int(EXAMPLE[2:]),
        tail="N12345",
        aircraft="B738",
        origin=origin,
        destination=destination,
        out=first.astimezone(origin.zone).time(),
        block=LASTS,
        out_late=timedelta(),
        in_late=timedelta(),
        air=LASTS - USUAL_TAXI,
        miles=2475,
    )


def _stored(file: Path) -> str:
    try:
        return read_regular(file, LONGEST)[0].decode("ascii").strip()
    except (OSError, ValueError):
        return ""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
