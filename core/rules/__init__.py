"""Who is eligible: rules over facts as data, one SQL statement for all, a reason for each."""

from __future__ import annotations

from core.rules.compiling import Compiled, compiled, condition
from core.rules.counting import Change, compare, population
from core.rules.judging import Reason, Verdict, assess, judge
from core.rules.predicate import All, AnyOf, Leaf, Not, Predicate, needs
from core.rules.reading import read, require_places
from core.rules.wording import sentence

__all__ = [
    "All",
    "AnyOf",
    "Change",
    "Compiled",
    "Leaf",
    "Not",
    "Predicate",
    "Reason",
    "Verdict",
    "assess",
    "compare",
    "compiled",
    "condition",
    "judge",
    "needs",
    "population",
    "read",
    "require_places",
    "sentence",
]
