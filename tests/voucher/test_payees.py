"""Who is paid: the holder herself where the programme says so, by her own account."""

from __future__ import annotations

from core import clock
from core.db import db
from core.settlement.models import PaymentClaim
from plugins.voucher.models import Voucher
from plugins.voucher.service import settling
from tests.voucher.path import Path
from tests.voucher.shapes import MONTHLY


def test_a_holder_is_paid_what_her_voucher_owes_and_the_provider_confirms_it(path: Path) -> None:
    """The statement is the provider's, the claims are the holders', one each."""
    path.build(**(MONTHLY | {"payee": "resident"}))
    path.renew()
    path.redeem(0, 30_000)
    path.redeem(1, 20_000)
    path.lock()
    assert path.statements() == [(0, 50_000, "confirmed")]
    with path.reading():
        people = list(db.session.scalars(db.select(Voucher.resident_id).order_by(Voucher.id)))
    for number in people[:2]:
        account = path.do(
            "party.add_bank_account",
            "purchaser_clerk",
            resident_id=number,
            bank="望城农商行",
            holder="张三丰",
            number=f"6222021901{number:08d}",
        )
        path.do("party.verify_bank_account", "finance_maker", id=account["id"])
    path.pay()
    with path.reading():
        claims = db.session.execute(
            db.select(PaymentClaim.payee_id, PaymentClaim.amount_fen).order_by(PaymentClaim.id)
        ).all()
    assert [tuple(row) for row in claims] == [(people[0], 30_000), (people[1], 20_000)]
    assert path.rooms()["disbursed"] == 50_000
    assert path.statements() == [(0, 50_000, "paid")]


def test_a_cycle_locks_last_month_by_itself_on_its_day(path: Path) -> None:
    """On the 5th what was redeemed in September is locked, once."""
    path.build(**(MONTHLY | {"settlement": {"cycle": "month", "lock_day": 5}}))
    path.renew()
    path.redeem(0, 30_000)
    for day, statements in (("2026-10-04", 0), ("2026-10-05", 1), ("2026-10-06", 1)):
        with clock.frozen(f"{day}T00:05"), path.acting():
            settling.day_began()
        assert len(path.statements()) == statements


def test_little_waits_until_it_is_worth_a_payment(path: Path) -> None:
    """Below 500 yuan nothing is claimed; with the next month it is."""
    path.build(**(MONTHLY | {"settlement": {"minimum_fen": 50_000}}))
    path.renew()
    path.redeem(0, 30_000)
    path.lock()
    assert path.refused("settlement.run", "finance_maker") == "NOTHING_TO_PAY"
    path.redeem(1, 30_000)
    path.lock()
    path.pay()
    assert path.rooms()["disbursed"] == 60_000
