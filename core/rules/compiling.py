"""A rule as SQL: one statement over all residents, which three-valued logic keeps from guessing.

What is not known is NULL, and neither a requirement nor its contrary holds of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    and_,
    case,
    literal,
    not_,
    or_,
    select,
    true,
    type_coerce,
)
from sqlalchemy.orm import outerjoin

from core.divisions import within
from core.facts import rows_on
from core.facts.declared import CHOICE, NUMBER, PLACE, RATIO, SET
from core.parties import Resident
from core.rules.predicate import (
    COMPARE,
    MONTHS_AT_LEAST,
    All,
    Leaf,
    Not,
    Predicate,
    Share,
    begun_before,
)


@dataclass(frozen=True)
class Compiled:
    """Residents joined with the facts that rules need, and a condition per rule.

    Select from `source`; in a CASE say `.is_(true())`, because a condition may be NULL.
    """

    source: Any
    conditions: tuple[ColumnElement[bool], ...]


def compiled(on: date, *predicates: Predicate) -> Compiled:
    """Compile rules for one day; what they need alike is joined once."""
    joins = _Joins(on)
    alive = and_(Resident.born_on <= on, or_(Resident.died_on.is_(None), Resident.died_on > on))
    conditions = tuple(and_(alive, joins.holds(one)) for one in predicates)
    return Compiled(joins.source, conditions)


def condition(predicate: Predicate, on: date) -> Select[Any]:
    """Return the select of the numbers of residents who are eligible on a day.

    It is from `Resident`, so a scope may be added: `.where(visible(Resident, ...))`.
    """
    built = compiled(on, predicate)
    return select(Resident.id).select_from(built.source).where(*built.conditions)


@dataclass
class _Joins:
    """The residents' table, growing by one outer join per fact and day."""

    on: date
    source: Any = Resident
    columns: dict[Any, tuple[Any, ...]] = field(default_factory=dict)

    def holds(self, predicate: Predicate) -> ColumnElement[bool]:
        if isinstance(predicate, Leaf):
            return self.requirement(predicate)
        if isinstance(predicate, Not):
            return not_(self.holds(predicate.part).self_group())
        parts = [self.holds(part) for part in predicate.parts]
        return and_(true(), *parts) if isinstance(predicate, All) else or_(*parts)

    def requirement(self, leaf: Leaf) -> ColumnElement[bool]:
        kind = leaf.declared.kind
        if kind == SET:
            # A person without a row is not of the set: that much is known.
            return self.members(leaf)[0].is_not(None)  # type: ignore[no-any-return] # the column is untyped
        value, *rest = self.values(leaf)
        if kind == RATIO:
            return _ratio(leaf, value, rest[0])
        if kind == PLACE:
            inside = within(value, str(leaf.bound))
            # NULL is not in an empty list either, and would be known not to be.
            return case((value.is_not(None), inside))
        if kind == NUMBER:
            value = type_coerce(value, BigInteger)
        if leaf.operator == "in":
            return value.in_(leaf.bound)  # type: ignore[no-any-return] # the column is untyped
        bound: Any = leaf.bound
        if kind == CHOICE:
            order = leaf.declared.options
            value = case({option: rank for rank, option in enumerate(order)}, value=value)
            bound = order.index(bound)
        if leaf.operator in COMPARE:
            return COMPARE[leaf.operator](value, bound)  # type: ignore[no-any-return] # operators of columns
        at_least = leaf.operator == MONTHS_AT_LEAST
        return value < begun_before(bound, leaf.taken_on(self.on), at_least=at_least)  # type: ignore[no-any-return] # the column is untyped

    def values(self, leaf: Leaf) -> tuple[Any, ...]:
        """Return the columns of a fact's value, joined once for all leaves that need it."""
        need = leaf.need(self.on)
        if need not in self.columns:
            self.columns[need] = self.join(rows_on(leaf.declared, leaf.taken_on(self.on)))[1:]
        return self.columns[need]

    def members(self, leaf: Leaf) -> tuple[Any, ...]:
        """Return the column that is not NULL for who has one of a set's values."""
        need = (leaf.need(self.on), leaf.bound)
        if need not in self.columns:
            rows = rows_on(leaf.declared, leaf.taken_on(self.on)).subquery()
            who, value = rows.c
            values: Any = leaf.bound
            having = select(who.label("resident_id")).where(value.in_(values)).distinct()
            self.columns[need] = self.join(having)
        return self.columns[need]

    def join(self, rows: Select[Any]) -> tuple[Any, ...]:
        found = rows.subquery()
        columns = tuple(found.c)
        self.source = outerjoin(self.source, found, columns[0] == Resident.id)
        return columns


def _ratio(leaf: Leaf, numerator: Any, denominator: Any) -> ColumnElement[bool]:
    """Compare by multiplying crosswise; both sides fit 64 bits (see `core.facts`)."""
    share = leaf.bound
    assert isinstance(share, Share)  # noqa: S101 - the reader sees to it
    one = type_coerce(numerator, BigInteger) * literal(share.per, BigInteger)
    other = literal(share.fen, BigInteger) * type_coerce(denominator, BigInteger)
    return COMPARE[leaf.operator](one, other)  # type: ignore[no-any-return] # operators of columns
