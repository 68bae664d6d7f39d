"""Databases as earlier releases left them."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final
from unittest.mock import patch

from sqlite_utils import Migrations

from flait.core.flights import Flight
from flait.core.told import tells
from flait.schema.m001_initial import m001_initial
from flait.schema.m002_words_back import m002_words_back
from flait.schema.m003_route_and_time import m003_route_and_time
from flait.schema.m004_alert_of_text import m004_alert_of_text
from flait.schema.m005_one_person import m005_one_person
from flait.store import Store, opening
from flait.store.connection import sqlite3
from flait.store.rows import as_json
from tests.store.samples import HOUR, NOW, PHONE, flight

if TYPE_CHECKING:
    from sqlite_utils import Database

_ROWS: Final = (
    "INSERT INTO users VALUES (1, 'Ann', 'ann', :phone, NULL, 'sms', 'traveler', '24h', '', :at)",
    "INSERT INTO opt_outs VALUES (:phone, :at)",
    """INSERT INTO subscriptions
    VALUES (1, 1, 'UA123', '', NULL, NULL, 'traveler', 'sms', 'pending', '', NULL, :at, NULL, 0)""",
    """INSERT INTO messages (user_id, "to", channel, kind, body, segments, dedup_key, tells, status, attempts, created_at,
    not_before, expires_at, sent_at, sid)
    VALUES (1, :phone, 'sms', 'delay_first', 'x', 1, 'key', '{}', 'sent', 1, :at, :at, :at, :at, 'SM1')""",
)


_WORDS: Final = (
    "UPDATE users SET muted_until = :at",
    """INSERT INTO subscriptions VALUES
    (2, 1, 'UA123', 'today', '2013-03-08', 'SFO', 'meeter', 'sms', 'pending', 'waits', NULL, :at, :at, 3, :at)""",
    """INSERT INTO flights (id, fa_flight_id, ident, origin, departure_date, phase, latest, created_at)
    VALUES (1, 'UAL5', 'UAL5', 'KSFO', '2013-03-08', 'scheduled', :flight, :at)""",
    """INSERT INTO subscriptions VALUES
    (3, 1, 'UA5', '', '2013-03-08', 'SFO', 'traveler', 'sms', 'active', '', 1, :at, NULL, 1, NULL)""",
    "INSERT INTO dialogues VALUES (:phone, 'question', '{}', :at)",
    """INSERT INTO invitations (inviter_id, phone, subscription_id, role, state, created_at, expires_at)
    VALUES (1, '+15555550101', 2, 'watcher', 'open', :at, :at)""",
)


@contextmanager
def _as_a_release(*steps: Callable[["Database"], None]) -> Iterator[None]:
    migrations = Migrations("flait")
    for step in steps:
        migrations()(step)
    with (
        patch.object(opening, "NAMES", frozenset(step.__name__ for step in steps)),
        patch.object(opening, "migrations", lambda: migrations),
    ):
        yield


@contextmanager
def as_the_first_release() -> Iterator[None]:
    """What is opened meanwhile is opened by the first release."""
    with _as_a_release(m001_initial):
        yield


def first_release(path: Path) -> None:
    """A database of the first release's, with a person who said STOP, what she follows and a text to her."""
    with as_the_first_release(), Store.open(path) as store:
        for sql in _ROWS:
            store._change(sql, phone=PHONE, at=NOW)


def second_release(path: Path) -> None:
    """The same brought up to the second release, where she asked for another flight and invited somebody to it."""
    first_release(path)
    with _as_a_release(m001_initial, m002_words_back), Store.open(path) as store:
        for sql in _WORDS:
            store._change(sql, phone=PHONE, at=NOW, flight=as_json(flight(5)))


