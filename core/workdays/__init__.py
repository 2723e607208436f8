"""Working days (工作日): public holidays and exchanged days by year, and counting over them."""

from __future__ import annotations

from core.workdays.acts import ACTS
from core.workdays.counting import Calendar, Due, after, before, calendar, is_working_day
from core.workdays.service import approve

__all__ = [
    "ACTS",
    "Calendar",
    "Due",
    "after",
    "approve",
    "before",
    "calendar",
    "is_working_day",
]
