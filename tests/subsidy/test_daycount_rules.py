"""How many days a convention counts, and which part of a year they are."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.subsidy.rules.daycount import CONVENTIONS, days, year_fraction
from plugins.subsidy.rules.periods import add_months, interest_quarter, months_not_kept
from plugins.subsidy.rules.whole import half_up

RULES = settings(max_examples=100, deadline=None, derandomize=True)
DAYS = st.dates(date(2000, 1, 1), date(2060, 12, 31))
GOLDEN = [
    # 5,000,000.00 yuan at 4.35 %: act_360, act_365, 30e_360, act_act
    ("2026-01-01", "2026-04-01", 90, (5_437_500, 5_363_014, 5_437_500, 5_363_014)),
    ("2027-12-01", "2028-03-01", 91, (5_497_917, 5_422_603, 5_437_500, 5_412_834)),
    ("2028-02-01", "2028-03-01", 29, (1_752_083, 1_728_082, 1_812_500, 1_723_361)),
    ("2026-03-21", "2027-03-20", 364, (21_991_667, 21_690_411, 21_689_583, 21_690_411)),
]


@pytest.mark.parametrize(("begin", "end", "count", "fen"), GOLDEN)
def test_interest_of_five_million_comes_to_the_fen_under_every_convention(begin, end, count, fen):
    first, last = date.fromisoformat(begin), date.fromisoformat(end)
    exact = Fraction(500_000_000 * 43_500, 1_000_000)
    assert days("act_360", first, last) == count
    assert tuple(half_up(exact * year_fraction(one, first, last)) for one in CONVENTIONS) == fen


@RULES
@given(st.sampled_from(CONVENTIONS), st.lists(DAYS, min_size=3, max_size=3))
def test_a_period_cut_at_any_day_is_as_long_as_before(convention, dates):
    begin, middle, end = sorted(dates)
    assert days(convention, begin, middle) + days(convention, middle, end) == days(
        convention, begin, end
    )
    assert year_fraction(convention, begin, middle) + year_fraction(
        convention, middle, end
    ) == year_fraction(convention, begin, end)


@RULES
@given(st.sampled_from(CONVENTIONS), DAYS)
def test_no_day_is_no_part_of_a_year(convention, day):
    assert year_fraction(convention, day, day) == 0


@RULES
@given(st.integers(2000, 2060), st.integers(1, 5))
def test_whole_calendar_years_are_whole_years_by_act_act_and_30e_360(year, count):
    for convention in ("act_act", "30e_360"):
        assert year_fraction(convention, date(year, 1, 1), date(year + count, 1, 1)) == count


def test_a_thirty_first_is_a_thirtieth_and_february_is_filled_up():
    assert days("30e_360", date(2026, 1, 30), date(2026, 1, 31)) == 0
    assert days("30e_360", date(2026, 2, 28), date(2026, 3, 1)) == 3
    assert days("30e_360", date(2026, 1, 31), date(2026, 3, 31)) == 60


def test_an_unknown_convention_and_a_period_turned_round_are_refused():
    with pytest.raises(ValueError, match="no such day count"):
        days("act_364", date(2026, 1, 1), date(2026, 2, 1))
    with pytest.raises(ValueError, match="ends before it begins"):
        year_fraction("act_act", date(2026, 2, 1), date(2026, 1, 1))


@pytest.mark.parametrize(
    ("day", "begin", "end"),
    [
        ("2024-12-20", "2024-09-21", "2024-12-21"),
        ("2024-12-21", "2024-12-21", "2025-03-21"),
        ("2025-03-20", "2024-12-21", "2025-03-21"),
        ("2025-03-21", "2025-03-21", "2025-06-21"),
        ("2025-09-20", "2025-06-21", "2025-09-21"),
    ],
)
def test_a_quarter_runs_from_the_day_after_an_interest_date_to_the_next(day, begin, end):
    found = interest_quarter(date.fromisoformat(day))
    assert found == (date.fromisoformat(begin), date.fromisoformat(end))


@RULES
@given(DAYS, st.integers(1, 28))
def test_every_day_lies_in_its_own_quarter(day, settles_on):
    begin, end = interest_quarter(day, settles_on)
    assert begin <= day < end
    assert interest_quarter(end, settles_on)[0] == end


def test_a_month_later_is_the_same_day_or_the_months_last():
    assert add_months(date(2023, 6, 12), 24) == date(2025, 6, 12)
    assert add_months(date(2024, 1, 31), 1) == date(2024, 2, 29)
    assert add_months(date(2024, 2, 29), -12) == date(2023, 2, 28)


@pytest.mark.parametrize(
    ("closed_from", "missing"),
    [
        ("2027-03-10", 3),
        ("2027-03-01", 4),
        ("2027-03-31", 3),
        ("2026-06-30", 12),
        ("2026-07-02", 11),
        ("2027-06-02", 0),
        ("2028-01-01", 0),
    ],
)
def test_only_full_months_of_a_duty_are_missing(closed_from, missing):
    day = date.fromisoformat(closed_from)
    assert months_not_kept(date(2026, 7, 1), 12, day) == missing
