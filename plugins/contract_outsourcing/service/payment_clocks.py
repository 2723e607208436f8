"""The clock of payment: it runs from acceptance, delivery or confirmation to the bank's answer."""

from __future__ import annotations

from datetime import date

from core import clock, deadlines, rulepack
from core.deadlines import DeadlineKind
from plugins.contract_outsourcing.models import Contract, Milestone
from plugins.contract_outsourcing.rules import paying
from plugins.contract_outsourcing.rules.terms import Terms
from plugins.contract_outsourcing.service.steps import MILESTONE

PAYMENT = "contract.payment"
BASIS = "保障中小企业款项支付条例第九条、第十条"
KINDS = [
    DeadlineKind(
        PAYMENT,
        "合同付款",
        "payment.days",
        "days",
        BASIS,
        "contract_milestones.show",
        "contract.view",
    )
]


def pay_by(milestone: Milestone, terms: Terms, accepted_on: date) -> tuple[date, date]:
    """Return from which day on a milestone's time to pay runs, and its last day."""
    submitted_on = clock.day_of(milestone.submitted_at) if milestone.submitted_at else accepted_on
    start = paying.starts_on(
        terms.payment_from,
        delivered_on=milestone.delivered_on or accepted_on,
        submitted_on=submitted_on,
        accepted_on=accepted_on,
        term_days=terms.acceptance_days,
    )
    return start, paying.due_on(start, terms.payment_days)


def start(milestone: Milestone, contract: Contract, start_on: date, days: int) -> None:
    """Start the clock of an accepted milestone with the days its contract gives."""
    deadlines.start(
        PAYMENT,
        MILESTONE,
        milestone.id,
        from_on=start_on,
        organisation_id=milestone.organisation_id,
        division_code=milestone.division_code,
        what=f"{contract.number} {milestone.name}",
        length=days,
    )


def stop(milestone_id: int) -> None:
    """Stop it: the bank has confirmed the payment."""
    deadlines.stop(PAYMENT, MILESTONE, milestone_id)


def interest_ppm(terms: Terms, on: date, division_code: str) -> int:
    """Return the interest a day (ppm) on what is paid late: agreed, else what the law says."""
    if terms.late_interest_ppm is not None:
        return terms.late_interest_ppm
    return rulepack.number("payment.late_interest_ppm", on=on, division_code=division_code)
