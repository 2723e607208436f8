"""Legal clocks (期限): what must be done by when, counted by the rule pack and the calendar."""

from __future__ import annotations

from core.deadlines.acts import ACTS, PERMISSIONS
from core.deadlines.models import Deadline, DeadlineKind, DueItem
from core.deadlines.service import day_began, start, stop

__all__ = [
    "ACTS",
    "PERMISSIONS",
    "Deadline",
    "DeadlineKind",
    "DueItem",
    "day_began",
    "start",
    "stop",
]
