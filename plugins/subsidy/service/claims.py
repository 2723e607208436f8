"""The life of a claim of any kind: submitted, computed by the rule, approved in bands, owed.

The kinds' own acts begin claims; what is owed follows from the rule alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import update

from core import audit, clock, states
from core.access import Actor, fetch, four_eyes, is_one_of
from core.budget import lock_pool
from core.db import db
from core.errors import Conflict, RuleBroken
from core.formats import yuan
from core.ledger import post
from core.settlement import is_taken
from plugins.subsidy import rules
from plugins.subsidy.models import (
    Application,
    ClaimApproval,
    ClaimCorrection,
    Scheme,
    SchemeTerms,
    SubsidyClaim,
)
from plugins.subsidy.models import applications as a
from plugins.subsidy.models import claims as c
from plugins.subsidy.service import aid, doubling, postings, steps, using, years
from plugins.subsidy.service.reckoning import Reckoned, reckon, refuse_unready

VIEW, CHECK, APPROVE, MAKE = "claim.view", "claim.check", "claim.approve", "claim.make"


def begin(
    actor: Actor,
    scheme: Scheme,
    terms: SchemeTerms,
    *,
    payee_id: int,
    beneficiary_id: int,
    claimed: Mapping[str, Any],
    period: tuple[date, date] | None = None,
    asked_fen: int | None = None,
    application: Application | None = None,
) -> SubsidyClaim:
    """Record a claim as submitted, for the kinds' own acts; posts nothing.

    `claimed` is plain JSON of what the claimant says. A period (inclusive days) has to lie within
    the scheme's and be over: PERIOD_OUTSIDE_SCHEME, PERIOD_NOT_ENDED.
    """
    if period is not None:
        refuse_period(rules.read_terms(terms.document), *period)
    claim = SubsidyClaim(
        number=audit.current().act,  # replaced below: the row's own number is part of it
        kind=scheme.kind,
        scheme_id=scheme.id,
        terms_id=terms.id,
        application_id=application.id if application else None,
        payee_id=payee_id,
        beneficiary_id=beneficiary_id,
        organisation_id=scheme.organisation_id,
        division_code=scheme.division_code,
        fiscal_year=clock.today().year,
        period_from=period[0] if period else None,
        period_to=period[1] if period else None,
        asked_fen=asked_fen,
        state=c.SUBMITTED,
        claimed=dict(claimed),
        made_by=actor.user_id,
        made_at=clock.now(),
    )
    db.session.add(claim)
    db.session.flush()
    claim.number = number_of(claim)
    db.session.flush()
    states.begin(steps.CLAIM, claim)
    audit.about(steps.CLAIM, claim.id)
    return claim


def refuse_claimed_period(claim: SubsidyClaim) -> None:
    """Refuse PERIOD_CLAIMED where the payee has another live claim in the scheme for these days.

    For kinds of which a payee claims each day once; the scheme is locked by the caller's `fetch`.
    """
    other = db.session.scalars(
        db.select(SubsidyClaim)
        .where(
            SubsidyClaim.scheme_id == claim.scheme_id,
            SubsidyClaim.payee_id == claim.payee_id,
            SubsidyClaim.id != claim.id,
            SubsidyClaim.state.in_(c.LIVE),
            SubsidyClaim.period_from <= claim.period_to,
            SubsidyClaim.period_to >= claim.period_from,
        )
        .limit(1)
    ).first()
    if other is not None:
        raise RuleBroken(
            "PERIOD_CLAIMED",
            _(
                "%(begin)s 至 %(end)s 已在申报 %(number)s 中申报过，同一期间不得重复申报。"
                "请选择其他期间，或先撤回那一份。",
                begin=other.period_from,
                end=other.period_to,
                number=other.number,
            ),
            basis="财政违法行为处罚处分条例第十四条",
            claim=other.number,
        )


def check(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Find a claim's evidence in order and compute it as it was claimed."""
    claim = fetch(SubsidyClaim, id, actor, CHECK)
    return said(compute(actor, claim, {}))


def compute(actor: Actor, claim: SubsidyClaim, found: dict[str, Any]) -> SubsidyClaim:
    """Compute a claim by its rule from what was claimed and `found`; earlier approvals are void.

    For the office's acts, on a claim they fetched. Refuses what the rule refuses,
    ALREADY_SUBSIDISED, and STATE_CHANGED once it is approved.
    """
    steps.claim.require(claim, "claim.check")
    terms = rules.read_terms(terms_of(claim).document)
    return keep(actor, claim, reckon(claim, terms, found))


def keep(actor: Actor, claim: SubsidyClaim, reckoned: Reckoned) -> SubsidyClaim:
    """Keep what was reckoned of a claim: the calculation, its inputs, what it uses up."""
    using.take(claim, reckoned.uses)
    steps.claim.take(
        claim,
        "claim.check",
        amount_fen=reckoned.calculation.result_fen,
        calculation=rules.written(reckoned.calculation),
        inputs=reckoned.inputs,
        units=reckoned.units,
        computed_by=actor.user_id,
        computed_at=clock.now(),
    )
    audit.about(steps.CLAIM, claim.id)
    return claim


