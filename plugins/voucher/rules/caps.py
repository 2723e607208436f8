"""What caps leave: limits of fen, quantity or uses by service date, of a holder or her family."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from flask_babel import gettext as _

from core.errors import RuleBroken
from plugins.voucher.rules.measures import measured
from plugins.voucher.rules.periods import period_of
from plugins.voucher.rules.situation import Counted, Situation
from plugins.voucher.rules.terms import Cap, fits


class Rooms:
    """What the caps of one kind leave, day by day, while the pieces of a use are taken."""

    def __init__(self, situation: Situation, service_code: str, of: str) -> None:
        """Take the caps of a kind that are about this class and service."""
        self._situation = situation
        self._caps = [
            cap
            for cap in situation.terms.caps
            if cap.of == of and fits(cap, situation.class_code, service_code)
        ]
        self._taken: dict[Counted, int] = {}

    def left(self, day: date) -> list[int]:
        """Return what each cap leaves on a day, never below nothing."""
        return [max(0, self._room(cap, day)) for cap in self._caps]

    def take(self, day: date, amount: int) -> None:
        """Count an amount under every cap of the kind."""
        for cap in self._caps:
            key = self._key(cap, day)
            self._taken[key] = self._taken.get(key, 0) + amount

    def refuse(self, day: date, wanted: int) -> None:
        """Refuse what a cap leaves no room for: all of it, or (`refuse`) any part of it."""
        for cap in self._caps:
            room = self._room(cap, day)
            if room <= 0 or (cap.at_limit == "refuse" and wanted > room):
                raise _cap_reached(cap, max(0, room))

    def counted(self) -> Iterator[tuple[Counted, int]]:
        """Yield what was taken; what one use may take is counted nowhere."""
        for key, amount in self._taken.items():
            if amount and key[2] != "use":
                yield key, amount

    def _room(self, cap: Cap, day: date) -> int:
        key = self._key(cap, day)
        before = self._situation.counters.get(key, 0)
        return cap.limit - before - self._taken.get(key, 0)

    def _key(self, cap: Cap, day: date) -> Counted:
        return counted_as(self._situation, cap, day)


def counted_as(situation: Situation, cap: Cap, day: date) -> Counted:
    """Return the counter of a cap on a service day."""
    period = period_of(cap.per, day, year_starts=situation.terms.year_starts)
    return situation.owner(cap.whose), cap.code, period.code


def _cap_reached(cap: Cap, room: int) -> RuleBroken:
    unit = {"fen": "fen", "quantity": "count", "uses": "count"}[cap.of]
    code = "ANNUAL_CAP_REACHED" if cap.per == "year" else "CAP_REACHED"
    return RuleBroken(
        code,
        _(
            "已到“%(name)s”的上限 %(limit)s，还可用 %(room)s。请由居民自付，或等下一期。",
            name=cap.name,
            limit=measured(unit, cap.limit),
            room=measured(unit, room),
        ),
        cap=cap.code,
        limit=cap.limit,
        room=room,
    )
