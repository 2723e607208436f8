"""The clock of a plan that waits for finance: filed within the days the county gives itself."""

from __future__ import annotations

from core import clock, deadlines
from core.deadlines import DeadlineKind
from core.purchases.models import Purchase
from core.purchases.steps import PURCHASE

FILING = "purchase.filing"
KINDS = [
    DeadlineKind(
        FILING,
        "购买计划备案",
        "plan.filing_working_days",
        "working_days",
        "政府采购法实施条例第二十九条",
    )
]


def start_filing(purchase: Purchase) -> None:
    """Start the clock of a plan that the unit has agreed on."""
    deadlines.start(
        FILING,
        PURCHASE,
        purchase.id,
        from_on=clock.today(),
        organisation_id=purchase.organisation_id,
        division_code=purchase.division_code,
        what=f"{purchase.number} {purchase.name}",
    )


def stop_filing(purchase: Purchase) -> None:
    """Stop it: filed, sent back or given up."""
    deadlines.stop(FILING, PURCHASE, purchase.id)
