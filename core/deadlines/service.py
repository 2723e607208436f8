"""Starting and stopping legal clocks, and moving those that were counted without a calendar."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, or_

from core import clock, rulepack, workdays
from core.access import Actor
from core.db import db, insert_once
from core.deadlines.models import Deadline
from core.parties import Organisation
from core.plugins import registry
from core.rulepack.declared import WORKING_DAYS
from core.workdays import Due
from core.workdays.service import answer

SHOWN = 200  # of the moved deadlines, in an answer


def start(
    kind: str,
    object_type: str,
    object_id: int,
    *,
    from_on: date,
    organisation_id: int,
    division_code: str,
    what: str,
    length: int | None = None,
) -> Deadline | None:
    """Start an object's clock on a day and return it; one that runs already is left as it is.

    None where no law in force that day sets a time: there is nothing to watch.

    How long it runs is what the rule pack says that day in that division, or `length` where the
    parties agreed on other days, as that law lets them. `what` says in words
    what is due ("望城区教育局 2026 年助学采购计划备案"), without personal data. For acts under way.
    Raises KeyError for a kind nobody declared.
    """
    declared = registry().deadline_kinds[kind]
    figure = rulepack.found(declared.figure, on=from_on, division_code=division_code)
    if figure is None:
        return None
    assert isinstance(figure.value, int)  # noqa: S101 - clocks are numbers of days
    length = figure.value if length is None else length
    due = _due(workdays.calendar(), from_on, length, declared.unit)
    row = {
        "kind": kind,
        "object_type": object_type,
        "object_id": object_id,
        "organisation_id": organisation_id,
        "division_code": division_code,
        "what": what,
        "length": length,
        "unit": declared.unit,
        "citation": figure.citation,
        "starts_on": from_on,
        "due_on": due.on,
        "provisional": due.provisional,
        "started_at": clock.now(),
    }
    insert_once(Deadline.__table__, row)
    return _running(kind, object_type, object_id)


def stop(kind: str, object_type: str, object_id: int) -> None:
    """Stop an object's clock today, if one runs; a second time, nothing happens."""
    found = _running(kind, object_type, object_id)
    if found is not None:
        found.stopped_on = clock.today()
        db.session.flush()


def approve_calendar(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Put a year's calendar in force and count the deadlines again that it concerns.

    `moved` lists those that are now due on another day (200 at most), `moved_count` how many.
    """
    row = workdays.approve(actor, id=id)
    # Days of December may be announced with the year that follows.
    first = min([date(row.year, 1, 1), *(one.day for one in row.days)])
    concerned = Deadline.due_on.between(first, date(row.year, 12, 31))
    moved = recount(or_(Deadline.provisional, concerned))
    names = organisation_names({one.organisation_id for one in moved})
    return answer(row) | {
        "moved_count": len(moved),
        "moved": [
            {
                "id": one.id,
                "kind": one.kind,
                "kind_name": kind_name(one.kind),
                "what": one.what,
                "organisation": names[one.organisation_id],
                "from_on": one.moved_from_on.isoformat() if one.moved_from_on else None,
                "due_on": one.due_on.isoformat(),
                "provisional": one.provisional,
            }
            for one in moved[:SHOWN]
        ],
    }


def recount(which: ColumnElement[bool]) -> list[Deadline]:
    """Count running deadlines again over the calendars there are; return those that moved."""
    known = workdays.calendar()
    query = (
        db.select(Deadline)
        .where(Deadline.stopped_on.is_(None), Deadline.unit == WORKING_DAYS, which)
        .order_by(Deadline.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    moved = []
    for one in db.session.scalars(query).all():
        due = _due(known, one.starts_on, one.length, one.unit)
        one.provisional = due.provisional
        if due.on != one.due_on:
            one.moved_from_on, one.due_on = one.due_on, due.on
            moved.append(one)
    db.session.flush()
    return moved


def day_began() -> None:
    """Count provisional deadlines again: one may have been started beside a calendar's approval."""
    recount(Deadline.provisional.is_(True))


def kind_name(code: str) -> str:
    """Return how a kind of deadline is called; the code where its component is away."""
    kind = registry().deadline_kinds.get(code)
    return _(kind.name) if kind else code


def _due(known: workdays.Calendar, from_on: date, length: int, unit: str) -> Due:
    if unit == WORKING_DAYS:
        return known.after(from_on, length)
    # The law's plain days: the day of the event is not counted (民法典第二百零一条). That a last
    # day on a holiday moves on (第二百零三条) is left out: early is safe.
    return Due(from_on + timedelta(days=length), provisional=False)


def _running(kind: str, object_type: str, object_id: int) -> Deadline | None:
    found: Deadline | None = db.session.scalar(
        db.select(Deadline)
        .where(Deadline.kind == kind, Deadline.object_type == object_type)
        .where(Deadline.object_id == object_id, Deadline.stopped_on.is_(None))
        .with_for_update()
    )
    return found


def organisation_names(ids: set[int]) -> dict[int, str]:
    """Return how organisations are called, by number."""
    rows = db.session.execute(
        db.select(Organisation.id, Organisation.name).where(Organisation.id.in_(ids))
    )
    return {row.id: row.name for row in rows}
