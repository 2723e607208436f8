"""What has ended is cancelled, and what ends later has not."""

from __future__ import annotations

from core import clock
from core.db import db
from plugins.voucher.models import Lot, Voucher
from tests.voucher.path import Path
from tests.voucher.shapes import TRAINING
from tests.voucher.test_visits import parts, start


def test_what_a_hold_did_not_use_of_an_ended_voucher_is_cancelled(path: Path) -> None:
    """She moved away while the course ran: the rest is not hers any more."""
    path.build(**TRAINING)
    hold, clerk = start(path, price_fen=40_000), path.providers[0].clerk
    with clock.frozen("2026-09-05T09:00"):
        path.do("voucher.end_condition", "purchaser_clerk", id=path.vouchers[0], reason="迁出")
        path.do("voucher.finish", clerk, id=hold, result="attended")
    assert parts(path)["available"] == 0
    assert path.lot() == {"redeemed": 20_000, "cancelled": 30_000, "committed_fen": 50_000}


def test_a_hold_called_off_before_a_voucher_ends_is_the_holder_s_again(path: Path) -> None:
    """An end next month takes nothing today."""
    path.build(**TRAINING)
    hold, clerk = start(path, price_fen=40_000), path.providers[0].clerk
    path.do(
        "voucher.end_condition",
        "purchaser_clerk",
        id=path.vouchers[0],
        reason="迁出",
        on="2026-10-01",
    )
    path.do("voucher.release", clerk, id=hold, reason="改期")
    assert parts(path)["available"] == 50_000


def test_what_is_undone_after_a_voucher_ended_is_cancelled(path: Path) -> None:
    """Nobody may use it, so it is not available."""
    path.build(single_use=False, remainder="keep")
    receipt = path.redeem(fen=20_000)
    path.do("voucher.end_condition", "purchaser_clerk", id=path.vouchers[0], reason="迁出")
    path.void(receipt)
    assert path.lot() == {"cancelled": 50_000, "committed_fen": 50_000}


def test_a_voucher_that_ends_later_is_still_held(path: Path) -> None:
    """No second one is issued beside it."""
    path.build(vouchers=1)
    with path.reading():
        voucher = db.session.get_one(Voucher, path.vouchers[0])
        person = voucher.resident_id
    path.do(
        "voucher.end_condition",
        "purchaser_clerk",
        id=path.vouchers[0],
        reason="迁出",
        on="2026-10-01",
    )
    asked = {"programme_id": path.county.programme, "resident_ids": [person]}
    assert path.refused("voucher.issue", "purchaser_clerk", **asked) == "ALREADY_HOLDS_VOUCHER"
    with path.reading():
        assert len(db.session.scalars(db.select(Lot)).all()) == 1
