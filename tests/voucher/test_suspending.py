"""A suspension moves the last days of the lots it met, and of no others."""

from __future__ import annotations

from core import clock
from core.db import db
from plugins.voucher.models import Lot
from tests.voucher.path import Path
from tests.voucher.test_changes import built


def test_a_suspension_called_off_before_it_began_takes_no_day_from_a_lot(path: Path) -> None:
    """From the 10th through the 20th, resumed on the 5th: September ends on the 30th."""
    built(path, suspension={"prolongs": True})
    suspend(path, "2026-09-10", "2026-09-20")
    with clock.frozen("2026-09-05T09:00"):
        path.do("voucher.resume", "purchaser_clerk", id=path.vouchers[0], reason="不外出")
    assert last_day(path) == "2026-09-30"


def test_a_lot_that_could_not_last_longer_is_not_shortened_by_resuming(path: Path) -> None:
    """The programme ends with September: prolonged by nothing, it loses nothing."""
    built(path, suspension={"prolongs": True}, valid_through="2026-09-30")
    suspend(path, "2026-09-01", "2026-09-20")
    with clock.frozen("2026-09-05T09:00"):
        path.do("voucher.resume", "purchaser_clerk", id=path.vouchers[0], reason="回来")
    assert last_day(path) == "2026-09-30"


def test_a_lot_granted_during_a_suspension_is_not_shortened_by_resuming(path: Path) -> None:
    """October was never prolonged, so the early return takes nothing from it."""
    built(path, suspension={"prolongs": True})
    suspend(path, "2026-09-20", "2026-10-20")
    with clock.frozen("2026-10-01T00:05"):
        path.renew()
    with clock.frozen("2026-10-10T09:00"):
        path.do("voucher.resume", "purchaser_clerk", id=path.vouchers[0], reason="回来")
    assert last_day(path, "2026-10") == "2026-10-31"


def suspend(path: Path, from_on: str, through_on: str) -> None:
    """Suspend the first voucher for some days."""
    days = {"from_on": from_on, "through_on": through_on, "reason": "外出"}
    path.do("voucher.suspend", "purchaser_clerk", id=path.vouchers[0], **days)


def last_day(path: Path, period: str = "2026-09") -> str:
    """Return the last day of the first voucher's lot of a period."""
    with path.reading():
        lot = db.session.scalars(
            db.select(Lot).filter_by(voucher_id=path.vouchers[0], period=period)
        ).one()
        return str(lot.valid_through.isoformat())
