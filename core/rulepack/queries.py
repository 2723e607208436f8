"""What screens and programs read of the rule pack: figures on a day, their rows, proposals."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, or_

from core import clock, proposals
from core.access import Actor, User, fetch, visible
from core.db import db
from core.rulepack.declared import FigureKind, Row, areas, figures, local_name
from core.rulepack.models import RuleFigure
from core.rulepack.reading import all_rows, chain_of, ends_on, standing
from core.rulepack.service import answer, row_json

VIEW = "rulepack.view"
LIMIT = 50


def figures_on(
    actor: Actor,  # noqa: ARG001 - every verb hears who acts
    *,
    on: date | None = None,
    division_code: str | None = None,
    area: str | None = None,
) -> dict[str, Any]:
    """Return every figure as it holds on a day in a division; the law is everybody's to read.

    `against` lists the divisions' rows that do not count because they contradict what is above.
    """
    day = on or clock.today()
    chosen = [one for one in figures().values() if area in (None, one.area)]
    rows, chain = all_rows(one.code for one in chosen), chain_of(division_code)
    return {
        "on": day.isoformat(),
        "division_code": division_code,
        "items": [_held(one, rows[one.code], chain, day) for one in chosen],
    }


def figure_history(
    actor: Actor,  # noqa: ARG001 - as above
    *,
    code: str,
) -> dict[str, Any]:
    """Return every row of a figure, shipped or approved, each with the last day it is read."""
    figure = figures()[code]
    rows = all_rows([code])[code]
    newest = sorted(rows, key=lambda row: (row.division_code or "", row.from_on, row.id))
    return _figure(figure) | {
        "rows": [
            {"id": row.id or None, **row_json(figure, row)} | {"read_until": _until(rows, row)}
            for row in newest
        ]
    }


def proposed(
    actor: Actor, *, before: int | None = None, limit: int = LIMIT, state: str | None = None
) -> dict[str, Any]:
    """Return proposals, newest first: those of one's own division, and all approved ones."""
    query = db.select(RuleFigure).where(_seen(actor)).order_by(RuleFigure.id.desc())
    if state is not None:
        query = query.where(RuleFigure.state == state)
    if before is not None:
        query = query.where(RuleFigure.id < before)
    rows = list(db.session.scalars(query.limit(limit)))
    names = people_names(user for row in rows for user in (row.made_by, row.decided_by))
    return {
        "items": [answer(row) | steps_of(row, names) for row in rows],
        "next_before": rows[-1].id if len(rows) == limit else None,
    }


def proposal(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Return one proposal with who did what with it."""
    row = db.session.scalar(db.select(RuleFigure).where(_seen(actor), RuleFigure.id == id))
    found = row or fetch(RuleFigure, id, actor, VIEW)
    names = people_names((found.made_by, found.decided_by))
    return answer(found) | steps_of(found, names)


def people_names(ids: Iterable[int | None]) -> dict[int | None, str]:
    """Return how users are called, by number."""
    wanted = {one for one in ids if one is not None}
    rows = db.session.execute(db.select(User.id, User.name).where(User.id.in_(wanted)))
    return {row.id: row.name for row in rows}


def steps_of(row: Any, names: dict[int | None, str]) -> dict[str, Any]:
    """Return who did what with a proposal, and when."""
    return {
        "made_by": names.get(row.made_by),
        "made_at": row.made_at.isoformat(),
        "submitted_at": row.submitted_at.isoformat() if row.submitted_at else None,
        "decided_by": names.get(row.decided_by),
        "decided_at": row.decided_at.isoformat() if row.decided_at else None,
        "reason": row.decision_reason,
    }


def _seen(actor: Actor) -> ColumnElement[bool]:
    return or_(visible(RuleFigure, actor, VIEW), RuleFigure.state == proposals.APPROVED)


def _figure(figure: FigureKind) -> dict[str, Any]:
    return {
        "code": figure.code,
        "name": figure.title,
        "area": figure.area,
        "area_name": areas()[figure.area],
        "unit": figure.unit,
        "local": figure.local,
        "local_name": local_name(figure.local),
    }


def _held(
    figure: FigureKind, rows: list[Row], chain: list[str | None], day: date
) -> dict[str, Any]:
    row, against = standing(figure, rows, chain, day)
    held = {"id": row.id or None, **row_json(figure, row)} if row else None
    if held is not None and row is not None:
        held["read_until"] = _until(rows, row)
    return _figure(figure) | {
        "held": held,
        "against": [{"id": one.id, **row_json(figure, one)} for one in against],
    }


def _until(rows: list[Row], row: Row) -> str | None:
    last = ends_on(rows, row)
    return last.isoformat() if last else None
