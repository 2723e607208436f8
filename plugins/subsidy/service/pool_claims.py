"""Claims on a risk pool for what a guarantor paid, and the debtor's money that came back later."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func

from core import clock
from core.access import Actor, fetch
from core.db import db
from core.errors import Conflict, InvalidInput, RuleBroken
from core.formats import yuan
from core.purchases import drawable
from plugins.subsidy import rules
from plugins.subsidy.models import (
    Guarantee,
    GuaranteeClaim,
    GuaranteeRecovery,
    Scheme,
    SchemeTerms,
    SubsidyClaim,
)
from plugins.subsidy.models import claims as c
from plugins.subsidy.rules.guarantee import POOL, POOL_KIND
from plugins.subsidy.service import claims, recovering, years
from plugins.subsidy.service import guarantee_steps as steps
from plugins.subsidy.service import steps as claim_steps
from plugins.subsidy.service.fee_claims import about, guarantee_of, link, not_supported
from plugins.subsidy.service.guarantees import KEEP, said
from plugins.subsidy.service.reckoning import Reckoned, Used, reckons

GUARANTOR = "guarantor"
RESERVED = (c.COMPUTED, *c.OWED)


def claim_loss(
    actor: Actor,
    *,
    id: int,  # noqa: A002 - the field
    paid_fen: int,
    paid_on: date,
    document: str,
) -> dict[str, Any]:
    """Claim the pool's share of what the guarantor paid the bank (fen) for a debtor.

    From now on the guarantee is called: it is no exposure any more. Refuses CLAIM_NOT_PAID,
    CLAIM_TOO_EARLY, CLAIM_RATE_STOP, LOSS_TOO_LARGE beyond what was guaranteed, and
    GUARANTEE_CLAIMED to a second claim while one stands.
    """
    row = fetch(Guarantee, id, actor, KEEP)
    if row.pool_scheme_id is None or row.pool_terms_id is None:
        raise not_supported(row, _("风险分担"))
    _refuse_claimed(row)
    steps.guarantee.require(row, "guarantee.claim_loss")
    _refuse_loss(row, paid_fen, paid_on)
    scheme = db.session.get_one(Scheme, row.pool_scheme_id)
    terms = db.session.get_one(SchemeTerms, row.pool_terms_id)
    part = rules.read_terms(terms.document).risk_pool
    assert part is not None  # noqa: S101 - its kind
    state = pool_state(scheme, terms)
    rules.refuse_claim(part, state, due_on=row.due_on, claimed_on=clock.today(), paid_fen=paid_fen)
    steps.guarantee.take(
        row, "guarantee.claim_loss", paid_fen=paid_fen, paid_on=paid_on, paid_document=document
    )
    claim = claims.begin(
        actor,
        scheme,
        terms,
        payee_id=row.provider_id,
        beneficiary_id=row.provider_id,
        claimed={
            "guarantee_id": row.id,
            "guarantee": row.number,
            "paid_fen": paid_fen,
            "paid_on": paid_on.isoformat(),
            "document": document,
        },
    )
    link(row, claim)
    return claims.said(claim)


@reckons(POOL_KIND)
def reckon_share(claim: SubsidyClaim, terms: rules.Terms, found: dict[str, Any]) -> Reckoned:  # noqa: ARG001 - every kind hears what was found
    """Reckon the pool's share of what was paid, within its balance and the yearly cap."""
    row, part, paid_fen = guarantee_of(claim), terms.risk_pool, int(claim.claimed["paid_fen"])
    assert part is not None  # noqa: S101 - its kind
    # Two claims at once must not both reckon with the same balance.
    locked = db.select(Scheme).where(Scheme.id == claim.scheme_id).with_for_update()
    scheme = db.session.scalars(locked).one()
    state = pool_state(scheme, claims.terms_of(claim), claim)
    made_on = clock.day_of(claim.made_at)
    rules.refuse_claim(part, state, due_on=row.due_on, claimed_on=made_on, paid_fen=paid_fen)
    calculation = rules.pool_share(part, state, paid_fen, note=row.number)
    return Reckoned(
        calculation,
        {
            "guarantee": row.number,
            "due_on": row.due_on.isoformat(),
            "paid_fen": paid_fen,
            "paid_on": claim.claimed["paid_on"],
            "document": claim.claimed["document"],
            "balance_fen": state.balance_fen,
            "paid_this_year_fen": state.paid_this_year_fen,
            "claims_before_fen": state.claims_fen,
            "guaranteed_fen": state.guaranteed_fen,
            "borne": _borne(part, paid_fen, calculation.result_fen),
        },
        (Used("guarantee", str(row.id), _("担保 %(number)s 的代偿", number=row.number)),),
    )


