"""A version may change who is paid; every payee is, by the vouchers' own terms."""

from __future__ import annotations

from typing import Any

from core.db import db
from core.settlement.models import PaymentClaim
from tests import factories
from tests.voucher.path import Path
from tests.voucher.shapes import MONTHLY
from tests.voucher.test_changes import residents


def revise(path: Path, **terms: Any) -> None:
    """Write the next version and let a second person approve it."""
    path.do(
        "programme.revise",
        "purchaser_clerk",
        id=path.county.programme,
        terms=factories.terms(path.county, **terms),
    )
    path.do("programme.submit", "purchaser_clerk", id=path.county.programme)
    path.do("programme.approve", "purchaser_approver", id=path.county.programme)


def test_a_provider_is_paid_for_the_vouchers_of_before_beside_the_holders(path: Path) -> None:
    """One statement, two kinds of payees: 300 to the provider, 200 to the holder."""
    path.build(**MONTHLY, vouchers=1)
    path.renew()
    revise(path, **(MONTHLY | {"payee": "resident"}))
    person = residents(path, 1)[0]
    issued = path.do(
        "voucher.issue",
        "purchaser_clerk",
        programme_id=path.county.programme,
        resident_ids=[person],
    )["vouchers"]
    numbers = [one["id"] for one in issued]
    cards = path.do("voucher.print_cards", "purchaser_clerk", voucher_ids=numbers)["cards"]
    path.codes.append(cards[0]["code"])
    path.redeem(0, 30_000)
    path.redeem(1, 20_000)
    path.lock()
    account = path.do(
        "party.add_bank_account",
        "purchaser_clerk",
        resident_id=person,
        bank="望城农商行",
        holder="张三丰",
        number=f"6222021901{person:08d}",
    )
    path.do("party.verify_bank_account", "finance_maker", id=account["id"])
    path.pay()
    with path.reading():
        claims = db.session.execute(
            db.select(PaymentClaim.payee_id, PaymentClaim.amount_fen).order_by(PaymentClaim.id)
        ).all()
    assert sorted(tuple(row) for row in claims) == sorted(
        [(path.providers[0].id, 30_000), (person, 20_000)]
    )
    assert path.rooms()["disbursed"] == 50_000
    assert path.statements() == [(0, 50_000, "paid")]
