"""The search sees: a secret that is planted is found, in each spelling and wherever it is put."""

import base64
import gzip
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pytest

from flait.store.engine import sqlite3
from tests.end_to_end.rig import ACCOUNT_SID, ANA, AUTH_TOKEN
from tests.torture.canaries import leaked_below, leaked_in, numbers_in

FOUND = "twilio-auth-token"


@pytest.mark.parametrize(
    "spelled",
    [
        lambda secret: secret,
        lambda secret: quote(f"token={secret}&", safe=""),
        lambda secret: base64.b64encode(f"{ACCOUNT_SID}:{secret}".encode()).decode(),
        lambda secret: base64.urlsafe_b64encode(f"x{secret}y".encode()).decode(),
        lambda secret: secret.encode().hex(),
        lambda secret: secret.encode().hex().upper(),
        lambda secret: secret.encode("utf-16-le").decode(),
        lambda secret: f"***{secret[-8:]}",
    ],
)
def test_a_planted_secret_is_found_in_every_spelling(tmp_path: Path, spelled: Callable[[str], str]) -> None:
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "flait.log").write_text(f"2013-03-08T15:10:00Z ERROR flait: {spelled(AUTH_TOKEN)} refused\n")

    assert leaked_below(tmp_path) == [f"{tmp_path}/log/flait.log: {FOUND}"]


def test_a_secret_is_found_in_what_is_packed(tmp_path: Path) -> None:
    (tmp_path / "flait.log.1.gz").write_bytes(gzip.compress(AUTH_TOKEN.encode()))

    assert leaked_below(tmp_path) == [f"{tmp_path}/flait.log.1.gz: {FOUND}"]


@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_a_secret_is_found_where_a_database_cuts_it_in_pieces(tmp_path: Path, journal: str) -> None:
    file = tmp_path / "flait.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as database:
        database.execute("PRAGMA page_size = 512")
        database.execute(f"PRAGMA journal_mode = {journal}")
        database.execute("PRAGMA secure_delete = ON")
        database.execute("PRAGMA synchronous = OFF")
        database.execute("CREATE TABLE kept (value TEXT)")
        for after in range(900, 1500):  # until a page's end falls into the last characters
            database.execute("DELETE FROM kept")
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            database.execute("INSERT INTO kept VALUES (?)", ("x" * 600 + AUTH_TOKEN + "x" * after,))
            if not any(leaked_in(path.read_bytes()) for path in tmp_path.iterdir()):
                break
        else:
            pytest.fail("it was never cut")

        assert leaked_below(tmp_path) == [f"{file}: {FOUND}"]


def test_where_a_test_itself_keeps_them_they_may_be(tmp_path: Path) -> None:
    (tmp_path / "credentials").mkdir()
    (tmp_path / "credentials" / FOUND).write_text(AUTH_TOKEN)

    assert leaked_below(tmp_path) == []


def test_nothing_is_found_where_nothing_is() -> None:
    assert leaked_in(b"[secret] was refused") == []
    assert numbers_in(b"sent to +15\xe2\x80\xa600 at 2013-03-08T15:10:00Z") == 0


@pytest.mark.parametrize("written", [ANA, ANA[1:], "%2B15555550100", "(555) 555-0100", "555.555.0100"])
def test_a_number_is_found_as_people_and_providers_write_it(written: str) -> None:
    assert numbers_in(f"sent to {written}.".encode()) == 1
