"""Of several reasons to refuse, the first in the fixed order is told."""

from __future__ import annotations

from tests.voucher.path import Path
from tests.voucher.shapes import MINUTES, MONTHLY


def test_a_service_used_the_wrong_way_is_told_before_its_price(path: Path) -> None:
    """The service comes before caps and balance, as the list of refusals orders them."""
    path.build(**MINUTES)
    path.renew()
    clerk = path.providers[0].clerk
    asked = {"code": path.codes[0], "service_code": "fee", "price_fen": 9_000}
    assert path.refused("voucher.redeem", clerk, **asked) == "PRESENCE_MISMATCH"


def test_whose_identity_was_not_checked_is_told_before_the_service(path: Path) -> None:
    """The holder comes before the provider and the service."""
    path.build(**(MONTHLY | {"identity_check": "always"}))
    path.renew()
    clerk = path.providers[0].clerk
    asked = {"code": path.codes[0], "service_code": "other", "price_fen": 9_000}
    assert path.refused("voucher.redeem", clerk, **asked) == "HOLDER_MISMATCH"
