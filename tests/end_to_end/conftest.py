"""A world for each test; a failed one tells what happened in it."""

from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from tests.end_to_end.rig import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A world at 15:10 UTC, in real time until a test speeds it up."""
    with World(tmp_path) as made:
        yield made


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the world's story to a failure's report."""
    report = yield
    worlds = [made for made in getattr(item, "funcargs", {}).values() if isinstance(made, World)]
    if report.failed and worlds:
        report.sections.append(("what happened in the world", worlds[0].story()))
    return report
