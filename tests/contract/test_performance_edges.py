"""Performance at its edges: sums beyond measure or of nothing, who gives up, what comes last."""

from __future__ import annotations

from core import clock
from core.fields import FEN_MAX
from tests.contract import contract_world
from tests.contract.performance_world import Performing

TODAY = "2026-03-20T10:00"
NOTHING = [
    contract_world.part("M1", "第一年", 5_000, 2026, "2026-12-31"),
    contract_world.part("M2", "第二年", 5_000, 2027, "2027-02-28"),
]


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


def test_a_decided_deduction_is_given_up_only_by_who_may_decide(app, county):
    with clock.frozen(TODAY):
        world = Performing(app, county)
        world.deliver(world.m1, "2026-03-20")
        asked = {"milestone_id": world.m1, "kind": "quality", "clause": "missed", "units": 2}
        made = world.do("deduction.propose", "accepter", evidence="两次没有去。", **asked)
        world.do("deduction.state", "provider_manager", id=made["id"], words="同意。")
        world.do("deduction.decide", "purchaser_approver", id=made["id"], reason="属实。")
        dropping = {"id": made["id"], "reason": "算了。"}
        refusal = world.refused("deduction.drop", "accepter", **dropping)
        assert refusal["code"] == "ROLE_NOT_ALLOWED"
        world.do("deduction.drop", "purchaser_approver", **dropping)


def test_the_tail_waits_for_a_supplement(app, county):
    parts = [
        contract_world.part("M", "全部服务", 9_000, 2026, "2026-12-31"),
        contract_world.part("T", "绩效尾款", 1_000, 2026, "2026-12-31", kind="tail"),
    ]
    with clock.frozen(TODAY):
        world = Performing(
            app, county, terms=contract_world.terms(milestones=parts), value_fen=50_000_000
        )
        with app.app_context():
            added = contract_world.amended(
                county, world.contract, at=TODAY, **contract_world.supplement(1_000_000)
            )
            contract_world.sign_amendment(county, added, at=TODAY)
        service, tail = world.milestones
        world.accepted(service, "2026-03-20")
        refusal = world.refused(
            "milestone.deliver", "provider_manager", id=tail, delivered_on="2026-03-20", words="完"
        )
        assert refusal["code"] == "EARLIER_MILESTONE_OPEN"
        assert "补充巡访" in refusal["detail"]


def test_a_contract_that_costs_nothing_runs_over_the_years(app, county):
    with clock.frozen(TODAY):
        world = Performing(
            app,
            county,
            terms=contract_world.terms(bond=None, tail=None, milestones=NOTHING),
            value_fen=0,
        )
        for milestone in world.milestones:
            world.deliver(milestone, "2026-03-20")
            assert world.accept(milestone)["state"] == "paid"


def test_beyond_what_a_milestone_is_worth_nothing_more_is_deducted(app, county):
    """1,920 visits of 150 yuan are all of it: 288,000 yuan."""
    with clock.frozen(TODAY):
        world = Performing(app, county)
        world.deliver(world.m1, "2026-03-20")
        asked = {"milestone_id": world.m1, "kind": "quality", "clause": "missed"}
        asked |= {"evidence": "没有做。"}
        made = world.do("deduction.propose", "accepter", units=1920, **asked)
        assert made["capped_fen"] == 28_800_000
        answer = world.refused("deduction.propose", "accepter", units=2, **asked)
        assert (answer["status"], answer["code"]) == (422, "DEDUCTION_CAP_REACHED")
        assert answer["facts"] == {"amount_fen": 30_000}
        assert "300.00 元" in answer["detail"]
        # What is given up makes room again.
        world.do("deduction.drop", "accepter", id=made["id"], reason="算错了。")
        assert world.do("deduction.propose", "accepter", units=2, **asked)["capped_fen"] == 30_000
