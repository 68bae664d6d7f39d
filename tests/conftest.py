"""For every test: Hypothesis tries the same examples each time, so that what fails fails again, here and elsewhere.

What takes long is begun first: of two cores none waits at the end for the other.
"""

from typing import Final

import pytest
from hypothesis import settings

settings.register_profile("flait", derandomize=True, deadline=None, database=None)
settings.load_profile("flait")

LONGEST: Final = (
    "tests/torture/test_campaigns.py",
    "tests/flows/test_at_random.py",
    "tests/torture/",
    "tests/end_to_end/",
    "tests/adapters/test_a_real_keyring.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """`--no-loadscope-reorder` keeps xdist from turning this round: it would begin with the files of most tests."""
    items.sort(
        key=lambda item: next((n for n, file in enumerate(LONGEST) if item.nodeid.startswith(file)), len(LONGEST))
    )
