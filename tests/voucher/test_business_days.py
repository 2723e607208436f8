"""A new business day does what falls due once, also what was known ahead."""

from __future__ import annotations

from core import clock
from tests import factories
from tests.voucher.path import Path
from tests.voucher.shapes import MONTHLY
from tests.voucher.test_changes import LEVELS, built, holder, record, september
from tests.voucher.test_renewing import dawn


def test_a_day_that_locked_a_period_is_not_begun_again(path: Path) -> None:
    """The trail says which day was begun, whatever was done on it."""
    path.build(**(MONTHLY | {"settlement": {"cycle": "month", "lock_day": 5}}))
    path.renew()
    path.redeem(0, 30_000)
    with clock.frozen("2026-10-05T00:05"):
        assert not path.do("work.begin_day", factories.SYSTEM)["repeated"]
        assert path.do("work.begin_day", factories.SYSTEM)["repeated"]


def test_a_lower_amount_known_ahead_counts_from_its_day(path: Path) -> None:
    """Told on the 10th of the 20th: until then 800, then 500."""
    built(path, on_change={"amounts": "at_once"})
    with clock.frozen("2026-09-10T09:00"):
        record(path, holder(path), "中度失能", "2026-09-20")
    assert september(path)["available"] == 80_000
    with clock.frozen("2026-09-20T00:05"):
        dawn(path)
    assert september(path)["available"] == 50_000


def test_a_record_that_runs_out_counts_on_the_next_day(path: Path) -> None:
    """An assessment good through the 19th is none on the 20th, also when the 20th was missed."""
    built(path, on_change={"eligibility": "at_once"})
    with clock.frozen("2026-09-10T09:00"):
        record(path, holder(path), "重度失能", "2026-09-10", to_on="2026-09-19")
    with clock.frozen("2026-09-19T00:05"):
        dawn(path)
    assert september(path)["available"] == 80_000
    with clock.frozen("2026-09-21T00:05"):
        dawn(path)
    assert september(path)["cancelled"] == 80_000


def test_a_year_s_amount_changes_with_the_next_month_where_the_programme_says_so(
    path: Path,
) -> None:
    """Not on the day of the record, and not never."""
    year = [LEVELS["allotments"][0] | {"period": "year"}]
    built(path, allotments=year, on_change={"amounts": "next_month"})
    with clock.frozen("2026-09-10T09:00"):
        record(path, holder(path), "中度失能", "2026-09-10")
    assert available(path) == 80_000
    with clock.frozen("2026-10-01T00:05"):
        dawn(path)
    assert available(path) == 50_000


def test_what_is_left_is_cancelled_on_the_day_a_condition_ends(path: Path) -> None:
    """As the office was told when it wrote the day down."""
    built(path)
    path.do(
        "voucher.end_condition",
        "purchaser_clerk",
        id=path.vouchers[0],
        reason="迁出",
        on="2026-09-15",
    )
    assert september(path)["available"] == 80_000
    with clock.frozen("2026-09-15T00:05"):
        dawn(path)
    assert september(path)["cancelled"] == 80_000


def available(path: Path) -> int:
    """Return what the first voucher's lots still have."""
    from core.db import db  # noqa: PLC0415
    from plugins.voucher.models import Lot  # noqa: PLC0415

    with path.reading():
        found = db.session.scalars(db.select(Lot).filter_by(voucher_id=path.vouchers[0]))
        return sum(lot.available for lot in found)
