"""No double support: what else the same party gets for the same purpose, whatever the form.

A scheme's terms say whether what it grants may stand beside other support (`combines`). Tax relief
follows from the law alone, so it neither asks nor stands in the way.
"""

from __future__ import annotations

from datetime import date

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, or_

from core import benefits, clock
from core.benefits import Benefit, Purpose, plans_of
from core.db import db
from plugins.subsidy import rules
from plugins.subsidy.models import Scheme, SchemeTerms, SubsidyClaim, SubsidyGrant
from plugins.subsidy.models import claims as c
from plugins.subsidy.rules import relief

COMPONENT = "subsidy"
Days = tuple[date, date]


def refuse(scheme: Scheme, terms: SchemeTerms, beneficiary_id: int, days: Days) -> None:
    """Refuse DOUBLE_BENEFIT where another act supports the beneficiary in the same on these days.

    For acts that grant: approving a claim, submitting an application, signing an agreement.
    """
    if scheme.kind == relief.TAX_KIND:
        return
    benefits.refuse_double(
        [beneficiary_id],
        benefits.purpose_of(scheme.purchase_id, *days),
        component=COMPONENT,
        source=_source(scheme.id),
        combines=rules.read_terms(terms.document).combines,
    )


def refuse_claim(claim: SubsidyClaim) -> None:
    """Refuse DOUBLE_BENEFIT for a claim that is about to be approved.

    An instalment was judged with its agreement.
    """
    if claim.grant_id is not None:
        return
    scheme = db.session.get_one(Scheme, claim.scheme_id)
    terms = db.session.get_one(SchemeTerms, claim.terms_id)
    refuse(scheme, terms, claim.beneficiary_id, days_of(claim))


def refuse_today(scheme: Scheme, terms: SchemeTerms, applicant_id: int) -> None:
    """Refuse DOUBLE_BENEFIT for an application of who is supported in the same as of today.

    Which days it is about is known only when it comes to money.
    """
    refuse(scheme, terms, applicant_id, (clock.today(), clock.today()))


def days_of(claim: SubsidyClaim) -> Days:
    """Return the days that a claim supports: its period, or the calendar year of its approval."""
    if claim.period_from is not None and claim.period_to is not None:
        return claim.period_from, claim.period_to
    return whole_year((claim.approved_on or clock.today()).year)


def whole_year(year: int) -> Days:
    """Return the first and last day of what is supported without a period of its own."""
    return date(year, 1, 1), date(year, 12, 31)


def supported(party_ids: list[int], purpose: Purpose) -> list[Benefit]:
    """Return what subsidies do for parties to a purpose: what is owed or paid, and agreements."""
    return [*_claims(party_ids, purpose), *_grants(party_ids, purpose)]


def _claims(party_ids: list[int], purpose: Purpose) -> list[Benefit]:
    rows = db.session.execute(
        db.select(SubsidyClaim, Scheme, SchemeTerms)
        .join(Scheme, Scheme.id == SubsidyClaim.scheme_id)
        .join(SchemeTerms, SchemeTerms.id == SubsidyClaim.terms_id)
        .where(
            SubsidyClaim.beneficiary_id.in_(party_ids),
            SubsidyClaim.grant_id.is_(None),
            SubsidyClaim.state.in_(c.OWED),
            SubsidyClaim.amount_fen > SubsidyClaim.lowered_fen,
            or_(
                SubsidyClaim.period_from.is_(None),
                (SubsidyClaim.period_from <= purpose.end)
                & (SubsidyClaim.period_to >= purpose.begin),
            ),
            _serves(purpose),
        )
        .order_by(SubsidyClaim.id)
    )
    found = [
        _benefit(
            scheme,
            terms,
            purpose,
            number=claim.number,
            party_id=claim.beneficiary_id,
            days=days_of(claim),
            amount_fen=claim.owed_fen,
        )
        for claim, scheme, terms in rows
    ]
    return [one for one in found if one.begin <= purpose.end and one.end >= purpose.begin]


def _grants(party_ids: list[int], purpose: Purpose) -> list[Benefit]:
    rows = db.session.execute(
        db.select(SubsidyGrant, Scheme, SchemeTerms)
        .join(Scheme, Scheme.id == SubsidyGrant.scheme_id)
        .join(SchemeTerms, SchemeTerms.id == SubsidyGrant.terms_id)
        .where(
            SubsidyGrant.beneficiary_id.in_(party_ids),
            SubsidyGrant.amount_fen > SubsidyGrant.forfeited_fen,
            _serves(purpose),
        )
        .order_by(SubsidyGrant.id)
    )
    found = [
        _benefit(
            scheme,
            terms,
            purpose,
            number=grant.number,
            party_id=grant.beneficiary_id,
            days=whole_year(clock.day_of(grant.signed_at).year),
            amount_fen=grant.amount_fen - grant.forfeited_fen,
        )
        for grant, scheme, terms in rows
    ]
    return [one for one in found if one.begin <= purpose.end and one.end >= purpose.begin]


def _serves(purpose: Purpose) -> ColumnElement[bool]:
    serves: ColumnElement[bool] = Scheme.purchase_id.in_(plans_of(purpose.item_code))
    return serves & (Scheme.kind != relief.TAX_KIND)


def _benefit(
    scheme: Scheme,
    terms: SchemeTerms,
    purpose: Purpose,
    *,
    number: str,
    party_id: int,
    days: Days,
    amount_fen: int,
) -> Benefit:
    return Benefit(
        component=COMPONENT,
        source=_source(scheme.id),
        form=_("补贴"),
        name=scheme.name,
        number=number,
        party_id=party_id,
        item_code=purpose.item_code,
        begin=days[0],
        end=days[1],
        amount_fen=amount_fen,
        combines=rules.read_terms(terms.document).combines,
        endpoint="subsidy_schemes.show",
        values={"id": scheme.id},
        permission="scheme.view",
    )


def _source(scheme_id: int) -> str:
    return f"scheme:{scheme_id}"
