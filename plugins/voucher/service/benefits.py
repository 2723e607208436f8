"""What holding vouchers says of a resident: a fact that other programmes' rules may ask."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Select, or_

from core.db import db
from core.facts import Fact
from plugins.voucher.models import Lot, Programme, Voucher
from plugins.voucher.service.lives import REVOKED


def _benefits(on: date) -> Select[Any]:
    """Return (resident, programme code) for whoever holds a living voucher on a day."""
    return (
        db.select(Voucher.resident_id, Programme.code.label("value"))
        .join(Programme, Programme.id == Voucher.programme_id)
        .join(Lot, Lot.voucher_id == Voucher.id)
        .where(Voucher.state != REVOKED, Lot.valid_from <= on, Lot.valid_through >= on)
        .where(or_(Voucher.ended_on.is_(None), Voucher.ended_on > on))
        .distinct()
    )


FACTS = [Fact("benefit", "正在享受的凭单项目", "set", rows=_benefits)]
