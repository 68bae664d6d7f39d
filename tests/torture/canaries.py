"""Secrets that nobody would write by chance, and the search for them in all that was left behind.

Below a campaign's folder they may stand only where a test itself put them: in files called as KEPT_IN says.
Looked for: every spelling that redaction knows (quoted, in JSON, in base64 behind anything), in hexadecimal, in UTF-16,
and the end of each by itself, in the bytes of a file; unpacked, where it is gzip; and in every value of a database,
where a long one is cut in pieces in the file. Not looked for: hashes, of which there is none to be made.
"""

import gzip
import re
import shutil
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

from flait.store.engine import sqlite3
from flait.system.redaction import spellings
from tests.end_to_end.rig import SECRETS

KEPT_IN: Final = (
    "credentials",
    "keyring.json",
    "keyrings",
)  # folders or files that stand for systemd's and the system's
TAIL: Final = 8  # characters of a canary that are its own
GZIP: Final = b"\x1f\x8b"
DATABASE: Final = b"SQLite format 3\0"
_NUMBER: Final = re.compile(rb"555[-. ()]{0,2}555[-. ]?01[0-9]{2}")


def leaked_below(folder: Path) -> list[str]:
    """Every file below `folder` that holds a secret in any spelling: `PATH: NAME`. Names only, never the secret."""
    return [f"{path}: {name}" for path in files_below(folder) for name in leaked_in(contents_of(path))]


def leaked_in(content: bytes) -> list[str]:
    """The names of the secrets that stand there."""
    return [name for name, forms in _FORMS.items() if any(form in content for form in forms)]


def numbers_in(content: bytes) -> int:
    """How many telephone numbers stand there whole; all in tests are of the fictional kind."""
    return len(_NUMBER.findall(content))


def files_below(folder: Path) -> Iterator[Path]:
    """What is searched."""
    for path in sorted(folder.rglob("*")):
        below = path.relative_to(folder)
        if path.is_file() and not path.is_symlink() and not set(below.parts) & set(KEPT_IN):
            yield path


def contents_of(path: Path) -> bytes:
    """A file's bytes, and behind them what is packed in it or cut in pieces."""
    content = path.read_bytes()
    if content.startswith(GZIP):
        with suppress(OSError, EOFError, zlib.error):
            content += gzip.decompress(content)
    if content.startswith(DATABASE):
        content += b"\n".join(_values(path))
    return content


def _values(path: Path) -> Iterator[bytes]:
    """Every value of a database, of its log too; of a damaged one, those that can be read."""
    with tempfile.TemporaryDirectory() as folder:
        for suffix in ("", "-wal", "-journal"):
            with suppress(FileNotFoundError):
                shutil.copyfile(f"{path}{suffix}", f"{folder}/copy{suffix}")
        with suppress(sqlite3.Error), closing(sqlite3.connect(f"{folder}/copy")) as copy:
            copy.text_factory = bytes
            tables = [name.decode() for (name,) in copy.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
            for row in (row for name in tables for row in copy.execute(f'SELECT * FROM "{name}"')):
                yield from (value for value in row if isinstance(value, bytes))


def _forms(secret: str) -> list[bytes]:
    encoded = [secret.encode(), secret.encode("utf-16-le"), secret.encode("utf-16-be")]
    in_hex = [secret.encode().hex().encode(), secret.encode().hex().upper().encode()]
    return [*(form.encode() for form in spellings(secret)), *encoded, *in_hex, secret[-TAIL:].encode()]


_FORMS: Final = {name: _forms(secret) for name, secret in SECRETS.items()}
