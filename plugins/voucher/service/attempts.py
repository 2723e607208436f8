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
    "voucher.start",
    "voucher.quote_finish",
    "voucher.finish",
    "voucher.release",
    "enrolment.enrol",
    "enrolment.attend",
    "enrolment.end",
    "redemption.void",
)
PAGE = 50
LOOKED_AT = 10_000  # more acts than a provider's tills do in a day


def refused_attempts(actor: Actor, *, since: datetime, limit: int = PAGE) -> list[AuditEntry]:
    """Return the refused attempts of the actor's provider since an instant, newest first."""
    providers = {grant.organisation_id for grant in actor.holding("voucher.lookup")}
    # Refusals are few among a provider's acts; without an end the search would read all of them.
    latest = (
        db.select(AuditEntry.id)
        .where(AuditEntry.organisation_id.in_(providers - {None}))
        .order_by(AuditEntry.id.desc())
        .limit(LOOKED_AT)
    )
    query = (
        db.select(AuditEntry)
        .where(AuditEntry.id.in_(latest))
        .where(AuditEntry.outcome == REFUSED, AuditEntry.action.in_(ACTIONS))
        .where(AuditEntry.at >= since)
        .order_by(AuditEntry.id.desc())
        .limit(limit)
    )
    return list(db.session.scalars(query))
