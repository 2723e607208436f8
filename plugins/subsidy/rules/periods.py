"""Months as people count them: a date some months later, a bank's quarter, whole calendar months.

All periods are half open: the first day counts, the last does not.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

MONTHS = 12
QUARTER = 3


def add_months(day: date, months: int) -> date:
    """Return the same day some months later (or earlier), or the last day of a shorter month."""
    at = day.year * MONTHS + day.month - 1 + months
    year, month = at // MONTHS, at % MONTHS + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def interest_quarter(day: date, settles_on: int = 20) -> tuple[date, date]:
    """Return the bank's quarter a day lies in: from the day after an interest date to the next.

    Interest is settled on a day (1 to 28) of March, June, September and December. The second date
    returned no longer belongs to the quarter: 2025-01-15 gives 2024-12-21 and 2025-03-21.
    """
    first = date(day.year, (day.month + 2) // QUARTER * QUARTER, settles_on) + timedelta(days=1)
    if day < first:
        return add_months(first, -QUARTER), first
    return first, add_months(first, QUARTER)


def months_not_kept(first: date, months: int, closed_from: date) -> int:
    """Return how many full calendar months of a duty are missing after it was broken.

    The duty runs `months` calendar months from the first of a month; `closed_from` is the first
    day on which it was not kept. The month in which it was broken counts as kept, unless it was
    broken on its first day.
    """
    begins = closed_from if closed_from.day == 1 else add_months(closed_from.replace(day=1), 1)
    kept = (begins.year - first.year) * MONTHS + begins.month - first.month
    return months - min(max(kept, 0), months)
