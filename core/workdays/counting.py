"""Counting working days: days off and days worked in exchange, and years not announced yet.

The day from which one counts is not counted itself (民法典第二百零一条).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from core.db import db
from core.proposals import APPROVED
from core.workdays.models import WorkCalendar, WorkCalendarDay

SHIPPED = Path(__file__).with_name("holidays.yaml")
SATURDAY = 5
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Due:
    """A day that was counted to; provisional where a year counted through is not announced yet."""

    on: date
    provisional: bool


@dataclass(frozen=True)
class SpecialDay:
    """A day that is not as its weekday says."""

    day: date
    is_worked: bool
    name: str


@dataclass(frozen=True)
class Year:
    """One year's announcement; `id` is the calendar's number, 0 of a shipped one."""

    year: int
    document: str
    days: tuple[SpecialDay, ...]
    id: int = 0


class Calendar:
    """Every announced year at once, to count many times without asking again."""

    def __init__(self, years: list[Year]) -> None:
        """Lay the years over each other; of two for one year the later in the list counts."""
        self.years = {year.year: year for year in years}
        self._special = {
            special.day: special.is_worked
            for _number, year in sorted(self.years.items())
            for special in year.days
        }

    def is_working_day(self, day: date) -> bool:
        """Tell whether people work on a day; of a year not announced, Monday to Friday."""
        return self._special.get(day, day.weekday() < SATURDAY)

    def after(self, day: date, n: int) -> Due:
        """Return the n-th working day after a day, which is not counted itself."""
        return self._count(day, n, DAY)

    def before(self, day: date, n: int) -> Due:
        """Return the n-th working day before a day, which is not counted itself."""
        return self._count(day, n, -DAY)

    def _count(self, day: date, n: int, step: timedelta) -> Due:
        if n < 0:
            message = "working days are counted forwards or backwards by name, not by sign"
            raise ValueError(message)
        is_provisional = False
        while n:
            day += step
            is_provisional = is_provisional or day.year not in self.years
            n -= self.is_working_day(day)
        return Due(day, is_provisional)


def calendar() -> Calendar:
    """Return every announced year: the shipped ones, over them those that offices approved."""
    rows = db.session.execute(
        db.select(WorkCalendar, WorkCalendarDay)
        .join(WorkCalendarDay, WorkCalendarDay.calendar_id == WorkCalendar.id)
        .where(WorkCalendar.state == APPROVED)
        .order_by(WorkCalendar.decided_at, WorkCalendar.id, WorkCalendarDay.day)
    )
    found: dict[int, tuple[WorkCalendar, list[SpecialDay]]] = {}
    for one, day in rows:
        days = found.setdefault(one.id, (one, []))[1]
        days.append(SpecialDay(day.day, day.is_worked, day.name))
    approved = [Year(one.year, one.document, tuple(days), one.id) for one, days in found.values()]
    return Calendar([*shipped(), *approved])


def is_working_day(day: date) -> bool:
    """Tell whether people work on a day."""
    return calendar().is_working_day(day)


def after(day: date, n: int) -> Due:
    """Return the n-th working day after a day; see `Calendar.after`."""
    return calendar().after(day, n)


def before(day: date, n: int) -> Due:
    """Return the n-th working day before a day; see `Calendar.before`."""
    return calendar().before(day, n)


@cache
def shipped() -> tuple[Year, ...]:
    """Return the years that come with the software."""
    paper: dict[int, dict[str, Any]] = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    return tuple(_year(year, said) for year, said in paper.items())


def _year(year: int, said: dict[str, Any]) -> Year:
    days = [
        SpecialDay(day, is_worked=False, name=name)
        for name, spans in said["rest"].items()
        for span in spans
        for day in _span(year, span)
    ]
    days += [
        SpecialDay(day, is_worked=True, name="") for one in said["work"] for day in _span(year, one)
    ]
    return Year(year, said["document"], tuple(sorted(days, key=lambda one: one.day)))


def _span(year: int, text: str) -> list[date]:
    first, _, last = text.partition("..")
    start = date.fromisoformat(f"{year}-{first}")
    end = date.fromisoformat(f"{year}-{last or first}")
    return [start + DAY * n for n in range((end - start).days + 1)]
