"""What outlives a restore: wishes not to be texted, what was heard and sent already, what was spent, numbers given out.

Read from the database that is replaced, row by row as far as it can be read, and merged into the restored one. The
later change of mind holds; whatever may have left counts as sent until Twilio's own record tells.
"""

from collections.abc import Iterable, Mapping
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path
from typing import Final

from msgspec import Struct, field

from flait.core.messages import MessageStatus
from flait.core.numbers import dialled
from flait.schema import APPLICATION_ID
from flait.store.backup import connected, is_whole, untouched
from flait.store.connection import Connection, sqlite3, writing
from flait.store.rows import Row, as_json, plain

REASON: Final = "restored from a backup"
SKIPPED: Final = 10_000  # ids left out where nobody knows which were given out since the backup

_SALVAGE: Final = {
    "opt_outs": "SELECT * FROM opt_outs",
    "consent_changes": "SELECT * FROM consent_changes ORDER BY at, id",
    "consent_texts": "SELECT * FROM consent_texts",
    "askings": "SELECT * FROM askings",
    "inbound": "SELECT * FROM inbound",
    "messages": "SELECT * FROM messages",
    "usage": "SELECT * FROM usage",
    "shares": "SELECT * FROM shares",
    "sqlite_sequence": "SELECT * FROM sqlite_sequence",
}
_TEXTS: Final = {  # what is text in every row that is not damaged
    "opt_outs": ("phone", "at"),
    "consent_changes": ("phone", "at", "change", "how"),
    "consent_texts": ("sid", "phone", "change"),
    "askings": ("asker", "phone", "at"),
    "inbound": ("sid", "sender", "received_at"),
    "messages": ("dedup_key", "status", "expires_at"),
    "usage": ("month", "operation", "flight", "booked_at"),
    "shares": ("month", "phone"),
    "sqlite_sequence": ("name",),
}
_PHONES: Final[Mapping[str, tuple[str, ...]]] = {
    "opt_outs": ("phone",),
    "consent_changes": ("phone",),
    "consent_texts": ("phone",),
    "askings": ("asker", "phone"),
    "inbound": ("sender",),
    "messages": ("to",),
    "shares": ("phone",),
}
_NUMBERS: Final[Mapping[str, tuple[str, ...]]] = {
    "usage": ("result_sets", "micro_usd"),
    "shares": ("micro_usd",),
    "sqlite_sequence": ("seq",),
}
_TABLES: Final = "SELECT name FROM sqlite_schema WHERE type = 'table'"

# OR IGNORE: what a damaged page makes of a row must not stand in the way of the others.
_KEEP_CHANGE: Final = """
INSERT OR IGNORE INTO consent_changes (phone, at, change, how)
SELECT :phone, :at, :change, :how WHERE NOT EXISTS (
    SELECT 1 FROM consent_changes WHERE phone = :phone AND at = :at AND change = :change AND how = :how)
"""
_OPT_OUT: Final = "INSERT OR IGNORE INTO opt_outs (phone, at, sid) VALUES (:phone, :at, :sid)"
_OPT_IN: Final = "DELETE FROM opt_outs WHERE phone = :phone"

_DECISIVE: Final = """
INSERT OR IGNORE INTO consent_texts (sid, phone, change, said_at) VALUES (:sid, :phone, :change, :said_at)
"""
_ASKED: Final = """
INSERT OR IGNORE INTO askings (asker, phone, at)
SELECT :asker, :phone, :at WHERE NOT EXISTS (
    SELECT 1 FROM askings WHERE asker = :asker AND phone = :phone AND at = :at)
"""
_HEARD: Final = """
INSERT OR IGNORE INTO inbound (sid, sender, "to", whatsapp, body, opt_out_type, received_at, answered_at, answer, tries)
VALUES (:sid, :sender, :to, :whatsapp, :body, :opt_out_type, :received_at, :answered_at, :answer, :tries)
"""
_NOT_TO_BE_ANSWERED: Final = """
UPDATE inbound SET answered_at = :now, answer = 'restored', claimed_by = NULL, claimed_at = NULL
WHERE answered_at IS NULL AND sid NOT IN (SELECT value FROM json_each(:waiting))
"""

_PENDING: Final = "SELECT * FROM messages WHERE status IN ('queued', 'sending', 'in_doubt') ORDER BY id"
_ADOPT: Final = """
UPDATE messages SET status = :status, attempts = :attempts, not_before = :not_before, started_at = :started_at,
    claimed_by = :claimed_by, sid = :sid, sent_at = :sent_at, delivered_at = :delivered_at, read_at = :read_at,
    ended_at = :ended_at, error_code = :error_code, error = :error
WHERE id = :id
"""
_EXPIRE: Final = "UPDATE messages SET status = 'expired', ended_at = :now, error = :reason WHERE id = :id"
_DOUBT: Final = """
UPDATE messages SET status = 'in_doubt', attempts = max(attempts, 1), started_at = coalesce(started_at, created_at),
    error = :reason, looks = 0, looked_at = NULL
WHERE id = :id
"""

