"""Renewing: everybody who is due, nobody twice, and one person's change stops no other."""

from __future__ import annotations

import threading
from typing import Any

from core import clock
from core.db import db, forget_connections
from plugins.voucher.models import Lot, Voucher
from tests import factories
from tests.voucher.path import Path
from tests.voucher.shapes import MONTHLY
from tests.voucher.test_changes import LEVELS, built, holder, record, residents
from tests.voucher.test_changes_reach import monthly_vouchers
from tests.voucher.test_payees_by_version import revise

NOVEMBER = "2026-11-01T00:05"


def lots(path: Path, period: str) -> list[tuple[int, int]]:
    """Return (resident, granted) of every lot of a period."""
    with path.reading():
        rows = db.session.execute(
            db.select(Voucher.resident_id, Lot.granted)
            .join(Lot, Lot.voucher_id == Voucher.id)
            .where(Lot.period == period)
            .order_by(Voucher.resident_id, Lot.id)
        )
        return [(int(person), int(quantity)) for person, quantity in rows]


def dawn(path: Path) -> None:
    """Begin the day."""
    path.do("work.begin_day", factories.SYSTEM)


def test_who_came_before_the_programme_began_gets_its_first_part_of_a_month(path: Path) -> None:
    """The programme begins on the 15th; issued on the 10th, the month is granted on the 15th."""
    path.build(vouchers=0, **(MONTHLY | {"valid_from": "2026-09-15"}))
    people = residents(path, 1)
    with clock.frozen("2026-09-10T09:00"):
        path.do(
            "voucher.issue",
            "purchaser_clerk",
            programme_id=path.county.programme,
            resident_ids=people,
        )
    with clock.frozen("2026-09-15T00:05"):
        dawn(path)
    assert lots(path, "2026-09") == [(people[0], 80_000)]


def test_a_loss_known_ahead_withholds_no_month_before_it(path: Path) -> None:
    """From 15 November she is not eligible; October is hers."""
    built(path)
    people = [holder(path), holder(path, 1)]
    with clock.frozen("2026-09-20T09:00"):
        record(path, people[0], "轻度失能", "2026-11-15")
    with clock.frozen("2026-10-01T00:05"):
        dawn(path)
    assert [person for person, _quantity in lots(path, "2026-10")] == people


def test_a_suspension_goes_over_to_the_next_month_s_voucher(path: Path) -> None:
    """A new voucher is no way around it, nor around an end that is known."""
    monthly_vouchers(path)
    path.do("voucher.suspend", "purchaser_clerk", id=path.vouchers[0], reason="核查")
    path.do(
        "voucher.end_condition",
        "purchaser_clerk",
        id=path.vouchers[1],
        reason="迁出",
        on="2026-10-15",
    )
    with clock.frozen("2026-10-01T00:05"):
        path.vouchers = [one["id"] for one in path.renew()["vouchers"]]
    with path.reading():
        first, second = (db.session.get_one(Voucher, number) for number in path.vouchers)
        assert (first.state, str(first.suspended_from)) == ("suspended", "2026-09-01")
        assert str(second.ended_on) == "2026-10-15"
    with clock.frozen(NOVEMBER):
        assert path.renew()["renewed"] == 1


CLASSES = [
    {"code": "A", "name": "甲", "when": {"fact": "ability_level", "at_least": "重度失能"}},
    {"code": "B", "name": "乙"},
]


def test_one_whose_class_changed_gets_the_other_and_stops_nobody(path: Path) -> None:
    """She was 重度 and is 中度 now: her next voucher is of class B."""
    monthly_vouchers(path, classes=CLASSES)
    with clock.frozen("2026-09-20T09:00"):
        record(path, holder(path), "中度失能", "2026-09-20")
    with clock.frozen("2026-10-01T00:05"):
        told = path.renew()
    assert sorted(one["class_code"] for one in told["vouchers"]) == ["A", "B"]


def test_one_who_enjoys_what_is_excluded_meanwhile_stops_nobody(path: Path) -> None:
    """She is left out and told why; the others are renewed."""
    monthly_vouchers(path)
    monthly, person = path.county.programme, holder(path)
    with path.app.app_context():
        factories.make_programme(path.county, code="OTHER")
    path.do(
        "voucher.issue",
        "purchaser_clerk",
        programme_id=path.county.programme,
        resident_ids=[person],
    )
    path.county.programme = monthly
    revise(path, **(LEVELS | {"renewal": "voucher", "excludes": ["OTHER"]}))
    with clock.frozen("2026-10-01T00:05"):
        told = path.renew()
    assert (told["renewed"], told["refused"]) == (1, 1)


def test_vouchers_of_single_months_are_not_filled_when_a_version_renews_by_lot(path: Path) -> None:
    """August's and September's vouchers are over; October is not granted on each of them."""
    monthly_vouchers(path)
    revise(path, **(LEVELS | {"renewal": "lot"}))
    with clock.frozen("2026-10-01T00:05"):
        path.renew()
    assert lots(path, "2026-10") == []


def test_vouchers_that_last_are_renewed_when_a_version_renews_by_voucher(path: Path) -> None:
    """They keep the terms under which they were issued."""
    built(path)
    people = [holder(path), holder(path, 1)]
    revise(path, **(LEVELS | {"renewal": "voucher"}))
    with clock.frozen("2026-10-01T00:05"):
        dawn(path)
    assert [person for person, _quantity in lots(path, "2026-10")] == people


def test_a_clerk_and_the_day_renew_at_once_and_nobody_gets_twice(path: Path) -> None:
    """Whoever comes second finds nobody waiting."""
    built(path)
    ready = threading.Barrier(2)

    def run(act: str, actor: Any, fields: dict[str, Any]) -> None:
        with clock.frozen("2026-10-01T00:05"):
            ready.wait()
            path.perform(act, actor, **fields)
        forget_connections()

    asked = {"programme_id": path.county.programme}
    threads = [
        threading.Thread(target=run, args=("voucher.renew", "purchaser_clerk", asked)),
        threading.Thread(target=run, args=("work.begin_day", factories.SYSTEM, {})),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(lots(path, "2026-10")) == 2
