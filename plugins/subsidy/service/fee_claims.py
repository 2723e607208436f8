"""Claims for a part of a guarantee's fee, one for each guarantee and period."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func

from core.access import Actor, fetch
from core.db import db
from core.errors import RuleBroken
from plugins.subsidy import rules
from plugins.subsidy.models import Guarantee, GuaranteeClaim, Scheme, SchemeTerms, SubsidyClaim
from plugins.subsidy.models import claims as c
from plugins.subsidy.models import guarantors as g
from plugins.subsidy.rules.guarantee import FEE_KIND
from plugins.subsidy.service import claims
from plugins.subsidy.service import guarantee_steps as steps
from plugins.subsidy.service.guarantees import KEEP, events, guaranteed_days
from plugins.subsidy.service.reckoning import Reckoned, Used, reckons


def claim_fee(
    actor: Actor,
    *,
    id: int,  # noqa: A002 - the field
    period_from: date,
    period_to: date,
) -> dict[str, Any]:
    """Claim the fee subsidy of a guarantee for a period, both days included.

    What it comes to follows from the terms, the days and the fee that was paid. Refuses
    GUARANTEE_NOT_SUPPORTED without a scheme for it, NOTHING_GUARANTEED where the guarantee did not
    stand in the period, PERIOD_CLAIMED for days that were claimed before.
    """
    row = fetch(Guarantee, id, actor, KEEP)
    steps.guarantee.require(row, "guarantee.claim_fee")
    if row.fee_scheme_id is None or row.fee_terms_id is None:
        raise not_supported(row, _("担保费补贴"))
    if not guaranteed_days(row, period_from, period_to):
        raise RuleBroken(
            "NOTHING_GUARANTEED",
            _(
                "担保 %(number)s 在 %(begin)s 至 %(end)s 没有在保余额，不能申报担保费补贴。"
                "请改正期间。",
                number=row.number,
                begin=period_from,
                end=period_to,
            ),
        )
    _refuse_claimed(row, period_from, period_to)
    claim = claims.begin(
        actor,
        db.session.get_one(Scheme, row.fee_scheme_id),
        db.session.get_one(SchemeTerms, row.fee_terms_id),
        payee_id=row.provider_id,
        beneficiary_id=row.debtor_id,
        period=(period_from, period_to),
        claimed={"guarantee_id": row.id, "guarantee": row.number},
    )
    link(row, claim)
    return claims.said(claim)


@reckons(FEE_KIND)
def reckon_fee(claim: SubsidyClaim, terms: rules.Terms, found: dict[str, Any]) -> Reckoned:  # noqa: ARG001 - every kind hears what was found
    """Reckon a claim: what was guaranteed by days, at the terms' rate, up to the fee paid."""
    row = guarantee_of(claim)
    part, begin, end = terms.guarantee_fee, claim.period_from, claim.period_to
    assert part is not None and begin is not None and end is not None  # noqa: PT018, S101 - its kind
    paid = events(row, g.FEE)
    days = guaranteed_days(row, begin, end)
    subsidised = _subsidised_fen(row, claim)
    left = sum(one.amount_fen for one in paid) - subsidised if paid else None
    name = _("担保 %(number)s 的 %(begin)s 至 %(end)s", number=row.number, begin=begin, end=end)
    return Reckoned(
        rules.fee_subsidy(part, days, charged_fen=left, note=row.number),
        {
            "guarantee": row.number,
            "bank": row.bank,
            "loan_number": row.loan_number,
            "guaranteed": [
                {
                    "begin": one.begin.isoformat(),
                    "end": one.end.isoformat(),
                    "fen": one.principal_fen,
                }
                for one in days
            ],
            "fees": [
                {"on": one.on.isoformat(), "fen": one.amount_fen, "document": one.document}
                for one in paid
            ],
            "subsidised_before_fen": subsidised,
        },
        (Used("guarantee_period", f"{row.id}/{begin}/{end}", name),),
    )


def link(row: Guarantee, claim: SubsidyClaim) -> None:
    """Keep which guarantee a claim is about."""
    db.session.add(GuaranteeClaim(claim_id=claim.id, guarantee_id=row.id))
    db.session.flush()


def guarantee_of(claim: SubsidyClaim) -> Guarantee:
    """Return the guarantee a claim is about."""
    link_row = db.session.get_one(GuaranteeClaim, claim.id)
    return db.session.get_one(Guarantee, link_row.guarantee_id)


def about(row: Guarantee, kind: str, states: tuple[str, ...] = c.LIVE) -> Any:
    """Return the select of the claims of a kind about a guarantee in some states, the live ones."""
    return (
        db.select(SubsidyClaim)
        .join(GuaranteeClaim, GuaranteeClaim.claim_id == SubsidyClaim.id)
        .where(GuaranteeClaim.guarantee_id == row.id)
        .where(SubsidyClaim.kind == kind, SubsidyClaim.state.in_(states))
    )


def not_supported(row: Guarantee, what: str) -> RuleBroken:
    """Return the refusal of a claim for which a guarantee was registered with no scheme."""
    return RuleBroken(
        "GUARANTEE_NOT_SUPPORTED",
        _(
            "担保 %(number)s 登记时没有选择%(what)s项目，不能申报。请联系主管部门。",
            number=row.number,
            what=what,
        ),
    )


def _refuse_claimed(row: Guarantee, begin: date, end: date) -> None:
    """Refuse days that another live claim has; the guarantee is locked."""
    overlap = SubsidyClaim.period_from.is_not(None) & (SubsidyClaim.period_from <= end)
    query = about(row, FEE_KIND).where(overlap, SubsidyClaim.period_to >= begin).limit(1)
    other = db.session.scalars(query).first()
    if other is not None:
        raise RuleBroken(
            "PERIOD_CLAIMED",
            _(
                "担保 %(guarantee)s 的 %(begin)s 至 %(end)s 已在申报 %(number)s 中申报过，"
                "同一期间不得重复申报。请选择其他期间，或先撤回那一份。",
                guarantee=row.number,
                begin=other.period_from,
                end=other.period_to,
                number=other.number,
            ),
            basis="财政违法行为处罚处分条例第十四条",
            claim=other.number,
        )


def _subsidised_fen(row: Guarantee, claim: SubsidyClaim) -> int:
    """Return what other claims already got of a guarantee's fee (fen)."""
    others = about(row, FEE_KIND).where(SubsidyClaim.id != claim.id)
    taken = SubsidyClaim.amount_fen - SubsidyClaim.lowered_fen
    query = others.with_only_columns(func.coalesce(func.sum(taken), 0))
    return int(db.session.scalar(query) or 0)
