"""The only source of time: UTC instants for storage, Asia/Shanghai dates for business."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")
# No day of business lies outside.
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)
_frozen: ContextVar[datetime | None] = ContextVar("huigou_now", default=None)


def now() -> datetime:
    """Return the present instant, in UTC.

    `HUIGOU_NOW` (ISO 8601; rehearsals and tests only) fixes it for a whole process,
    `frozen()` for a block.
    """
    if (fixed := _frozen.get()) is not None:
        return fixed
    if text := os.environ.get("HUIGOU_NOW"):
        return instant(text)
    return datetime.now(UTC)


def today() -> date:
    """Return the business date: the calendar day in Asia/Shanghai."""
    return day_of(now())


def day_of(moment: datetime) -> date:
    """Return the calendar day in Asia/Shanghai on which an instant falls."""
    return moment.astimezone(ZONE).date()


def instant(text: str) -> datetime:
    """Read an ISO 8601 instant; without an offset it is Asia/Shanghai wall time."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZONE)
    return moment.astimezone(UTC)


@contextmanager
def frozen(moment: datetime | str) -> Iterator[None]:
    """Make `now()` answer one fixed instant inside the block."""
    token = _frozen.set(instant(moment) if isinstance(moment, str) else moment)
    try:
        yield
    finally:
        _frozen.reset(token)
