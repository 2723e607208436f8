"""The clocks of plans: filed in time by finance, and reported on after an emergency."""

from __future__ import annotations

from core import clock, deadlines
from core.deadlines import DeadlineKind
from core.purchases.models import Purchase
from core.purchases.steps import PURCHASE

FILING, REPORT = "purchase.filing", "purchase.emergency_report"
KINDS = [
    DeadlineKind(
        FILING,
        "购买计划备案",
        "plan.filing_working_days",
        "working_days",
        "政府采购法实施条例第二十九条",
    ),
    DeadlineKind(
        REPORT,
        "紧急购买的事后报告",
        "plan.emergency_report_working_days",
        "working_days",
        "政府采购法第八十五条",
    ),
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


def start_report(purchase: Purchase) -> None:
    """Start the clock of an emergency purchase that is being carried out; of others, nothing."""
    if purchase.emergency_reason is None or purchase.emergency_reported_at is not None:
        return
    deadlines.start(
        REPORT,
        PURCHASE,
        purchase.id,
        from_on=clock.today(),
        organisation_id=purchase.organisation_id,
        division_code=purchase.division_code,
        what=f"{purchase.number} {purchase.name}",
    )


def stop_report(purchase: Purchase) -> None:
    """Stop it: what happened was reported."""
    deadlines.stop(REPORT, PURCHASE, purchase.id)
