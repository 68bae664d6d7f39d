"""The tables say the same as core, and every rule of theirs is one the database itself enforces."""

import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import pytest

from flait.core.flights import Phase
from flait.core.messages import CopiedAs, MessageStatus
from flait.core.subscriptions import AddedBy, ClockFace, Role, SubscriptionState
from flait.schema import NAMES, steps
from flait.store import InvitationState, PushState, Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "flait.db") as store:
        yield store


def tables(store: Store) -> dict[str, str]:
    rows = store._rows("SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
    return {row["name"]: row["sql"] for row in rows if row["name"] != "_sqlite_migrations"}


def test_migrations_are_numbered_in_order() -> None:
    numbers = [int(re.match(r"m(\d{3})_", step.__name__)[1]) for step in steps()]  # type: ignore[index]  # the name must fit
    assert numbers == sorted(set(numbers))
    assert numbers[0] == 1
    assert len(NAMES) == len(steps())


def test_every_table_is_there_and_strict(store: Store) -> None:
    assert set(tables(store)) == {
        "users", "opt_outs", "subscriptions", "flights", "flight_numbers", "sightings", "raw_answers", "alerts",
        "messages", "journal", "usage", "sms_totals", "pace", "daemon", "providers", "receipts", "inbound", "readings",
        "consent_changes", "dialogues", "invitations", "whatsapp_windows", "push_alerts", "consent_texts", "askings",
        "shares", "flight_waits", "addresses", "flown", "flown_numbers", "routes", "timetable", "planes", "changes", "reckonings",
    }  # fmt: skip
    assert all(re.search(r"\) STRICT", sql) for sql in tables(store).values())


@pytest.mark.parametrize(
    ("table", "column", "words"),
    [
        ("users", "role", Role),
        ("users", "clock", ClockFace),
        ("users", "added_by", AddedBy),
        ("subscriptions", "role", Role),
        ("subscriptions", "state", SubscriptionState),
        ("flights", "phase", Phase),
        ("messages", "status", MessageStatus),
        ("messages", "copied_as", CopiedAs),
        ("invitations", "role", Role),
        ("invitations", "state", InvitationState),
        ("push_alerts", "state", PushState),
    ],
)
def test_the_database_knows_cores_words_and_no_others(
    store: Store, table: str, column: str, words: type[StrEnum]
) -> None:
    [listed] = re.findall(rf"CHECK \({column} IN \(([^)]*)\)\)", tables(store)[table])
    assert set(re.findall(r"'([^']*)'", listed)) == set(words)


TIMES_OF_DAY = {"leaves_at"}


def test_every_moment_has_its_fixed_width(store: Store) -> None:
    for table, sql in tables(store).items():
        for row in store._rows("SELECT name, type FROM pragma_table_info(:table)", table=table):
            if row["name"] in TIMES_OF_DAY:
                continue
            if (row["name"].endswith("_at") and row["type"] == "TEXT") or row["name"] in {"at", "not_before"}:
                assert f"length({row['name']}) = 24" in sql, f"{table}.{row['name']}"


def test_every_reference_has_an_index(store: Store) -> None:
    """Without one, each delete of a parent reads the whole child table."""
    for table in tables(store):
        indexed = {
            row["name"]
            for row in store._rows(
                "SELECT i.name FROM pragma_index_list(:table) l, pragma_index_info(l.name) i WHERE i.seqno = 0",
                table=table,
            )
        }
        keys = store._rows('SELECT "from" AS name FROM pragma_foreign_key_list(:table)', table=table)
        assert {key["name"] for key in keys} <= indexed, table
