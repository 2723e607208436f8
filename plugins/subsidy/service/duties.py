"""Duties that were not kept: proposed, heard, decided by another; then money goes or comes back.

What was not paid is forfeited, of what was paid a part comes back by the months that are missing,
of what was approved and not yet paid the same part is no longer owed.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _

from core import audit, clock, states
from core.access import Actor, fetch, four_eyes
from core.db import db
from core.errors import Conflict, InvalidInput, RuleBroken
from core.ledger import post
from plugins.subsidy import rules
from plugins.subsidy.models import (
    BreachRecovery,
    GrantBreach,
    Scheme,
    SubsidyClaim,
    SubsidyGrant,
    SubsidyRecovery,
)
from plugins.subsidy.models import claims as c
from plugins.subsidy.models import grants as g
from plugins.subsidy.models import recoveries as r
from plugins.subsidy.service import (
    award_steps,
    claims,
    grants,
    postings,
    recovering,
    results,
    years,
)

ANSWER, DECIDE = "grant.answer", "grant.decide"
WAITING = (c.SUBMITTED, c.COMPUTED)
BASIS = "财政违法行为处罚处分条例第十四条"


def break_duty(
    actor: Actor,
    *,
    id: int,  # noqa: A002 - the field
    closed_from: date,
    reason: str,
    days: int = recovering.HEARD_DAYS,
) -> dict[str, Any]:
    """Say from which day a duty was not kept; the beneficiary is heard, another person decides.

    No money moves yet, but no instalment is approved meanwhile. Refuses DUTY_MISSING, DUTY_KEPT
    where no full month is missing.
    """
    grant: SubsidyGrant = fetch(SubsidyGrant, id, actor, grants.CHECK)
    award_steps.grant.require(grant, "grant.break_duty")
    if closed_from > clock.today():
        raise InvalidInput(
            _("未履约的日期不能晚于今天。"), errors={"closed_from": [_("不能晚于今天")]}
        )
    own = grants.instalments_of(grant.id, lock=True)
    broken = _broken(grant, closed_from, own)
    if not broken.months:
        raise RuleBroken(
            "DUTY_KEPT",
            _(
                "从 %(day)s 起未履约，缺少的时间不满一个整月，按办法视为已履约，不扣减。",
                day=closed_from,
            ),
        )
    breach = GrantBreach(
        grant_id=grant.id,
        closed_from=closed_from,
        reason=reason,
        basis=BASIS,
        state=g.PROPOSED,
        months=broken.months,
        state_by=clock.today() + timedelta(days=max(days, recovering.HEARD_DAYS)),
        proposed_by=actor.user_id,
        proposed_at=clock.now(),
    )
    db.session.add(breach)
    db.session.flush()
    states.begin(award_steps.BREACH, breach)
    for claim, fen in _parts(own, broken.clawback_fen):
        if claim.state == c.PAID and fen:
            row = recovering.propose(
                actor, claim, amount_fen=fen, reason=reason, basis=BASIS, days=days
            )
            db.session.add(BreachRecovery(recovery_id=row.id, breach_id=breach.id))
    award_steps.grant.take(grant, "grant.break_duty")
    audit.about(award_steps.GRANT, grant.id, reason)
    return said(grant, breach)


def answer(actor: Actor, *, id: int, statement: str) -> dict[str, Any]:  # noqa: A002 - the field
    """State one's case before a broken duty is decided; once, until the last day."""
    grant: SubsidyGrant = fetch(SubsidyGrant, id, actor, ANSWER)
    award_steps.grant.require(grant, "grant.answer")
    breach = _open_breach(grant)
    if clock.today() > breach.state_by:
        raise RuleBroken(
            "STATEMENT_LATE",
            _(
                "陈述申辩的期限到 %(day)s 为止，已经过期。请直接与经办单位联系。",
                day=breach.state_by,
            ),
            basis="行政处罚法第四十五条",
        )
    if _was_heard(breach):
        raise Conflict("STATE_CHANGED", _("已经陈述过了，正在等待决定。"), state=breach.state)
    breach.statement, breach.stated_at = statement, clock.now()
    db.session.flush()
    for row in recoveries_of(breach.id):
        recovering.state(actor, id=row.id, statement=statement)
    audit.about(award_steps.GRANT, grant.id)
    return said(grant, breach)


