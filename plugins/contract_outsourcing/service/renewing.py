"""A contract renewed by its score: a new one on the same terms, for the term that follows."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from flask_babel import gettext as _

from core import audit, clock
from core.access import Actor, fetch
from core.db import db
from core.errors import Conflict, RuleBroken
from core.purchases import require_filed
from plugins.contract_outsourcing.models import Award, Contract, Tender
from plugins.contract_outsourcing.models import contracts as c
from plugins.contract_outsourcing.rules.terms import indexed, read_terms
from plugins.contract_outsourcing.service import contracts, limits, scoring_record
from plugins.contract_outsourcing.terms_schema import ContractTermsSchema

READY = (c.PERFORMING, c.COMPLETED, c.CLOSED)


def renew(
    actor: Actor,
    *,
    id: int,  # noqa: A002 - the field
    ends_on: date,
    purchase_id: int | None,
    milestones: list[dict[str, Any]],
    funding: list[dict[str, Any]],
    bond: dict[str, Any] | None,
    index_now: int | None,
    multi_year_reason: str | None,
) -> dict[str, Any]:
    """Draft the contract that follows one whose provider scored well, from the day after its end.

    Its price follows the index of the terms where there is one. Refuses RENEWAL_NOT_AGREED,
    RENEWALS_USED_UP, SCORE_MISSING, SCORE_TOO_LOW, CONTRACT_TERM_EXCEEDED and what drafting does.
    """
    old = fetch(Contract, id, actor, "contract.make")
    _refuse_renewing(old)
    tender = db.session.get_one(Tender, old.tender_id)
    award = db.session.get_one(Award, old.award_id)
    purchase = require_filed(
        purchase_id or old.purchase_id,
        form="contract",
        organisation_id=old.organisation_id,
    )
    new = Contract(
        # Replaced by `begin`: the row's own number is part of it.
        number=audit.current().act,
        kind=old.kind,
        award_id=old.award_id,
        tender_id=old.tender_id,
        purchase_id=purchase.id,
        organisation_id=old.organisation_id,
        provider_id=old.provider_id,
        division_code=old.division_code,
        is_public_service=old.is_public_service,
        small_firm=old.small_firm,
        renewed_from_id=old.id,
        state=c.DRAFT,
        made_by=actor.user_id,
        made_at=clock.now(),
    )
    terms = ContractTermsSchema().load(dict(old.terms))
    content = {
        "name": old.name,
        "parts": dict(old.parts),
        "terms": terms | {"milestones": milestones, "funding": funding, "bond": bond},
        "starts_on": old.ends_on + timedelta(days=1),
        "ends_on": ends_on,
        "value_fen": _price(old, index_now),
        "multi_year_reason": multi_year_reason,
        "evaluator_id": old.evaluator_id,
    }
    return contracts.begin(new, award, purchase, tender, content)


def _refuse_renewing(old: Contract) -> None:
    agreed = read_terms(old.terms).renewal
    if agreed is None:
        raise RuleBroken(
            "RENEWAL_NOT_AGREED",
            _("合同 %(number)s 没有约定续签，请重新采购。", number=old.number),
            basis="政府购买服务管理办法第二十四条",
        )
    if old.state not in READY:
        raise Conflict("STATE_CHANGED", _("只有履行中、履行完毕或已结清的合同可以续签。"))
    later = db.session.scalars(
        db.select(Contract.number).where(
            Contract.renewed_from_id == old.id, Contract.state != c.CANCELLED
        )
    ).first()
    if later is not None:
        raise Conflict("STATE_CHANGED", _("已续签为合同 %(number)s。", number=later))
    used = len(limits.chain(old)) - 1
    if used >= agreed.most_times:
        raise RuleBroken(
            "RENEWALS_USED_UP",
            _(
                "合同约定最多续签 %(most)s 次，已续签 %(used)s 次。请重新采购。",
                most=agreed.most_times,
                used=used,
            ),
            most_times=agreed.most_times,
            used=used,
        )
    score = scoring_record.require_score(old)
    if score < agreed.min_centipoints:
        raise RuleBroken(
            "SCORE_TOO_LOW",
            _(
                "履约评价 %(score)s 分，续签须达到 %(least)s 分。请重新采购。",
                score=scoring_record.shown(score),
                least=scoring_record.shown(Fraction(agreed.min_centipoints)),
            ),
            score=scoring_record.shown(score),
            min_centipoints=agreed.min_centipoints,
        )


def _price(old: Contract, index_now: int | None) -> int:
    """Return the price by the index, which counts from the first contract, not from the last."""
    index = read_terms(old.terms).index
    if index is None or index_now is None:
        return old.value_fen
    return indexed(limits.chain(old)[-1].value_fen, index, index_now)
