"""What support there is for an organisation, by what it says of itself; nothing said is kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _

from core import clock
from core.access import Actor
from core.db import db
from core.divisions import Division
from core.errors import InvalidInput
from core.facts import ORGANISATION, Fact, declared, facts_about
from core.facts.declared import PLACE
from core.parties import Organisation
from core.rules import Predicate, judge, needs, read, sentence
from core.rules.predicate import leaves
from plugins.subsidy import rules
from plugins.subsidy.models import Scheme
from plugins.subsidy.models import schemes as s
from plugins.subsidy.rules.interest import regime_on
from plugins.subsidy.service.deciding import Deciding
from plugins.subsidy.service.schemes import terms_in_force

FITS, UNKNOWN, FITS_NOT = "fits", "unknown", "fits_not"
ORDER = (FITS, UNKNOWN, FITS_NOT)
PLACE_FACT = "org.place"
APPLICANT = "organisation"


@dataclass(frozen=True)
class Offer:
    """A published scheme in force, with the terms that apply today and its rule read."""

    scheme: Scheme
    document: dict[str, Any]
    rule: Predicate

    @property
    def is_for_organisations(self) -> bool:
        """Tell whether organisations apply, rather than residents."""
        return bool(self.document["applicant"] == APPLICANT)


def support(
    actor: Actor,  # noqa: ARG001 - every verb hears who acts
    *,
    answers: dict[str, Any],
) -> dict[str, Any]:
    """Say of every published scheme in force whether an organisation may apply, and why not.

    Those it fits come first. `answers` are by the codes of facts that `questions` asks for.
    Raises InvalidInput, whose `errors` name the facts, for an answer that does not fit one.
    """
    offers = _offers(clock.today())
    names = _names(offers)
    ours = [one for one in offers if one.is_for_organisations]
    questions = _questions(ours)
    said = {code: value for code, value in answers.items() if value != ""}
    _refuse_unfit(said)
    judged = [_judged(one, said) | _shown(one, names) for one in ours]
    return {
        "items": sorted(judged, key=lambda one: ORDER.index(one["verdict"])),
        "residents": [_shown(one, names) for one in offers if not one.is_for_organisations],
        "questions": [question(one) for one in questions.values()],
    }


def rule_words(document: dict[str, Any]) -> str:
    """Return in a sentence who may apply by a scheme's terms."""
    about = document["applicant"]
    if document["eligibility"] is None and about == ORGANISATION:
        return _("对单位没有特别要求。")
    return sentence(read(document["eligibility"], about=about))


def greatest(terms: rules.Terms) -> tuple[str, int] | None:
    """Return the greatest amount (fen) that terms name, and of what it is; None without one.

    `award` for one applicant; `period` for one beneficiary in a period; `year` of subsidy in a
    year; `loan` is principal, `guarantee` what is guaranteed for one debtor.
    """
    if terms.awards is not None:
        return "award", max(tier.amount_fen for tier in terms.awards.tiers)
    if terms.units is not None and terms.units.period_cap_fen is not None:
        return "period", terms.units.period_cap_fen
    if terms.risk_pool is not None and terms.risk_pool.single_fen is not None:
        return "guarantee", terms.risk_pool.single_fen
    return _greatest_loan(terms.interest) if terms.interest is not None else None


def _greatest_loan(terms: rules.InterestTerms) -> tuple[str, int] | None:
    first = min(one.from_on for one in terms.regimes)
    classes = regime_on(terms, max(first, clock.today())).classes
    for what, caps in (
        ("year", [one.year_cap_fen for one in classes]),
        ("loan", [one.principal_cap_fen for one in classes]),
    ):
        found = [cap for cap in caps if cap is not None]
        # Where one class has no cap, none is the greatest.
        if found and len(found) == len(caps):
            return what, max(found)
    return None


def _offers(today: date) -> list[Offer]:
    """Return what may be asked for today: begun, not ended; by the scheme's name."""
    published = db.select(Scheme).filter_by(state=s.PUBLISHED).order_by(Scheme.name, Scheme.id)
    found = []
    for scheme in db.session.scalars(published):
        version = terms_in_force(scheme, today)
        if version is None:
            continue
        terms = version.document
        begins, ends = terms["starts_on"], terms["ends_on"]
        if (begins is None or begins <= today.isoformat()) and ends >= today.isoformat():
            rule = read(terms["eligibility"], about=terms["applicant"])
            found.append(Offer(scheme, terms, rule))
    return found


