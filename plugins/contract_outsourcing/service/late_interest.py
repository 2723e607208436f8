"""Interest on what was paid too late: recorded by the system, approved and funded by finance.

A debt that law creates, outside the contract's value: nobody has to ask for it, and nobody can
forget it.
"""

from __future__ import annotations

from core import access, audit
from core.db import db
from core.formats import day, yuan
from core.years import debts
from plugins.contract_outsourcing.models import Contract, Milestone
from plugins.contract_outsourcing.rules import paying
from plugins.contract_outsourcing.rules.terms import read_terms
from plugins.contract_outsourcing.service import payment_clocks

KIND = "late_interest"


def owe(milestone: Milestone) -> int | None:
    """Record the interest on a paid milestone where its payment was late; return the debt's number.

    Owed to small and medium firms by law, to others where the contract says so.
    """
    contract = db.session.get_one(Contract, milestone.contract_id)
    terms = read_terms(contract.terms)
    if not contract.small_firm and terms.late_interest_ppm is None:
        return None
    assert milestone.pay_by and milestone.paid_on  # noqa: S101, PT018 - its state says so
    days = paying.late_days(milestone.pay_by, milestone.paid_on)
    ppm = payment_clocks.interest_ppm(terms, milestone.pay_by, milestone.division_code)
    base = milestone.payable_fen - milestone.advance_fen
    amount = paying.interest(base, days, ppm)
    if not amount:
        return None
    act = audit.current()
    about = act.object_type, act.object_id, act.detail
    debt = debts.record(
        access.system(),
        kind=KIND,
        organisation_id=milestone.organisation_id,
        party_id=milestone.provider_id,
        amount_fen=amount,
        document=_document(contract, milestone, days),
        reason=(
            f"{yuan(base)} 元应于 {day(milestone.pay_by)} 前支付，{day(milestone.paid_on)} 付清，"
            f"逾期 {days} 天，每日万分之{_per_myriad(ppm)}，利息 {yuan(amount)} 元。"
            "依据：保障中小企业款项支付条例第十七条。"
        ),
    )
    # The act under way is still about the bank's file, not about what followed from it.
    act.object_type, act.object_id, act.detail = about
    number: int = debt["id"]
    return number


def _document(contract: Contract, milestone: Milestone, days: int) -> str:
    return f"{contract.number} {milestone.name} 逾期 {days} 天（节点 {milestone.id}）"


def _per_myriad(ppm: int) -> str:
    return f"{ppm // 100}.{ppm % 100:02d}".rstrip("0").rstrip(".")