_SPELLINGS: Final = (
    # Bea was added by the number as it is dialled, and joined from WhatsApp, which spells it otherwise; Caio joined
    # from there alone, and is called by his number.
    "INSERT INTO users VALUES (11, 'Bea', 'bea', :bea, NULL, 'sms', 'traveler', '24h', 'added at the command line', :at, NULL)",
    """INSERT INTO users VALUES
    (12, :bea_on_whatsapp, :bea_on_whatsapp, :bea_on_whatsapp, NULL, 'whatsapp', 'meeter', '24h',
        'whatsapp: JOIN by text, 2013-03-08', :at, NULL)""",
    """INSERT INTO users VALUES
    (13, :caio_on_whatsapp, :caio_on_whatsapp, :caio_on_whatsapp, NULL, 'whatsapp', 'meeter', '24h',
        'whatsapp: JOIN by text, 2013-03-08', :at, :at)""",
    """INSERT INTO subscriptions (id, user_id, ident, wish, departure_date, role, channel, state, reason, flight_id,
    asked_at, attempts) VALUES
    (21, 11, 'UA5', '', '2013-03-08', 'traveler', 'sms', 'active', '', 1, :at, 1),
    (22, 12, 'UA5', '', '2013-03-08', 'meeter', 'whatsapp', 'active', '', 1, :at, 1),
    (23, 12, 'UA9', 'fri', NULL, 'meeter', 'whatsapp', 'pending', '', NULL, :at, 0),
    (24, 13, 'UA5', '', '2013-03-08', 'meeter', 'whatsapp', 'active', '', 1, :at, 1)""",
    "INSERT INTO opt_outs VALUES (:bea_on_whatsapp, :at, 'SM2'), (:caio_on_whatsapp, :at, 'SM3')",
    """INSERT INTO consent_changes (phone, at, change, how) VALUES
    (:bea_on_whatsapp, :at, 'opt_out', 'texted WhatsApp SM2'), (:caio_on_whatsapp, :at, 'opt_out', 'texted SMS SM3'),
    (:caio, :later, 'opt_in', 'texted SMS SM4')""",
    """INSERT INTO inbound (sid, sender, "to", whatsapp, body, received_at, answered_at, answer) VALUES
    ('SM2', :bea_on_whatsapp, '+15555550199', 1, 'STOP', :at, :at, 'stop'),
    ('SM5', :bea_on_whatsapp, '+15555550199', 1, 'STATUS', :at, NULL, NULL)""",
    "INSERT INTO dialogues VALUES (:bea, 'said', '{}', :at), (:bea_on_whatsapp, 'said', '{}', :at)",
    "INSERT INTO whatsapp_windows VALUES (:bea_on_whatsapp, :at), (:caio_on_whatsapp, :at)",
    """INSERT INTO invitations (inviter_id, phone, subscription_id, role, state, created_at, expires_at) VALUES
    (12, '+15555550101', 22, 'watcher', 'open', :at, :at), (11, :caio, 21, 'watcher', 'joined', :at, :at)""",
    "INSERT INTO sms_totals (month, user_id, messages, segments) VALUES ('2013-02', 11, 2, 3), ('2013-02', 12, 4, 4)",
    """INSERT INTO messages (user_id, "to", channel, kind, body, segments, dedup_key, tells, status, attempts, created_at,
    not_before, expires_at) VALUES
    (12, :bea_on_whatsapp, 'whatsapp', 'delay', 'x', 1, 'hers', '{}', 'queued', 0, :at, :at, :at)""",
)
BEA, BEA_ON_WHATSAPP = "+525555550100", "+5215555550100"
CAIO, CAIO_ON_WHATSAPP = "+5531985550100", "+553185550100"


def fourth_release(path: Path) -> None:
    """The same brought up to the fourth release, which took the spellings of a number for several people."""
    second_release(path)
    spelt = {"bea": BEA, "bea_on_whatsapp": BEA_ON_WHATSAPP, "caio": CAIO, "caio_on_whatsapp": CAIO_ON_WHATSAPP}
    with (
        _as_a_release(m001_initial, m002_words_back, m003_route_and_time, m004_alert_of_text),
        Store.open(path) as store,
    ):
        for sql in _SPELLINGS:
            store._change(sql, at=NOW, later=NOW + HOUR, **spelt)


