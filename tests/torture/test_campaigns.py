"""A cut of every campaign: each keeps all promises, and finds something to keep."""

from pathlib import Path

import pytest

from tests.torture.campaigns import CAMPAIGNS, run
from tests.torture.canaries import leaked_below
from tests.torture.score import Size

FOUND = {  # what a campaign has found and Flait still does
    "payloads": "the destination whose IATA code AeroAPI leaves out is told as another destination",
}
NOT_KEPT = {name: pytest.mark.xfail(reason=reason, strict=True) for name, reason in FOUND.items()}


@pytest.mark.parametrize("name", [pytest.param(name, marks=NOT_KEPT.get(name, ())) for name in CAMPAIGNS])
def test_a_cut_of_the_campaign_keeps_every_promise(name: str, tmp_path: Path) -> None:
    score = run(name, tmp_path / name, Size.CUT)

    assert score.clean, f"{score.line()}\n{score.remarks}"
    assert leaked_below(tmp_path) == []
