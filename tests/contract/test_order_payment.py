"""An order that was settled is paid in time like an acceptance, or its delay is published."""

from __future__ import annotations

from typing import Any

from core import Huigou, clock
from core.db import db, transaction
from core.deadlines.models import Deadline
from plugins.contract_outsourcing.models import Contract, Delivery, Order
from tests.contract.awards_world import acting
from tests.contract.frameworks_world import Framework, make_framework
from tests.contract.performance_world import pay_all
from tests.factories import County, do


def settled(framework: Framework) -> int:
    """Settle an order of ten meals for a small firm on 6 May and return its milestone."""
    with clock.frozen("2026-03-31T08:00"), acting():
        for number in framework.contracts:
            db.session.get_one(Contract, number).small_firm = True
    order = int(framework.order("2026-03-31T09:00", 0, "2026-04", 10)["id"])
    with clock.frozen("2026-05-06T08:00"), acting():
        row = db.session.get_one(Order, order)
        for number in range(10):
            db.session.add(
                Delivery(
                    contract_id=row.contract_id,
                    purchase_id=framework.purchase,
                    resident_id=10**9 + number,
                    service=row.service,
                    served_on=clock.today().replace(month=4),
                    sitting="lunch",
                    way="sheet",
                    recorded_at=clock.now(),
                )
            )
    framework.claim("2026-05-06T09:00", order, 10)
    assert framework.settle("2026-05-06T10:00", order)["pay_by"] == "2026-06-05"
    return order


def overdue(framework: Framework, on: str) -> tuple[int, int]:
    """Return how many payments are in the list of arrears of a day, and fen."""
    found = do("arrears.list", framework.county.actor("auditor"), on=on)
    return found["count"], found["amount_fen"]


def test_the_clock_of_a_settled_order_runs_until_it_is_paid(app: Huigou, county: County) -> None:
    def perform(act: str, role: str, **fields: Any) -> dict[str, Any]:
        return do(act, county.actor(role), **fields)

    def running() -> list[tuple[str, str]]:
        with transaction(readonly=True):
            rows = db.session.scalars(
                db.select(Deadline).where(
                    Deadline.kind == "contract.payment", Deadline.stopped_on.is_(None)
                )
            )
            return [(row.object_id, row.due_on.isoformat()) for row in rows]

    with app.app_context():
        framework = make_framework(county)
        order = settled(framework)
        assert running() == [(order, "2026-06-05")]
        assert overdue(framework, "2026-06-05") == (0, 0)
        assert overdue(framework, "2026-06-06") == (1, 11_800)
        with clock.frozen("2026-06-15T09:00"):
            account = do(
                "party.add_bank_account",
                framework.managers[0],
                organisation_id=framework.providers[0],
                bank="望城农商行",
                holder="助餐一号",
                number="622202190100000017",
            )
            perform("party.verify_bank_account", "finance_approver", id=account["id"])
        pay_all(app, perform, "2026-06-15")
        assert running() == []
        assert overdue(framework, "2026-06-15") == (0, 0)
        (debt,) = do("debt.list", county.actor("auditor"))["items"]
        # 10 days at 0.05 % a day of 118 yuan.
        assert (debt["kind"], debt["amount_fen"]) == ("late_interest", 59)
