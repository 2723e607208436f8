"""No double support: what else the same party gets for the same purpose, whatever the form.

A scheme's terms say whether what it grants may stand beside other support (`combines`). Tax relief
follows from the law alone, so it neither asks nor stands in the way.
"""

from __future__ import annotations

from collections.abc import Collection

from flask_babel import gettext as _

from core import benefits, clock
from core.benefits import Benefit, Purpose, plans_of
from core.db import db
from plugins.subsidy import rules
from plugins.subsidy.models import ReliefRecord, Scheme, SchemeTerms, SubsidyClaim
from plugins.subsidy.rules import relief
from plugins.subsidy.service import aid

COMPONENT = "subsidy"
whole_year = aid.whole_year


def refuse(scheme: Scheme, terms: SchemeTerms, beneficiary_id: int, days: aid.Days) -> None:
    """Refuse DOUBLE_BENEFIT where another act supports the beneficiary in the same on these days.

    For acts that grant: approving a claim or relief, submitting an application, signing an
    agreement.
    """
    _refuse(scheme, terms, [beneficiary_id], days)


def refuse_claim(claim: SubsidyClaim) -> None:
    """Refuse DOUBLE_BENEFIT for whom a computed claim aids, before it is approved.

    An instalment was judged with its agreement.
    """
    if claim.grant_id is not None:
        return
    scheme = db.session.get_one(Scheme, claim.scheme_id)
    terms = db.session.get_one(SchemeTerms, claim.terms_id)
    _refuse(scheme, terms, list(aid.shares_of(claim)), aid.days_of(claim))


def refuse_relief(row: ReliefRecord) -> None:
    """Refuse DOUBLE_BENEFIT for a waived fee that is about to be approved."""
    scheme = db.session.get_one(Scheme, row.scheme_id)
    terms = db.session.get_one(SchemeTerms, row.terms_id)
    refuse(scheme, terms, row.beneficiary_id, (row.period_from, row.period_to))


def refuse_today(scheme: Scheme, terms: SchemeTerms, applicant_id: int) -> None:
    """Refuse DOUBLE_BENEFIT for an application of who is supported in the same as of today.

    Which days it is about is known only when it comes to money.
    """
    refuse(scheme, terms, applicant_id, (clock.today(), clock.today()))


def supported(party_ids: list[int], purpose: Purpose) -> list[Benefit]:
    """Return what subsidies do for parties to a purpose: what was approved and is left of it."""
    found = aid.standing(party_ids, overlapping=(purpose.begin, purpose.end))
    serving = {
        scheme.id: scheme
        for scheme in db.session.scalars(
            db.select(Scheme).where(
                Scheme.id.in_({row.scheme_id for row, _left in found}),
                Scheme.purchase_id.in_(plans_of(purpose.item_code)),
                Scheme.kind != relief.TAX_KIND,
            )
        )
    }
    return [
        Benefit(
            component=COMPONENT,
            source=_source(row.scheme_id),
            form=_("补贴"),
            name=serving[row.scheme_id].name,
            number=row.number,
            party_id=row.party_id,
            item_code=purpose.item_code,
            begin=row.begin,
            end=row.end,
            amount_fen=left,
            combines=_combines(row.terms_id),
            endpoint="subsidy_schemes.show",
            values={"id": row.scheme_id},
            permission="scheme.view",
        )
        for row, left in found
        if row.scheme_id in serving
    ]


def _refuse(
    scheme: Scheme, terms: SchemeTerms, beneficiary_ids: Collection[int], days: aid.Days
) -> None:
    if scheme.kind == relief.TAX_KIND:
        return
    benefits.refuse_double(
        beneficiary_ids,
        benefits.purpose_of(scheme.purchase_id, *days),
        component=COMPONENT,
        source=_source(scheme.id),
        combines=rules.read_terms(terms.document).combines,
    )


def _combines(terms_id: int) -> bool:
    return rules.read_terms(db.session.get_one(SchemeTerms, terms_id).document).combines


def _source(scheme_id: int) -> str:
    return f"scheme:{scheme_id}"