def recover(
    actor: Actor,
    *,
    id: int,  # noqa: A002 - the field
    on: date,
    amount_fen: int,
    document: str,
) -> dict[str, Any]:
    """Share what the debtor paid after all (fen) among those who bore the loss, pro rata.

    The pool's part is asked back as any recovery is, its reason stated with it; where the claim is
    not paid yet, it is lowered instead. Refuses NOTHING_SHARED before the claim was approved, and
    RECOVERY_TOO_LARGE beyond what was paid.
    """
    row = fetch(Guarantee, id, actor, KEEP)
    steps.guarantee.require(row, "guarantee.recover")
    claim = _owed_claim(row)
    if not (row.paid_on or row.from_on) <= on <= clock.today():
        sentence = _("须在代偿日 %(first)s 至今天之间", first=row.paid_on)
        raise InvalidInput(_("日期不对：%(why)s。", why=sentence), errors={"on": [sentence]})
    if db.session.scalar(
        db.select(GuaranteeRecovery.id).filter_by(guarantee_id=row.id, document=document)
    ):
        raise Conflict(
            "RECOVERY_EXISTS",
            _("凭证“%(document)s”的追回款已登记，不能重复登记。", document=document),
        )
    parts = rules.share_recovery(amount_fen, still_borne(row, claim))
    reason = _(
        "担保 %(number)s 代偿后从债务人追回 %(amount)s 元（%(document)s），按分担比例返还",
        number=row.number,
        amount=yuan(amount_fen),
        document=document,
    )
    came = GuaranteeRecovery(
        guarantee_id=row.id,
        on=on,
        amount_fen=amount_fen,
        parts=parts,
        document=document,
        recovery_id=_ask_back(actor, claim, parts[POOL], reason),
        made_by=actor.user_id,
        made_at=clock.now(),
    )
    db.session.add(came)
    db.session.flush()
    return said(row) | {"parts": parts, "recovery_id": came.recovery_id}


def pool_state(
    scheme: Scheme, terms: SchemeTerms, claim: SubsidyClaim | None = None
) -> rules.PoolState:
    """Return a pool before a claim: what it can pay, paid this year, and all that was claimed."""
    others = SubsidyClaim.scheme_id == scheme.id
    if claim is not None:
        others &= SubsidyClaim.id != claim.id
    owed = SubsidyClaim.amount_fen - SubsidyClaim.lowered_fen
    computed = _sum(owed, others & (SubsidyClaim.state == c.COMPUTED))
    this_year = SubsidyClaim.fiscal_year == clock.today().year
    guaranteed = db.select(func.sum(Guarantee.guaranteed_fen)).where(
        Guarantee.pool_scheme_id == scheme.id
    )
    claimed = (
        db.select(func.sum(Guarantee.paid_fen))
        .join(GuaranteeClaim, GuaranteeClaim.guarantee_id == Guarantee.id)
        .join(SubsidyClaim, SubsidyClaim.id == GuaranteeClaim.claim_id)
        .where(others & SubsidyClaim.state.in_(RESERVED))
    )
    return rules.PoolState(
        balance_fen=_left(scheme, rules.read_terms(terms.document)) - computed,
        paid_this_year_fen=_sum(owed, others & this_year & SubsidyClaim.state.in_(RESERVED)),
        claims_fen=int(db.session.scalar(claimed) or 0),
        guaranteed_fen=int(db.session.scalar(guaranteed) or 0),
    )


