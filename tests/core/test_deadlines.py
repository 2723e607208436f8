"""Legal clocks: how long by the rule pack, over which days by the calendar, what is overdue."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import date

import pytest

from core import access, audit, clock, deadlines, rulepack
from core.db import db, transaction
from core.deadlines import Deadline, DeadlineKind
from core.hookspecs import hookimpl
from core.plugins import registry
from tests import factories
from tests.factories import COUNTY, SYSTEM, attempt, do
from tests.settlement_world import together

pytestmark = pytest.mark.one_engine

FILING, PAYING = "demo.filing", "demo.paying"


class Clocks:
    """A component that starts two clocks: one of working days, one of days."""

    @hookimpl
    def register_deadlines(self):
        return [
            DeadlineKind(
                FILING,
                "合同备案",
                "contract.file_working_days",
                "working_days",
                "政府采购法第四十七条",
            ),
            DeadlineKind(PAYING, "付款", "payment.days", "days", "保障中小企业款项支付条例第九条"),
        ]


@pytest.fixture
def county(make_app):
    """The county in an app whose component has clocks."""
    app = make_app(plugins_given=[Clocks()])
    with app.app_context():
        made = factories.make_county()
        made.app = app
        yield made


@contextmanager
def acting():
    """Open a writing act of the system."""
    act = audit.Acting("test", None, "系统")
    with transaction(), audit.acting(act):
        yield
        row = audit.entry(act, outcome=audit.ACCEPTED, status=200)
        db.session.execute(db.insert(audit.AuditEntry).values(row))


def start(county, number, from_on, *, kind=FILING, organisation=None):
    """Start a clock of the purchaser's and return the day it is due."""
    with acting():
        started = deadlines.start(
            kind,
            "demo_contract",
            number,
            from_on=from_on,
            organisation_id=organisation or county.purchaser,
            division_code=COUNTY,
            what=f"第 {number} 号合同",
        )
        return started.due_on


def stop(number, kind=FILING):
    """Stop a clock."""
    with acting():
        deadlines.stop(kind, "demo_contract", number)


def rows():
    """Return every clock: number of its object, due, provisional, moved from, stopped."""
    with transaction(readonly=True):
        found = db.session.scalars(db.select(Deadline).order_by(Deadline.id))
        return [
            (one.object_id, one.due_on, one.provisional, one.moved_from_on, one.stopped_on)
            for one in found
        ]


def announce(county, *days):
    """Have the county's two officers put the calendar of 2027 in force; return the answer."""
    special = [{"day": day, "kind": "rest", "name": "假"} for day in ("2027-01-01", *days)]
    drafter = county.actor("finance_budget")
    made = do("calendar.propose", drafter, year=2027, document="通知", days=special)
    do("calendar.submit", drafter, id=made["id"])
    return do("calendar.approve", county.actor("finance_approver"), id=made["id"])


def test_every_declared_clock_counts_as_its_figure_says(app):
    with app.app_context():
        for kind in registry().deadline_kinds.values():
            assert rulepack.figures()[kind.figure].unit == kind.unit


def test_a_clock_counts_in_days_or_working_days():
    with pytest.raises(RuntimeError, match="demo"):
        DeadlineKind("demo.x", "某事", "contract.term_months", "months", "某法")


def test_a_clock_of_working_days_passes_over_holidays(county):
    assert start(county, 1, date(2026, 9, 28)) == date(2026, 10, 13)


def test_a_clock_of_days_does_not(county):
    assert start(county, 1, date(2026, 9, 28), kind=PAYING) == date(2026, 10, 28)


def test_a_clock_runs_as_long_as_the_division_says_on_its_first_day(county):
    local = {"code": "payment.days", "number": 20, "division_code": COUNTY}
    said = {"law": "望城区付款办法", "article": "第二条", "from_on": "2026-10-01"}
    made = do("rulepack.propose", SYSTEM, **local, **said)
    do("rulepack.submit", SYSTEM, id=made["id"])
    do("rulepack.approve", SYSTEM, id=made["id"])
    assert start(county, 1, date(2026, 9, 30), kind=PAYING) == date(2026, 10, 30)
    assert start(county, 2, date(2026, 10, 1), kind=PAYING) == date(2026, 10, 21)


def test_a_clock_that_runs_is_not_started_again_and_one_that_stopped_is(county):
    first = start(county, 1, date(2026, 9, 1))
    assert start(county, 1, date(2026, 9, 8)) == first
    with clock.frozen("2026-09-05T09:00"):
        stop(1)
    assert start(county, 1, date(2026, 9, 8)) == date(2026, 9, 17)
    assert [row[4] for row in rows()] == [date(2026, 9, 5), None]


def test_stopping_twice_keeps_the_first_day_and_stopping_nothing_does_nothing(county):
    start(county, 1, date(2026, 9, 1))
    for day in ("2026-09-05T09:00", "2026-09-07T09:00"):
        with clock.frozen(day):
            stop(1)
            stop(2)
    assert [row[4] for row in rows()] == [date(2026, 9, 5)]


def test_of_two_who_start_a_clock_at_once_one_does(county):
    def begin():
        with county.app.app_context():
            return start(county, 1, date(2026, 9, 1))

    assert together(*[begin] * 4) == [date(2026, 9, 10)] * 4
    assert len(rows()) == 1


