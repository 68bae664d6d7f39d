"""A keyring for tests that holds nothing, and notes in what state the process is that asks it.

Chosen with PYTHON_KEYRING_BACKEND=tests.keyring_that_tells.TellingKeyring; FLAIT_TEST_TOLD names the file, JSON.
"""

import ctypes
import json
import os
import resource
from pathlib import Path

from keyring.backend import KeyringBackend

PR_GET_DUMPABLE = 3


class TellingKeyring(KeyringBackend):
    """It has no secret, and is asked all the same."""

    priority = 9

    def get_password(self, service: str, username: str) -> str | None:
        """None; what is told is in the file."""
        umask = os.umask(0o077)
        os.umask(umask)
        state = {
            "dumpable": ctypes.CDLL(None).prctl(PR_GET_DUMPABLE, 0, 0, 0, 0),
            "core": resource.getrlimit(resource.RLIMIT_CORE),
            "umask": umask,
        }
        Path(os.environ["FLAIT_TEST_TOLD"]).write_text(json.dumps(state))
        return None

    def set_password(self, service: str, username: str, password: str) -> None:
        """As if stored."""
        self.get_password(service, username)
