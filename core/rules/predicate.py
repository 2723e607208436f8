"""What a rule is: a tree of leaves, each a fact, an operator, a bound and the day it is taken."""

from __future__ import annotations

import operator
from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from core.facts import Fact, Need
from core.facts.declared import CHOICE, DAY, NUMBER, PLACE, RATIO, SET
from core.plugins import registry

THE_DAY, YEAR_START = "day", "year_start"
MONTHS = 12

# The comparisons, which numbers, choices (by order), days and ratios have alike.
COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "at_least": operator.ge,
    "at_most": operator.le,
    "above": operator.gt,
    "below": operator.lt,
}
MONTHS_ABOVE, MONTHS_AT_LEAST = "months_ago_above", "months_ago_at_least"
# What a kind can be asked; `is` is read as `in` of one, `has` as `has_any` of one.
OPERATORS = {
    NUMBER: (*COMPARE, "is", "in"),
    CHOICE: (*COMPARE, "is", "in"),
    DAY: (*COMPARE, "is", MONTHS_ABOVE, MONTHS_AT_LEAST),
    PLACE: ("within",),
    SET: ("has", "has_any"),
    RATIO: tuple(COMPARE),
}


@dataclass(frozen=True)
class Share:
    """The bound of a ratio: so many fen (or whatever is counted) for so many."""

    fen: int
    per: int = 1


Bound = int | str | date | Share | tuple[int | str | date, ...]


@dataclass(frozen=True)
class Leaf:
    """One requirement; `on` is `day`, `year_start` or a fixed day."""

    fact: str
    operator: str
    bound: Bound
    on: str | date = THE_DAY

    @property
    def declared(self) -> Fact:
        """The fact as it is declared."""
        return registry().facts[self.fact]

    def taken_on(self, on: date) -> date:
        """Return the day on which the fact is taken when the rule is asked on a day."""
        if isinstance(self.on, date):
            return self.on
        return date(on.year, 1, 1) if self.on == YEAR_START else on

    def need(self, on: date) -> Need:
        """Return the fact and day that must be known."""
        return self.fact, self.taken_on(on)


@dataclass(frozen=True)
class All:
    """Every part must hold; of no parts, everybody alive is eligible."""

    parts: tuple[Predicate, ...]


@dataclass(frozen=True)
class AnyOf:
    """At least one part must hold."""

    parts: tuple[Predicate, ...]


@dataclass(frozen=True)
class Not:
    """The part must be known not to hold."""

    part: Predicate


Predicate = Leaf | All | AnyOf | Not


def leaves(predicate: Predicate) -> Iterator[Leaf]:
    """Yield the leaves of a predicate from left to right."""
    if isinstance(predicate, Leaf):
        yield predicate
        return
    for part in (predicate.part,) if isinstance(predicate, Not) else predicate.parts:
        yield from leaves(part)


def needs(predicate: Predicate, on: date) -> list[Need]:
    """Return the facts, each with its day, that a predicate asks for, without repeats."""
    return list(dict.fromkeys(leaf.need(on) for leaf in leaves(predicate)))


def begun_before(months: int, on: date, *, at_least: bool) -> date:
    """Return the first day too late to lie more than (or at least) so many months before `on`.

    A day and its n months later are the same day of the month, or the month's last where that is
    missing: 31 January and 28 February.
    """
    on = on + timedelta(days=1) if at_least else on
    year, month = divmod(on.year * MONTHS + on.month - 1 - months, MONTHS)
    if on.day <= monthrange(year, month + 1)[1]:
        return date(year, month + 1, on.day)
    # No day of that month comes so far; the next month's first does.
    return date(year + (month + 1) // MONTHS, (month + 1) % MONTHS + 1, 1)
