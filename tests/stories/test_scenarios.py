"""Every acceptance scenario, rehearsed twice on each engine, agrees to the fen."""

from __future__ import annotations

from pathlib import Path

import pytest

from core import Huigou
from core.rehearsal import rehearse

SCENARIOS = sorted((Path(__file__).parent.parent / "scenarios").glob("*.yaml"))


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_a_scenario_agrees_to_the_fen_and_again(app: Huigou, path: Path) -> None:
    """Played twice with the same request ids, the second time changes nothing."""
    with app.app_context():
        outcome = rehearse(path, twice=True)
    assert [str(mismatch) for mismatch in outcome.mismatches] == []
