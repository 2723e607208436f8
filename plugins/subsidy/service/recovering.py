"""Getting back what was paid for nothing: proposed, heard, decided by another, then received.

The core's claw-back holds the money; here stands what the party could say before it was decided.
"""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from typing import Any

from flask_babel import gettext as _

from core import audit, clock, states
from core.access import Actor, fetch, four_eyes
from core.db import db
from core.errors import RuleBroken
from core.formats import yuan
from core.settlement import approve_clawback, cancel_clawback, order_clawback
from plugins.subsidy.models import BreachRecovery, SubsidyClaim, SubsidyRecovery
from plugins.subsidy.models import claims as c
from plugins.subsidy.models import recoveries as r
from plugins.subsidy.rules import BP, half_up
from plugins.subsidy.service import claims, steps
from plugins.subsidy.service.years import COMPONENT

PROPOSE, STATE, DECIDE, VIEW = (
    "subsidy_recovery.propose",
    "subsidy_recovery.state",
    "subsidy_recovery.decide",
    "subsidy_recovery.view",
)
# Days a party has to state its case, by analogy with 行政处罚法第六十四条 (five days); the office
# may give more, never less.
HEARD_DAYS = 5


def ask_back(
    actor: Actor,
    *,
    id: int,  # noqa: A002 - the field
    share_bp: int,
    reason: str,
    basis: str,
    days: int = HEARD_DAYS,
) -> dict[str, Any]:
    """Propose to recover a share (bp) of what a claim was owed, rounded half-up to fen.

    Of a claim that is not paid yet nothing is recovered: CLAIM_NOT_PAID says what to do instead.
    """
    claim = fetch(SubsidyClaim, id, actor, PROPOSE)
    amount_fen = half_up(Fraction(claim.owed_fen * share_bp, BP))
    return said(propose(actor, claim, amount_fen=amount_fen, reason=reason, basis=basis, days=days))


def propose(
    actor: Actor,
    claim: SubsidyClaim,
    *,
    amount_fen: int,
    reason: str,
    basis: str,
    party_id: int | None = None,
    days: int = HEARD_DAYS,
) -> SubsidyRecovery:
    """Propose a recovery (fen) of a paid claim from a party (None: its payee).

    For acts on a claim they fetched; the amount follows from a rule. Refuses CLAIM_NOT_PAID,
    NOTHING_TO_RECOVER, RECOVERY_EXCEEDS_CLAIM beyond what earlier recoveries left.
    """
    if claim.state != c.PAID or claim.pool_id is None:
        raise RuleBroken(
            "CLAIM_NOT_PAID",
            _("申报 %(number)s 还没有支付，不能追回。请直接核减或退回。", number=claim.number),
        )
    if amount_fen <= 0:
        raise RuleBroken(
            "NOTHING_TO_RECOVER", _("按规则计算，没有需要追回的金额。请核对事由和比例。")
        )
    claims.refuse_beyond(claim, amount_fen, claim.owed_fen - recovered_fen(claim.id))
    act = audit.current().act
    clawback = order_clawback(
        actor,
        component=COMPONENT,
        source=f"recovery:{act}/{claim.id}",
        pool_id=claim.pool_id,
        party_id=party_id or claim.payee_id,
        amount_fen=amount_fen,
        reason=reason,
        paid_journal_id=claim.paid_journal_id,
    )
    row = SubsidyRecovery(
        number=f"{act}-{claim.id}",  # replaced below: the row's own number is part of it
        claim_id=claim.id,
        clawback_id=clawback.id,
        party_id=clawback.party_id,
        organisation_id=claim.organisation_id,
        division_code=claim.division_code,
        amount_fen=amount_fen,
        reason=reason,
        basis=basis,
        state=r.PROPOSED,
        state_by=clock.today() + timedelta(days=max(days, HEARD_DAYS)),
        proposed_by=actor.user_id,
        proposed_at=clock.now(),
    )
    db.session.add(row)
    db.session.flush()
    row.number = f"ZH{clock.today().year}{row.id:06d}"
    db.session.flush()
    states.begin(steps.RECOVERY, row)
    audit.about(steps.RECOVERY, row.id, reason)
    return row


