"""A keyring for tests and the processes they start: one JSON file, 0600, named by FLAIT_TEST_KEYRING.

Chosen with PYTHON_KEYRING_BACKEND=tests.keyring_for_tests.FileKeyring and the repository's root on PYTHONPATH.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError


class FileKeyring(KeyringBackend):
    """Plain text: for invented secrets only."""

    priority = 9

    def get_password(self, service: str, username: str) -> str | None:
        """The stored text, or None."""
        with self._stored() as stored:
            return stored.get(f"{service}/{username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        """Store or replace."""
        with self._stored() as stored:
            stored[f"{service}/{username}"] = password

    def delete_password(self, service: str, username: str) -> None:
        """Forget; raises PasswordDeleteError when there is nothing to forget."""
        with self._stored() as stored:
            if stored.pop(f"{service}/{username}", None) is None:
                raise PasswordDeleteError("not found")

    @contextmanager
    def _stored(self) -> Iterator[dict[str, str]]:
        """The file's content under a lock; what the block changed is written back."""
        handle = os.open(Path(os.environ["FLAIT_TEST_KEYRING"]), os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(handle, "r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            before = file.read()
            stored: dict[str, str] = json.loads(before or "{}")
            yield stored
            if (after := json.dumps(stored)) != before:
                file.seek(0)
                file.truncate()
                file.write(after)
