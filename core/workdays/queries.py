"""What screens and programs read of calendars that offices proposed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, or_

from core import proposals
from core.access import Actor, fetch, visible
from core.db import db
from core.rulepack.queries import LIMIT, people_names, steps_of
from core.workdays.models import WorkCalendar
from core.workdays.service import answer

VIEW = "rulepack.view"


def proposed(
    actor: Actor, *, before: int | None = None, limit: int = LIMIT, state: str | None = None
) -> dict[str, Any]:
    """Return proposed calendars, newest first: those of one's own division, approved ones all."""
    query = db.select(WorkCalendar).where(_seen(actor)).order_by(WorkCalendar.id.desc())
    if state is not None:
        query = query.where(WorkCalendar.state == state)
    if before is not None:
        query = query.where(WorkCalendar.id < before)
    rows = list(db.session.scalars(query.limit(limit)))
    names = people_names(user for row in rows for user in (row.made_by, row.decided_by))
    items = []
    for row in rows:
        said = answer(row)
        items.append(said | {"days": len(said["days"])} | steps_of(row, names))
    return {"items": items, "next_before": rows[-1].id if len(rows) == limit else None}


def proposal(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Return one proposed calendar with its days and who did what with it."""
    row = db.session.scalar(db.select(WorkCalendar).where(_seen(actor), WorkCalendar.id == id))
    found = row or fetch(WorkCalendar, id, actor, VIEW)
    return answer(found) | steps_of(found, people_names((found.made_by, found.decided_by)))


def _seen(actor: Actor) -> ColumnElement[bool]:
    return or_(visible(WorkCalendar, actor, VIEW), WorkCalendar.state == proposals.APPROVED)