DEE, EVE = "+15555550104", "+15555550105"
_BUSY: Final = (
    # Dee follows a flight over WhatsApp, and agreed to SMS too; Eve said STOP just now.
    """INSERT INTO users (id, name, name_key, phone, channel, role, clock, consent, created_at, added_by) VALUES
    (31, 'Dee', 'dee', :dee, 'whatsapp', 'traveler', '24h',
        'added at the command line, 2013-03-07; whatsapp: JOIN by text, 2013-03-08', :at, 'operator'),
    (32, 'Eve', 'eve', :eve, 'sms', 'watcher', '12h', '', :at, 'operator'),
    (33, 'Fay', 'fay', '+15555550106', 'whatsapp', 'watcher', '12h', 'whatsapp: said so', :at, 'operator')""",
    """INSERT INTO subscriptions (id, user_id, ident, wish, departure_date, role, channel, state, reason, flight_id,
    asked_at, attempts) VALUES (41, 31, 'UA5', '', '2013-03-08', 'traveler', 'whatsapp', 'active', '', 1, :at, 1)""",
    "INSERT INTO opt_outs VALUES (:eve, :at, 'SM9')",
    "INSERT INTO dialogues VALUES (:dee, 'question', '{\"of\": \"TRACK\"}', :later)",
    """INSERT INTO messages (id, user_id, "to", channel, kind, body, segments, dedup_key, subscription_id, flight_id,
    tells, status, attempts, created_at, not_before, expires_at, started_at, claimed_by) VALUES
    (51, 31, :dee, 'whatsapp', 'gate_change', 'a', 1, 'alert:41:1', 41, 1, '{}', 'failed', 1, :at, :at, :later, NULL, NULL),
    (52, 31, :dee, 'whatsapp', 'gate_change', 'a', 1, 'template-for:51', 41, 1, '{}', 'failed', 1, :at, :at, :later, NULL, NULL),
    (53, 31, :dee, 'sms', 'gate_change', 'a', 1, 'sms-for:52', 41, 1, '{}', 'queued', 0, :at, :at, :later, NULL, NULL),
    (54, 31, :dee, 'sms', 'reply', 'b', 1, 'reply:SM7', NULL, NULL, '{}', 'failed', 2, :at, :at, :later, NULL, NULL),
    (55, 31, :dee, 'sms', 'reply', 'b', 1, 'reply:SM7:2', 41, 1, '{}', 'expired', 0, :at, :at, :later, NULL, NULL),
    (56, 31, :dee, 'sms', 'reply', 'b', 1, 'again:55', 41, 1, '{}', 'in_doubt', 1, :at, :at, :later, :at, 'gone'),
    (57, 31, :dee, 'sms', 'reply', 'b', 1, 'retry:54:1', NULL, NULL, '{}', 'failed', 1, :at, :at, :later, NULL, NULL),
    (58, 31, :dee, 'sms', 'reply', 'b', 1, 'retry:54:2', NULL, NULL, '{}', 'sending', 1, :at, :at, :later, :at, 'gone'),
    (59, 32, :eve, 'sms', 'stop_confirmed', 'c', 1, 'reply:SM9', NULL, NULL, '{}', 'queued', 0, :at, :at, :later, NULL, NULL),
    (60, 32, :eve, 'sms', 'departure', 'd', 1, 'alert-again:41:2', 41, 1, '{}', 'queued', 0, :at, :at, :later, NULL, NULL)""",
)


def fifth_release(path: Path) -> None:
    """The same brought up to the fifth release, in the middle of a busy day: texts under way, copied and answered."""
    fourth_release(path)
    with (
        _as_a_release(m001_initial, m002_words_back, m003_route_and_time, m004_alert_of_text, m005_one_person),
        Store.open(path) as store,
    ):
        for sql in _BUSY:
            store._change(sql, at=NOW, later=NOW + HOUR, dee=DEE, eve=EVE)


def tables(path: Path) -> set[str]:
    """The names of its tables."""
    with closing(sqlite3.connect(path)) as conn:
        return {name for (name,) in conn.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}


_HOLDS: Final = (
    """INSERT INTO users (id, name, name_key, phone, channel, role, clock, consent, created_at, muted_until)
    VALUES (1, 'Ann', 'ann', :phone, 'sms', 'traveler', '24h', 'sms: asked, 2013-03-07', :at, :muted_until)""",
    """INSERT INTO flights (id, fa_flight_id, ident, ident_icao, origin, departure_date, phase, latest, polls,
    next_poll_at, last_polled_at, created_at)
    VALUES (1, :fa_flight_id, :ident, :ident, 'KSFO', :day, 'scheduled', :latest, 7, :next_poll_at, :at, :at)""",
    """INSERT INTO subscriptions (id, user_id, ident, wish, departure_date, role, channel, state, reason, flight_id,
    asked_at, attempts) VALUES (1, 1, :ident, '', :day, 'traveler', 'sms', 'active', '', 1, :at, 1)""",
    """INSERT INTO messages (user_id, "to", channel, kind, body, segments, dedup_key, subscription_id, flight_id, tells,
    status, attempts, created_at, not_before, expires_at, sent_at, sid)
    VALUES (1, :phone, 'sms', 'tracked', 'x', 1, 'tracked:1', 1, 1, :tells, 'delivered', 1, :at, :at, :at, :at, 'SM1')""",
)


def fifth_release_that_waits(
    path: Path, *, told: Flight, seen: Flight, at: datetime, looks: datetime, muted: datetime
) -> None:
    """A database of the fifth release's in the middle of a day: who follows a flight is muted, and it has changed."""
    steps = (m001_initial, m002_words_back, m003_route_and_time, m004_alert_of_text, m005_one_person)
    values = {
        "phone": PHONE,
        "fa_flight_id": seen.fa_flight_id,
        "ident": seen.ident,
        "day": seen.departure_date,
        "latest": as_json(seen),
        "tells": as_json(tells(told)),
        "at": at,
        "next_poll_at": looks,
        "muted_until": muted,
    }
    with _as_a_release(*steps), Store.open(path) as store:
        for sql in _HOLDS:
            store._change(sql, **values)