def state(actor: Actor, *, id: int, statement: str) -> dict[str, Any]:  # noqa: A002 - the field
    """State one's case before a recovery is decided; once, until the last day."""
    row = fetch(SubsidyRecovery, id, actor, STATE)
    if clock.today() > row.state_by:
        raise RuleBroken(
            "STATEMENT_LATE",
            _("陈述申辩的期限到 %(day)s 为止，已经过期。请直接与经办单位联系。", day=row.state_by),
            basis="行政处罚法第四十五条",
        )
    steps.recovery.take(row, "subsidy_recovery.state", statement=statement, stated_at=clock.now())
    audit.about(steps.RECOVERY, row.id)
    return said(row)


def decide(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Decide a recovery after the party was heard: from now on the money is due back.

    Refuses HEARING_NOT_OVER before a statement or its last day, FOUR_EYES_REQUIRED to the proposer.
    """
    row = fetch(SubsidyRecovery, id, actor, DECIDE)
    _refuse_of_breach(row)
    return decided(actor, row, reason)


def decided(actor: Actor, row: SubsidyRecovery, reason: str) -> dict[str, Any]:
    """Decide a recovery that an act fetched, as `decide` does."""
    steps.recovery.require(row, "subsidy_recovery.decide")
    four_eyes(actor, row.proposed_by, what=_("追回"))
    if row.state == r.PROPOSED and clock.today() <= row.state_by:
        raise RuleBroken(
            "HEARING_NOT_OVER",
            _(
                "对方可在 %(day)s 前（含当日）陈述申辩，现在还不能决定。"
                "请等对方陈述，或到期后再办理。",
                day=row.state_by,
            ),
            basis="行政处罚法第四十五条",
            state_by=row.state_by.isoformat(),
        )
    approve_clawback(actor, id=row.clawback_id)
    steps.recovery.take(
        row, "subsidy_recovery.decide", decided_by=actor.user_id, decided_reason=reason
    )
    audit.about(steps.RECOVERY, row.id, reason)
    return said(row)


def drop(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Drop a proposed recovery, because what the party said is right or it was a mistake."""
    row = fetch(SubsidyRecovery, id, actor, DECIDE)
    _refuse_of_breach(row)
    return dropped(actor, row, reason)


def dropped(actor: Actor, row: SubsidyRecovery, reason: str) -> dict[str, Any]:
    """Drop a recovery that an act fetched, as `drop` does."""
    steps.recovery.take(
        row, "subsidy_recovery.drop", decided_by=actor.user_id, decided_reason=reason
    )
    cancel_clawback(id=row.clawback_id)
    audit.about(steps.RECOVERY, row.id, reason)
    return said(row)


def _refuse_of_breach(row: SubsidyRecovery) -> None:
    """Refuse RECOVERY_OF_BREACH: what a broken duty costs is decided whole, on its agreement."""
    if db.session.get(BreachRecovery, row.id) is not None:
        raise RuleBroken(
            "RECOVERY_OF_BREACH",
            _("这笔追回因未履约提出，与不再拨付的各期一并决定。请在补贴协议页办理。"),
        )


def recovered_fen(claim_id: int) -> int:
    """Return what is being or was recovered of a claim, in fen."""
    query = db.select(db.func.sum(SubsidyRecovery.amount_fen)).where(
        SubsidyRecovery.claim_id == claim_id, SubsidyRecovery.state != r.DROPPED
    )
    return int(db.session.scalar(query) or 0)


def said(row: SubsidyRecovery) -> dict[str, Any]:
    """Return what an act answers of a recovery."""
    return {
        "id": row.id,
        "number": row.number,
        "state": row.state,
        "amount_fen": row.amount_fen,
        "amount": yuan(row.amount_fen),
        "state_by": row.state_by.isoformat(),
    }
