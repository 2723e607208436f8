"""A change that is known ahead counts from its day."""

from __future__ import annotations

from core import clock
from tests.voucher.path import Path
from tests.voucher.test_changes import built, holder, record


def test_a_condition_that_ends_next_week_is_fulfilled_until_then(path: Path) -> None:
    """Told on the 10th that the level ends on the 25th: on the 12th the voucher still pays."""
    built(path, on_change={"eligibility": "at_once"})
    with clock.frozen("2026-09-10T09:00"):
        record(path, holder(path), "轻度失能", "2026-09-25")
    with clock.frozen("2026-09-12T09:00"):
        path.redeem(fen=30_000)
    asked = {"code": path.codes[0], "service_code": "fee", "price_fen": 1_000}
    with clock.frozen("2026-09-25T09:00"):
        clerk = path.providers[0].clerk
        assert path.refused("voucher.redeem", clerk, **asked) == "HOLDER_INELIGIBLE"
