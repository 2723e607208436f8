"""What of a loan is subsidised from when to when: its balance by the events that a bank signed.

Principal that is overdue earns nothing from the day it was due to the day it is paid, and nothing
earns anything after the loan's last day. Penalty interest never comes in at all: only principal
is reckoned with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from flask_babel import gettext as _

from core.errors import RuleBroken
from core.formats import yuan

DRAWN, REPAID, OVERDUE, CURED = "drawn", "repaid", "overdue", "cured"
EVENT_KINDS = (DRAWN, REPAID, OVERDUE, CURED)


@dataclass(frozen=True)
class Event:
    """An event of a loan on a day: an amount (fen) of principal.

    `drawn`: paid out; `repaid`: paid back when due or before; `overdue`: was due on this day and
    was not paid; `cured`: overdue principal was paid on this day. Events of one day come in order.
    """

    kind: str
    on: date
    amount_fen: int


@dataclass(frozen=True)
class Segment:
    """Days (`end` not counted) on which a loan's subsidised and overdue principal (fen) stay."""

    begin: date
    end: date
    principal_fen: int
    overdue_fen: int = 0


@dataclass(frozen=True)
class Contracted:
    """What a loan's contract says: first day, last day (not counted), principal (fen)."""

    begins_on: date
    ends_on: date
    principal_fen: int


def balances(loan: Contracted, events: Sequence[Event]) -> list[Segment]:
    """Return the principal of a loan from its first day to its last.

    Raises LOAN_HISTORY_IMPOSSIBLE for a history that cannot be: an amount that is nothing, dates
    out of order, an event outside the loan, more drawn than agreed, repaid than drawn, cured than
    overdue.
    """
    found: list[Segment] = []
    balance = overdue = 0
    at = loan.begins_on
    for place, event in enumerate(events, start=1):
        _refuse_event(loan, event, place, at=at, balance=balance, overdue=overdue)
        if event.on > at:
            found.append(Segment(at, event.on, balance - overdue, overdue))
            at = event.on
        if event.kind == DRAWN:
            balance += event.amount_fen
        elif event.kind == OVERDUE:
            overdue += event.amount_fen
        else:
            balance -= event.amount_fen
            overdue -= event.amount_fen if event.kind == CURED else 0
    if at < loan.ends_on:
        found.append(Segment(at, loan.ends_on, balance - overdue, overdue))
    return found


def segments(
    loan: Contracted, events: Sequence[Event], begin: date, end: date
) -> tuple[Segment, ...]:
    """Return the subsidised principal of a period, cut only where that principal changes.

    How much is overdue meanwhile is not told here. The whole history is checked, not only the
    period's; raises LOAN_HISTORY_IMPOSSIBLE as `balances` does.
    """
    found: list[Segment] = []
    for part in balances(loan, events):
        first, last = max(part.begin, begin), min(part.end, end, loan.ends_on)
        if first >= last or not part.principal_fen:
            continue
        before = found[-1] if found else None
        if before and before.end == first and before.principal_fen == part.principal_fen:
            found[-1] = Segment(before.begin, last, part.principal_fen)
        else:
            found.append(Segment(first, last, part.principal_fen))
    return tuple(found)


def _refuse_event(
    loan: Contracted, event: Event, place: int, *, at: date, balance: int, overdue: int
) -> None:
    if event.kind not in EVENT_KINDS:
        raise _impossible(place, _("没有“%(kind)s”这种事项", kind=event.kind))
    if event.amount_fen <= 0:
        raise _impossible(place, _("金额须大于 0"))
    # What is overdue at the end is paid after it; nothing else can happen then.
    outside = event.on < loan.begins_on or (event.on > loan.ends_on and event.kind != CURED)
    if outside or (event.kind == DRAWN and event.on == loan.ends_on):
        raise _impossible(
            place,
            _(
                "日期 %(day)s 不在贷款期 %(first)s 至 %(last)s 内",
                day=event.on.isoformat(),
                first=loan.begins_on.isoformat(),
                last=loan.ends_on.isoformat(),
            ),
        )
    if event.on < at:
        raise _impossible(
            place,
            _(
                "日期 %(day)s 早于上一条的 %(before)s",
                day=event.on.isoformat(),
                before=at.isoformat(),
            ),
        )
    if event.kind == DRAWN:
        room, what = loan.principal_fen - balance, _("尚可提款")
    elif event.kind == CURED:
        room, what = overdue, _("逾期本金")
    else:
        room, what = balance - overdue, _("未到期本金余额")
    if event.amount_fen > room:
        raise _impossible(
            place,
            _(
                "金额 %(amount)s 元，而%(what)s只有 %(room)s 元",
                amount=yuan(event.amount_fen),
                what=what,
                room=yuan(room),
            ),
        )


def _impossible(place: int, why: str) -> RuleBroken:
    return RuleBroken(
        "LOAN_HISTORY_IMPOSSIBLE",
        _(
            "贷款明细第 %(place)s 条不可能成立：%(why)s。请由银行更正后重新报送。",
            place=place,
            why=why,
        ),
        place=place,
    )
