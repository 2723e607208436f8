"""A rule asked of one resident: eligible or not, and for each no the reason with its figures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _

from core.facts import Known, Lapsed, Place, Ratio, known, text_of
from core.facts.declared import CHOICE
from core.rules.predicate import (
    COMPARE,
    MONTHS_AT_LEAST,
    All,
    Leaf,
    Not,
    Predicate,
    Share,
    begun_before,
    needs,
)
from core.rules.wording import demand


@dataclass(frozen=True)
class Reason:
    """Why somebody is not eligible: a full sentence, and the facts it is about."""

    sentence: str
    facts: tuple[str, ...]


@dataclass(frozen=True)
class Verdict:
    """The answer for one resident; whoever is eligible needs no reasons."""

    eligible: bool
    reasons: tuple[Reason, ...] = ()


def assess(predicate: Predicate, resident_ids: Iterable[int], on: date) -> dict[int, Verdict]:
    """Read what a rule needs of these residents and judge each, by number."""
    found = known(resident_ids, needs(predicate, on))
    return {number: judge(predicate, one, on) for number, one in found.items()}


def judge(predicate: Predicate, facts: Known, on: date) -> Verdict:
    """Judge one resident on a day, as `condition` does, from the facts that `needs` names."""
    if not facts.is_alive(on):
        if facts.died_on is not None and facts.died_on <= on:
            said = _("已于 %(day)s 去世，不再符合条件。", day=facts.died_on)
            return Verdict(eligible=False, reasons=(Reason(said, ("death",)),))
        said = _("在 %(day)s 尚未出生，不符合条件。", day=on)
        return Verdict(eligible=False, reasons=(Reason(said, ("birth",)),))
    if holds(predicate, facts, on) is True:
        return Verdict(eligible=True)
    reasons = _Reasons(facts, on).of(predicate, wanted=True)
    return Verdict(eligible=False, reasons=tuple(dict.fromkeys(reasons)))


def holds(predicate: Predicate, facts: Known, on: date) -> bool | None:
    """Tell whether a predicate holds; None where what is known does not say (Kleene's logic)."""
    if isinstance(predicate, Leaf):
        return _requirement(predicate, facts, on)
    if isinstance(predicate, Not):
        found = holds(predicate.part, facts, on)
        return None if found is None else not found
    parts = [holds(part, facts, on) for part in predicate.parts]
    decisive = not isinstance(predicate, All)
    if decisive in parts:
        return decisive
    return None if None in parts else not decisive


def _requirement(leaf: Leaf, facts: Known, on: date) -> bool | None:
    value: Any = facts.values.get(leaf.need(on))
    bound: Any = leaf.bound
    if value is None or isinstance(value, Lapsed):
        return None
    if isinstance(value, frozenset):
        return not value.isdisjoint(bound)
    if isinstance(value, Place):
        return bound in value.path
    return value in bound if leaf.operator == "in" else _ordered(leaf, value, bound, on)


def _ordered(leaf: Leaf, value: Any, bound: Any, on: date) -> bool | None:
    if isinstance(value, Ratio) and isinstance(bound, Share):
        value, bound = value.numerator * bound.per, bound.fen * value.denominator
    elif leaf.declared.kind == CHOICE:
        order = leaf.declared.options
        if value not in order:
            return None
        value, bound = order.index(value), order.index(bound)
    if leaf.operator in COMPARE:
        return bool(COMPARE[leaf.operator](value, bound))
    at_least = leaf.operator == MONTHS_AT_LEAST
    return bool(value < begun_before(bound, leaf.taken_on(on), at_least=at_least))


@dataclass(frozen=True)
class _Reasons:
    """Says why a predicate is not as wanted, for one resident on one day."""

    facts: Known
    on: date

    def of(self, predicate: Predicate, *, wanted: bool) -> list[Reason]:
        """Return the reasons; none where it is as wanted."""
        if holds(predicate, self.facts, self.on) is wanted:
            return []
        if isinstance(predicate, Not):
            return self.of(predicate.part, wanted=not wanted)
        if isinstance(predicate, Leaf):
            return [self.leaf(predicate, wanted=wanted)]
        inner = [self.of(part, wanted=wanted) for part in predicate.parts]
        reasons = [reason for some in inner for reason in some]
        # What is denied turns around: not all is at least one not.
        if isinstance(predicate, All) is wanted or len(reasons) == 1:
            return reasons
        said = _(
            "以下须至少满足一项：%(reasons)s", reasons="".join(one.sentence for one in reasons)
        )
        return [Reason(said, tuple(dict.fromkeys(code for one in reasons for code in one.facts)))]

    def leaf(self, leaf: Leaf, *, wanted: bool) -> Reason:
        fact = leaf.declared
        value = self.facts.values.get(leaf.need(self.on))
        asked, name = demand(leaf, wanted=wanted), _(fact.name)
        if isinstance(value, Lapsed):
            said = _(
                "“%(name)s”的记录已于 %(day)s 到期；要求%(asked)s。请先重新办理评估或登记。",
                name=name,
                day=value.to_on,
                asked=asked,
            )
        elif value is None:
            said = _(
                "“%(name)s”没有有效的记录；要求%(asked)s。请先办理评估或登记。",
                name=name,
                asked=asked,
            )
        else:
            said = _(
                "%(name)s：%(value)s；要求%(asked)s。",
                name=name,
                value=text_of(fact, value),
                asked=asked,
            )
        return Reason(said, (fact.code,))
