"""Debts that law creates are owed at once, wait for budget on a list, and are then paid."""

from __future__ import annotations

import pytest

from core import access, clock
from core.budget import Pool
from core.db import db
from core.plugins import FORMS
from tests.years_world import MIDNIGHT, TurningCounty


@pytest.fixture
def county(make_app, monkeypatch):
    """A county whose books must hold after the test."""
    monkeypatch.setenv("HUIGOU_DISABLED", ",".join(FORMS))
    with clock.frozen("2026-10-08T10:00"):
        made = TurningCounty(make_app).build()
        made.release(100_000)
        yield made


def record(county, amount_fen=50_000, document="(2026)湘0112民初88号"):
    """Have the maker record late interest owed to a school; return its number."""
    return county.do(
        "debt.record",
        county.makers[0],
        kind="late_interest",
        organisation_id=county.purchaser,
        party_id=county.schools[2],
        amount_fen=amount_fen,
        document=document,
        reason="逾期付款 30 天",
    )["id"]


def awaiting(county):
    """Return what awaits budget in fen."""
    return county.do("debt.list", county.auditor)["awaiting_fen"]


def test_a_recognised_debt_is_expense_and_payable_at_once_and_awaits_budget(county):
    before = county.rooms(county.line)
    number = record(county)
    assert awaiting(county) == 0
    county.do("debt.approve", county.approver, id=number)
    assert county.balance("fin.payable", party_id=county.schools[2]) == 50_000
    assert county.balance("fin.expense") == 50_000
    assert county.rooms(county.line) == before
    assert awaiting(county) == 50_000
    assert county.refused("settlement.run", county.makers[0]) == "NOTHING_TO_PAY"


def test_budget_found_encumbers_and_accrues_together_and_the_debt_is_paid(county):
    number = record(county)
    county.do("debt.approve", county.approver, id=number)
    county.do("debt.fund", county.budgeter, id=number, line_id=county.line)
    assert county.rooms(county.line)["accrued"] == 50_000
    assert awaiting(county) == 0
    batch = county.batch()
    county.import_file(county.answer_of_bank(batch, ("成功", "R1", "")))
    assert county.rooms(county.line)["disbursed"] == 50_000
    (debt,) = county.do("debt.list", county.auditor)["items"]
    assert debt["state"] == "paid"
    with county.reading():
        assert db.session.get(Pool, debt["pool_id"]).closed_on is not None


@pytest.mark.requirement("R002-45")
def test_a_debt_waits_until_the_line_has_the_money(county):
    number = record(county, amount_fen=10_000_000)
    county.do("debt.approve", county.approver, id=number)
    fund = {"id": number, "line_id": county.line}
    assert county.refused("debt.fund", county.budgeter, **fund) == "BUDGET_INSUFFICIENT"
    raised = {"id": county.line, "amount_fen": 10_000_000, "document": "追加"}
    county.do("budget.adjust", county.budgeter, **raised)
    assert county.do("debt.fund", county.budgeter, **fund)["state"] == "funded"
    assert county.refused("debt.fund", county.budgeter, **fund) == "STATE_CHANGED"


def test_a_debt_is_recorded_once_by_two_persons(county):
    number = record(county)
    maker = county.makers[0]
    both = access.Actor(maker.user_id, maker.name, (*maker.grants, *county.approver.grants))
    assert county.refused("debt.approve", both, id=number) == "FOUR_EYES_REQUIRED"
    fields = {"kind": "judgment", "organisation_id": county.purchaser, "amount_fen": 1}
    fields |= {"party_id": county.schools[0], "reason": "x"}
    document = "(2026)湘0112民初88号"
    said = county.refused("debt.record", county.makers[1], **fields, document=document)
    assert said == "STATE_CHANGED"
    county.do("debt.decline", county.approver, id=number, reason="金额不符")
    assert county.refused("debt.approve", county.approver, id=number) == "STATE_CHANGED"


def test_only_a_line_of_the_debtor_pays_and_its_pool_may_be_carried_over(county):
    with county.acting():
        home = county.purchaser
        county.purchaser = county.organisation("purchaser", "区民政局")
        foreign = county.new_line("CIV")
        county.purchaser = home
    number = record(county)
    county.do("debt.approve", county.approver, id=number)
    said = county.refused("debt.fund", county.budgeter, id=number, line_id=foreign)
    assert said == "LINE_MISMATCH"
    pool = county.do("debt.list", county.auditor)["items"][0]["pool_id"]
    without = county.refused("budget.carry_over", county.budgeter, pool_id=pool, document="1")
    assert without == "BUDGET_MISSING"
    county.do("debt.fund", county.budgeter, id=number, line_id=county.line)
    with clock.frozen(MIDNIGHT):
        county.carry(pool_id=pool, codes=["EDU27"])
        assert county.rooms(county.lines(2027)["EDU27"])["accrued"] == 50_000