_SPENT: Final = """
INSERT INTO usage (month, operation, flight, result_sets, micro_usd, booked_at)
VALUES (:month, :operation, :flight, :result_sets, :micro_usd, :booked_at)
ON CONFLICT (month, operation, flight) DO UPDATE SET
    result_sets = max(result_sets, :result_sets), micro_usd = max(micro_usd, :micro_usd)
"""
_SHARE: Final = """
INSERT OR IGNORE INTO shares (month, phone, micro_usd) VALUES (:month, :phone, :micro_usd)
ON CONFLICT (month, phone) DO UPDATE SET micro_usd = max(micro_usd, :micro_usd)
"""
_BOOKED: Final = "SELECT coalesce(sum(micro_usd), -1) AS micro_usd FROM usage WHERE month = :month"
_UNBOOK: Final = "DELETE FROM usage WHERE month = :month"
_NUMBERED: Final = "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE '%AUTOINCREMENT%'"
_GIVEN_OUT: Final = """
SELECT coalesce((SELECT max(seq) FROM sqlite_sequence WHERE name = :name), 0) AS seq
"""
_FORGET_GIVEN_OUT: Final = "DELETE FROM sqlite_sequence WHERE name = :name"
_GIVE_OUT_FROM: Final = "INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :seq)"

S = MessageStatus
_UNSETTLED: Final = frozenset({S.QUEUED.value, S.SENDING.value, S.IN_DOUBT.value})


class Salvaged(Struct, frozen=True, kw_only=True):
    """What could be read of a database that is to be replaced; `whole` says that nothing of it is missing."""

    whole: bool = False
    tables: Mapping[str, list[Row]] = field(default_factory=dict)

    def rows(self, table: str) -> list[Row]:
        """The rows of one table; none where there is no such table, or nothing could be read."""
        return self.tables.get(table, [])


class TakenOver(Struct, frozen=True, kw_only=True):
    """What a restored database was made to know: numbers opted out and in again, and what became of waiting texts."""

    opted_out: int = 0
    opted_in: int = 0
    settled: int = 0
    waiting: int = 0
    expired: int = 0
    in_doubt: int = 0


def salvaged(database: Path) -> Salvaged:
    """Read what must outlive a restore. Never raises for what cannot be read: it is missing then."""
    tables: dict[str, list[Row]] = {}
    with suppress(sqlite3.DatabaseError), closing(connected(database, untouched(database))) as conn:
        if conn.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
            return Salvaged()
        there = {row["name"] for row in conn.execute(_TABLES)}
        read = [_read(conn, table, tables) for table in _SALVAGE if table in there]
        return Salvaged(whole=all(read) and is_whole(conn), tables=tables)
    return Salvaged(tables=tables)


def _read(conn: sqlite3.Connection, table: str, into: dict[str, list[Row]]) -> bool:
    """Row by row, so that what stands before a damaged page is had; whether all of it was read."""
    rows, sound = into.setdefault(table, []), True
    try:
        for row in conn.execute(_SALVAGE[table]):
            if _is_sound(table, row):
                rows.append(_of_one_person(table, dict(row)))
            else:
                sound = False
    except sqlite3.DatabaseError:
        return False
    return sound


def _of_one_person(table: str, row: Row) -> Row:
    """An earlier Flait's database may hold a number in another spelling than the one its person is known by."""
    phones = {column: row[column] for column in _PHONES.get(table, ()) if isinstance(row[column], str)}
    return row | {column: dialled(phone) for column, phone in phones.items()}


def _is_sound(table: str, row: Mapping[str, object]) -> bool:
    texts = all(isinstance(row[name], str) for name in _TEXTS[table])
    return texts and all(isinstance(row[name], int) for name in _NUMBERS.get(table, ()))


