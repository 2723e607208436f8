"""Every yuan can be walked, from the payment back to the line and from the line to the payment."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from core import trace
from core.db import db, transaction
from core.ledger import balance
from core.trace import Place
from tests.voucher.path import Path


def kinds(levels: Iterable[list[Place]]) -> list[str]:
    """Return the kinds of stations, in the order of the walk."""
    return list(dict.fromkeys(place.kind for level in levels for place in level))


@pytest.mark.requirement("R003-25", in_part=True)
def test_a_payment_leads_to_its_line_and_the_line_to_it_and_nothing_of_it_can_be_changed(
    path: Path,
) -> None:
    path.build()
    receipt = path.redeem(0)
    path.lock()
    path.pay()
    with path.app.app_context():
        auditor = path.county.actor("auditor")
    with path.reading():
        (redemption,) = trace.find(receipt, auditor)
        after = trace.walk(redemption).after
        (payment,) = (one for level in after for one in level if one.kind == "payment")
        back = trace.walk(payment).before
        (line,) = back[0]
        forth = trace.walk(line).after
        assert payment.amount_fen == balance("line.disbursed", line_id=path.county.line)
    stations = ["line", "purchase", "pool", "voucher", "redemption", "statement"]
    assert [kind for kind in kinds(back) if kind in stations] == stations
    assert payment.name in [one.name for level in forth for one in level]
    assert redemption.journals
    with path.app.app_context(), pytest.raises(IntegrityError, match="append-only"), transaction():
        db.session.execute(text("UPDATE journal SET note = 'x'"))
