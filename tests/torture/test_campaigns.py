"""A cut of every campaign: each keeps all promises, and finds something to keep."""

from pathlib import Path

import pytest

from tests.torture.campaigns import CAMPAIGNS, run
from tests.torture.canaries import leaked_below
from tests.torture.score import Size

pytestmark = pytest.mark.timeout(600)  # seconds of work in one test, and perhaps a machine that does much else


@pytest.mark.parametrize("name", CAMPAIGNS)
def test_a_cut_of_the_campaign_keeps_every_promise(name: str, tmp_path: Path) -> None:
    score = run(name, tmp_path / name, Size.CUT)

    assert score.clean, f"{score.line()}\n{score.remarks}"
    assert leaked_below(tmp_path) == []
