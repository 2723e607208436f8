"""What is due for a person, day by day: the legal clocks, and what components know beside them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, func, true

from core import clock
from core.access import Actor, visible
from core.db import db
from core.deadlines import queries
from core.deadlines.models import Deadline, DueItem
from core.deadlines.queries import OVERDUE, STOPPED, TODAY, WEEK, WEEK_DAYS
from core.deadlines.service import organisation_names
from core.plugins import ask, registry

VIEW = "due.view"
LIMIT = 50
# A component tells of no more: who has more to do reads its lists.
MOST = 500
MONTH, LATER = "month", "later"
MONTH_DAYS = 30
WHEN = (OVERDUE, TODAY, WEEK, MONTH, LATER)


@dataclass(frozen=True)
class Span:
    """Days from the first to the last, both inside; None is open."""

    first: date | None = None
    last: date | None = None

    def holds(self, on: date) -> bool:
        """Tell whether a day lies inside."""
        return (self.first is None or self.first <= on) and (self.last is None or on <= self.last)

    def from_on(self, on: date | None) -> Span:
        """Return what is left of the span from a day on."""
        later = [one for one in (self.first, on) if one is not None]
        return Span(max(later) if later else None, self.last)


def due(
    actor: Actor, *, when: str | None = None, from_on: date | None = None, limit: int = LIMIT
) -> dict[str, Any]:
    """Return what is due by the day, overdue first; `when` left out: all of it.

    A page ends with a whole day, and `next_on` is the day on which the next one begins; a day that
    holds more than `limit` is a page of its own.
    """
    today = clock.today()
    items = sorted(_items(actor), key=lambda one: one.on)
    span = (_spans(today)[when] if when else Span()).from_on(from_on)
    found = _found(actor, items, span, today, limit + 1)
    next_on = None
    if len(found) > limit:
        next_on = found[limit][0]
        shown = [one for one in found if one[0] < next_on]
        if not shown:
            shown = _found(actor, items, Span(next_on, next_on), today, None)
            next_on += timedelta(days=1)
        found = shown
    return {
        "on": today.isoformat(),
        "counts": _counts(actor, items, today),
        "items": _named([row for _on, row in found]),
        "next_on": next_on.isoformat() if next_on else None,
    }


def when_name(when: str) -> str:
    """Return the word for when something is due."""
    names = {
        OVERDUE: _("已逾期"),
        TODAY: _("今天到期"),
        WEEK: _("七日内到期"),
        MONTH: _("三十日内到期"),
        LATER: _("三十日后到期"),
        STOPPED: _("已办结"),
    }
    return names[when]


# --- parts -------------------------------------------------------------------------------------


def _items(actor: Actor) -> list[DueItem]:
    return list(ask("due_items", actor=actor))


def _found(
    actor: Actor, items: list[DueItem], span: Span, today: date, most: int | None
) -> list[tuple[date, dict[str, Any]]]:
    clocks = (
        db.select(Deadline)
        .where(_seen(actor), _within(span))
        .order_by(Deadline.due_on, Deadline.id)
        .limit(most)
    )
    rows = [(row.due_on, _clock(row, actor, today)) for row in db.session.scalars(clocks)]
    rows += [(one.on, _item(one, today)) for one in items if span.holds(one.on)]
    rows.sort(key=lambda row: row[0])
    return rows[:most]


def _counts(actor: Actor, items: list[DueItem], today: date) -> dict[str, int]:
    return {
        when: sum(1 for one in items if span.holds(one.on))
        + int(db.session.scalar(db.select(func.count()).where(_seen(actor), _within(span))) or 0)
        for when, span in _spans(today).items()
    }


def _seen(actor: Actor) -> ColumnElement[bool]:
    return and_(visible(Deadline, actor, queries.VIEW), Deadline.stopped_on.is_(None))


def _within(span: Span) -> ColumnElement[bool]:
    bounds: list[ColumnElement[bool]] = []
    if span.first is not None:
        bounds.append(Deadline.due_on >= span.first)
    if span.last is not None:
        bounds.append(Deadline.due_on <= span.last)
    return and_(true(), *bounds)


def _spans(today: date) -> dict[str, Span]:
    day = timedelta(days=1)
    week, month = today + WEEK_DAYS * day, today + MONTH_DAYS * day
    return {
        OVERDUE: Span(None, today - day),
        TODAY: Span(today, today),
        WEEK: Span(today + day, week),
        MONTH: Span(week + day, month),
        LATER: Span(month + day, None),
    }


def _when(on: date, today: date) -> str:
    return next(when for when, span in _spans(today).items() if span.holds(on))


def _clock(row: Deadline, actor: Actor, today: date) -> dict[str, Any]:
    said = queries.item(row, today)
    kind = registry().deadline_kinds.get(row.kind)
    return {
        "organisation_id": row.organisation_id,
        "kind_name": said["kind_name"],
        "what": row.what,
        "due_on": said["due_on"],
        "at": None,
        "when": _when(row.due_on, today),
        "days_left": said["days_left"],
        "basis": row.citation,
        "starts_on": said["starts_on"],
        "length_said": said["length_said"],
        "provisional": row.provisional,
        "moved_from_on": said["moved_from_on"],
        "page": kind.page_for(actor) if kind else "",
        "page_values": {"id": row.object_id},
    }


def _item(one: DueItem, today: date) -> dict[str, Any]:
    return {
        "organisation_id": one.organisation_id,
        "kind_name": one.kind_name,
        "what": one.what,
        "due_on": one.on.isoformat(),
        "at": one.at.isoformat() if one.at else None,
        "when": _when(one.on, today),
        "days_left": (one.on - today).days,
        "basis": one.basis,
        "starts_on": None,
        "length_said": None,
        "provisional": False,
        "moved_from_on": None,
        "page": one.endpoint,
        "page_values": dict(one.values),
    }


def _named(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    names = organisation_names({row["organisation_id"] for row in rows})
    return [row | {"organisation": names.get(row["organisation_id"], "")} for row in rows]
