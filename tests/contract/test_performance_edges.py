"""Deductions at their edges: what is beyond any sum of money, and what nobody performs."""

from __future__ import annotations

from core import clock
from core.fields import FEN_MAX
from tests.contract import contract_world
from tests.contract.performance_world import Performing

TODAY = "2026-03-20T10:00"


def test_a_deduction_beyond_any_sum_of_money_takes_no_more_than_the_milestone(app, county):
    dear = {"code": "missed", "name": "缺少巡访", "unit": "次", "unit_fen": FEN_MAX}
    with clock.frozen(TODAY):
        world = Performing(app, county, terms=contract_world.terms(quality=[dear]))
        world.deliver(world.m1, "2026-03-20")
        asked = {"milestone_id": world.m1, "kind": "quality", "clause": "missed"}
        made = world.do(
            "deduction.propose", "accepter", units=10_000_000, evidence="没有做。", **asked
        )
        assert made["capped_fen"] == world.shown(world.m1)["amount_fen"]
        assert made["amount_fen"] == FEN_MAX
