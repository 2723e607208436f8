"""What is wrong with a scheme's terms before they are stored: every fault with its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from core import rules as eligibility
from core.budget import BudgetLine
from core.db import db
from core.errors import InvalidInput, RuleBroken
from core.fields import in_words, leaves
from core.lines import Place
from plugins.subsidy import rules
from plugins.subsidy.terms_schema import SchemeTermsSchema

RULE = "eligibility"
SCHEMA = SchemeTermsSchema()


@dataclass(frozen=True)
class Fault:
    """One thing wrong: where in the terms, in a rule also where inside it (`all[0].at_least`)."""

    place: Place
    sentence: str
    inside: str = ""


def faults(terms: Any, organisation_id: int) -> list[Fault]:
    """Return what is wrong with terms: with their shape, else with their rule and their lines.

    Asks the database for lines and divisions.
    """
    if shape := [Fault(place, said) for place, said in leaves(in_words(SCHEMA.validate(terms)))]:
        return shape
    loaded = SCHEMA.load(terms)
    return [*_rule_faults(loaded), *_line_faults(loaded, organisation_id)]


def refuse_unstorable(terms: Mapping[str, Any], organisation_id: int) -> None:
    """Refuse loaded terms whose rule cannot be read, at its place, and LINE_MISMATCH."""
    predicate = eligibility.read(terms[RULE], at=f"terms.{RULE}", about=terms["applicant"])
    eligibility.require_places(predicate)
    if any(_line_faults(terms, organisation_id)):
        raise RuleBroken(
            "LINE_MISMATCH",
            _("选择的指标不存在或不属于本单位，请重新选择。"),
            basis="预算法第十三条",
        )


def unfinished(terms: Mapping[str, Any]) -> str | None:
    """Return in words what publication still lacks, None where stored terms lack nothing."""
    try:
        rules.refuse_terms(rules.read_terms(terms))
    except RuleBroken as refusal:
        return refusal.message
    return None


def _rule_faults(terms: Mapping[str, Any]) -> Iterator[Fault]:
    try:
        predicate = eligibility.read(terms[RULE], about=terms["applicant"])
        eligibility.require_places(predicate)
    except InvalidInput as refusal:
        for where, sentences in (refusal.errors or {"rule": [refusal.message]}).items():
            inside = where.removeprefix("rule").removeprefix(".")
            yield Fault((RULE,), "".join(sentences), inside)


def _line_faults(terms: Mapping[str, Any], organisation_id: int) -> Iterator[Fault]:
    own = db.select(BudgetLine.id).filter_by(organisation_id=organisation_id)
    lines = set(db.session.scalars(own))
    for number, share in enumerate(terms["funding"]):
        if share["line_id"] not in lines:
            said = _("选择的指标不存在或不属于本单位，请重新选择。")
            yield Fault(("funding", number), said)
