"""Until when somebody may not apply again, because an award's result was below every tier."""

from __future__ import annotations

from datetime import date

from core.db import db
from plugins.subsidy.models import AwardResult, Scheme, ScoringRound


def blocked_until(scheme: Scheme, applicant_id: int) -> date | None:
    """Return the last day on which an applicant may not apply in a scheme; None: it may."""
    query = (
        db.select(db.func.max(AwardResult.blocked_until))
        .join(ScoringRound, ScoringRound.id == AwardResult.round_id)
        .where(ScoringRound.scheme_id == scheme.id, AwardResult.applicant_id == applicant_id)
    )
    found: date | None = db.session.scalar(query)
    return found
