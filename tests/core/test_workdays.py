"""Working days: announced holidays, days worked in exchange, years not announced yet."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import clock, workdays
from core.db import transaction
from core.workdays import Calendar, Due
from core.workdays.counting import SpecialDay, Year, shipped
from tests import factories
from tests.factories import TODAY, attempt, do

pytestmark = pytest.mark.one_engine

DAY = timedelta(days=1)
NEW_YEAR = {"day": "2027-01-01", "kind": "rest", "name": "元旦"}


@pytest.fixture
def office(app, county):
    """The county on a working day."""
    with clock.frozen(TODAY), app.app_context():
        yield county


def proposed(office, days, year=2027):
    """Draft and submit a year's calendar and return its number."""
    drafter = office.actor("finance_budget")
    document = "国办发明电〔2026〕9号"
    made = do("calendar.propose", drafter, year=year, document=document, days=days)
    do("calendar.submit", drafter, id=made["id"])
    return made["id"]


def announced(office, days, year=2027):
    """Put a year's calendar in force by two persons and return the answer."""
    number = proposed(office, days, year)
    return do("calendar.approve", office.actor("finance_approver"), id=number)


def counted(day, n):
    """Return the n-th working day after a day."""
    with transaction(readonly=True):
        return workdays.after(day, n)


# --- what is shipped ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("year", "document", "off", "worked"),
    [
        (2024, "国办发明电〔2023〕7号", 28, 8),
        (2025, "国办发明电〔2024〕12号", 28, 5),
        (2026, "国办发明电〔2025〕7号", 33, 6),
    ],
)
def test_the_shipped_years_are_as_announced(year, document, off, worked):
    (found,) = [one for one in shipped() if one.year == year]
    assert found.document == document
    assert sum(1 for one in found.days if not one.is_worked) == off
    exchanged = [one.day for one in found.days if one.is_worked]
    assert len(exchanged) == worked
    assert all(day.weekday() >= 5 for day in exchanged)


def test_a_holiday_is_no_working_day_and_an_exchanged_saturday_is(office):
    with transaction(readonly=True):
        assert not workdays.is_working_day(date(2026, 10, 1))
        assert workdays.is_working_day(date(2026, 10, 10))
        assert not workdays.is_working_day(date(2026, 10, 11))
        assert workdays.is_working_day(date(2026, 10, 12))


def test_seven_working_days_pass_over_a_holiday(office):
    assert counted(date(2026, 9, 28), 7) == Due(date(2026, 10, 13), provisional=False)


def test_the_day_itself_is_not_counted(office):
    assert counted(date(2026, 9, 1), 0).on == date(2026, 9, 1)
    assert counted(date(2026, 9, 1), 1).on == date(2026, 9, 2)
    with transaction(readonly=True):
        assert workdays.before(date(2026, 9, 7), 1).on == date(2026, 9, 4)


def test_a_year_not_announced_counts_monday_to_friday_and_says_so(office):
    assert counted(date(2026, 12, 29), 7) == Due(date(2027, 1, 7), provisional=True)
    assert counted(date(2026, 12, 29), 2) == Due(date(2026, 12, 31), provisional=False)


def test_working_days_are_not_counted_by_sign():
    with pytest.raises(ValueError, match="sign"):
        Calendar([]).after(date(2026, 1, 1), -1)


# --- two persons -------------------------------------------------------------------------------


def test_an_announced_year_counts_once_another_person_has_approved_it(office):
    number = proposed(office, [NEW_YEAR])
    assert counted(date(2026, 12, 29), 7).provisional
    do("calendar.approve", office.actor("finance_approver"), id=number)
    assert counted(date(2026, 12, 29), 7) == Due(date(2027, 1, 8), provisional=False)
    shown = do("calendar.year", office.actor("auditor"), year=2027)
    assert (shown["provisional"], shown["days"]) == (False, [NEW_YEAR])


def test_who_drafted_a_calendar_cannot_approve_it(office):
    drafter = office.actor("finance_budget")
    do(
        "access.grant_role",
        user_id=drafter.user_id,
        role="finance_approver",
        division_code=factories.COUNTY,
        organisation_id=office.finance,
    )
    number = proposed(office, [NEW_YEAR])
    refused = attempt("calendar.approve", office.actor("finance_budget"), id=number)
    assert refused.body["code"] == "FOUR_EYES_REQUIRED"


