"""What a clause takes off a milestone: by the day of lateness or by the unit, never above its cap.

Amounts are fen. A rate is parts per million of the milestone a day, a cap hundredths of a percent
of the contract; both products are rounded down, once, to the fen.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

PPM, BP = 1_000_000, 10_000


def late_days(due_on: date, delivered_on: date) -> int:
    """Return by how many calendar days a delivery was late; 0 on the last day or before."""
    return max(0, (delivered_on - due_on).days)


def late(milestone_fen: int, days: int, ppm: int) -> int:
    """Return damages for lateness before the cap: amount x days x ppm / 10^6."""
    return milestone_fen * days * ppm // PPM


def quality(units: int, unit_fen: int) -> int:
    """Return a deduction of so much for each unit missed."""
    return units * unit_fen


def cap(contract_fen: int, cap_bp: int | None) -> int | None:
    """Return the most a clause may take off in all, None where it has no cap."""
    return None if cap_bp is None else contract_fen * cap_bp // BP


def capped(amount_fen: int, *, most_fen: int | None, earlier_fen: Iterable[int] = ()) -> int:
    """Return what a cap leaves of an amount after what was taken off under it before."""
    if most_fen is None:
        return amount_fen
    return max(0, min(amount_fen, most_fen - sum(earlier_fen)))
