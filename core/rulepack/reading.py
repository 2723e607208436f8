"""Which figure holds on a day in a division: the nearest that contradicts none above it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import BindParameter, Select, bindparam

from core.db import built_once, db
from core.divisions import require_division
from core.errors import RuleBroken
from core.proposals import APPROVED
from core.rulepack.declared import (
    FREE,
    HIGHER_ONLY,
    LOWER_ONLY,
    NONE,
    TEXT,
    FigureKind,
    Row,
    figures,
    shipped_rows,
)
from core.rulepack.models import RuleFigure

EVE = timedelta(days=1)


@dataclass(frozen=True)
class Cited:
    """A figure in force: its value in its unit, and the row of law it rests on."""

    figure: FigureKind
    row: Row

    @property
    def value(self) -> int | str:
        """Return the value, in the figure's unit."""
        return self.row.value

    @property
    def unit(self) -> str:
        """Return the unit."""
        return self.figure.unit

    @property
    def citation(self) -> str:
        """Return law and article."""
        return self.row.citation

    @property
    def said(self) -> str:
        """Return the value with its unit, for people."""
        return self.figure.said(self.row.value)


def value(code: str, *, on: date, division_code: str | None = None) -> int | str:
    """Return a figure's value on a day in a division, in its unit; None: the whole country's.

    Raises KeyError for a code nobody declared, RULE_FIGURE_MISSING where nothing is in force.
    """
    return cited(code, on=on, division_code=division_code).value


def number(code: str, *, on: date, division_code: str | None = None) -> int:
    """Return the value of a figure that is a number; see `value`."""
    said = value(code, on=on, division_code=division_code)
    assert isinstance(said, int)  # noqa: S101 - the asker knows the figure's unit
    return said


def cited(code: str, *, on: date, division_code: str | None = None) -> Cited:
    """Return a figure's value on a day in a division with its unit and citation; see `value`."""
    cited_row = found(code, on=on, division_code=division_code)
    if cited_row is None:
        raise RuleBroken(
            "RULE_FIGURE_MISSING",
            _(
                "“%(name)s”在 %(day)s 没有有效的规定。请财政部门先在“法定数值”中登记。",
                name=figures()[code].title,
                day=on,
            ),
            figure=code,
            on=on.isoformat(),
        )
    return cited_row


def found(code: str, *, on: date, division_code: str | None = None) -> Cited | None:
    """Return what `cited` does, or None where nothing is in force."""
    figure = figures()[code]
    row, _against = standing(figure, all_rows([code])[code], chain_of(division_code), on)
    return Cited(figure, row) if row else None


def chain_of(division_code: str | None) -> list[str | None]:
    """Return the country (None) and the divisions from the province down to one."""
    if division_code is None:
        return [None]
    return [None, *require_division(division_code).path.strip("/").split("/")]


def all_rows(codes: Iterable[str]) -> dict[str, list[Row]]:
    """Return the shipped and the approved rows of figures, by code."""
    known = {code: list(shipped_rows(code)) for code in codes}
    for row in db.session.scalars(_approved(), {"codes": list(known)}):
        known[row.code].append(row.as_row())
    return known


@built_once
def _approved() -> Select[Any]:
    codes: BindParameter[Any] = bindparam("codes", expanding=True)
    query: Select[Any] = db.select(RuleFigure).where(RuleFigure.state == APPROVED)
    return query.where(RuleFigure.code.in_(codes)).order_by(RuleFigure.id)


def standing(
    figure: FigureKind, rows: list[Row], chain: list[str | None], on: date
) -> tuple[Row | None, list[Row]]:
    """Return the row in force at the end of a chain on a day, and those that contradict it.

    What a division may not say does not count, however near it is: the level above prevails
    (立法法第九十八条以下). A pilot's row with a permit counts.
    """
    current: Row | None = None
    against = []
    for division_code in chain:
        own = of_division(rows, division_code, on)
        if own is None:
            continue
        if current is not None and contradicts(figure, current, own):
            against.append(own)
        else:
            current = own
    return current, against


def of_division(rows: list[Row], division_code: str | None, on: date) -> Row | None:
    """Return what a division itself says on a day: its latest row begun, if that still runs."""
    begun = [row for row in rows if row.division_code == division_code and row.from_on <= on]
    last = max(begun, key=lambda row: (row.from_on, row.id), default=None)
    return last if last and (last.to_on is None or last.to_on >= on) else None


def ends_on(rows: list[Row], row: Row) -> date | None:
    """Return the last day on which a row is read: its own, or the eve of the row that follows.

    A row taken over on its very first day ends before it begins.
    """
    later = [
        other.from_on
        for other in rows
        if other.division_code == row.division_code
        and (other.from_on, other.id) > (row.from_on, row.id)
    ]
    ends = [day for day in (row.to_on, min(later) - EVE if later else None) if day is not None]
    return min(ends, default=None)


def contradicts(figure: FigureKind, upper: Row, lower: Row) -> bool:
    """Tell whether a division's row says what the row above it does not leave to it."""
    if figure.local == NONE:
        return lower.value != upper.value
    if figure.local == FREE or figure.unit == TEXT or lower.permit:
        return False
    # Values of a figure that is no text are numbers.
    above, below = int(upper.value), int(lower.value)
    return (figure.local == LOWER_ONLY and below > above) or (
        figure.local == HIGHER_ONLY and below < above
    )
