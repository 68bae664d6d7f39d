"""Every request that reached the sandbox and every one it made, remembered; and written to a file when there is one.

Headers are never written down, nor the queries of the addresses that others gave: no secret travels anywhere else.
"""

import json
import os
import threading
from collections.abc import Mapping
from datetime import datetime
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
        self._append(entry)

    def add_callback(
        self, party: str, path: str, form: Mapping[str, str], *, at: datetime, status: int | None, fault: str | None
    ) -> None:
        """Remember a request that the sandbox made, with the status it was answered with: none when nobody did."""
        entry = {
            "at": stamp(at), "unix": SystemClock().now().timestamp(), "party": party,
            "method": "POST", "path": path, "query": {}, "form": dict(form),
            "status": status, "fault": fault, "result_sets": 0,
        }  # fmt: skip
        self._append(entry)

    def _append(self, entry: dict[str, Any]) -> None:
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
