"""Moving money between the lines of a year, and what became of the structure of spending."""

from __future__ import annotations

from core.virement.acts import ACTS, PERMISSIONS
from core.virement.models import ENTRY_KINDS, LineTransfer
from core.virement.reports import lowered, shifts, spending, staff_money

__all__ = [
    "ACTS",
    "ENTRY_KINDS",
    "PERMISSIONS",
    "LineTransfer",
    "lowered",
    "shifts",
    "spending",
    "staff_money",
]