def test_a_deadline_is_overdue_from_the_day_after(county):
    start(county, 1, date(2026, 9, 1))  # due 2026-09-10
    clerk = county.actor("purchaser_clerk")
    seen = {}
    for day in ("09-02", "09-03", "09-10", "09-11"):
        with clock.frozen(f"2026-{day}T09:00"):
            (item,) = do("deadline.list", clerk)["items"]
            seen[day] = (item["when"], item["days_left"])
    assert seen == {
        "09-02": ("later", 8),
        "09-03": ("week", 7),
        "09-10": ("today", 0),
        "09-11": ("overdue", -1),
    }


def test_the_list_shows_what_is_overdue_due_today_this_week_and_later(county):
    for number, day in enumerate((7, 8, 9, 24), start=1):
        start(county, number, date(2026, 7, day), kind=PAYING)  # due 30 days later
    start(county, 5, date(2026, 7, 1), kind=PAYING)
    with clock.frozen("2026-08-07T09:00"):
        stop(5, PAYING)
        auditor = county.actor("auditor")
        listed = do("deadline.list", auditor)
        assert listed["counts"] == {"overdue": 1, "today": 1, "week": 1, "later": 1}
        assert [one["object_id"] for one in listed["items"]] == [1, 2, 3, 4]
        for when, number in (("overdue", 1), ("today", 2), ("week", 3), ("later", 4)):
            (one,) = do("deadline.list", auditor, when=when)["items"]
            assert (one["object_id"], one["organisation"]) == (number, "望城区教育局")
        (done,) = do("deadline.list", auditor, when="stopped")["items"]
        assert (done["object_id"], done["stopped_on"]) == (5, "2026-08-07")


def test_a_long_list_is_read_page_by_page_in_the_order_of_days(county):
    for number in range(1, 8):
        start(county, number, date(2026, 9, 1 + number % 3))
    auditor = county.actor("auditor")
    seen, after = [], None
    while True:
        page = do("deadline.list", auditor, limit=2, **({"after": after} if after else {}))
        seen += [(one["due_on"], one["id"]) for one in page["items"]]
        after = page["next_after"]
        if after is None:
            break
    assert len(seen) == 7
    assert seen == sorted(seen)


def test_a_purchaser_sees_its_own_deadlines_and_finance_all_of_its_division(county):
    other = factories.make_organisation("purchaser", name="望城区民政局")
    start(county, 1, date(2026, 9, 1))
    start(county, 2, date(2026, 9, 1), organisation=other)
    clerk, finance = county.actor("purchaser_clerk"), county.actor("finance_maker")
    assert [one["object_id"] for one in do("deadline.list", clerk)["items"]] == [1]
    assert [one["object_id"] for one in do("deadline.list", finance)["items"]] == [1, 2]
    assert do("deadline.list", clerk)["counts"]["overdue"] <= 1
    refused = attempt("deadline.list", county.actor("provider_manager"))
    assert refused.body["code"] == "ROLE_NOT_ALLOWED"


def test_approving_a_calendar_moves_what_was_counted_without_it_and_says_so(county):
    start(county, 1, date(2026, 12, 29))
    start(county, 2, date(2026, 12, 1))
    start(county, 3, date(2026, 12, 29), kind=PAYING)
    assert [row[1:3] for row in rows()] == [
        (date(2027, 1, 7), True),
        (date(2026, 12, 10), False),
        (date(2027, 1, 28), False),
    ]
    answer = announce(county, "2027-01-04")
    assert answer["moved_count"] == 1
    (moved,) = answer["moved"]
    assert (moved["what"], moved["from_on"], moved["due_on"]) == (
        "第 1 号合同",
        "2027-01-07",
        "2027-01-11",
    )
    assert rows()[0][1:4] == (date(2027, 1, 11), False, date(2027, 1, 7))
    (item,) = [
        one
        for one in do("deadline.list", county.actor("auditor"))["items"]
        if one["object_id"] == 1
    ]
    assert (item["moved_from_on"], item["provisional"]) == ("2027-01-07", False)


def test_a_correction_of_an_announced_year_moves_deadlines_that_were_certain(county):
    announce(county)
    assert start(county, 1, date(2027, 1, 5)) == date(2027, 1, 14)
    assert announce(county, "2027-01-07")["moved_count"] == 1
    assert rows()[0][1:4] == (date(2027, 1, 15), False, date(2027, 1, 14))


def test_a_stopped_clock_stays_as_it_was(county):
    start(county, 1, date(2026, 12, 29))
    with clock.frozen("2027-01-02T09:00"):
        stop(1)
    assert announce(county, "2027-01-04")["moved_count"] == 0
    assert rows()[0][1:4] == (date(2027, 1, 7), True, None)


def test_a_new_day_settles_what_was_started_beside_an_approval(county):
    start(county, 1, date(2026, 12, 29))
    announce(county)
    with acting():
        db.session.execute(db.update(Deadline).values(provisional=True, due_on=date(2027, 1, 7)))
    with clock.frozen("2026-12-30T00:10"):
        do("work.begin_day", access.system("后台作业"))
    assert rows()[0][1:3] == (date(2027, 1, 8), False)
