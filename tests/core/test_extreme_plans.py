"""No number, word or list, however strange, makes plans, years or virements fail unanswered."""

from __future__ import annotations

import pytest

from core import clock
from tests import factories

STRANGE = (0, -1, 2**31, 2**63, 10**30, "x", "\x00", [], {}, True, None, 1.5)
# Every act of the year's end and of plans, with the fields that take a number or a choice.
ASKED = {
    "purchase.statistics": ("system", {}, ("year",)),
    "purchase.list": ("system", {}, ("before", "limit", "state")),
    "demand.list": ("system", {}, ("before", "limit", "state")),
    "year.checklist": ("system", {"year": 2025}, ("year", "division_code")),
    "year.open_pools": ("system", {"year": 2025}, ("year", "after", "limit")),
    "year.request_close": ("finance_maker", {"year": 2025}, ("year", "division_code")),
    "year.close": ("finance_approver", {"id": 1}, ("id",)),
    "budget.carry_overs": ("system", {}, ("before", "limit")),
    "budget.staff_money": ("system", {}, ("year",)),
    "budget.transfers": ("system", {}, ("before", "state")),
    "budget.carry_over": (
        "finance_budget",
        {"document": "1号", "line_id": 1},
        ("pool_id", "line_id", "amount_fen", "codes"),
    ),
    "budget.transfer": (
        "finance_budget",
        {
            "from_line_id": 1,
            "to_line_id": 2,
            "amount_fen": 1,
            "document": "1号",
            "reason": "调剂",
        },
        ("from_line_id", "to_line_id", "amount_fen"),
    ),
    "purchase.file": ("finance_budget", {"id": 1}, ("id",)),
    "purchase.group_demands": ("purchaser_clerk", {"id": 1, "demand_ids": [1]}, ("demand_ids",)),
    "debt.list": ("system", {}, ("before", "limit")),
    "forward.list": ("system", {}, ("before", "limit")),
}


@pytest.mark.parametrize("operation_id", ASKED)
def test_strange_input_is_answered(app, county, operation_id):
    role, fields, names = ASKED[operation_id]
    with clock.frozen(factories.TODAY), app.app_context():
        actor = factories.SYSTEM if role == "system" else county.actor(role)
        for name in names:
            for value in STRANGE:
                answer = factories.attempt(operation_id, actor, **fields | {name: value})
                assert answer.status < 500, (name, value)
