"""The verbs by which an office records a year's calendar; approving it is core.deadlines' affair.

Approval moves the deadlines that were counted without it, in the same act.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from flask_babel import gettext as _

from core import audit, proposals
from core.access import Actor, fetch
from core.db import db
from core.errors import InvalidInput
from core.workdays.counting import SATURDAY, Calendar, SpecialDay, Year, calendar
from core.workdays.models import WorkCalendar, WorkCalendarDay

OBJECT = "work_calendar"
PROPOSE, APPROVE = "rulepack.propose", "rulepack.approve"
REST, WORK = "rest", "work"
# An announcement may already speak of the last week of the year before (as for 2019).
WEEK_BEFORE = 25
DECEMBER = 12


def propose(
    actor: Actor, *, year: int, document: str, days: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Draft a year's calendar: the days off and those worked in exchange, with the document.

    The whole country's, so refuses NO_AUTHORITY to an office that is not the highest here.
    """
    special = [SpecialDay(one["day"], one["kind"] == WORK, one["name"] or "") for one in days]
    _check(year, special)
    row = WorkCalendar(
        year=year,
        document=document,
        owner_code=proposals.owner_for(actor, PROPOSE, None),
        days=[
            WorkCalendarDay(day=one.day, is_worked=one.is_worked, name=one.name) for one in special
        ],
    )
    proposals.begin(OBJECT, row, actor)
    audit.about(OBJECT, row.id, str(year))
    return answer(row)


def submit(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Hand a drafted calendar in for approval."""
    row = fetch(WorkCalendar, id, actor, PROPOSE)
    proposals.submit(OBJECT, row, actor)
    return answer(row)


def approve(actor: Actor, *, id: int) -> WorkCalendar:  # noqa: A002 - as the act calls it
    """Put a calendar in force over any earlier one of its year; the act then moves deadlines."""
    row: WorkCalendar = fetch(WorkCalendar, id, actor, APPROVE)
    proposals.approve(OBJECT, row, actor, what=_("工作日历"))
    return row


def send_back(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Return a submitted calendar to who drafted it."""
    row = fetch(WorkCalendar, id, actor, APPROVE)
    proposals.send_back(OBJECT, row, actor, reason=reason)
    return answer(row)


def withdraw(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Take back a calendar that is not approved."""
    row = fetch(WorkCalendar, id, actor, PROPOSE)
    proposals.withdraw(OBJECT, row, actor, reason=reason)
    return answer(row)


def answer(row: WorkCalendar) -> dict[str, Any]:
    """Return a proposed calendar as the acts answer it."""
    days = db.select(WorkCalendarDay).filter_by(calendar_id=row.id).order_by(WorkCalendarDay.day)
    return {
        "id": row.id,
        "year": row.year,
        "document": row.document,
        "state": row.state,
        "state_name": proposals.state_name(row.state),
        "days": [
            day_json(SpecialDay(one.day, one.is_worked, one.name))
            for one in db.session.scalars(days)
        ],
    }


def day_json(one: SpecialDay) -> dict[str, Any]:
    """Return a special day as JSON."""
    return {
        "day": one.day.isoformat(),
        "kind": WORK if one.is_worked else REST,
        "name": one.name,
    }


def year_calendar(
    actor: Actor,  # noqa: ARG001 - every verb hears who acts
    *,
    year: int,
) -> dict[str, Any]:
    """Return the calendar that counts for a year; provisional where none is announced yet."""
    found = calendar().years.get(year)
    return {
        "year": year,
        "provisional": found is None,
        "document": found.document if found else None,
        "id": (found.id or None) if found else None,
        "days": [day_json(one) for one in found.days] if found else [],
    }


def count(
    actor: Actor,  # noqa: ARG001 - as above
    *,
    day: date,
    working_days: int,
    backwards: bool = False,
) -> dict[str, Any]:
    """Return the n-th working day after (or before) a day."""
    known = calendar()
    due = known.before(day, working_days) if backwards else known.after(day, working_days)
    return {"on": due.on.isoformat(), "provisional": due.provisional}


def _check(year: int, special: list[SpecialDay]) -> None:
    days = [one.day for one in special]
    twice = sorted({day for day in days if days.count(day) > 1})
    if twice:
        raise _wrong(_("%(day)s 列了两次，请只保留一行。", day=twice[0]))
    first = date(year - 1, DECEMBER, WEEK_BEFORE)
    last = date(year, DECEMBER, 31)
    outside = [day for day in days if not first <= day <= last]
    if outside:
        raise _wrong(
            _("%(day)s 不属于 %(year)s 年的安排，请核对年度和日期。", day=outside[0], year=year)
        )
    idle = [one.day for one in special if one.is_worked and one.day.weekday() < SATURDAY]
    if idle:
        raise _wrong(_("%(day)s 是周一至周五，不必登记为调休上班日，请核对。", day=idle[0]))
    if Calendar([Year(year, "", tuple(special))]).is_working_day(date(year, 1, 1)):
        raise _wrong(_("%(year)s 年 1 月 1 日（元旦）没有列为放假，请核对是否漏了行。", year=year))


def _wrong(sentence: str) -> InvalidInput:
    return InvalidInput(sentence, errors={"days": [sentence]})
