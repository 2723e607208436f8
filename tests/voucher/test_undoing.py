"""What is undone gives back what it took, once: money, entitlement, room under caps."""

from __future__ import annotations

from typing import Any

from core import clock
from core.db import db
from plugins.voucher.models import Counter
from tests.voucher.path import Path
from tests.voucher.shapes import MINUTES
from tests.voucher.test_caps import capped, use


def correct(path: Path, receipt: str, **fields: Any) -> dict[str, Any]:
    """Correct a redemption by two persons."""
    ordered = path.do(
        "redemption.reverse", "purchaser_clerk", receipt=receipt, reason="录入有误", **fields
    )
    return path.do("redemption.approve_reversal", "purchaser_approver", id=ordered["id"])


def used_under(path: Path) -> int:
    """Return what the only cap has counted."""
    with path.reading():
        return int(db.session.scalars(db.select(Counter.used)).one())


def test_a_use_corrected_and_then_undone_gives_its_room_back_once(path: Path) -> None:
    """500 counted, 200 corrected, the rest undone: the day's room is what it was."""
    capped(path, {"per": "day", "limit": 50_000, "at_limit": "refuse"})
    receipt = use(path, 50_000).body["receipt"]
    correct(path, receipt, price_fen=30_000)
    assert used_under(path) == 30_000
    path.void(receipt)
    assert used_under(path) == 0


def test_two_corrections_give_back_what_each_took(path: Path) -> None:
    """A price corrected twice, and then a whole reversal."""
    capped(path, {"of": "quantity", "per": "day", "limit": 3})
    clerk = path.providers[0].clerk
    asked = {"code": path.codes[0], "service_code": "fee", "price_fen": 10_000, "quantity": 3_000}
    receipt = path.do("voucher.redeem", clerk, **asked)["receipt"]
    correct(path, receipt, price_fen=8_000)
    assert used_under(path) == 3
    correct(path, receipt, quantity=2_000)
    assert used_under(path) == 2
    path.void(receipt)
    assert used_under(path) == 0


def paid_visit(path: Path) -> str:
    """End a visit of an hour at 60 yuan, paid by the bank, and return its receipt."""
    path.build(**MINUTES)
    path.renew()
    clerk = path.providers[0].clerk
    hold = path.do("voucher.start", clerk, code=path.codes[0], service_code="fee", price_fen=6_000)[
        "id"
    ]
    with clock.frozen("2026-09-01T10:00"):
        receipt = path.do("voucher.finish", clerk, id=hold)["receipt"]
    with clock.frozen("2026-09-01T11:00"):
        path.lock()
        path.pay()
    return str(receipt)


def test_money_claimed_back_of_a_price_is_not_claimed_twice(path: Path) -> None:
    """54 yuan were paid: 18 are claimed for the price, the whole then comes to 36 more."""
    receipt = paid_visit(path)
    with clock.frozen("2026-09-01T12:00"):
        assert correct(path, receipt, price_fen=4_000, entitlement="cancel")["taken_back_fen"] == (
            1_800
        )
        asked = {"receipt": receipt, "reason": "核查", "price_fen": 4_000, "entitlement": "cancel"}
        refused = path.refused("redemption.reverse", "purchaser_clerk", **asked)
        assert refused == "NOTHING_TO_CORRECT"
        path.reverse(receipt, "cancel")
    assert path.fin() == {"receivable": 5_400}
