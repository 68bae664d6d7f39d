"""Secrets that nobody would write by chance, and the search for them in all that was left behind.

Below a campaign's folder they may stand only where a test itself put them: in files called as KEPT_IN says.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from flait.redaction import spellings
from tests.end_to_end.rig import SECRETS

KEPT_IN: Final = (
    "credentials",
    "keyring.json",
    "keyrings",
)  # folders or files that stand for systemd's and the system's


def leaked_below(folder: Path) -> list[str]:
    """Every file below `folder` that holds a secret in any spelling: `PATH: NAME`. Names only, never the secret."""
    return [f"{path}: {name}" for path in _files(folder) for name in leaked_in(path.read_bytes())]


def leaked_in(content: bytes) -> list[str]:
    """The names of the secrets that stand there."""
    return [name for name, forms in _FORMS.items() if any(form in content for form in forms)]


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        below = path.relative_to(folder)
        if path.is_file() and not path.is_symlink() and not set(below.parts) & set(KEPT_IN):
            yield path


_FORMS: Final = {name: [form.encode() for form in spellings(secret)] for name, secret in SECRETS.items()}
