"""What a balance does not cover is the holder's."""

from __future__ import annotations

from datetime import date
from typing import Any

from plugins.voucher.rules import Use
from tests.voucher.purse import Purse, read


def purse(**changes: Any) -> Purse:
    """Return a purse of 100 yuan, granted."""
    allotments = [{"code": "a", "name": "额度", "amounts": [{"quantity": 10_000}]}]
    return Purse(read(allotments=allotments, **changes)).grant()


def test_what_a_cap_of_quantity_leaves_out_is_the_holder_s_when_the_rest_takes_all() -> None:
    """One of two is covered and takes the whole balance; the other is her own."""
    caps = [{"code": "c", "name": "每日一次", "of": "quantity", "per": "day", "limit": 1}]
    assert purse(caps=caps).pays(10_000, quantity=2_000) == 10_000


def test_a_visit_over_midnight_is_paid_as_far_as_the_balance_goes() -> None:
    """The first day takes all that is left, the second is the holder's."""
    first, second = date(2026, 1, 1), date(2026, 1, 2)
    caps = [{"code": "c", "name": "每日", "per": "day", "limit": 50_000}]
    use = Use("s", price_fen=10_000, segments=((first, 1_000), (second, 1_000)), quantity=2_000)
    decision = purse(caps=caps).decide(use, second)
    assert (decision.amount_fen, decision.self_pay_fen) == (10_000, 10_000)
