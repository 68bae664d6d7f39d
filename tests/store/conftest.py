"""A real database in a real file for each test; the tables are made once and copied."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from flait.store import Store


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("fresh") / "flait.db"
    Store.open(path).close()
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "flait.db"


@pytest.fixture
def store(path: Path, fresh: Path) -> Iterator[Store]:
    shutil.copy(fresh, path)
    with Store.open(path) as store:
        store._conn.execute("PRAGMA synchronous = OFF")  # no power is cut here, and each commit is quicker
        yield store