def _names(offers: Iterable[Offer]) -> dict[int, str]:
    wanted = {one.scheme.organisation_id for one in offers}
    query = db.select(Organisation.id, Organisation.name).where(Organisation.id.in_(wanted))
    return {row.id: row.name for row in db.session.execute(query)}


def _questions(offers: Iterable[Offer]) -> dict[str, Fact]:
    """Return the facts that a rule asks for, and the place, in the order they are declared."""
    today = clock.today()
    asked = {code for one in offers for code, _day in needs(one.rule, today)}
    facts = facts_about(ORGANISATION)
    return {code: facts[code] for code in facts if code in asked or code == PLACE_FACT}


def faults_of(said: dict[str, Any]) -> dict[str, list[str]]:
    """Return what is wrong with what an organisation says of itself, by the codes of its facts."""
    errors: dict[str, list[str]] = {}
    for code, value in said.items():
        if code not in facts_about(ORGANISATION):
            errors[code] = [_("没有这个问题，请删去")]
            continue
        try:
            declared({code: value}, [])
        except InvalidInput as refusal:
            found = (refusal.errors or {}).values()
            errors[code] = [text for texts in found for text in texts]
    return errors


def _refuse_unfit(said: dict[str, Any]) -> None:
    if errors := faults_of(said):
        raise InvalidInput(
            _("有 %(n)s 个回答不合要求，请改正后再查。", n=len(errors)), errors=errors
        )


def question(fact: Fact) -> dict[str, Any]:
    """Return a fact as a form asks for it."""
    places = db.select(Division.code, Division.name).order_by(Division.path)
    options = (
        [[row.code, row.name] for row in db.session.execute(places)]
        if fact.kind == PLACE
        else [[one, _(one)] for one in fact.options]
    )
    return {
        "code": fact.code,
        "name": _(fact.name),
        "kind": fact.kind,
        "unit": str(fact.unit),
        "options": options,
    }


# --- the verdict -------------------------------------------------------------------------------


def _judged(offer: Offer, said: dict[str, Any]) -> dict[str, Any]:
    today = clock.today()
    facts = declared(said, needs(offer.rule, today))
    deciding = Deciding(facts, today)
    holds = deciding.holds(offer.rule)
    if holds is None:
        known = facts_about(ORGANISATION)
        waited = dict.fromkeys(leaf.fact for leaf in deciding.undecided(offer.rule))
        missing = [{"code": code, "name": _(known[code].name)} for code in waited]
        return {"verdict": UNKNOWN, "reasons": [], "missing": missing}
    if holds:
        return {"verdict": FITS, "reasons": [], "missing": []}
    against = judge(deciding.decisive(offer.rule), facts, today).reasons
    reasons = named(offer.rule, (one.sentence for one in against))
    return {"verdict": FITS_NOT, "reasons": reasons, "missing": []}


def named(rule: Predicate, sentences: Iterable[str]) -> list[str]:
    """Return reasons with divisions by name: whoever judges asks no database and has codes."""
    codes = {str(leaf.bound) for leaf in leaves(rule) if leaf.operator == "within"}
    rows = db.session.execute(
        db.select(Division.code, Division.name).where(Division.code.in_(codes))
    )
    places = {row.code: row.name for row in rows}
    return [_with_names(one, places) for one in sentences]


def _with_names(said: str, places: dict[str, str]) -> str:
    for code, name in places.items():
        said = said.replace(_("区划%(code)s", code=code), name)
    return said


def _shown(offer: Offer, names: dict[int, str]) -> dict[str, Any]:
    terms, scheme = offer.document, offer.scheme
    most = greatest(rules.read_terms(terms))
    return {
        "id": scheme.id,
        "code": scheme.code,
        "name": scheme.name,
        "kind": scheme.kind,
        "organisation": names[scheme.organisation_id],
        "rule": rule_words(terms),
        "most": {"of": most[0], "fen": most[1]} if most else None,
        "applicant": terms["applicant"],
        "opens_on": terms["opens_on"],
        "closes_on": terms["closes_on"],
        "ends_on": terms["ends_on"],
    }
