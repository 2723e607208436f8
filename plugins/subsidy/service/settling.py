"""What may be paid of subsidies, and what the bank's answer makes of a claim."""

from __future__ import annotations

from datetime import datetime

from core import audit, clock
from core.db import db
from core.settlement import Claim
from plugins.subsidy.models import SubsidyClaim
from plugins.subsidy.models import claims as c
from plugins.subsidy.service import steps
from plugins.subsidy.service.claims import settlement_source
from plugins.subsidy.service.years import COMPONENT


def claims(until: datetime) -> list[Claim]:
    """Return what claims approved up to an instant owe: the answer to `settlement_claims`.

    While an act is under way the claims stay locked until it ends.
    """
    query = (
        db.select(SubsidyClaim)
        .where(SubsidyClaim.state == c.APPROVED, SubsidyClaim.approved_on <= clock.day_of(until))
        .where(SubsidyClaim.amount_fen > SubsidyClaim.lowered_fen)
        .order_by(SubsidyClaim.id)
    )
    if audit.under_way():
        query = query.with_for_update(of=SubsidyClaim).execution_options(populate_existing=True)
    return [
        Claim(
            COMPONENT,
            settlement_source(claim),
            claim.payee_id,
            claim.pool_id,
            claim.owed_fen,
            claim.number,
            {"claim_id": claim.id},
        )
        for claim in db.session.scalars(query)
        if claim.pool_id is not None
    ]


def on_claim_settled(claim: Claim, journal_id: int) -> None:
    """Hear that the bank has confirmed a claim's payment."""
    if claim.component != COMPONENT:
        return
    row = db.session.get_one(
        SubsidyClaim, claim.evidence["claim_id"], with_for_update=True, populate_existing=True
    )
    steps.claim.take(row, "claim.paid", paid_on=clock.today(), paid_journal_id=journal_id)