def test_a_later_announcement_takes_over_the_whole_year(office):
    announced(office, [NEW_YEAR])
    announced(office, [NEW_YEAR, {"day": "2027-01-04", "kind": "rest", "name": "纪念日"}])
    assert counted(date(2027, 1, 1), 1).on == date(2027, 1, 5)


def test_an_announcement_may_speak_of_the_end_of_the_year_before(office):
    announced(office, [NEW_YEAR, {"day": "2026-12-31", "kind": "rest", "name": "元旦"}])
    assert counted(date(2026, 12, 30), 1).on == date(2027, 1, 4)


def test_a_returned_calendar_has_ended(office):
    number = proposed(office, [NEW_YEAR])
    approver = office.actor("finance_approver")
    do("calendar.send_back", approver, id=number, reason="缺春节")
    assert attempt("calendar.approve", approver, id=number).body["code"] == "STATE_CHANGED"
    listed = do("calendar.proposals", approver, state="returned")
    assert [one["reason"] for one in listed["items"]] == ["缺春节"]


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ([NEW_YEAR, NEW_YEAR], "列了两次"),
        ([NEW_YEAR, {"day": "2028-01-01", "kind": "rest"}], "不属于 2027 年"),
        ([NEW_YEAR, {"day": "2027-01-04", "kind": "work"}], "是周一至周五"),
        ([{"day": "2027-02-06", "kind": "rest"}], "元旦"),
    ],
)
def test_a_calendar_that_cannot_be_right_is_refused(office, days, said):
    drafter = office.actor("finance_budget")
    refused = attempt("calendar.propose", drafter, year=2027, document="通知", days=days)
    assert refused.body["code"] == "INVALID_INPUT"
    assert said in refused.body["detail"]


def test_a_program_asks_for_the_day(office):
    asked = {"day": "2026-09-28", "working_days": 7}
    assert do("calendar.count", office.actor("auditor"), **asked)["on"] == "2026-10-13"
    back = do(
        "calendar.count", office.actor("auditor"), day="2026-10-13", working_days=7, backwards=True
    )
    assert back["on"] == "2026-09-28"
    assert back["provisional"] is False


# --- any calendar ------------------------------------------------------------------------------

DAYS = st.dates(date(2025, 1, 1), date(2026, 12, 31))


@st.composite
def calendars(draw):
    """Draw a calendar of two years, or one, with some days off and some weekend days worked."""
    years = draw(st.sampled_from(([2025], [2025, 2026])))
    marked = draw(st.lists(st.integers(0, 364), max_size=30, unique=True))
    special = [
        SpecialDay(day, is_worked=day.weekday() >= 5, name="")
        for number in marked
        for day in [date(2025, 1, 1) + DAY * number]
    ]
    return Calendar([Year(year, "", tuple(special) if year == 2025 else ()) for year in years])


QUIET = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@QUIET
@given(known=calendars(), day=DAYS, n=st.integers(1, 40))
def test_exactly_n_working_days_lie_between(known, day, n):
    due = known.after(day, n)
    between = [day + DAY * k for k in range(1, (due.on - day).days + 1)]
    assert sum(known.is_working_day(one) for one in between) == n
    assert known.is_working_day(due.on)
    assert due.provisional == any(one.year not in known.years for one in between)


@QUIET
@given(known=calendars(), day=DAYS, n=st.integers(1, 40))
def test_counting_back_undoes_counting_on_from_a_working_day(known, day, n):
    there = known.after(day, n).on
    back = known.before(there, n).on
    if known.is_working_day(day):
        assert back == day
    else:
        assert back < day
    assert known.after(back, n).on == there


@QUIET
@given(known=calendars(), day=DAYS, n=st.integers(0, 40), more=st.integers(0, 10))
def test_counting_is_additive_and_never_goes_backwards(known, day, n, more):
    first = known.after(day, n)
    assert known.after(first.on, more).on == known.after(day, n + more).on
    assert known.after(day + DAY, n).on >= first.on
