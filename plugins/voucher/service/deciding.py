"""Deciding on eligibility: the predicates of terms, asked of many residents; decisions kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import insert

from core import audit
from core import rules as eligibility
from core.db import db
from core.facts import Known, Lapsed, Place, Ratio, Value, known
from plugins.voucher.models import Decision
from plugins.voucher.rules import Allotment
from plugins.voucher.rules import Terms as Rules

INCOME, FAMILY = "income_fen", "household_number"


@dataclass(frozen=True)
class Judged:
    """A resident as judged on a day: what is known, whether she is eligible, why not."""

    resident_id: int
    known: Known
    is_eligible: bool
    reasons: tuple[str, ...]


class Predicates:
    """The predicates of terms, read once for a batch of residents."""

    def __init__(self, rules: Rules) -> None:
        """Read every predicate; raises InvalidInput as `core.rules.read` does."""
        self._rules = rules
        self._eligibility = eligibility.read(rules.eligibility, at="eligibility")
        self._classes = {
            code: eligibility.read(chosen.when, at=f"classes.{code}.when")
            for code, chosen in rules.classes.items()
        }
        self._amounts = {
            allotment.code: [
                (amount, eligibility.read(amount.when, at=f"allotments.{allotment.code}.when"))
                for amount in allotment.amounts
            ]
            for allotment in rules.allotments.values()
        }

    def judge(self, resident_ids: Iterable[int], on: date) -> dict[int, Judged]:
        """Judge residents by their facts on a day, by number."""
        found = known(resident_ids, self._needs(on))
        return {number: self._judged(number, one, on) for number, one in found.items()}

    def class_of(self, one: Judged, on: date) -> str | None:
        """Return the first class that is for a resident, None where no class is."""
        for code, predicate in self._classes.items():
            if eligibility.judge(predicate, one.known, on).eligible:
                return code
        return None

    def refused_class(self, one: Judged, class_code: str, on: date) -> tuple[str, ...]:
        """Return why a class is not for a resident, nothing where it is."""
        verdict = eligibility.judge(self._classes[class_code], one.known, on)
        return tuple(reason.sentence for reason in verdict.reasons)

    def entitled(self, allotment: Allotment, class_code: str, one: Judged, on: date) -> int:
        """Return what an allotment grants a resident: the first amount that fits her."""
        for amount, predicate in self._amounts[allotment.code]:
            about = not amount.classes or class_code in amount.classes
            if about and eligibility.judge(predicate, one.known, on).eligible:
                return amount.quantity
        return 0

    def require_places(self) -> None:
        """Refuse terms that name a division nobody has registered."""
        for predicate in self._every():
            eligibility.require_places(predicate)

    def _every(self) -> list[eligibility.Predicate]:
        every = [self._eligibility, *self._classes.values()]
        return every + [one for amounts in self._amounts.values() for _amount, one in amounts]

    def _needs(self, on: date) -> list[tuple[str, date]]:
        needs = {need for predicate in self._every() for need in eligibility.needs(predicate, on)}
        if any(one.of == "income" for one in self._rules.reductions):
            needs.add((INCOME, on))
        if self._rules.one_per == "family" or any(
            cap.whose == "family" for cap in self._rules.caps
        ):
            needs.add((FAMILY, on))
        return sorted(needs)

    def _judged(self, number: int, one: Known, on: date) -> Judged:
        verdict = eligibility.judge(self._eligibility, one, on)
        reasons = tuple(reason.sentence for reason in verdict.reasons)
        return Judged(number, one, verdict.eligible, reasons)


def fact_of(one: Judged, code: str, on: date) -> int | None:
    """Return a number known of a resident on a day, None where it is not known."""
    value = one.known.values.get((code, on))
    return value if isinstance(value, int) else None


def keep_decisions(
    programme_id: int,
    terms_id: int,
    judged: Iterable[Judged],
    on: date,
    vouchers: Mapping[int, int],
) -> None:
    """Write decisions down with the facts they rest on; `vouchers` by resident."""
    act = audit.current()
    rows = [
        {
            "programme_id": programme_id,
            "terms_id": terms_id,
            "resident_id": one.resident_id,
            "voucher_id": vouchers.get(one.resident_id),
            "judged_on": on,
            "is_eligible": one.is_eligible,
            "facts": {
                f"{code}@{day}": _plain(value) for (code, day), value in one.known.values.items()
            },
            "reasons": list(one.reasons),
            "decided_at": act.at,
            "decided_by": act.actor_id,
        }
        for one in judged
    ]
    if rows:
        db.session.execute(insert(Decision), rows)


def _plain(value: Value) -> Any:
    if isinstance(value, Lapsed):
        return {"lapsed": value.to_on.isoformat()}
    if isinstance(value, Place):
        return value.code
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, Ratio):
        return {"numerator": value.numerator, "denominator": value.denominator}
    return value.isoformat() if isinstance(value, date) else value
