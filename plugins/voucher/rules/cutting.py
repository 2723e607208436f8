"""Cutting a visit at the borders of what it may be drawn from."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from core.clock import ZONE
from plugins.voucher.rules.situation import LotState
from plugins.voucher.rules.terms import QUANTITY_ONE

SECONDS_A_MINUTE = 60


def cut(
    started_at: datetime, ended_at: datetime, lots: Iterable[LotState]
) -> tuple[tuple[date, int], ...]:
    """Cut a visit where the lots in force change; return minutes (in thousandths) by day.

    The parts are cut before any rounding. Where no lot begins or ends, midnight is no border.
    """
    first, last = started_at.astimezone(ZONE), ended_at.astimezone(ZONE)
    known = list(lots)

    def in_force(day: date) -> set[int]:
        return {lot.id for lot in known if lot.valid_from <= day <= lot.valid_through}

    parts, begun, day = [], first, first.date()
    while day < last.date():
        following = day + timedelta(days=1)
        if in_force(day) != in_force(following):
            border = datetime.combine(following, datetime.min.time(), tzinfo=ZONE)
            parts.append((begun.date(), _thousandths(border - begun)))
            begun = border
        day = following
    parts.append((begun.date(), _thousandths(last - begun)))
    return tuple(part for part in parts if part[1])


def _thousandths(length: timedelta) -> int:
    return int(length.total_seconds()) // SECONDS_A_MINUTE * QUANTITY_ONE
