"""Moving money between the lines of a year, and what became of the structure of spending."""

from __future__ import annotations

from core.virement.acts import ACTS, PERMISSIONS
from core.virement.models import ENTRY_KINDS, SOURCES, LineTransfer
from core.virement.reports import lowered, shifts, source_money, spending, staff_money
from core.virement.service import propose as propose_transfer

__all__ = [
    "ACTS",
    "ENTRY_KINDS",
    "PERMISSIONS",
    "SOURCES",
    "LineTransfer",
    "lowered",
    "propose_transfer",
    "shifts",
    "source_money",
    "spending",
    "staff_money",
]
