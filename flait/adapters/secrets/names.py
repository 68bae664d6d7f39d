"""The secrets that Flait knows, by the names under which they are kept."""

from enum import StrEnum
from typing import Final

SERVICE: Final = "flait"  # whose they are, in a keyring
LONGEST: Final = 4096  # bytes; more is a file read by mistake


class SecretName(StrEnum):
    """The secrets Flait knows."""

    FLIGHTAWARE_API_KEY = "flightaware-api-key"
    TWILIO_AUTH_TOKEN = "twilio-auth-token"  # noqa: S105 — a name
    TWILIO_API_KEY_SECRET = "twilio-api-key-secret"  # noqa: S105 — a name
