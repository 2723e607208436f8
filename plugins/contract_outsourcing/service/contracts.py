"""A contract until it is agreed: drafted from an award, revised, agreed by a second person."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import gettext as _

from core import audit, clock, states
from core.access import Actor, fetch, four_eyes
from core.db import db
from core.errors import Conflict, InvalidInput, NotFound, RuleBroken
from core.formats import day
from core.parties import Organisation
from core.purchases import Purchase, require_filed
from core.purchases.models import PUBLIC
from plugins.contract_outsourcing.models import Award, Contract, Tender
from plugins.contract_outsourcing.models.awards import PUBLISHED
from plugins.contract_outsourcing.models.contracts import CANCELLED, DRAFT, FIXED, FRAMEWORK
from plugins.contract_outsourcing.rules.methods import methods
from plugins.contract_outsourcing.service import limits, papers, steps
from plugins.contract_outsourcing.service.steps import CONTRACT
from plugins.contract_outsourcing.terms_schema import ContractTermsSchema

MAKE = "contract.make"


def draft(
    actor: Actor,
    *,
    award_id: int,
    name: str,
    parts: dict[str, str],
    terms: dict[str, Any],
    starts_on: date,
    ends_on: date,
    value_fen: int,
    multi_year_reason: str | None = None,
    evaluator_id: int | None = None,
) -> dict[str, Any]:
    """Draft the contract of a published award; a framework's value is 0.

    Refuses AWARD_NOT_PUBLISHED, CONTRACT_EXISTS, PLAN_NOT_FILED, and what `limits.judge` refuses.
    """
    award = fetch(Award, award_id, actor, MAKE)
    require_published(award)
    _refuse_second(award)
    tender = db.session.get_one(Tender, award.tender_id)
    purchase = require_filed(
        tender.purchase_id, form="contract", organisation_id=tender.organisation_id
    )
    contract = Contract(
        # Replaced below: the row's own number is part of it.
        number=audit.current().act,
        kind=FRAMEWORK if methods()[tender.method].several else FIXED,
        award_id=award.id,
        tender_id=tender.id,
        purchase_id=purchase.id,
        organisation_id=tender.organisation_id,
        provider_id=award.provider_id,
        division_code=tender.division_code,
        is_public_service=purchase.beneficiary == PUBLIC,
        small_firm=award.small_firm,
        state=DRAFT,
        made_by=actor.user_id,
        made_at=clock.now(),
    )
    content = {
        "name": name,
        "parts": parts,
        "terms": terms,
        "starts_on": starts_on,
        "ends_on": ends_on,
        "value_fen": value_fen,
        "multi_year_reason": multi_year_reason,
        "evaluator_id": evaluator_id,
    }
    return begin(contract, award, purchase, tender, content)


def begin(
    contract: Contract, award: Award, purchase: Purchase, tender: Tender, content: dict[str, Any]
) -> dict[str, Any]:
    """Fill a new contract, judge it and let it begin as a draft."""
    _fill(contract, **content)
    limits.judge(contract, award, purchase, tender.method)
    db.session.add(contract)
    db.session.flush()
    contract.number = f"HT{clock.today().year}-{contract.id:04d}"
    db.session.flush()
    states.begin(CONTRACT, contract)
    return about(contract)


def revise(actor: Actor, *, id: int, **content: Any) -> dict[str, Any]:  # noqa: A002 - the field
    """Write a draft anew; refuses what drafting refuses."""
    contract = fetch(Contract, id, actor, MAKE)
    steps.contract.require(contract, "contract.revise")
    _fill(contract, **content)
    _judge(contract)
    db.session.flush()
    return about(contract)


def agree(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Agree to a draft for the purchaser, never by who wrote of it; its text is then fixed."""
    contract = fetch(Contract, id, actor, "contract.agree")
    steps.contract.require(contract, "contract.agree")
    four_eyes(actor, contract.made_by, *_writers(contract), what=_("合同"))
    _judge(contract)
    steps.contract.take(
        contract,
        "contract.agree",
        agreed_by=actor.user_id,
        agreed_at=clock.now(),
        text_hash=papers.hash_of(papers.contract_document(contract)),
    )
    return about(contract)


