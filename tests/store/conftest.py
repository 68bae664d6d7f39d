"""A real database in a real file for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from flait.store import Store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "flait.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with Store.open(path) as store:
        yield store
