"""Allotment periods (额度周期) and the days of a lot: calendar arithmetic on business days."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from plugins.voucher.rules.terms import Allotment, Terms

LAST_DAY = date(9999, 12, 31)
MONTHS = 12
QUARTER = 3


@dataclass(frozen=True)
class Period:
    """A period by its code (`2026-W06`, `2026-02`, `2026-Q1`, `2026`), first and last day."""

    code: str
    first: date
    last: date


@dataclass(frozen=True)
class Span:
    """The days of a lot: usable from and through, and the last day on which uses are entered."""

    valid_from: date
    valid_through: date
    entry_through: date


def period_of(kind: str, day: date, *, year_starts: int = 1) -> Period:
    """Return the period of a kind that holds a day; `once`, `life` and `use` hold every day.

    Years may begin in another month (`year_starts`); they are named after their first day.
    """
    if kind == "day":
        return Period(day.isoformat(), day, day)
    if kind == "week":
        first = day - timedelta(days=day.weekday())
        year, week, _day = day.isocalendar()
        return Period(f"{year}-W{week:02d}", first, first + timedelta(days=6))
    if kind == "month":
        first = day.replace(day=1)
        return Period(f"{day:%Y-%m}", first, last_of_month(day))
    if kind == "quarter":
        first = date(day.year, (day.month - 1) // QUARTER * QUARTER + 1, 1)
        last = last_of_month(add_months(first, QUARTER - 1))
        return Period(f"{day.year}-Q{(day.month - 1) // QUARTER + 1}", first, last)
    if kind == "year":
        year = day.year if day.month >= year_starts else day.year - 1
        first = date(year, year_starts, 1)
        return Period(str(year), first, last_of_month(add_months(first, MONTHS - 1)))
    return Period(kind, date.min, LAST_DAY)


def allotment_period(terms: Terms, allotment: Allotment, day: date) -> Period:
    """Return the period of an allotment on a day; an allotment made once has the whole window."""
    if allotment.period == "once":
        return Period("once", terms.valid_from, terms.valid_through)
    return period_of(allotment.period, day, year_starts=terms.year_starts)


def opening(allotment: Allotment, period: Period) -> date:
    """Return the day on which a period's lot opens, within the period."""
    if allotment.period == "once":
        return period.first
    return min(_after(period.first, allotment.opens_on - 1), period.last)


def span(terms: Terms, allotment: Allotment, period: Period, granted_on: date) -> Span:
    """Return the days of a lot granted on a day for a period, never outside the programme's."""
    lapse = allotment.lapse
    first = max(opening(allotment, period), terms.valid_from)
    if lapse.kind in {"days", "months", "idle_days"}:
        first = max(first, granted_on)
    # A day that does not count is beside the n days.
    more = 0 if lapse.first_day_counts else 1
    last = {
        "window": LAST_DAY,
        "period_end": period.last,
        "days": _after(first, lapse.n - 1 + more),
        "idle_days": _after(first, lapse.n),
        "months": _after(add_months(first, lapse.n), more - 1),
    }[lapse.kind]
    through = min(last, terms.valid_through)
    return Span(first, through, entered_through(terms, through))


def entered_through(terms: Terms, through: date) -> date:
    """Return the last day on which uses of a lot are entered that may be used through a day."""
    return _after(through, terms.late_days)


def kept_through(terms: Terms, allotment: Allotment | None, used_on: date) -> date | None:
    """Return until when a use keeps an idle lot alive, None where lots do not lapse by idling."""
    if allotment is None or allotment.lapse.kind != "idle_days":
        return None
    return min(_after(used_on, allotment.lapse.n), terms.valid_through)


def first_grant(allotment: Allotment, period: Period, day: date, quantity: int) -> int:
    """Return what a holder who comes on a day gets of the running period.

    All of it, the part of the days left (rounded down), or nothing before the next period.
    """
    if day <= period.first or allotment.period == "once" or allotment.first_period == "full":
        return quantity
    if allotment.first_period == "next":
        return 0
    left, whole = (period.last - day).days + 1, (period.last - period.first).days + 1
    return quantity * left // whole


def effective_day(rule: str, changed_on: date, period: Period) -> date:
    """Return from which day a change of condition counts, by the programme's rule."""
    if rule == "at_once":
        return changed_on
    if rule == "next_month":
        return _after(last_of_month(changed_on), 1)
    if rule == "next_week":
        return _after(changed_on, 7 - changed_on.weekday())
    return changed_on if changed_on <= period.first else _after(period.last, 1)


def add_months(day: date, months: int) -> date:
    """Return the same day some months later, the last of the month where there is none."""
    place = day.year * MONTHS + day.month - 1 + months
    year, month = place // MONTHS, place % MONTHS + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def last_of_month(day: date) -> date:
    """Return the last day of a day's month."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def _after(day: date, days: int) -> date:
    return LAST_DAY if (LAST_DAY - day).days < days else day + timedelta(days=days)
