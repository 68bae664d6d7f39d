"""Databases as earlier releases left them."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final
from unittest.mock import patch

from sqlite_utils import Migrations

from flait.schema import m001_initial
from flait.store import Store, opening
from flait.store.connection import sqlite3
from tests.store.samples import NOW, PHONE

_ROWS: Final = (
    "INSERT INTO users VALUES (1, 'Ann', 'ann', :phone, NULL, 'sms', 'traveler', '24h', '', :at)",
    "INSERT INTO opt_outs VALUES (:phone, :at)",
    """INSERT INTO subscriptions
    VALUES (1, 1, 'UA123', '', NULL, NULL, 'traveler', 'sms', 'pending', '', NULL, :at, NULL, 0)""",
    """INSERT INTO messages (user_id, "to", channel, kind, body, segments, dedup_key, tells, status, attempts, created_at,
    not_before, expires_at, sent_at, sid)
    VALUES (1, :phone, 'sms', 'delay', 'x', 1, 'key', '{}', 'sent', 1, :at, :at, :at, :at, 'SM1')""",
)


@contextmanager
def as_the_first_release() -> Iterator[None]:
    """What is opened meanwhile is opened by the first release."""
    first = Migrations("flait")
    first()(m001_initial)
    with (
        patch.object(opening, "NAMES", frozenset({m001_initial.__name__})),
        patch.object(opening, "migrations", lambda: first),
    ):
        yield


def first_release(path: Path) -> None:
    """A database of the first release's, with a person who said STOP, what she follows and a text to her."""
    with as_the_first_release(), Store.open(path) as store:
        for sql in _ROWS:
            store._change(sql, phone=PHONE, at=NOW)


def tables(path: Path) -> set[str]:
    """The names of its tables."""
    with closing(sqlite3.connect(path)) as conn:
        return {name for (name,) in conn.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
