"""Both parties sign the same text; the last signature puts it in force with its money."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from core import clock, purchases, states
from core.access import Actor, fetch, four_eyes
from core.db import db
from core.errors import Conflict, NotPermitted, RuleBroken
from plugins.contract_outsourcing.models import (
    Award,
    Bond,
    Contract,
    Milestone,
    Signature,
    Tender,
)
from plugins.contract_outsourcing.models import awards as a
from plugins.contract_outsourcing.models import tenders as t
from plugins.contract_outsourcing.models.contracts import HELD
from plugins.contract_outsourcing.models.performance import SCHEDULED
from plugins.contract_outsourcing.rules.terms import amounts, read_terms
from plugins.contract_outsourcing.service import (
    challenges,
    contract_clocks,
    contracts,
    exclusions,
    papers,
    steps,
    supported,
    years,
)
from plugins.contract_outsourcing.service.steps import CONTRACT, MILESTONE

SIGN = "contract.sign"
BOND = "bond"


def sign(actor: Actor, *, id: int, text_hash: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Sign a contract for one's organisation over the text with this hash.

    Refuses CONTRACT_TEXT_CHANGED, CHALLENGE_OPEN, PROVIDER_SUSPENDED, STATE_CHANGED when it was
    signed already; the last signature also PLAN_NOT_FILED, DOUBLE_BENEFIT, BUDGET_INSUFFICIENT
    and FORWARD_EXCEEDS_PLAN. That the law's days are over is not refused: its clock tells.
    """
    contract = fetch(Contract, id, actor, SIGN)
    steps.contract.require(contract, SIGN)
    refuse_hindered(contract)
    contracts.require_published(db.session.get_one(Award, contract.award_id))
    current = papers.hash_of(papers.contract_document(contract))
    party = put_signature(
        actor, contract, CONTRACT, contract.id, given=text_hash, stored=contract.text_hash or ""
    )
    refuse_changed(given=current, stored=contract.text_hash or "")
    missing = unsigned(contract, CONTRACT, contract.id)
    if not missing:
        _put_in_force(actor, contract)
    return contracts.about(contract) | {"signed_for": party, "missing": missing}


def put_signature(
    actor: Actor, contract: Contract, object_type: str, object_id: int, *, given: str, stored: str
) -> int:
    """Record the signature of the actor's side of a contract; return the organisation's number.

    Refuses NOT_A_PARTY, FOUR_EYES_REQUIRED, CONTRACT_TEXT_CHANGED, STATE_CHANGED.
    """
    party = party_of(actor, contract)
    if party == contract.organisation_id:
        four_eyes(actor, contract.made_by, what=_("合同签署"))
    refuse_changed(given=given, stored=stored)
    if party in signed_by(object_type, object_id):
        raise Conflict("STATE_CHANGED", _("贵单位已经签署，不必重复签署。"))
    db.session.add(
        Signature(
            object_type=object_type,
            object_id=object_id,
            organisation_id=party,
            user_id=actor.user_id,
            text_hash=stored,
            signed_at=clock.now(),
        )
    )
    db.session.flush()
    return party


def party_of(actor: Actor, contract: Contract) -> int:
    """Return for which party of a contract the actor signs."""
    homes = {grant.organisation_id for grant in actor.holding(SIGN)}
    for party in (contract.provider_id, contract.organisation_id):
        if party in homes:
            return party
    raise NotPermitted(
        "NOT_A_PARTY",
        _("您不代表合同任何一方，不能签署。请由购买主体和承接主体有签署岗位的人员签署。"),
    )


def signed_by(object_type: str, object_id: int) -> set[int]:
    """Return the organisations that have signed."""
    query = db.select(Signature.organisation_id).filter_by(
        object_type=object_type, object_id=object_id
    )
    return set(db.session.scalars(query))


def unsigned(contract: Contract, object_type: str, object_id: int) -> list[int]:
    """Return the parties that have not signed yet."""
    done = signed_by(object_type, object_id)
    parties = (contract.provider_id, contract.organisation_id)
    return [party for party in parties if party not in done]


def refuse_changed(*, given: str, stored: str) -> None:
    """Refuse CONTRACT_TEXT_CHANGED when a signature is for another text than the agreed one."""
    if given != stored:
        raise RuleBroken(
            "CONTRACT_TEXT_CHANGED",
            _("您要签署的文本与双方确认的文本不一致。请重新打开合同，核对后再签署。"),
            basis="民法典第四百八十八条",
            text_hash=stored,
        )


def refuse_hindered(contract: Contract) -> None:
    """Refuse while the result is challenged, or the provider is suspended or barred."""
    challenges.refuse_while_challenged(contract.tender_id)
    exclusions.refuse_barred(
        contract.provider_id,
        organisation_id=contract.organisation_id,
        division_code=contract.division_code,
    )


# --- in force ----------------------------------------------------------------------------------


def _put_in_force(actor: Actor, contract: Contract) -> None:
    purchase = purchases.require_filed(
        contract.purchase_id, form="contract", organisation_id=contract.organisation_id
    )
    supported.refuse_double(contract)
    purchases.start(purchase)
    years.commit(actor, contract, purchase)
    steps.contract.take(contract, SIGN, signed_at=clock.now())
    plan_milestones(contract)
    _hold_bond(contract)
    contract_clocks.signed(contract)
    _end_tender(contract)


def plan_milestones(contract: Contract) -> None:
    """Put the milestones of a contract's terms in place."""
    terms = read_terms(contract.terms)
    parts_fen = amounts(terms.milestones, contract.value_fen) or []
    for place, (part, fen) in enumerate(zip(terms.milestones, parts_fen, strict=True), start=1):
        add_milestone(
            contract,
            sequence=place,
            name=part.name,
            kind=part.kind,
            fiscal_year=part.fiscal_year,
            share_bp=part.share_bp,
            amount_fen=fen,
            due_on=part.due_on,
        )


def add_milestone(contract: Contract, **values: Any) -> Milestone:
    """Add one milestone to a contract."""
    row = Milestone(
        contract_id=contract.id,
        provider_id=contract.provider_id,
        organisation_id=contract.organisation_id,
        division_code=contract.division_code,
        state=SCHEDULED,
        **values,
    )
    db.session.add(row)
    db.session.flush()
    states.begin(MILESTONE, row)
    return row


def _hold_bond(contract: Contract) -> None:
    terms = read_terms(contract.terms).bond
    if terms is None:
        return
    bond = Bond(
        contract_id=contract.id,
        form=terms.form,
        issuer=terms.issuer,
        document=terms.document,
        amount_fen=terms.amount_fen,
        expires_on=terms.expires_on,
        state=HELD,
    )
    db.session.add(bond)
    db.session.flush()
    states.begin(BOND, bond)


def _end_tender(contract: Contract) -> None:
    """Let the tender know when the last of its awards has become a contract."""
    tender = db.session.get_one(Tender, contract.tender_id, with_for_update=True)
    signed = db.select(Contract.award_id).where(Contract.signed_at.is_not(None))
    waiting = db.session.scalar(
        db.select(Award.id)
        .where(Award.tender_id == tender.id, Award.state == a.PUBLISHED)
        .where(Award.id.not_in(signed))
        .limit(1)
    )
    if waiting is None and tender.state == t.AWARDED:
        steps.tender.take(tender, "tender.contracted")
