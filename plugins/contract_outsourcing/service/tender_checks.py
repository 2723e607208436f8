"""What must hold of procurement and contracts at every moment."""

from __future__ import annotations

from core.db import db
from core.ledger import Check, Finding
from plugins.contract_outsourcing.models import Tender
from plugins.contract_outsourcing.service import notices


def check_frozen() -> list[Finding]:
    """Find tenders whose sheet, conditions or ceiling are not what was published."""
    published = db.session.scalars(db.select(Tender).where(Tender.sheet_hash.is_not(None)))
    return [
        Finding(f"tender {tender.number}", str(tender.sheet_hash), "-")
        for tender in published
        if not notices.is_frozen(tender)
    ]


CHECKS = [Check("已公开的评分表、条件和限价没有改动", check_frozen)]
