"""What is wrong with terms before they are asked of an act: every fault with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from core import rules as eligibility
from core.budget import BudgetLine
from core.db import db
from core.errors import InvalidInput, Refusal
from core.fields import in_words, leaves
from core.lines import Place
from plugins.voucher.rules import read_terms
from plugins.voucher.service.programmes import as_stored
from plugins.voucher.terms_schema import TermsSchema

STEP = re.compile(r"\[(\d+)\]|([^.\[\]]+)")
SCHEMA = TermsSchema()


@dataclass(frozen=True)
class Fault:
    """One thing wrong: where in the terms, in a rule also where inside it (`all[0].at_least`)."""

    place: Place
    sentence: str
    inside: str = ""

    @property
    def path(self) -> Place:
        """Return the whole place, inside a rule too."""
        steps = (int(n) if n else word for n, word in STEP.findall(self.inside))
        return (*self.place, *steps)


def faults(terms: Any, organisation_id: int) -> list[Fault]:
    """Return what is wrong with terms: with their shape, else with their rules and lines.

    Asks the database for lines and divisions.
    """
    if shape := [Fault(place, said) for place, said in leaves(in_words(SCHEMA.validate(terms)))]:
        return shape
    loaded = SCHEMA.load(terms)
    found = list(_rule_faults(loaded))
    for number, share in enumerate(loaded["funding"]):
        if not _has_line(organisation_id, share):
            said = _("选择的指标不存在或不属于本单位，请重新选择。")
            found.append(Fault(("funding", number), said))
    if not found:
        try:
            read_terms(as_stored(organisation_id, loaded))
        except Refusal as refusal:
            found.append(Fault((), refusal.message))
    return found


def _rule_faults(terms: dict[str, Any]) -> Iterator[Fault]:
    for place, tree in _rules(terms):
        try:
            eligibility.require_places(eligibility.read(tree))
        except InvalidInput as refusal:
            for where, sentences in (refusal.errors or {"rule": [refusal.message]}).items():
                inside = where.removeprefix("rule").removeprefix(".")
                yield Fault(place, "".join(sentences), inside)


def _rules(terms: dict[str, Any]) -> Iterator[tuple[Place, Any]]:
    yield ("eligibility",), terms["eligibility"]
    for number, one in enumerate(terms["classes"]):
        yield ("classes", number, "when"), one["when"]
    for number, allotment in enumerate(terms["allotments"]):
        for place, amount in enumerate(allotment["amounts"]):
            yield ("allotments", number, "amounts", place, "when"), amount["when"]


def _has_line(organisation_id: int, share: dict[str, Any]) -> bool:
    query = db.select(BudgetLine.id).filter_by(organisation_id=organisation_id)
    if "line_id" in share:
        query = query.filter_by(id=share["line_id"])
    else:
        query = query.filter_by(code=share["line"])
    return db.session.scalar(query) is not None
