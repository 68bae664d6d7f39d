"""Every request that reached the sandbox, remembered; and written to a file when there is one.

Headers are never written down, and no secret travels anywhere else.
"""

import json
import os
import threading
from pathlib import Path
from typing import Any, TextIO

from flait.clock import SystemClock
from flait.sandbox.exchange import Request
from flait.sandbox.records import stamp


class Ledger:
    """The list of requests, in order of arrival."""

    def __init__(self, file: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._entries: list[dict[str, Any]] = []
        self._file = _opened(file) if file else None

    def add(self, party: str, request: Request, *, status: int | None, fault: str | None, result_sets: int) -> None:
        """Remember a request and what it was answered with: a status, or none when a fault kept it back."""
        entry = {
            "at": stamp(request.at), "unix": SystemClock().now().timestamp(), "party": party,
            "method": request.method, "path": request.path, "query": dict(request.query), "form": dict(request.form),
            "status": status, "fault": fault, "result_sets": result_sets,
        }  # fmt: skip
        with self._lock:
            self._entries.append(entry)
            if self._file:
                self._file.write(json.dumps(entry) + "\n")
                self._file.flush()

    def entries(self) -> list[dict[str, Any]]:
        """All of them so far."""
        with self._lock:
            return list(self._entries)

    def clear(self) -> None:
        """Forget them; what is in the file stays there."""
        with self._lock:
            self._entries.clear()

    def close(self) -> None:
        """Close the file; entries that come later stay in memory only."""
        with self._lock:
            if self._file:
                self._file.close()
                self._file = None


def _opened(path: Path) -> TextIO:
    """Readable by its owner only: texts carry numbers."""
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    return os.fdopen(descriptor, "a", encoding="utf-8")
