"""The legal clock of a statement: thirty days from when it is agreed until it is paid."""

from __future__ import annotations

from datetime import date

from core import access, clock
from core.db import db
from core.deadlines import Deadline
from tests.voucher.path import Path

Clock = tuple[date, date, date | None]


def clocks(path: Path) -> list[Clock]:
    """Return the statements' clocks: from, due, stopped."""
    with path.reading():
        own = db.select(Deadline).filter_by(kind="voucher.payment")
        rows = db.session.scalars(own.order_by(Deadline.id))
        return [(row.starts_on, row.due_on, row.stopped_on) for row in rows]


def test_a_confirmed_statement_is_due_in_thirty_days_and_done_when_paid(path: Path) -> None:
    path.build(confirm_days=5)
    path.redeem(0)
    path.lock()
    assert clocks(path) == []
    with clock.frozen("2026-09-03T09:00"):
        path.do("statement.confirm", path.providers[0].manager, id=1)
    assert clocks(path) == [(date(2026, 9, 3), date(2026, 10, 3), None)]
    listed = path.do("deadline.list", "purchaser_clerk")["items"]
    assert [one["citation"] for one in listed] == ["《保障中小企业款项支付条例》第九条"]
    with clock.frozen("2026-09-20T09:00"):
        path.pay()
    assert clocks(path)[0][2] == date(2026, 9, 20)
    assert path.do("deadline.list", "purchaser_clerk")["items"] == []


def test_what_nobody_objected_to_is_due_from_when_it_counts_as_confirmed(path: Path) -> None:
    path.build(confirm_days=5)
    path.redeem(0)
    path.lock()
    with clock.frozen("2026-09-10T00:10"):
        path.do("work.begin_day", access.system("后台作业"))
    assert clocks(path) == [(date(2026, 9, 10), date(2026, 10, 10), None)]


def test_where_nobody_may_object_every_provider_is_due_from_the_lock(path: Path) -> None:
    path.build()
    path.redeem(0)
    path.redeem(1, provider=1)
    path.lock()
    assert clocks(path) == [(date(2026, 9, 1), date(2026, 10, 1), None)] * 2


def test_an_unpaid_statement_is_overdue_on_the_day_after(path: Path) -> None:
    path.build()
    path.redeem(0)
    path.lock()
    with clock.frozen("2026-10-02T09:00"):
        counts = path.do("deadline.list", "finance_maker")["counts"]
    assert counts["overdue"] == 1
