"""Cash is collected of what was paid."""

from __future__ import annotations

from core.db import db
from plugins.voucher.models import Recovery
from tests.voucher.path import Path
from tests.voucher.test_changes_reach import overpaid


def test_cash_is_claimed_only_of_what_was_paid(path: Path) -> None:
    """Before the bank has paid, what was overpaid is corrected at the provider, not collected."""
    overpaid(path, recovery="cash")
    with path.reading():
        number = db.session.scalars(db.select(Recovery.id)).one()
    asked = {"id": number, "reason": "多付"}
    assert path.refused("recovery.in_cash", "purchaser_clerk", **asked) == "NOT_PAID_YET"
    path.lock()
    assert path.refused("recovery.in_cash", "purchaser_clerk", **asked) == "NOT_PAID_YET"
    path.pay()
    path.do("recovery.in_cash", "purchaser_clerk", **asked)