def approve(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Approve a computed claim; with the last person its band asks for, the amount is owed.

    Refuses FOUR_EYES_REQUIRED to who made, computed or already approved it, NOTHING_TO_PAY,
    APPLICATION_ENDED, DOUBLE_BENEFIT, BUDGET_INSUFFICIENT and ENVELOPE_EXCEEDED (it stays
    computed, and nothing is posted).
    """
    claim = fetch(SubsidyClaim, id, actor, APPROVE)
    steps.claim.require(claim, "claim.approve")
    refuse_unready(claim)
    _refuse_ended(claim)
    if not claim.amount_fen:
        raise RuleBroken(
            "NOTHING_TO_PAY",
            _("这份申报核定金额为 0 元，不能批准拨付。请退回并写明理由。"),
        )
    aid.lock(claim)
    doubling.refuse_claim(claim)
    approved = _approvals(claim)
    four_eyes(actor, claim.made_by, claim.computed_by, *approved, what=_("补贴申报"))
    assert claim.computed_at is not None  # noqa: S101 - its state is computed
    db.session.add(
        ClaimApproval(
            claim_id=claim.id, round=claim.computed_at, person_id=actor.user_id, at=clock.now()
        )
    )
    db.session.flush()
    audit.about(steps.CLAIM, claim.id)
    if len(approved) + 1 >= persons_needed(claim):
        owe(claim)
    return said(claim)


def owe(claim: SubsidyClaim) -> None:
    """Owe a computed claim's amount: committed unless its agreement did, accrued, one journal."""
    aid.grant_claim(claim)
    if claim.grant_id is None:
        scheme, terms = db.session.get_one(Scheme, claim.scheme_id), terms_of(claim)
        year = clock.today().year
        pool, moves = years.commit(scheme, terms, year, claim.amount_fen)
    else:
        assert claim.pool_id is not None  # noqa: S101 - its agreement committed it there
        pool, moves, year = lock_pool(claim.pool_id), [], claim.fiscal_year
    moves = [*moves, *postings.owe_moves(pool, claim.payee_id, claim.amount_fen)]
    source = f"{steps.CLAIM}:{claim.id}/approved"
    journal_id = post(postings.APPROVED, source, moves, note=claim.number)
    steps.claim.take(
        claim,
        "claim.approve",
        approved_at=clock.now(),
        approved_on=clock.today(),
        fiscal_year=year,
        pool_id=pool.id,
        journal_id=journal_id,
    )


def refuse(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Refuse a claim that was not approved, with the reason; what it used is free again."""
    claim = fetch(SubsidyClaim, id, actor, CHECK)
    _refuse_instalment(claim)
    return _end(claim, "claim.refuse", reason)


def withdraw(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Take one's own claim back before it was approved."""
    claim = fetch(SubsidyClaim, id, actor, MAKE)
    _refuse_instalment(claim)
    return _end(claim, "claim.withdraw", reason)


def lower(actor: Actor, claim: SubsidyClaim, amount_fen: int, reason: str) -> None:
    """Lower what an approved claim is owed before it is paid: a difference entry (fen).

    For acts on a claim they fetched. Refuses CLAIM_IN_PAYMENT once a batch has it, and
    RECOVERY_EXCEEDS_CLAIM beyond what is owed. A claim of which nothing is left is forfeited.
    """
    steps.claim.require(claim, "claim.lower")
    if is_taken(years.COMPONENT, settlement_source(claim)):
        raise Conflict(
            "CLAIM_IN_PAYMENT",
            _(
                "申报 %(number)s 正在支付，不能核减。请等银行回单后再办理追回。",
                number=claim.number,
            ),
        )
    refuse_beyond(claim, amount_fen, claim.owed_fen)
    assert claim.pool_id is not None  # noqa: S101 - it is approved
    pool = lock_pool(claim.pool_id)
    journal_id = post(
        postings.LOWERED,
        f"{steps.CLAIM}:{claim.id}/lowered:{audit.current().act}",
        postings.lower_moves(pool, claim.payee_id, amount_fen),
        note=reason,
    )
    db.session.add(
        ClaimCorrection(
            claim_id=claim.id,
            amount_fen=amount_fen,
            reason=reason,
            made_by=actor.user_id,
            made_at=clock.now(),
            journal_id=journal_id,
        )
    )
    db.session.execute(
        update(SubsidyClaim)
        .where(SubsidyClaim.id == claim.id)
        .values(lowered_fen=SubsidyClaim.lowered_fen + amount_fen)
        .execution_options(synchronize_session=False)
    )
    db.session.refresh(claim)
    if not claim.owed_fen:
        _end(claim, "claim.lower", reason)


def refuse_beyond(claim: SubsidyClaim, amount_fen: int, most_fen: int) -> None:
    """Refuse RECOVERY_EXCEEDS_CLAIM where more would go back (fen) than there is."""
    if amount_fen > most_fen:
        raise RuleBroken(
            "RECOVERY_EXCEEDS_CLAIM",
            _(
                "申报 %(number)s 最多还能追回或核减 %(most)s 元，本次为 %(asked)s 元。请减少金额。",
                number=claim.number,
                most=yuan(most_fen),
                asked=yuan(amount_fen),
            ),
            most_fen=most_fen,
        )


def forfeit(claim: SubsidyClaim, reason: str) -> None:
    """End an instalment that will not be paid; its agreement's act lets the money go."""
    _end(claim, "claim.forfeit", reason)


def terms_of(claim: SubsidyClaim) -> SchemeTerms:
    """Return the version of the terms a claim is judged by."""
    return db.session.get_one(SchemeTerms, claim.terms_id)


def persons_needed(claim: SubsidyClaim) -> int:
    """Return how many different people approve a claim of this amount, by its terms' bands."""
    return persons_for(terms_of(claim), claim.amount_fen)


def persons_for(terms: SchemeTerms, amount_fen: int) -> int:
    """Return how many different people approve an amount (fen) by the bands of terms; one at least.

    A band without an end is the last; beyond every band the most persons of any are asked for.
    """
    bands = terms.document.get("approval") or []
    ends = sorted(bands, key=lambda band: (band["up_to_fen"] is None, band["up_to_fen"] or 0))
    for band in ends:
        if band["up_to_fen"] is None or amount_fen <= band["up_to_fen"]:
            return int(band["persons"])
    return max((int(band["persons"]) for band in bands), default=1)


def number_of(claim: SubsidyClaim) -> str:
    """Return the number by which people know a claim that was just made."""
    return f"BT{clock.today().year}{claim.id:06d}"


def settlement_source(claim: SubsidyClaim) -> str:
    """Return the name under which settlement knows a claim."""
    return f"claim:{claim.id}"


def said(claim: SubsidyClaim) -> dict[str, Any]:
    """Return what an act answers of a claim."""
    return {
        "id": claim.id,
        "number": claim.number,
        "state": claim.state,
        "amount_fen": claim.amount_fen,
        "approvals": len(_approvals(claim)),
        "persons": persons_needed(claim),
    }


def approved_by(claim: SubsidyClaim, user_id: int | None) -> bool:
    """Tell whether a person already approved a claim as it was computed."""
    return is_one_of(user_id, *_approvals(claim))


def _approvals(claim: SubsidyClaim) -> list[int]:
    if claim.computed_at is None:
        return []
    query = db.select(ClaimApproval.person_id).filter_by(claim_id=claim.id, round=claim.computed_at)
    return list(db.session.scalars(query.order_by(ClaimApproval.id)))


def _end(claim: SubsidyClaim, act: str, reason: str) -> dict[str, Any]:
    steps.claim.take(claim, act, ended_reason=reason)
    using.release(claim.id)
    audit.about(steps.CLAIM, claim.id, reason)
    return said(claim)


def _refuse_ended(claim: SubsidyClaim) -> None:
    """Refuse APPLICATION_ENDED: what was applied for untruly, or given up, is not paid any more."""
    if claim.application_id is None:
        return
    application = db.session.get_one(
        Application, claim.application_id, with_for_update=True, populate_existing=True
    )
    if application.state in a.ENDED:
        raise RuleBroken(
            "APPLICATION_ENDED",
            _(
                "申请 %(number)s 现在是“%(state)s”，名下的申报不能批准拨付。请退回这份申报。",
                number=application.number,
                state=str(steps.application.names[application.state]),
            ),
            basis="行政许可法第六十九条",
            application=application.number,
        )


def _refuse_instalment(claim: SubsidyClaim) -> None:
    """Refuse INSTALMENT_AGREED: an agreement's instalment ends with the agreement, not alone."""
    if claim.grant_id is not None:
        raise RuleBroken(
            "INSTALMENT_AGREED",
            _(
                "%(called)s是补贴协议的一期，不能单独退回或撤回。请在协议页办理。",
                called=steps.claim.called(claim),
            ),
        )


def refuse_period(terms: rules.Terms, begin: date, end: date) -> None:
    """Refuse PERIOD_OUTSIDE_SCHEME, PERIOD_NOT_ENDED; both days are inclusive."""
    if (
        end < begin
        or (terms.starts_on and begin < terms.starts_on)
        or (terms.ends_on and end > terms.ends_on)
    ):
        raise RuleBroken(
            "PERIOD_OUTSIDE_SCHEME",
            _(
                "申报期间 %(begin)s 至 %(end)s 不在项目实施期限 %(first)s 至 %(last)s 之内。"
                "请改正期间。",
                begin=begin,
                end=end,
                first=terms.starts_on or "—",
                last=terms.ends_on or "—",
            ),
        )
    if end >= clock.today():
        raise RuleBroken(
            "PERIOD_NOT_ENDED",
            _("申报期间到 %(end)s 才结束，补贴按已发生的结果计算。请在这一天之后申报。", end=end),
        )
