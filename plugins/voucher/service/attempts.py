"""Attempts at the till that were refused, with their reason, for the provider that made them."""

from __future__ import annotations

from datetime import datetime

from core.access import Actor
from core.audit import REFUSED, AuditEntry
from core.db import db

ACTIONS = (
    "voucher.lookup",
    "voucher.quote",
    "voucher.redeem",
    "voucher.redeem_many",
    "redemption.void",
)
PAGE = 50


def refused_attempts(actor: Actor, *, since: datetime, limit: int = PAGE) -> list[AuditEntry]:
    """Return the refused attempts of the actor's provider since an instant, newest first."""
    providers = {grant.organisation_id for grant in actor.holding("voucher.lookup")}
    query = (
        db.select(AuditEntry)
        .where(AuditEntry.organisation_id.in_(providers - {None}))
        .where(AuditEntry.outcome == REFUSED, AuditEntry.action.in_(ACTIONS))
        .where(AuditEntry.at >= since)
        .order_by(AuditEntry.id.desc())
        .limit(limit)
    )
    return list(db.session.scalars(query))
