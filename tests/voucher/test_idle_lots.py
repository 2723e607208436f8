"""Lots that lapse by idling."""

from __future__ import annotations

from typing import Any

from core import clock
from tests.voucher.path import Path
from tests.voucher.shapes import TRAINING
from tests.voucher.test_visits import parts, start


def test_a_hold_captured_after_its_lot_was_over_does_not_revive_it(path: Path) -> None:
    """Where lots lapse by idling, the pool has closed around the hold; the rest goes home."""
    allotment: dict[str, Any] = {
        "code": "face",
        "name": "面额",
        "amounts": [{"quantity": 50_000}],
        "lapse": {"kind": "idle_days", "n": 60},
    }
    path.build(vouchers=1, **(TRAINING | {"allotments": [allotment]}))
    with clock.frozen("2026-09-25T09:00"):
        hold = start(path, price_fen=40_000)
    with clock.frozen("2026-10-20T09:00"):
        path.lapse()
        told = path.do("voucher.finish", path.providers[0].clerk, id=hold, result="attended")
        assert told["amount_fen"] == 20_000
    assert path.rooms() == {"available": 2_980_000, "encumbered": 20_000}
    assert parts(path)["available"] == 0
