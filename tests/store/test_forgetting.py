"""Any database, any moment to forget before: what goes is what a pure model lets go, and a death halfway changes nothing."""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flait.store import Store, upkeep
from flait.store.rows import plain
from tests.flows.mortal import Killed, Mortal
from tests.store.samples import NOW, PHONE, user

DAYS = 8
Columns = dict[str, Any]
Rows = dict[str, dict[Any, Columns]]

LIVE = ("pending", "active")
UNDER_WAY = ("queued", "sending", "in_doubt")
KEYS = {
    "usage": ("month", "operation", "flight"),
    "opt_outs": ("phone",),
    "inbound": ("sid",),
    "dialogues": ("phone", "kind"),
}
FOR_EVER = ("users", "opt_outs", "consent_changes")


def at(day: int) -> str:
    return str(plain(NOW + timedelta(days=day)))


day = st.integers(0, DAYS)
maybe_day = st.one_of(st.none(), day)
number = st.integers(1, 4)
maybe = st.one_of(st.none(), number)
state = st.sampled_from([*LIVE, "ended", "canceled", "failed"])
status = st.sampled_from([*UNDER_WAY, "accepted", "delivered", "failed", "expired", "suppressed"])

contents = st.fixed_dictionaries(
    {
        "flights": st.lists(maybe_day, min_size=4, max_size=4),  # closed on that day
        "subscriptions": st.lists(st.tuples(state, day, maybe), min_size=4, max_size=4),  # asked, flight
        "messages": st.lists(st.tuples(status, day, maybe, maybe), min_size=4, max_size=6),  # created, sub, flight
        "journal": st.lists(st.tuples(day, maybe, maybe, maybe), max_size=6),
        "sightings": st.lists(st.tuples(number, day), max_size=6),
        "alerts": st.lists(st.tuples(number, number, day), max_size=6),
        "receipts": st.lists(st.tuples(number, day), max_size=6),
        "push_alerts": st.lists(st.tuples(st.sampled_from(["unclear", "ended"]), day), max_size=4),
        "inbound": st.lists(day, max_size=4),
        "dialogues": st.lists(st.integers(-4, DAYS), max_size=3),
        "usage": st.lists(st.integers(-2, 1), max_size=5),  # months from now
        "opt_outs": st.booleans(),
    }
)


def _subscription(n: int, state: str, asked: int, flight: int | None) -> Columns:
    about = {"user_id": 1, "ident": f"UA{n}", "wish": "", "role": "traveler", "channel": "sms", "reason": ""}
    follows = n + 1 if state == "active" else flight  # nobody follows a flight twice
    return {**about, "state": state, "flight_id": follows, "asked_at": at(asked), "attempts": 0}


def _message(n: int, status: str, created: int, subscription: int | None, flight: int | None) -> Columns:
    told = {"user_id": 1, "to": PHONE, "channel": "sms", "kind": "delay", "body": "x", "segments": 1, "tells": "{}"}
    times = {"created_at": at(created), "not_before": at(0), "expires_at": at(9), "started_at": at(0)}
    of = {"subscription_id": subscription, "flight_id": flight, "dedup_key": f"key {n}", "claimed_by": "boot"}
    sid = f"SM{n}" if status in ("accepted", "delivered") else None
    return {**told, **times, **of, "status": status, "attempts": 1, "sid": sid, "sent_at": at(created) if sid else None}


def _flight(n: int, closed: int | None) -> Columns:
    place = {"origin": "KSFO", "departure_date": "2013-03-08", "phase": "in", "latest": "{}", "created_at": at(0)}
    return {"fa_flight_id": f"F{n}", "ident": "UAL1", **place, "closed_at": None if closed is None else at(closed)}


def _step(n: int, seen: int, subscription: int | None, flight: int | None, text: int | None) -> Columns:
    about = {"subscription_id": subscription, "flight_id": flight, "message_id": text}
    return {"at": at(seen), **about, "step": "s", "outcome": "o", "detail": ""}


def _alert(n: int, subscription: int, flight: int, seen: int) -> Columns:
    decided = {"poll": n, "kinds": "[]", "why": "{}", "at": at(seen)}
    return {"subscription_id": subscription, "flight_id": flight, **decided}


def _inbound(n: int, seen: int) -> Columns:
    return {"sid": f"IN{n}", "sender": PHONE, "to": PHONE, "whatsapp": 0, "body": "hi", "received_at": at(seen)}


def _spent(n: int, months: int) -> Columns:
    spent = {"operation": "flight", "flight": f"F{n}", "result_sets": 1, "micro_usd": 5, "booked_at": at(0)}
    return {"month": f"2013-{3 + months:02}", **spent}


ROWS: Mapping[str, Callable[..., Columns]] = {  # table → its columns, of the row's number and what was drawn
    "flights": _flight,
    "subscriptions": _subscription,
    "messages": _message,
    "journal": _step,
    "sightings": lambda n, flight, seen: {"flight_id": flight, "poll": n, "seen_at": at(seen), "facts": "{}"},
    "alerts": _alert,
    "receipts": lambda n, text, seen: {"message_id": text, "sid": "SM", "status": f"w{n}", "received_at": at(seen)},
    "push_alerts": lambda n, state, on: {"token": f"t{n}", "state": state, "created_at": at(0), "changed_at": at(on)},
    "inbound": _inbound,
    "dialogues": lambda n, until: {"phone": PHONE, "kind": f"k{n}", "state": "{}", "expires_at": at(until)},
    "usage": _spent,
}


