"""Corrections: a redemption stands, but for less; before the lock, after it, and after payment."""

from __future__ import annotations

from core.db import db
from plugins.voucher.models import Redemption
from tests.voucher.path import Path
from tests.voucher.shapes import MONTHLY

HALF = {"shares": [{"rate_ppm": 500_000}]}


def used(path: Path) -> str:
    """Redeem a service of 1,000 yuan, of which half is paid, and return the receipt."""
    path.build(**(MONTHLY | HALF))
    path.renew()
    return path.redeem(fen=100_000)


def correct(path: Path, receipt: str, price_fen: int, entitlement: str = "give_back") -> dict:
    """Correct the price of a redemption by two persons."""
    ordered = path.do(
        "redemption.reverse",
        "purchaser_clerk",
        receipt=receipt,
        reason="价格有误",
        price_fen=price_fen,
        entitlement=entitlement,
    )
    return path.do("redemption.approve_reversal", "purchaser_approver", id=ordered["id"])


def test_a_price_corrected_before_the_lock_lowers_the_statement(path: Path) -> None:
    """600 instead of 1,000: 200 of the 500 go back, the statement says 300."""
    receipt = used(path)
    told = correct(path, receipt, 60_000)
    assert (told["taken_back_fen"], told["went_to"]) == (20_000, ["available"])
    assert path.lock()["gross_fen"] == 30_000
    path.pay()
    assert path.rooms()["disbursed"] == 30_000
    assert path.fin() == {"expense": 30_000}


def test_a_price_corrected_after_the_lock_lowers_what_is_paid(path: Path) -> None:
    """The statement keeps its gross; the claim is less."""
    receipt = used(path)
    assert path.lock()["gross_fen"] == 50_000
    correct(path, receipt, 60_000)
    path.pay()
    assert path.rooms()["disbursed"] == 30_000
    assert path.statements() == [(0, 50_000, "paid")]


def test_a_correction_after_payment_is_claimed_back_in_part(path: Path) -> None:
    """To a living lot nothing is given back; the provider owes 200."""
    receipt = used(path)
    path.lock()
    path.pay()
    asked = {"receipt": receipt, "reason": "价格有误", "price_fen": 60_000}
    assert path.refused("redemption.reverse", "purchaser_clerk", **asked) == "GIVE_BACK_FORBIDDEN"
    correct(path, receipt, 60_000, "cancel")
    assert path.fin() == {"receivable": 20_000, "expense": 30_000}


def test_a_redemption_is_corrected_again_and_undone_at_last(path: Path) -> None:
    """Sums of corrections never exceed what it was, and the rest can still be reversed."""
    receipt = used(path)
    correct(path, receipt, 60_000)
    correct(path, receipt, 40_000)
    with path.reading():
        row = db.session.scalars(db.select(Redemption).filter_by(receipt=receipt)).one()
        assert (row.amount_fen, row.reversed_fen, row.state) == (50_000, 30_000, "captured")
    path.void(receipt)
    assert path.fin() == {}
    assert path.pool() == {"committed": 240_000, "uncharged": 240_000}


def test_a_correction_that_lowers_nothing_is_refused(path: Path) -> None:
    """A higher price is no correction of what was overpaid."""
    receipt = used(path)
    asked = {"receipt": receipt, "reason": "价格有误", "price_fen": 120_000}
    assert path.refused("redemption.reverse", "purchaser_clerk", **asked) == "NOTHING_TO_CORRECT"