def decide(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Decide that a duty was broken: only now money goes back, is lowered or forfeited.

    Refuses HEARING_NOT_OVER, FOUR_EYES_REQUIRED to the proposer, CLAIM_IN_PAYMENT.
    """
    grant: SubsidyGrant = fetch(SubsidyGrant, id, actor, DECIDE)
    award_steps.grant.require(grant, "grant.decide_breach")
    breach = _open_breach(grant)
    four_eyes(actor, breach.proposed_by, what=_("未履约决定"))
    _refuse_unheard(breach)
    own = grants.instalments_of(grant.id, lock=True)
    broken = _broken(grant, breach.closed_from, own)
    lowered_fen = _take_back(actor, breach, own, broken, reason)
    forfeited_fen = _forfeit(grant, own, reason)
    award_steps.breach.take(
        breach,
        "grant.decide_breach",
        decided_by=actor.user_id,
        decided_reason=reason,
        clawback_fen=broken.clawback_fen - lowered_fen,
        lowered_fen=lowered_fen,
        forfeited_fen=forfeited_fen,
    )
    award_steps.grant.take(
        grant,
        "grant.decide_breach",
        broken_from=breach.closed_from,
        broken_reason=reason,
        forfeited_fen=forfeited_fen,
    )
    audit.about(award_steps.GRANT, grant.id, reason)
    return said(grant, breach)


def drop(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Drop what was said of a broken duty; instalments go on."""
    grant: SubsidyGrant = fetch(SubsidyGrant, id, actor, DECIDE)
    award_steps.grant.require(grant, "grant.drop_breach")
    breach = _open_breach(grant)
    for row in recoveries_of(breach.id):
        recovering.dropped(actor, row, reason)
    award_steps.breach.take(
        breach, "grant.drop_breach", decided_by=actor.user_id, decided_reason=reason
    )
    award_steps.grant.take(grant, "grant.drop_breach")
    audit.about(award_steps.GRANT, grant.id, reason)
    return said(grant, breach)


def recoveries_of(breach_id: int) -> list[SubsidyRecovery]:
    """Return the recoveries that are decided with a breach."""
    query = (
        db.select(SubsidyRecovery)
        .join(BreachRecovery, BreachRecovery.recovery_id == SubsidyRecovery.id)
        .where(BreachRecovery.breach_id == breach_id)
        .order_by(SubsidyRecovery.id)
    )
    return list(db.session.scalars(query))


def said(grant: SubsidyGrant, breach: GrantBreach) -> dict[str, Any]:
    """Return what an act answers of an agreement and what was said of its duty."""
    return grants.said(grant) | {
        "breach_id": breach.id,
        "breach_state": breach.state,
        "months": breach.months,
        "state_by": breach.state_by.isoformat(),
        "recoveries": [
            {"id": row.id, "amount_fen": row.amount_fen, "clawback_id": row.clawback_id}
            for row in recoveries_of(breach.id)
        ],
        "lowered_fen": breach.lowered_fen,
    }


def _broken(grant: SubsidyGrant, closed_from: date, own: list[SubsidyClaim]) -> rules.Broken:
    return rules.broken_duty(
        results.award_terms(grant.terms_id),
        closed_from=closed_from,
        paid_fen=sum(one.owed_fen for one in own if one.state in c.OWED),
        unpaid_fen=sum(one.amount_fen for one in own if one.state in WAITING),
    )


def _parts(own: list[SubsidyClaim], fen: int) -> list[tuple[SubsidyClaim, int]]:
    """Return what of a sum (fen) falls on each instalment that is owed or paid."""
    owed = [one for one in own if one.state in c.OWED]
    parts = rules.apportion(fen, [one.owed_fen for one in owed])
    return list(zip(owed, parts, strict=True))


def _open_breach(grant: SubsidyGrant) -> GrantBreach:
    query = db.select(GrantBreach).filter_by(grant_id=grant.id, state=g.PROPOSED)
    return db.session.scalars(query.with_for_update()).one()


def _was_heard(breach: GrantBreach) -> bool:
    return breach.statement is not None or any(
        row.state == r.STATED for row in recoveries_of(breach.id)
    )


def _refuse_unheard(breach: GrantBreach) -> None:
    if not _was_heard(breach) and clock.today() <= breach.state_by:
        raise RuleBroken(
            "HEARING_NOT_OVER",
            _(
                "对方可在 %(day)s 前（含当日）陈述申辩，现在还不能决定。"
                "请等对方陈述，或到期后再办理。",
                day=breach.state_by,
            ),
            basis="行政处罚法第四十五条",
            state_by=breach.state_by.isoformat(),
        )


def _take_back(
    actor: Actor, breach: GrantBreach, own: list[SubsidyClaim], broken: rules.Broken, reason: str
) -> int:
    """Take back of each instalment its part; return how much (fen) was lowered before payment.

    What was paid only since the proposal comes back by a recovery of its own, heard by itself.
    """
    proposed = {row.claim_id: row for row in recoveries_of(breach.id)}
    lowered_fen = 0
    for claim, fen in _parts(own, broken.clawback_fen):
        if claim.id in proposed:
            recovering.decided(actor, proposed[claim.id], reason)
        elif fen and claim.state == c.PAID:
            recovering.propose(actor, claim, amount_fen=fen, reason=reason, basis=breach.basis)
        elif fen:
            claims.lower(actor, claim, fen, reason)
            lowered_fen += fen
    return lowered_fen


def _forfeit(grant: SubsidyGrant, own: list[SubsidyClaim], reason: str) -> int:
    """End the instalments that wait; let their money go, of its year or to the plan."""
    waiting = [one for one in own if one.state in WAITING]
    by_year: Counter[int] = Counter()
    for one in waiting:
        by_year[one.fiscal_year] += one.amount_fen
    scheme = db.session.get_one(Scheme, grant.scheme_id)
    moves = []
    for year, fen in sorted(by_year.items()):
        moves += years.let_go(scheme, year, fen)
    if moves:
        post(postings.LET_GO, f"grant:{grant.id}/forfeited", moves, note=reason)
    for one in waiting:
        claims.forfeit(one, reason)
    return sum(by_year.values())
