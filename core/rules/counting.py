"""How many a rule reaches, and whom a changed rule adds or drops: by township, a statement each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, literal_column, or_, select, true

from core.db import db
from core.divisions import within
from core.parties import Resident
from core.rules.compiling import compiled
from core.rules.predicate import Predicate

# Grouped by the column itself, SQLite would follow the column's index and read all else at random.
_TOWNSHIP = (Resident.division_code + literal_column("''")).label("township")


@dataclass(frozen=True)
class Change:
    """How many stay eligible, become so, and are so no longer."""

    stay: int
    enter: int
    leave: int


def population(
    predicate: Predicate,
    on: date,
    *,
    within_division: str | None = None,
    scope: ColumnElement[bool] | None = None,
) -> dict[str, int]:
    """Return how many are eligible on a day, by the division in which they are registered.

    `scope` is a further condition on `Resident`. Townships without anybody are left out.
    """
    built = compiled(on, predicate)
    rows = (
        select(_TOWNSHIP, func.count())
        .select_from(built.source)
        .where(*built.conditions, *_further(within_division, scope))
        .group_by(_TOWNSHIP)
        .order_by(_TOWNSHIP)
    )
    return {code: count for code, count in db.session.execute(rows)}  # noqa: C416 - rows are no pairs to the type checker


def compare(
    old: Predicate,
    new: Predicate,
    on: date,
    *,
    within_division: str | None = None,
    scope: ColumnElement[bool] | None = None,
) -> dict[str, Change]:
    """Return what changing a rule does to whom it reaches, by division; see `population`."""
    built = compiled(on, old, new)
    before, after = (one.is_(true()) for one in built.conditions)
    not_before, not_after = (one.is_not(true()) for one in built.conditions)
    rows = (
        select(
            _TOWNSHIP,
            _count(and_(before, after)),
            _count(and_(not_before, after)),
            _count(and_(before, not_after)),
        )
        .select_from(built.source)
        .where(or_(before, after), *_further(within_division, scope))
        .group_by(_TOWNSHIP)
        .order_by(_TOWNSHIP)
    )
    return {code: Change(*counts) for code, *counts in db.session.execute(rows)}


def _count(which: ColumnElement[bool]) -> Any:
    return func.sum(case((which, 1), else_=0))


def _further(division: str | None, scope: ColumnElement[bool] | None) -> list[ColumnElement[bool]]:
    near = [within(Resident.division_code, division)] if division else []
    return near if scope is None else [*near, scope]
