"""A fresh world for each test."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from flait.core.subscriptions import User
from flait.store import Store
from tests.core.flights_for_tests import NOON
from tests.flows.talk import Talk
from tests.flows.world import PHONES, World


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made once and copied: making its tables takes longer than most tests."""
    path = tmp_path_factory.mktemp("flows") / "empty.db"
    Store.open(path).close()
    return path


@pytest.fixture
def world(tmp_path: Path, empty_database: Path) -> Iterator[World]:
    path = Path(shutil.copy(empty_database, tmp_path / "flait.db"))
    with Store.open(path) as store:
        store._conn.execute("PRAGMA synchronous = OFF")  # nobody cuts the power here, and waiting for disks is slow
        yield World(path=path, store=store)


@pytest.fixture
def talk(world: World) -> Talk:
    return Talk(world)


@pytest.fixture
def known(world: World) -> World:
    """Ann, who has the first phone, is known."""
    world.store.add_user(User(name="Ann", phone=PHONES[0], created_at=NOON))
    return world