def fill(store: Store, drawn: dict[str, Any]) -> None:
    """The rows as drawn; ids count from 1."""
    store.add_user(user())
    for table, columns in ROWS.items():
        for n, values in enumerate(drawn[table]):
            row = columns(n, *(values if isinstance(values, tuple) else (values,)))
            names, marks = ", ".join(f'"{name}"' for name in row), ", ".join(f":{name}" for name in row)
            store._change(f"INSERT INTO {table} ({names}) VALUES ({marks})", **row)
    if drawn["opt_outs"]:
        store.opt_out(PHONE, NOW, how="STOP")


def rows(store: Store) -> Rows:
    """Every row of every table, by its key."""
    names = [row["name"] for row in store._rows("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    tables = {name: store._rows(f"SELECT * FROM {name}") for name in names if not name.startswith(("sqlite", "_"))}
    return {
        name: {tuple(row[key] for key in KEYS.get(name, ("id",)) if key in row) or row["name"]: row for row in table}
        for name, table in tables.items()
    }


def ids(table: dict[Any, dict[str, Any]]) -> set[Any]:
    return set(table)


def stays(was: Rows, before: str) -> dict[str, set[Any]]:
    """The model: which keys are left of each table."""
    flights, subscriptions, messages = was["flights"], was["subscriptions"], was["messages"]
    live = {key for key, row in subscriptions.items() if row["state"] in LIVE}
    followed = {(subscriptions[key]["flight_id"],) for key in live}
    closed = {key for key, row in flights.items() if row["closed_at"] is not None and row["closed_at"] < before}
    left: dict[str, set[Any]] = {name: ids(was[name]) for name in FOR_EVER}
    left["flights"] = {key for key in flights if key not in closed or key in followed}
    left["subscriptions"] = {
        key
        for key, row in subscriptions.items()
        if key in live
        or row["asked_at"] >= before
        or (row["flight_id"] is not None and (row["flight_id"],) not in closed)
    }
    left["messages"] = {
        key
        for key, row in messages.items()
        if row["status"] in UNDER_WAY or row["created_at"] >= before or (row["subscription_id"],) in live
    }

    def with_subject(row: dict[str, Any], *tables: str) -> bool:
        names = {"subscriptions": "subscription_id", "flights": "flight_id", "messages": "message_id"}
        return all(row[names[table]] is None or (row[names[table]],) in left[table] for table in tables)

    def kept(table: str, moment: str, *subjects: str) -> set[Any]:
        return {key for key, row in was[table].items() if row[moment] >= before and with_subject(row, *subjects)}

    left["journal"] = kept("journal", "at", "subscriptions", "flights", "messages")
    left["sightings"] = kept("sightings", "seen_at", "flights")
    left["receipts"] = kept("receipts", "received_at", "messages")
    left["alerts"] = {key for key, row in was["alerts"].items() if with_subject(row, "subscriptions", "flights")}
    pushes, talk = was["push_alerts"], was["dialogues"]
    left["push_alerts"] = {key for key, row in pushes.items() if row["state"] != "ended" or row["changed_at"] >= before}
    left["inbound"] = {key for key, row in was["inbound"].items() if row["received_at"] >= before}
    left["dialogues"] = {key for key, row in talk.items() if row["expires_at"] >= at(-upkeep.LATE_ANSWERS.days)}
    return left


def totals(store: Store, was: Rows) -> dict[str, Any]:
    """What was spent, by month; and what texts cost."""
    months = {row["month"] for row in was["usage"].values()} | {"2013-03"}
    return {month: (store.spent(month), store.sms_rows(month)) for month in months}


def forget(store: Store, before: int) -> None:
    moment, now = NOW + timedelta(days=before), NOW
    store.prune(moment)
    store.prune_words(moment, now)
    store.sum_up(moment, now)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("forgetting") / "empty.db"
    Store.open(path).close()
    return path


@contextmanager
def filled(empty: Path, drawn: dict[str, Any]) -> Iterator[Mortal]:
    with (
        tempfile.TemporaryDirectory() as folder,
        patch.object(upkeep, "BITE", 2),
        Mortal.open(Path(shutil.copy(empty, Path(folder) / "flait.db"))) as store,
    ):
        store._conn.execute("PRAGMA synchronous = OFF")
        fill(store, drawn)
        yield store


@given(drawn=contents, before=st.integers(-40, 60))
def test_what_goes_is_what_may_go_and_what_was_spent_stays(empty: Path, drawn: dict[str, Any], before: int) -> None:
    with filled(empty, drawn) as store:
        was = rows(store)
        spent = totals(store, was)
        forget(store, before)
        left = rows(store)
        assert {name: ids(left[name]) for name in stays(was, at(before))} == stays(was, at(before))
        assert totals(store, was) == spent
        this_month = {key for key in was["usage"] if key[0] >= "2013-03"}
        assert this_month <= ids(left["usage"])
        assert store._rows("PRAGMA foreign_key_check") == []


@given(drawn=contents, before=st.integers(0, DAYS + 1), deaths=st.lists(st.integers(1, 40), min_size=1, max_size=4))
def test_killed_between_bites_it_leaves_no_orphan_and_goes_on_the_next_time(
    empty: Path, drawn: dict[str, Any], before: int, deaths: list[int]
) -> None:
    with filled(empty, drawn) as undisturbed:
        forget(undisturbed, before)
        expected = rows(undisturbed)
    with filled(empty, drawn) as store:
        spent = totals(store, expected)
        for statement in deaths:
            store.dies_before(statement)
            with suppress(Killed):
                forget(store, before)
            store.dies_before(0)
            assert store._rows("PRAGMA foreign_key_check") == []
            assert totals(store, expected) == spent
        forget(store, before)
        left = rows(store)
        for name in expected:
            assert ids(left[name]) == ids(expected[name])
