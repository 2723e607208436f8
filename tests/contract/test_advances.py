"""Advances: never more than their year can set off, and what they drew is not drawn twice."""

from __future__ import annotations

from typing import Any

import pytest

from core import clock
from tests.contract import contract_world
from tests.contract.awards_world import manager_of
from tests.contract.performance_world import Performing
from tests.factories import attempt, do

TODAY = "2026-03-20T10:00"


def with_advance(share_bp: int, year: int = 2026, **changes: Any) -> dict[str, Any]:
    """Return the terms of SP-6's contract with an advance of a share of its value."""
    advance = contract_world.part("A", "预付款", share_bp, year, "2026-03-10", kind="advance")
    parts = changes.pop("milestones", contract_world.terms()["milestones"])
    return contract_world.terms(milestones=[advance, *parts], **changes)


@pytest.fixture
def full(app, county):
    """Return the contract with an advance of all that its year costs, which was granted."""
    with clock.frozen(TODAY):
        world = Performing(app, county, terms=with_advance(6000))
        advance, world.m1, world.m2 = world.milestones[:3]
        world.deliver(advance, "2026-03-20")
        world.record(advance, [])
        world.do("acceptance.approve", "purchaser_approver", id=advance)
        yield world


@pytest.mark.parametrize(("share_bp", "year"), [(6001, 2026), (1000, 2028)])
def test_an_advance_is_not_more_than_the_parts_of_its_year(app, county, share_bp, year):
    with clock.frozen(contract_world.DRAFTED), app.app_context():
        awarded = contract_world.award(
            county,
            purchase_id=contract_world.plan(county, line=contract_world.line_of(county)),
        )
        asked = contract_world.fields(awarded.id, terms=with_advance(share_bp, year))
        answer = attempt("contract.draft", county.actor("purchaser_clerk"), **asked)
    assert answer.body["code"] == "ADVANCE_OVER_YEAR"
    facts = answer.body["facts"]
    assert facts["fiscal_year"] == year
    assert facts["advance_fen"] > facts["parts_fen"]


def test_nothing_is_deducted_from_an_advance(app, county):
    with clock.frozen(TODAY):
        world = Performing(app, county, terms=with_advance(3000))
        advance = world.milestones[0]
        world.deliver(advance, "2026-03-20")
        for asked in ({"kind": "late"}, {"kind": "quality", "clause": "missed", "units": 2}):
            refusal = world.refused(
                "deduction.propose", "accepter", milestone_id=advance, evidence="晚了。", **asked
            )
            assert refusal["code"] == "DEDUCTION_NOT_AGREED"


def test_a_deduction_is_not_released_from_money_that_was_paid_in_advance(full):
    full.deliver(full.m1, "2026-03-20")
    made = full.do(
        "deduction.propose",
        "accepter",
        milestone_id=full.m1,
        kind="quality",
        clause="missed",
        units=2,
        evidence="两次没有去。",
    )
    full.do("deduction.state", "provider_manager", id=made["id"], words="同意。")
    full.do("deduction.decide", "purchaser_approver", id=made["id"], reason="属实。")
    full.record(full.m1)
    refusal = full.refused("acceptance.approve", "purchaser_approver", id=full.m1)
    assert refusal["code"] == "ADVANCE_UNCOVERED"
    assert refusal["facts"] == {"left_fen": 0, "asked_fen": 30_000}
    # What the refusal says to do: the provider owes it to the treasury instead.
    full.do("deduction.drop", "purchaser_approver", id=made["id"], reason="改为应缴款。")
    full.do(
        "income.record", "purchaser_clerk", id=full.contract, amount_fen=30_000, reason="缺两次。"
    )
    done = full.do("acceptance.approve", "purchaser_approver", id=full.m1)
    assert (done["payable_fen"], done["advance_fen"]) == (28_800_000, 28_800_000)


def test_a_cut_is_not_released_from_money_that_was_paid_in_advance(full, county):
    cut = {"milestone_id": full.m2, "amount_fen": 1}
    with full.app.app_context():
        found = contract_world.amended(
            county, full.contract, at=TODAY, kind="volume_down", changes={"cuts": [cut]}
        )
        asked = {"id": found["id"], "text_hash": found["text_hash"]}
        do("amendment.sign", manager_of(county, county.provider), **asked)
        answer = attempt("amendment.sign", county.actor("purchaser_approver"), **asked)
    assert answer.body["code"] == "ADVANCE_UNCOVERED"
    assert full.register()["cancelled"] == 0


def test_an_advance_that_nobody_asked_for_comes_too_late_and_is_cancelled_at_the_end(app, county):
    whole = [contract_world.part("M", "全部服务", 10_000, 2026, "2026-12-31")]
    with clock.frozen(TODAY):
        world = Performing(
            app,
            county,
            terms=with_advance(3000, milestones=whole, tail=None),
            value_fen=50_000_000,
        )
        advance, service = world.milestones
        world.bank_account()
        world.accepted(service, "2026-03-20")
        world.deliver(advance, "2026-03-20")
        world.record(advance, [])
        refusal = world.refused("acceptance.approve", "purchaser_approver", id=advance)
        assert refusal["code"] == "ADVANCE_UNCOVERED"
        world.do("acceptance.refuse", "purchaser_approver", id=advance, reason="服务已完成。")
    world.pay("2026-03-25")
    with clock.frozen("2026-03-26T10:00"):
        world.do("contract.complete", "purchaser_approver", id=world.contract)
        assert world.shown(advance)["state"] == "cancelled"
    assert world.register()["paid"] == 50_000_000