def send_back(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Send an agreed contract back to its draft; refuses once a party has signed."""
    contract = fetch(Contract, id, actor, "contract.agree")
    steps.contract.require(contract, "contract.send_back")
    refuse_signed(contract)
    steps.contract.take(
        contract, "contract.send_back", agreed_by=None, agreed_at=None, text_hash=None
    )
    return about(contract, reason)


def cancel(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Give up a contract that is not in force; its award may be drafted anew."""
    contract = fetch(Contract, id, actor, "contract.agree")
    steps.contract.take(contract, "contract.cancel", end_reason=reason)
    return about(contract, reason)


# --- parts -------------------------------------------------------------------------------------


def require_published(award: Award) -> None:
    """Refuse AWARD_NOT_PUBLISHED for an award that is not, or no longer, public."""
    if award.state != PUBLISHED:
        raise RuleBroken(
            "AWARD_NOT_PUBLISHED",
            _(
                "中标成交结果还没有公告，或已不再有效，不能签订合同。"
                "请先公告结果；已放弃中标的，请另定供应商。"
            ),
            basis="政府采购法第四十六条",
            state=award.state,
        )


def refuse_signed(contract: Contract) -> None:
    """Refuse STATE_CHANGED once a party has signed a contract."""
    from plugins.contract_outsourcing.service.signing import (  # noqa: PLC0415 - in a circle
        signed_by,
    )

    if signed_by(CONTRACT, contract.id):
        raise Conflict(
            "STATE_CHANGED", _("已有一方签署，不能退回修改。确需修改的，请作废后重新起草。")
        )


def about(contract: Contract, detail: str | None = None) -> dict[str, Any]:
    """Tell the trail which contract an act was about, and return what acts answer."""
    audit.about(CONTRACT, contract.id, detail or contract.number)
    return {
        "id": contract.id,
        "number": contract.number,
        "state": contract.state,
        "kind": contract.kind,
        "value_fen": contract.value_fen,
        "text_hash": contract.text_hash,
    }


def _writers(contract: Contract) -> list[int]:
    """Return who wrote a draft anew, as the trail remembers."""
    entries = audit.AuditEntry
    query = db.select(entries.actor_id).where(
        entries.object_type == CONTRACT,
        entries.object_id == str(contract.id),
        entries.action == "contract.revise",
        entries.outcome == audit.ACCEPTED,
        entries.actor_id.is_not(None),
    )
    return list(db.session.scalars(query.distinct()))


def _fill(
    contract: Contract,
    *,
    evaluator_id: int | None,
    terms: dict[str, Any],
    value_fen: int,
    **content: Any,
) -> None:
    if content["ends_on"] < content["starts_on"]:
        raise InvalidInput(
            _(
                "合同终止日 %(ends)s 早于起始日 %(starts)s，请核对。",
                ends=day(content["ends_on"]),
                starts=day(content["starts_on"]),
            ),
            errors={"ends_on": [_("不能早于起始日")]},
        )
    if evaluator_id is not None and db.session.get(Organisation, evaluator_id) is None:
        raise NotFound("NOT_FOUND", _("没有这个评价机构，请先登记单位。"))
    contract.evaluator_id = evaluator_id
    contract.terms = ContractTermsSchema().dump(terms)
    contract.value_fen = 0 if contract.kind == FRAMEWORK else value_fen
    for name in ("name", "parts", "starts_on", "ends_on", "multi_year_reason"):
        setattr(contract, name, content[name])


def _judge(contract: Contract) -> None:
    award = db.session.get_one(Award, contract.award_id)
    require_published(award)
    tender = db.session.get_one(Tender, contract.tender_id)
    purchase = require_filed(
        contract.purchase_id, form="contract", organisation_id=contract.organisation_id
    )
    limits.judge(contract, award, purchase, tender.method)


def _refuse_second(award: Award) -> None:
    earlier = db.session.scalars(
        db.select(Contract.number)
        .where(Contract.award_id == award.id, Contract.state != CANCELLED)
        .order_by(Contract.id)
    ).first()
    if earlier is not None:
        raise Conflict(
            "CONTRACT_EXISTS",
            _("这项中标成交已有合同 %(number)s，请在该合同上办理。", number=earlier),
            number=earlier,
        )
