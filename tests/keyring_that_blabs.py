"""A keyring for tests whose exceptions tell the secret, in text, notes and attributes; it also prints a warning.

Chosen with PYTHON_KEYRING_BACKEND=tests.keyring_that_blabs.BlabbingKeyring; FLAIT_TEST_BLAB names a folder with a file
for each secret. The first is given, so that it is known; the others are told in exceptions.
"""

import logging
import os
from pathlib import Path

from keyring.backend import KeyringBackend

GIVEN = "flightaware-api-key"


class Blabbed(Exception):
    """All it knows."""

    def __init__(self, secret: str) -> None:
        super().__init__(f"cannot decrypt {secret}", secret)
        self.secret = secret
        self.add_note(f"it was {secret}")


class BlabbingKeyring(KeyringBackend):
    """It fails, and says with what."""

    priority = 9

    def get_password(self, service: str, username: str) -> str:
        """The first secret; Blabbed for the others, raised from a KeyError that tells it too."""
        secret = Path(os.environ["FLAIT_TEST_BLAB"], username).read_text()
        if username == GIVEN:
            return secret
        logging.getLogger("keyring").debug("asked for %s", secret)
        raise Blabbed(secret) from KeyError(secret)

    def set_password(self, service: str, username: str, password: str) -> None:
        """Blabbed."""
        raise Blabbed(password) from KeyError(password)
