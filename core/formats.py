"""How money, dates and times are written on screens, receipts and files."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from core.clock import ZONE

if TYPE_CHECKING:
    from flask import Flask

NOTHING = "—"


def register(app: Flask) -> None:
    """Give templates the filters `yuan`, `yuan_text`, `number`, `day`, `moment`, `code_groups`."""
    app.jinja_env.filters.update(FILTERS)


def yuan(fen: int | None) -> str:
    """Write fen as yuan with thousands separators: 123450 -> "1,234.50".

    The minus sign is the plain hyphen, so that a copied figure is still a number in a spreadsheet.
    An absent amount is a dash, never zero.
    """
    if fen is None:
        return NOTHING
    whole, rest = divmod(abs(fen), 100)
    return f"{'-' if fen < 0 else ''}{whole:,}.{rest:02d}"


def yuan_text(fen: int | None) -> str:
    """Write fen as yuan with its unit, for Chinese sentences: 31250 -> "312.50 元"."""
    return NOTHING if fen is None else f"{yuan(fen)} 元"


def number(count: int | None) -> str:
    """Write a count with thousands separators: 12500 -> "12,500"."""
    return NOTHING if count is None else f"{count:,}"


def day(value: date | datetime | None) -> str:
    """Write a business date as ISO 8601; an instant is taken on its day in Asia/Shanghai."""
    if value is None:
        return NOTHING
    if isinstance(value, datetime):
        value = _in_shanghai(value).date()
    return value.isoformat()


def moment(value: datetime | None) -> str:
    """Write an instant as Asia/Shanghai wall time, to the minute: "2026-12-31 09:05".

    Raises ValueError for a naive time, which would be a guess.
    """
    return NOTHING if value is None else _in_shanghai(value).strftime("%Y-%m-%d %H:%M")


def code_groups(digits: str) -> str:
    """Write a long typed code in groups of four, as it is read aloud: "1234 5678 9012"."""
    return " ".join(digits[start : start + 4] for start in range(0, len(digits), 4))


FILTERS = {
    "yuan": yuan,
    "yuan_text": yuan_text,
    "number": number,
    "day": day,
    "moment": moment,
    "code_groups": code_groups,
}


def _in_shanghai(value: datetime) -> datetime:
    if value.tzinfo is None:
        message = "a time on screen needs a time zone"
        raise ValueError(message)
    return value.astimezone(ZONE)
