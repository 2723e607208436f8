"""What must hold of guarantees at every moment."""

from __future__ import annotations

from sqlalchemy import func

from core.db import db
from core.formats import yuan
from core.ledger import Check, Finding
from plugins.subsidy.models import Guarantee, GuaranteeEvent, GuaranteeRecovery, SubsidyRecovery
from plugins.subsidy.models import guarantors as g
from plugins.subsidy.rules.guarantee import POOL


def check_outstanding() -> list[Finding]:
    """Find guarantees whose outstanding amount is not what was guaranteed less what was repaid."""
    repaid = (
        db.select(func.coalesce(func.sum(GuaranteeEvent.amount_fen), 0))
        .where(GuaranteeEvent.guarantee_id == Guarantee.id, GuaranteeEvent.kind == g.REPAID)
        .scalar_subquery()
    )
    due = Guarantee.guaranteed_fen - repaid
    rows = db.session.execute(
        db.select(Guarantee.id, Guarantee.outstanding_fen, due.label("due")).where(
            Guarantee.outstanding_fen != due
        )
    )
    return [
        Finding(f"guarantee:{row.id}", yuan(int(row.due)), yuan(row.outstanding_fen))
        for row in rows
    ]


def check_returned() -> list[Finding]:
    """Find recoveries whose parts are not the whole, or whose pool's part is not asked back."""
    rows = db.session.execute(
        db.select(GuaranteeRecovery, SubsidyRecovery.amount_fen).outerjoin(
            SubsidyRecovery, SubsidyRecovery.id == GuaranteeRecovery.recovery_id
        )
    )
    found = []
    for row, asked_fen in rows:
        of, whole, part = f"guarantee:{row.guarantee_id}", sum(row.parts.values()), row.parts[POOL]
        if whole != row.amount_fen:
            found.append(Finding(of, yuan(row.amount_fen), yuan(whole)))
        if asked_fen is not None and asked_fen != part:
            found.append(Finding(of, yuan(part), yuan(asked_fen)))
    return found


CHECKS = [
    Check("subsidy.outstanding", check_outstanding),
    Check("subsidy.returned", check_returned),
]
