"""How long a contract runs, in whole months of the calendar (民法典第二百零二条)."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta


def last_day(starts_on: date, months: int) -> date:
    """Return the last day of a term of whole months that begins on a day.

    Where the month has no such day, the term ends with the month.
    """
    year, month = divmod(starts_on.year * 12 + starts_on.month - 1 + months, 12)
    longest = monthrange(year, month + 1)[1]
    if starts_on.day > longest:
        return date(year, month + 1, longest)
    return date(year, month + 1, starts_on.day) - timedelta(days=1)
