"""What providers may be paid under contracts, and what the bank's answer makes of a milestone.

One claim a milestone: what its acceptance owes, less what was paid in advance. Nothing is offered
while a challenge about the procurement may still change its result.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Select

from core import audit, clock
from core.db import db
from core.ledger import post
from core.settlement import Claim
from plugins.contract_outsourcing.models import Challenge, Contract, ContractYear, Milestone
from plugins.contract_outsourcing.models import awards as a
from plugins.contract_outsourcing.models import contracts as c
from plugins.contract_outsourcing.models import performance as p
from plugins.contract_outsourcing.service import late_interest, payment_clocks, postings, steps

COMPONENT = "contract"


def claims(until: datetime) -> list[Claim]:
    """Return what acceptances up to an instant owe: the answer to `settlement_claims`.

    While an act is under way the milestones stay locked until it ends.
    """
    query = (
        db.select(Milestone, Contract, ContractYear.pool_id)
        .join(Contract, Contract.id == Milestone.contract_id)
        .join(
            ContractYear,
            (ContractYear.contract_id == Milestone.contract_id)
            & (ContractYear.fiscal_year == Milestone.fiscal_year),
        )
        .where(
            Milestone.state == p.ACCEPTED,
            Milestone.accepted_on <= clock.day_of(until),
            Milestone.payable_fen > Milestone.advance_fen,
            Contract.state.in_(c.OWING),
            Contract.tender_id.not_in(_challenged()),
        )
        .order_by(Milestone.id)
    )
    if audit.under_way():
        query = query.with_for_update(of=Milestone).execution_options(populate_existing=True)
    return [
        Claim(
            COMPONENT,
            f"milestone:{milestone.id}",
            milestone.provider_id,
            pool_id,
            milestone.payable_fen - milestone.advance_fen,
            f"{contract.number} {milestone.name}",
            {"milestone_id": milestone.id},
        )
        for milestone, contract, pool_id in db.session.execute(query)
    ]


def on_claim_settled(claim: Claim) -> None:
    """Hear that the bank has confirmed a milestone's payment: paid, and if too late, with interest.

    Of a claim that was set off in part the whole is settled, whatever was paid in money.
    """
    if claim.component != COMPONENT:
        return
    milestone = db.session.get_one(
        Milestone, claim.evidence["milestone_id"], with_for_update=True, populate_existing=True
    )
    owed_fen = milestone.payable_fen - milestone.advance_fen
    post(
        postings.SETTLED,
        f"milestone:{milestone.id}/paid",
        postings.pay_moves(claim.pool_id, owed_fen),
        note=claim.title,
    )
    steps.milestone.take(milestone, "milestone.paid", paid_on=clock.today())
    payment_clocks.stop(milestone.id)
    late_interest.owe(milestone)


def _challenged() -> Select[Any]:
    return db.select(Challenge.tender_id).where(
        Challenge.may_affect, Challenge.kind != a.ENQUIRY, Challenge.state == a.FILED
    )
