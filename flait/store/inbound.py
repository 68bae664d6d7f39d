"""What people text to us: each text once, by Twilio's sid, until it is answered.

A claim carries the daemon's boot id: what a dead daemon was answering is taken up by the next one.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final

from flait.core.inbound import Inbound
from flait.store.connection import Connection, writing
from flait.store.rows import Row, as_json, read, read_json
from flait.store.values import ConsentKind, Heard

ANSWER_WITHIN: Final = timedelta(minutes=5)  # a claim older than this is void
MOST_TRIES: Final = 3  # a text that brings the answering down each time is left alone

_ADD: Final = """
INSERT INTO inbound (sid, sender, "to", whatsapp, body, opt_out_type, received_at, came)
VALUES (:sid, :sender, :to, :whatsapp, :body, :opt_out_type, :received_at,
    (SELECT coalesce(max(came), 0) + 1 FROM inbound))
ON CONFLICT (sid) DO NOTHING
"""
# What decides consent is known by its sid for as long as consent is: for good.
_ADD_DECISIVE: Final = """
INSERT INTO consent_texts (sid, phone, change, said_at) VALUES (:sid, :phone, :change, :said_at)
ON CONFLICT (sid) DO NOTHING
"""
_IS_DECISIVE: Final = "SELECT 1 FROM consent_texts WHERE sid = :sid"
_SAID_AT: Final = "UPDATE consent_texts SET said_at = :said_at WHERE sid = :sid AND said_at IS NULL"
_START_AFTER: Final = """
SELECT 1 FROM consent_texts WHERE phone = :phone AND said_at > :moment AND change = 'opt_in' LIMIT 1
"""
_CLAIM: Final = """
UPDATE inbound SET claimed_by = :claimed_by, claimed_at = :now, tries = tries + 1
WHERE sid = (
    SELECT sid FROM inbound INDEXED BY inbound_unanswered
    WHERE answered_at IS NULL AND tries < :most_tries AND sid NOT IN (SELECT value FROM json_each(:but))
        AND (claimed_by IS NULL OR claimed_by <> :claimed_by OR claimed_at <= :void)
    ORDER BY received_at, came, sid LIMIT 1
)
RETURNING *
"""
_CLAIM_ONE: Final = """
UPDATE inbound SET claimed_by = :claimed_by, claimed_at = :now, tries = tries + 1
WHERE sid = :sid AND answered_at IS NULL AND tries < :most_tries
RETURNING *
"""
_GIVE_BACK: Final = """
UPDATE inbound SET claimed_by = NULL, claimed_at = NULL, tries = tries - 1
WHERE sid = :sid AND claimed_by IS NOT NULL AND tries > 0
"""
_ANSWERED: Final = """
UPDATE inbound SET answered_at = :now, answer = :answer, claimed_by = NULL, claimed_at = NULL
WHERE sid = :sid AND answered_at IS NULL
"""
_COUNT: Final = "SELECT count(*) AS n FROM inbound WHERE sender = :sender AND received_at > :since"
_COUNT_ANSWERS: Final = f"{_COUNT} AND answer = :answer"
_COUNT_ALL: Final = "SELECT count(*) AS n FROM inbound WHERE received_at > :since AND answer = :answer"
_READ_UNTIL: Final = """
INSERT INTO readings (name, until_at) VALUES (:name, :until)
ON CONFLICT (name) DO UPDATE SET until_at = :until, cursor = NULL
"""
_HALF_READ: Final = """
INSERT INTO readings (name, until_at, cursor) VALUES (:name, :until, :cursor)
ON CONFLICT (name) DO UPDATE SET cursor = :cursor
"""


class InboundTexts(Connection):
    """What was said to us."""

    @writing
    def add_inbound(self, inbound: Inbound, now: datetime, *, decides: ConsentKind | None = None) -> bool:
        """Keep a text as its person's; it counts as received when Twilio had it, or now. False: it is known already.

        A text that `decides` about consent is known for good; any other until it is pruned.
        """
        received_at = min(inbound.sent_at or now, now)
        if self._row(_IS_DECISIVE, sid=inbound.sid):
            return False
        if decides:
            values = {"phone": inbound.person, "change": decides, "said_at": inbound.sent_at}
            self._change(_ADD_DECISIVE, sid=inbound.sid, **values)
        columns = {name: getattr(inbound, name) for name in _KEPT} | {"sender": inbound.person}
        return self._change(_ADD, **columns, whatsapp=int(inbound.whatsapp), received_at=received_at) > 0

    @writing
    def note_said_at(self, sid: str, said_at: datetime) -> None:
        """When a text was sent that decided consent and was called in without its moment."""
        self._change(_SAID_AT, sid=sid, said_at=said_at)

    def said_start_after(self, phone: str, moment: datetime) -> bool:
        """Whether that number is known to have said START after that moment, by the same clock."""
        return self._row(_START_AFTER, phone=phone, moment=moment) is not None

    def heard(self, sid: str) -> Heard | None:
        """The text that Twilio knows by that sid."""
        return _heard(self._row("SELECT * FROM inbound WHERE sid = :sid", sid=sid))

    @writing
    def claim_inbound(self, now: datetime, claimed_by: str, *, but: Collection[str] = ()) -> Heard | None:
        """The text that has waited longest for its answer; for 5 minutes nobody else of this run is given it.

        None of `but`, by their sids. Only for who holds the daemon's lock: what other runs had claimed is free. Three
        times at most.
        """
        values = {"void": now - ANSWER_WITHIN, "most_tries": MOST_TRIES, "but": as_json(sorted(but))}
        return _heard(self._row(_CLAIM, now=now, claimed_by=claimed_by, **values))

    @writing
    def claim_inbound_text(self, sid: str, now: datetime, claimed_by: str) -> Heard | None:
        """That very text, whoever has claimed it; None: it is answered, or was tried three times."""
        values = {"sid": sid, "most_tries": MOST_TRIES}
        return _heard(self._row(_CLAIM_ONE, now=now, claimed_by=claimed_by, **values))

    @writing
    def give_back_inbound(self, sid: str) -> None:
        """A claim under which nothing was tried."""
        self._change(_GIVE_BACK, sid=sid)

    @writing
    def mark_answered(self, sid: str, now: datetime, answer: str) -> bool:
        """Nothing more is to be done about it; `answer` says in a word what was. False: it was answered before."""
        return self._change(_ANSWERED, sid=sid, now=now, answer=answer) > 0

    def inbound_count(self, sender: str, *, since: datetime, answer: str | None = None) -> int:
        """How many texts that number sent after that moment; with `answer`, how many of them got that one."""
        sql = _COUNT if answer is None else _COUNT_ANSWERS
        row = self._row(sql, sender=sender, since=since, answer=answer)
        assert row is not None
        count: int = row["n"]
        return count

    def answered_count(self, answer: str, *, since: datetime) -> int:
        """How many texts that came after that moment, from whatever numbers, got that answer."""
        row = self._row(_COUNT_ALL, since=since, answer=answer)
        assert row is not None
        count: int = row["n"]
        return count

    def read_until(self, name: str) -> datetime | None:
        """Up to which moment that record of somebody else's was read; None: never."""
        row = self._row("SELECT until_at FROM readings WHERE name = :name", name=name)
        return None if row is None else datetime.fromisoformat(row["until_at"])

    def half_read(self, name: str) -> dict[str, Any] | None:
        """What was kept of an unfinished reading of that record."""
        row = self._row("SELECT cursor FROM readings WHERE name = :name AND cursor IS NOT NULL", name=name)
        return None if row is None else read_json(dict, row["cursor"])

    @writing
    def note_half_read(self, name: str, until: datetime, cursor: str) -> None:
        """A reading of that record is under way; up to where it was read before stands, or is `until`."""
        self._change(_HALF_READ, name=name, until=until, cursor=cursor)

    @writing
    def note_read(self, name: str, until: datetime) -> None:
        """That record was read up to that moment, and to its end."""
        self._change(_READ_UNTIL, name=name, until=until)


_KEPT: Final = ("sid", "sender", "to", "body", "opt_out_type")


def _heard(row: Row | None) -> Heard | None:
    if row is None:
        return None
    inbound = Inbound(**{name: row[name] for name in _KEPT}, whatsapp=bool(row["whatsapp"]))
    return read(Heard, {**row, "inbound": inbound})
