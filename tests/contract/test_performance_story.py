"""SP-6 from the first acceptance to the last payment, through acts, to the fen (E10 to E26)."""

from __future__ import annotations

import pytest

from core import clock
from core.db import db
from plugins.contract_outsourcing.models import Milestone
from tests import factories
from tests.contract import contract_world
from tests.contract.performance_world import ALL_MET, Performing, transaction_of

QUALITY = {
    "kind": "quality",
    "clause": "missed",
    "units": 60,
    "evidence": "应巡 1200 次，实巡 1140 次",
}


def deduct(world, milestone):
    """Propose both deductions of the scenario, hear the provider and decide; return the fen."""
    with clock.frozen("2026-09-14T10:00"):
        late = world.do(
            "deduction.propose",
            "accepter",
            milestone_id=milestone,
            kind="late",
            evidence="8 月 31 日到期，9 月 12 日交付",
        )
        missed = world.do("deduction.propose", "accepter", milestone_id=milestone, **QUALITY)
        assert (late["units"], late["statement_until"]) == (12, "2026-09-17")
    with clock.frozen("2026-09-15T10:00"):
        for one in (late, missed):
            world.do("deduction.state", "provider_manager", id=one["id"], words="无异议。")
        for one in (late, missed):
            world.do("deduction.decide", "purchaser_approver", id=one["id"], reason="属实")
    return late["capped_fen"], missed["capped_fen"]


@pytest.mark.requirement("R000-43")
def test_the_scenarios_contract_is_performed_and_paid_to_the_fen(app, county):
    world = Performing(app, county, is_public=True)
    world.bank_account()
    people = world.residents(2)
    plan_is_paid(world, people[0])
    second_half_is_paid_late(world, people[1])
    supplement_is_signed(world)
    interest_is_paid(world)
    supplement_is_paid(app, world, people[1])
    second_year_is_paid(app, world, people[0])
    tail_follows_the_score(world, people[0])
    world.pay("2027-04-20")
    assert world.register() == {
        "value": 99_000_000,
        "paid": 96_967_200,
        "deducted": 2_032_800,
        "unpaid": 0,
        "cancelled": 0,
    }
    assert world.balance("fin.treasury") == 97_133_563
    assert world.balance("line.available", line_id=world.line) == 306_437
    assert world.do("arrears.list", "auditor", on="2026-12-31")["items"] == []


def plan_is_paid(world, resident):
    """Walk E10 and E11."""
    m1 = world.m1
    with clock.frozen("2026-03-20T10:00"):
        world.deliver(m1, "2026-03-20")
        world.say(resident, m1)
        found = world.accept(m1)
    assert (found["payable_fen"], found["pay_by"]) == (28_800_000, "2026-04-19")
    world.pay("2026-04-10")
    assert world.shown(m1)["state"] == "paid"
    assert world.register()["paid"] == 28_800_000


def second_half_is_paid_late(world, resident):
    """Walk E13 to E15: delivered late, and not accepted without those who were visited."""
    m2 = world.m2
    with clock.frozen("2026-09-12T17:00"):
        world.deliver(m2, "2026-09-12")
    with clock.frozen("2026-09-14T09:00"):
        refusal = world.refused("acceptance.record", "accepter", id=m2, results=ALL_MET)
        assert refusal["code"] == "ACCEPTANCE_NEEDS_RECIPIENTS"
        assert refusal["basis"] == "政府采购法实施条例第四十五条"
    assert deduct(world, m2) == (172_800, 900_000)
    with clock.frozen("2026-09-18T10:00"):
        world.say(resident, m2, score=92)
        world.record(m2, [{"line": "visits", "found": "partly"}, ALL_MET[1]])
        found = world.do("acceptance.approve", "purchaser_approver", id=m2)
    assert found["payable_fen"] == 27_727_200
    assert found["deducted_fen"] == 1_072_800
    assert found["pay_by"] == "2026-10-18"


def supplement_is_signed(world):
    """Walk E16."""
    at = "2026-10-15T10:00"
    with world.app.app_context():
        asked = contract_world.supplement(3_000_000)
        added = contract_world.amended(world.county, world.contract, at=at, **asked)
        contract_world.sign_amendment(world.county, added, at=at)


def supplement_is_paid(app, world, resident):
    """Walk E20 and E21."""
    with transaction_of(app):
        (added,) = db.session.scalars(db.select(Milestone.id).filter_by(kind="supplement"))
    with clock.frozen("2026-12-10T10:00"):
        world.deliver(added, "2026-12-10")
        world.say(resident, added)
        assert world.accept(added)["payable_fen"] == 3_000_000
    world.pay("2026-12-25")


def interest_is_paid(world):
    """Walk E19: paid twelve days late, and the interest that nobody had to ask for."""
    world.pay("2026-10-30")
    with clock.frozen("2026-10-30T16:00"):
        (debt,) = world.do("debt.list", "auditor")["items"]
        assert debt["amount_fen"] == 166_363
        assert debt["state"] == "recorded"
        world.do("debt.approve", "finance_approver", id=debt["id"])
        world.do("debt.fund", "finance_budget", id=debt["id"], line_id=world.line)
        late = world.do("arrears.late_payments", "auditor")["items"]
        assert [(one["days"], one["amount_fen"]) for one in late] == [(12, 27_727_200)]
    world.pay("2026-10-30")
    assert world.balance("fin.treasury") == 56_693_563
    assert world.register() == {
        "value": 99_000_000,
        "paid": 56_527_200,
        "deducted": 1_072_800,
        "unpaid": 41_400_000,
        "cancelled": 0,
    }


def second_year_is_paid(app, world, resident):
    """Walk E22 to E24."""
    m3 = world.milestones[2]
    with clock.frozen("2027-01-08T10:00"), app.app_context():
        line = factories.make_line(
            world.county, code="LAW27", amount_fen=40_000_000, fiscal_year=2027
        )
        owed = world.do("forward.list", "finance_budget")["items"]
        mine = next(one for one in owed if one["source"].startswith("contract:"))
        world.do("forward.convert", "finance_budget", id=mine["id"], line_id=line)
    with clock.frozen("2027-02-26T10:00"):
        world.deliver(m3, "2027-02-26")
        world.say(resident, m3, score=91)
        assert world.accept(m3)["payable_fen"] == 28_800_000
    world.pay("2027-03-15")


def tail_follows_the_score(world, resident):
    """Walk E25."""
    last = world.milestones[-1]
    with clock.frozen("2027-04-12T10:00"):
        world.deliver(last, "2027-04-12")
        world.say(resident, last)
        world.record(last)
        refusal = world.refused("acceptance.approve", "purchaser_approver", id=last)
        assert refusal["code"] == "SCORE_MISSING"
        contract = {"id": world.contract}
        world.do(
            "contract.score", "purchaser_clerk", side="purchaser", centipoints=8800, **contract
        )
        # The mean of 92 and 91.
        assert (
            world.do("contract.score", "purchaser_clerk", side="recipients", **contract)[
                "centipoints"
            ]
            == 9150
        )
        world.do("contract.evaluate", "evaluator", centipoints=8400, **contract)
        assert "87.45" in world.shown(last)["reckoned"]["words"]
        found = world.do("acceptance.approve", "purchaser_approver", id=last)
    assert (found["payable_fen"], found["deducted_fen"]) == (8_640_000, 960_000)
