"""Vouchers at a year's end: claw-backs set off, handed to the treasury, and pools carried over."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core import clock
from core.budget import Pool
from core.db import db
from core.settlement.models import Clawback
from tests.voucher.path import MORNING, Path

TURN = "2027-01-02T09:00"
LONG = {"valid_through": "2027-03-31"}


@pytest.fixture
def path(app, county) -> Iterator[Path]:
    """Return the path on a working day."""
    with clock.frozen(MORNING):
        yield Path(app, county)


def pool_of(path: Path) -> int:
    """Return the programme's pool."""
    with path.reading():
        return int(db.session.scalars(db.select(Pool.id)).one())


def clawback_of(path: Path) -> int:
    """Return the claw-back's number."""
    with path.reading():
        return int(db.session.scalars(db.select(Clawback.id)).one())


def claim_of(path: Path) -> dict:
    """Return the claim that waits for payment."""
    (payee,) = path.do("settlement.open_claims", "finance_maker")["payees"]
    (claim,) = payee["claims"]
    return claim


def carry(path: Path, pool: int) -> None:
    """Carry the pool into the next year."""
    fields = {"pool_id": pool, "document": "1号"}
    number = path.do("budget.carry_over", "finance_budget", **fields)["id"]
    path.do("budget.approve_carry_over", "finance_approver", id=number)


def test_a_claw_back_is_set_off_against_the_next_statement(path: Path) -> None:
    path.build()
    receipt = path.redeem(0)
    path.lock()
    path.pay()
    path.redeem(1)
    path.reverse(receipt, "cancel")
    path.lock()
    claim = claim_of(path)
    fields = {"id": clawback_of(path), "component": "voucher", "source": claim["source"]}
    path.do("clawback.set_off", "finance_maker", **fields, amount_fen=20_000)
    assert path.rooms() == {
        "available": 2_870_000,
        "encumbered": 50_000,
        "accrued": 30_000,
        "disbursed": 50_000,
    }
    path.pay()
    assert path.rooms()["disbursed"] == 80_000
    assert path.fin() == {"receivable": 30_000, "expense": 50_000}


def test_a_statement_set_off_entirely_is_paid_and_its_line_may_be_clawed_back(path: Path) -> None:
    path.build()
    first = path.redeem(0)
    path.lock()
    path.pay()
    second = path.redeem(1)
    path.reverse(first, "cancel")
    path.lock()
    fields = {"id": clawback_of(path), "component": "voucher", "amount_fen": 50_000}
    path.do("clawback.set_off", "finance_maker", **fields, source=claim_of(path)["source"])
    assert path.refused("settlement.run", "finance_maker") == "NOTHING_TO_PAY"
    assert path.do("statement.list", "finance_maker")["items"][0]["state"] == "paid"
    assert path.reverse(second, "cancel")["effect"] == "clawed_back"


def test_a_line_partly_set_off_waits_like_one_at_the_bank(path: Path) -> None:
    path.build()
    first = path.redeem(0)
    path.lock()
    path.pay()
    second = path.redeem(1)
    path.reverse(first, "cancel")
    path.lock()
    fields = {"id": clawback_of(path), "component": "voucher", "amount_fen": 1_000}
    path.do("clawback.set_off", "finance_maker", **fields, source=claim_of(path)["source"])
    fields = {"receipt": second, "reason": "核查"}
    assert path.refused("redemption.reverse", "purchaser_clerk", **fields) == "BATCH_LOCKED"


def test_what_was_paid_before_the_carry_over_is_handed_to_the_treasury(path: Path) -> None:
    path.build(**LONG)
    old = path.redeem(0)
    path.lock()
    path.pay()
    pool = pool_of(path)
    with clock.frozen(TURN):
        carry(path, pool)
        new = path.redeem(1)
        path.lock()
        path.pay()
        ways = []
        for receipt in (old, new):
            path.reverse(receipt, "cancel")
            with path.reading():
                query = db.select(Clawback.id).order_by(Clawback.id.desc()).limit(1)
                number = db.session.scalar(query)
            received = {"id": number, "amount_fen": 50_000, "bank_reference": f"IN{number}"}
            ways.append(path.do("clawback.receive", "treasurer", **received)["way"])
        assert ways == ["remitted", "restored"]
        assert path.pool() == {
            "committed": 150_000,
            "uncharged": 50_000,
            "charged": 50_000,
            "released": 50_000,
            "accrued": 50_000,
            "paid": 50_000,
        }


def test_a_reversal_between_lock_and_payment_finds_the_new_line(path: Path) -> None:
    path.build(**LONG)
    receipt = path.redeem(0)
    path.lock()
    pool = pool_of(path)
    with clock.frozen(TURN):
        carry(path, pool)
        assert path.rooms() == {"available": 2_850_000}
        assert path.reverse(receipt)["went_to"] == ["available"]
    with clock.frozen("2027-04-01T09:00"):
        path.lapse()
    assert path.pool() == {"committed": 150_000, "released": 150_000}
