"""Days of a month as people write them on a sheet: `1-30`, `1,3,5-9`."""

from __future__ import annotations

import re

COMMAS = re.compile(r"[,，、;；\s]+")
DASHES = re.compile(r"\s*[-－–—~～至]\s*")
LONGEST = 2  # digits of a day


def days_in(text: str, last: int) -> list[int]:
    """Return the days that a text names, in its order, each as often as it is named.

    `last` is the last day of the month. Raises ValueError for anything else and for days outside.
    """
    days: list[int] = []
    for part in COMMAS.split(DASHES.sub("-", text.strip())):
        begin, dash, end = part.partition("-")
        first, final = _day(begin, last), _day(end if dash else begin, last)
        if first > final:
            raise ValueError(part)
        days += range(first, final + 1)
    return days


def _day(text: str, last: int) -> int:
    plain = text.removesuffix("日")
    if not (plain.isascii() and plain.isdecimal() and len(plain) <= LONGEST):
        raise ValueError(text)
    day = int(plain)
    if not 1 <= day <= last:
        raise ValueError(text)
    return day