class Takeover(Connection):
    """The last step of a restore."""

    @writing
    def take_over(self, old: Salvaged, now: datetime, *, resume: bool) -> TakenOver:
        """Merge what the replaced database knew. Nothing that waits is sent, save with `resume` what certainly was not.

        Where the old database is not whole, a text that waited at the backup may have left since: with `resume` it is
        in doubt, so that Twilio's record is read before anything is sent.
        """
        opted_out, opted_in = self._merge_consent(old)
        self._merge_inbound(old, now)
        fates = self._settle(old, now, resume=resume)
        self._merge_spending(old, f"{now:%Y-%m}")
        self._skip_ids(old)
        return TakenOver(opted_out=opted_out, opted_in=opted_in, **{fate: fates.count(fate) for fate in set(fates)})

    def _merge_consent(self, old: Salvaged) -> tuple[int, int]:
        """Each number stands as the database says that knows its latest change; how many opted out, and in again."""
        theirs = _latest(old.rows("opt_outs"), old.rows("consent_changes"))
        mine = _latest(self._rows("SELECT * FROM opt_outs"), self._rows("SELECT * FROM consent_changes"))
        before = self._opted_out()
        stops = _stops(old)
        for row in old.rows("consent_changes"):
            self._change(_KEEP_CHANGE, **row)
        for phone, at in theirs.items():
            if at >= mine.get(phone, "") and (old.whole or phone in stops):  # half a record lifts no opt-out
                self._change(_OPT_IN, phone=phone)
                if phone in stops:
                    self._change(_OPT_OUT, **{"sid": None} | stops[phone])
        after = self._opted_out()
        return len(after - before), len(before - after)

    def _opted_out(self) -> set[str]:
        return {row["phone"] for row in self._rows("SELECT phone FROM opt_outs")}

    def _merge_inbound(self, old: Salvaged, now: datetime) -> None:
        """Keep what was heard from being heard again. Only what the old database had not answered is to be answered."""
        heard = old.rows("inbound")
        waiting = [row["sid"] for row in heard if row["answered_at"] is None]
        self._change(_NOT_TO_BE_ANSWERED, now=now, waiting=as_json(waiting))
        for row in heard:
            self._change(_HEARD, **row)
        for row in old.rows("consent_texts"):
            self._change(_DECISIVE, **row)
        for row in old.rows("askings"):
            self._change(_ASKED, **row)

    def _settle(self, old: Salvaged, now: datetime, *, resume: bool) -> list[str]:
        """What becomes of each text that was under way at the backup, in a word of TakenOver."""
        known = {(row["id"], row["dedup_key"]): row for row in old.rows("messages")}
        fates = []
        for row in self._rows(_PENDING):
            later = known.get((row["id"], row["dedup_key"]))
            fate = _fate(row, later, whole=old.whole, resume=resume, now=now)
            if later and fate in ("settled", "waiting"):
                self._change(_ADOPT, **later)
            elif fate == "expired":
                self._change(_EXPIRE, id=row["id"], now=now, reason=REASON)
            elif fate == "in_doubt":
                self._change(_DOUBT, id=row["id"], reason=f"{REASON}: it may have been sent")
            fates.append(fate)
        return fates

    def _merge_spending(self, old: Salvaged, this_month: str) -> None:
        """This month row by row; of one that is over, and may be summed up on one side, whichever knows of more."""
        rows = old.rows("usage")
        for month in {row["month"] for row in rows} - {this_month}:
            [mine] = self._rows(_BOOKED, month=month)
            if mine["micro_usd"] >= sum(row["micro_usd"] for row in rows if row["month"] == month):
                rows = [row for row in rows if row["month"] != month]
            else:
                self._change(_UNBOOK, month=month)
        for row in rows:
            self._change(_SPENT, **row)
        for row in old.rows("shares"):
            self._change(_SHARE, **row)

    def _skip_ids(self, old: Salvaged) -> None:
        """An id that people or Twilio know must never come to mean another row."""
        given_out = {row["name"]: row["seq"] for row in old.rows("sqlite_sequence")}
        for table in self._rows(_NUMBERED):
            name = table["name"]
            [mine] = self._rows(_GIVEN_OUT, name=name)
            seq = max(mine["seq"], given_out.get(name, 0)) + (0 if old.whole else SKIPPED)
            self._change(_FORGET_GIVEN_OUT, name=name)
            self._change(_GIVE_OUT_FROM, name=name, seq=seq)


def _stops(old: Salvaged) -> dict[str, Row]:
    """Who is opted out by the old database. START undid an earlier STOP from another spelling of the number too."""
    starts: dict[str, str] = {}
    for row in old.rows("consent_changes") if old.whole else ():
        if row["change"] == "opt_in":
            starts[row["phone"]] = max(starts.get(row["phone"], ""), row["at"])
    return {row["phone"]: row for row in old.rows("opt_outs") if starts.get(row["phone"], "") <= row["at"]}


def _latest(stops: Iterable[Row], changes: Iterable[Row]) -> dict[str, str]:
    """When each number's standing is known to have changed last."""
    latest: dict[str, str] = {}
    for row in (*stops, *changes):
        latest[row["phone"]] = max(latest.get(row["phone"], ""), row["at"])
    return latest


def _fate(row: Row, later: Row | None, *, whole: bool, resume: bool, now: datetime) -> str:
    """What the old database knows of a text under way at the backup decides; where it knows nothing, caution."""
    if later and later["status"] not in _UNSETTLED:
        return "settled"
    if (later or row)["status"] != S.QUEUED:
        return "in_doubt"
    if resume and later and later["expires_at"] > str(plain(now)):
        return "waiting"
    return "in_doubt" if resume and not later and not whole else "expired"
