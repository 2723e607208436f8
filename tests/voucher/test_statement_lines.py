"""A statement shows what became of each of its lines."""

from __future__ import annotations

from tests.voucher.path import Path
from tests.voucher.shapes import MONTHLY
from tests.voucher.test_undoing import correct


def test_a_line_corrected_twice_is_one_line_of_its_statement(path: Path) -> None:
    """The provider reads one line a use, however often it was corrected."""
    path.build(**MONTHLY)
    path.renew()
    receipt = path.redeem(fen=50_000)
    locked = path.lock()
    assert locked["statements"] == 1
    for fen in (40_000, 30_000):
        correct(path, receipt, price_fen=fen)
    manager = path.providers[0].manager
    number = path.do("statement.list", manager)["items"][0]["id"]
    lines = path.do("statement.lines", manager, id=number)["items"]
    assert [line["receipt"] for line in lines] == [receipt]
