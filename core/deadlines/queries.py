"""What screens and programs read of deadlines: what is overdue, due today, this week, later."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, func, tuple_

from core import clock
from core.access import Actor, fetch, scoped, visible
from core.db import db
from core.deadlines.models import Deadline
from core.deadlines.service import kind_name, organisation_names
from core.plugins import registry
from core.rulepack.declared import said

VIEW = "deadline.view"
LIMIT = 50
OVERDUE, TODAY, WEEK, LATER, STOPPED = "overdue", "today", "week", "later", "stopped"
WHEN = (OVERDUE, TODAY, WEEK, LATER, STOPPED)
WEEK_DAYS = 7


def deadlines(
    actor: Actor, *, when: str | None = None, after: int | None = None, limit: int = LIMIT
) -> dict[str, Any]:
    """Return deadlines by the day they are due; `when` left out: all that run.

    `after` is the last number of the page before. Stopped ones come with the day they stopped.
    """
    today = clock.today()
    query = scoped(Deadline, actor, VIEW).where(_chosen(when, today))
    if after is not None:
        last = fetch(Deadline, after, actor, VIEW)
        query = query.where(tuple_(Deadline.due_on, Deadline.id) > (last.due_on, last.id))
    rows = list(db.session.scalars(query.order_by(Deadline.due_on, Deadline.id).limit(limit)))
    names = organisation_names({row.organisation_id for row in rows})
    return {
        "on": today.isoformat(),
        "counts": counts(actor),
        "items": [item(row, today) | {"organisation": names[row.organisation_id]} for row in rows],
        "next_after": rows[-1].id if len(rows) == limit else None,
    }


def counts(actor: Actor) -> dict[str, int]:
    """Return how many running deadlines an actor sees, by when they are due."""
    today, seen = clock.today(), visible(Deadline, actor, VIEW)
    return {
        when: int(db.session.scalar(db.select(func.count()).where(seen, _chosen(when, today))) or 0)
        for when in (OVERDUE, TODAY, WEEK, LATER)
    }


def when_name(when: str) -> str:
    """Return the word for when something is due."""
    return {
        OVERDUE: _("已逾期"),
        TODAY: _("今天到期"),
        WEEK: _("七日内到期"),
        LATER: _("七日后到期"),
        STOPPED: _("已办结"),
    }[when]


def when_due(row: Deadline, today: date) -> str:
    """Tell when a deadline is due, seen from a day."""
    if row.stopped_on is not None:
        return STOPPED
    if row.due_on < today:
        return OVERDUE
    if row.due_on == today:
        return TODAY
    return WEEK if row.due_on <= today + timedelta(days=WEEK_DAYS) else LATER


def _chosen(when: str | None, today: date) -> ColumnElement[bool]:
    running = Deadline.stopped_on.is_(None)
    if when is None:
        return running
    week = today + timedelta(days=WEEK_DAYS)
    return {
        OVERDUE: and_(running, Deadline.due_on < today),
        TODAY: and_(running, Deadline.due_on == today),
        WEEK: and_(running, Deadline.due_on > today, Deadline.due_on <= week),
        LATER: and_(running, Deadline.due_on > week),
        STOPPED: Deadline.stopped_on.is_not(None),
    }[when]


def item(row: Deadline, today: date) -> dict[str, Any]:
    """Return a deadline as lists tell it, seen from a day."""
    kind = registry().deadline_kinds.get(row.kind)
    when = when_due(row, today)
    return {
        "id": row.id,
        "kind": row.kind,
        "kind_name": kind_name(row.kind),
        "basis": kind.basis if kind else row.citation,
        "object_type": row.object_type,
        "object_id": row.object_id,
        "organisation_id": row.organisation_id,
        "division_code": row.division_code,
        "what": row.what,
        "length": row.length,
        "unit": row.unit,
        "length_said": said(row.unit, row.length),
        "citation": row.citation,
        "starts_on": row.starts_on.isoformat(),
        "due_on": row.due_on.isoformat(),
        "provisional": row.provisional,
        "moved_from_on": row.moved_from_on.isoformat() if row.moved_from_on else None,
        "stopped_on": row.stopped_on.isoformat() if row.stopped_on else None,
        "when": when,
        "days_left": (row.due_on - today).days,
    }
