"""The till under extreme input, and the order in which it refuses."""

from __future__ import annotations

import pytest

from tests.voucher.path import Path
from tests.voucher.shapes import MONTHLY, TRAINING

HUGE = 9_000_000_000_000_000


def test_a_sum_beyond_all_reason_is_refused_and_not_a_failure(path: Path) -> None:
    """Price and quantity are each in range, their product is not."""
    path.build(**MONTHLY)
    path.renew()
    clerk = path.providers[0].clerk
    asked = {"code": path.codes[0], "service_code": "fee", "price_fen": HUGE, "quantity": 9_999_000}
    for act in ("voucher.quote", "voucher.redeem"):
        assert path.refused(act, clerk, **asked) == "INVALID_INPUT"


def test_a_hold_beyond_all_reason_is_refused(path: Path) -> None:
    """As at the till."""
    path.build(**TRAINING)
    clerk = path.providers[0].clerk
    asked = {"code": path.codes[0], "service_code": "fee", "price_fen": HUGE, "quantity": 9_999_000}
    assert path.refused("voucher.start", clerk, **asked) == "INVALID_INPUT"


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
@pytest.mark.parametrize("per", ["week", "year"])
def test_a_day_out_of_time_is_refused_and_not_a_failure(path: Path, day: str, per: str) -> None:
    """Where caps count by week or by a year that begins in September."""
    caps = [{"code": "c", "name": "限额", "per": per, "limit": 1_000}]
    path.build(**(MONTHLY | {"caps": caps, "year_starts": 9}))
    path.renew()
    clerk = path.providers[0].clerk
    asked = {"code": path.codes[0], "service_code": "fee", "price_fen": 1_000, "service_on": day}
    assert path.refused("voucher.redeem", clerk, **asked) == "INVALID_INPUT"


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00", "9999-12-31T23:59:59-12:00"])
def test_a_cut_off_out_of_time_is_refused_and_not_a_failure(path: Path, at: str) -> None:
    """An instant that has no counterpart in another zone."""
    path.build(**MONTHLY)
    path.renew()
    path.redeem()
    asked = {"programme_id": path.county.programme, "cutoff_at": at}
    assert path.refused("statement.lock", "finance_maker", **asked) == "INVALID_INPUT"


@pytest.mark.parametrize("days", [("0001-01-01", "9999-12-30"), ("2026-09-01", "9999-12-31")])
def test_a_suspension_out_of_time_is_refused(path: Path, days: tuple[str, str]) -> None:
    """It would move lots to days that no calendar has."""
    path.build(**(MONTHLY | {"suspension": {"prolongs": True}}))
    path.renew()
    asked = {"id": path.vouchers[0], "reason": "外出", "from_on": days[0], "through_on": days[1]}
    assert path.refused("voucher.suspend", "purchaser_clerk", **asked) == "INVALID_INPUT"
