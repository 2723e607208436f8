"""Which parts of a rule decide about somebody: why it holds or not, and what it still waits for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from core.facts import Known
from core.rules import All, AnyOf, Leaf, Not, Predicate
from core.rules.judging import holds


@dataclass(frozen=True)
class Deciding:
    """A rule's parts, seen with what is known of one organisation on one day."""

    facts: Known
    on: date

    def holds(self, rule: Predicate) -> bool | None:
        """Tell whether a rule holds; None where what is known does not say."""
        return holds(rule, self.facts, self.on)

    def decisive(self, rule: Predicate) -> Predicate:
        """Return the parts that decide a rule which holds or does not: all of them are known.

        What is not known cannot change it, so nobody need be told of it.
        """
        if isinstance(rule, Leaf):
            return rule
        if isinstance(rule, Not):
            return Not(self.decisive(rule.part))
        known = self.holds(rule)
        parts = tuple(self.decisive(part) for part in rule.parts if self.holds(part) is known)
        return All(parts) if isinstance(rule, All) else AnyOf(parts)

    def undecided(self, rule: Predicate) -> Iterator[Leaf]:
        """Yield the requirements that keep a rule from being decided, from left to right."""
        if self.holds(rule) is not None:
            return
        if isinstance(rule, Leaf):
            yield rule
            return
        for part in (rule.part,) if isinstance(rule, Not) else rule.parts:
            yield from self.undecided(part)
