"""How days become a part of a year: the closed set of conventions, exact.

ACT/360, ACT/365 fixed, 30E/360 and ACT/ACT (ISDA: every day counts in its own calendar year, the
year begins on 1 January). Periods are half open, so that two adjoining ones add up exactly.
"""

from __future__ import annotations

from calendar import isleap
from datetime import date
from fractions import Fraction

ACT_360, ACT_365, THIRTY_360, ACT_ACT = "act_360", "act_365", "30e_360", "act_act"
CONVENTIONS = (ACT_360, ACT_365, THIRTY_360, ACT_ACT)
LONGEST_MONTH = 30


def days(convention: str, begin: date, end: date) -> int:
    """Return the days of a period that a convention counts: from `begin`, without `end`.

    Raises ValueError for an unknown convention or a period that ends before it begins.
    """
    if convention not in CONVENTIONS:
        message = f"no such day count: {convention}"
        raise ValueError(message)
    if end < begin:
        message = "a period ends before it begins"
        raise ValueError(message)
    if convention == THIRTY_360:
        return _thirty(end) - _thirty(begin)
    return (end - begin).days


def year_fraction(convention: str, begin: date, end: date) -> Fraction:
    """Return which part of a year a period is, exact.

    Raises ValueError as `days` does.
    """
    counted = days(convention, begin, end)
    if convention == ACT_ACT:
        if begin.year == end.year:
            return Fraction(counted, _length(begin.year))
        return (
            Fraction((date(begin.year + 1, 1, 1) - begin).days, _length(begin.year))
            + (end.year - begin.year - 1)
            + Fraction((end - date(end.year, 1, 1)).days, _length(end.year))
        )
    return Fraction(counted, 365 if convention == ACT_365 else 360)


def _length(year: int) -> int:
    return 366 if isleap(year) else 365


def _thirty(day: date) -> int:
    """Return the number of a day in a calendar of months of 30 days, where a 31st is a 30th."""
    return day.year * 360 + day.month * 30 + min(day.day, LONGEST_MONTH)