def still_borne(row: Guarantee, claim: SubsidyClaim) -> dict[str, int]:
    """Return what each still bears (fen) of a loss after what came back earlier."""
    assert claim.inputs is not None  # noqa: S101 - it was reckoned
    borne: dict[str, int] = dict(claim.inputs["borne"])
    earlier = db.session.scalars(db.select(GuaranteeRecovery.parts).filter_by(guarantee_id=row.id))
    for parts in earlier:
        for who, fen in parts.items():
            borne[who] -= fen
    return borne


def _ask_back(actor: Actor, claim: SubsidyClaim, amount_fen: int, reason: str) -> int | None:
    """Ask the pool's part back (fen); the number of the recovery, None where none was needed."""
    if not amount_fen:
        return None
    if claim.state == c.APPROVED:
        claims.lower(actor, claim, amount_fen, reason)
        return None
    found = recovering.propose(
        actor,
        claim,
        amount_fen=amount_fen,
        reason=reason,
        basis=_("风险分担条款：追偿所得按分担比例返还"),
    )
    # Who reports it has stated it: nothing more is waited for.
    claim_steps.recovery.take(
        found, "subsidy_recovery.state", statement=reason, stated_at=clock.now()
    )
    return found.id


def _borne(part: rules.PoolTerms, paid_fen: int, pool_fen: int) -> dict[str, int]:
    """Return who bears what (fen); what the pool cannot pay the guarantor bears, too."""
    borne = {GUARANTOR: 0} | rules.bear_loss(part, paid_fen)
    borne[GUARANTOR] += borne[POOL] - pool_fen
    borne[POOL] = pool_fen
    return borne


def _left(scheme: Scheme, terms: rules.Terms) -> int:
    """Return what a pool can still pay (fen): of its envelope, or of its lines."""
    if terms.envelope_fen is not None:
        return terms.envelope_fen - years.granted_fen(scheme.id)
    return sum(drawable(scheme.purchase_id, [line for line, _share in terms.funding]).values())


def _sum(fen: Any, condition: Any) -> int:
    return int(db.session.scalar(db.select(func.sum(fen)).where(condition)) or 0)


def _owed_claim(row: Guarantee) -> SubsidyClaim:
    """Return the approved claim about a guarantee's loss, locked; refuse NOTHING_SHARED."""
    query = about(row, POOL_KIND).where(SubsidyClaim.state.in_(c.OWED))
    claim: SubsidyClaim | None = db.session.scalars(
        query.with_for_update(of=SubsidyClaim).execution_options(populate_existing=True)
    ).first()
    if claim is None:
        raise RuleBroken(
            "NOTHING_SHARED",
            _(
                "担保 %(number)s 的代偿还没有核定分担，追回款不用返还资金池。"
                "请先撤回分担申报，按净损失重新申报；或等核定后再登记。",
                number=row.number,
            ),
        )
    return claim


def _refuse_claimed(row: Guarantee) -> None:
    """Refuse a second claim; one of which all came back before it was paid counts, too."""
    states = (*c.LIVE, c.FORFEITED)
    other = db.session.scalars(about(row, POOL_KIND, states).limit(1)).first()
    if other is not None:
        raise Conflict(
            "GUARANTEE_CLAIMED",
            _(
                "担保 %(guarantee)s 的代偿已在申报 %(number)s 中申请分担，不能重复申请。",
                guarantee=row.number,
                number=other.number,
            ),
            claim=other.number,
        )


def _refuse_loss(row: Guarantee, paid_fen: int, paid_on: date) -> None:
    if paid_fen > row.outstanding_fen:
        raise RuleBroken(
            "LOSS_TOO_LARGE",
            _(
                "代偿 %(paid)s 元，超过担保 %(number)s 的在保余额 %(left)s 元。"
                "资金池只分担担保责任以内的代偿，请核对。",
                paid=yuan(paid_fen),
                number=row.number,
                left=yuan(row.outstanding_fen),
            ),
            outstanding_fen=row.outstanding_fen,
        )
    if not row.from_on <= paid_on <= clock.today():
        sentence = _("须在 %(first)s 至今天之间", first=row.from_on)
        raise InvalidInput(_("日期不对：%(why)s。", why=sentence), errors={"paid_on": [sentence]})
