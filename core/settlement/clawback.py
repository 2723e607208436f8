"""Money that was paid and must come back: ordered, approved by another, received in parts."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import update

from core import audit, clock, states
from core.access import Actor, fetch, four_eyes
from core.budget import BudgetLine, Pool, PoolShare, lock_pool, release_moves
from core.db import db
from core.errors import Conflict, RuleBroken
from core.formats import yuan_text
from core.ledger import post
from core.settlement import books
from core.settlement.models import (
    APPROVED,
    CANCELLED,
    ORDERED,
    RECEIVED,
    Clawback,
    ClawbackReceipt,
)

CLAWBACK = "clawback"


def order_clawback(
    actor: Actor,
    *,
    component: str,
    source: str,
    pool_id: int,
    party_id: int,
    amount_fen: int,
    reason: str,
) -> Clawback:
    """Record that an amount (fen) paid to a party must come back; posts nothing yet.

    For a component's own act, which has judged that the amount was paid and that no sum of
    reversals exceeds it. `source` is the component's name for it, unique ("redemption:12").
    """
    pool = db.session.get(Pool, pool_id)
    assert pool is not None  # noqa: S101 - the component took it from what was paid
    if db.session.scalar(db.select(Clawback.id).filter_by(component=component, source=source)):
        raise Conflict(
            "STATE_CHANGED", _("这笔款项已有追回记录，不能重复提出。请在“追回”中查看进度。")
        )
    clawback = Clawback(
        component=component,
        source=source,
        pool_id=pool_id,
        party_id=party_id,
        organisation_id=pool.organisation_id,
        division_code=pool.division_code,
        amount_fen=amount_fen,
        received_fen=0,
        reason=reason,
        state=ORDERED,
        ordered_by=actor.user_id,
        ordered_at=clock.now(),
    )
    db.session.add(clawback)
    db.session.flush()
    states.begin(CLAWBACK, clawback)
    return clawback


def approve_clawback(actor: Actor, *, id: int) -> int:  # noqa: A002 - as the acts call it
    """Approve an ordered claw-back and post receivable / expense; return the journal's id.

    For a component's own act, which moves its entitlements in a journal of its own. Refuses
    FOUR_EYES_REQUIRED to who ordered it, STATE_CHANGED when it is no longer ordered.
    """
    clawback = _locked(id)
    four_eyes(actor, clawback.ordered_by, what=_("追回"))
    _refuse_unless(clawback, ORDERED)
    move = books.decide_move(
        pool_id=clawback.pool_id, party_id=clawback.party_id, amount_fen=clawback.amount_fen
    )
    journal_id = post(
        books.DECIDED, f"clawback:{clawback.id}/decided", [move], note=clawback.reason
    )
    states.change(
        CLAWBACK,
        clawback,
        to=APPROVED,
        allowed=[ORDERED],
        approved_by=actor.user_id,
        approved_at=clock.now(),
        journal_id=journal_id,
    )
    return journal_id


def cancel_clawback(*, id: int) -> None:  # noqa: A002 - as the acts call it
    """Drop a claw-back that was ordered and not approved; the component's act says why."""
    clawback = _locked(id)
    _refuse_unless(clawback, ORDERED)
    states.change(CLAWBACK, clawback, to=CANCELLED, allowed=[ORDERED])


def receive_clawback(
    actor: Actor,
    *,
    id: int,  # noqa: A002 - the field
    amount_fen: int,
    bank_reference: str,
) -> dict[str, Any]:
    """Book cash (fen) that came back for an approved claw-back; parts are allowed.

    Posts treasury / receivable and gives the money back to its lines, in the same fiscal year.
    Refuses STATE_CHANGED, AMOUNT_EXCEEDS_BALANCE, BANK_REFERENCE_USED, FISCAL_YEAR_PASSED.
    """
    clawback = fetch(Clawback, id, actor, "clawback.receive")
    _refuse_unless(clawback, APPROVED)
    _refuse_used(bank_reference)
    _refuse_passed_year(clawback.pool_id)
    pool = lock_pool(clawback.pool_id)
    _take(clawback, amount_fen)
    move = books.come_back_move(pool_id=pool.id, party_id=clawback.party_id, amount_fen=amount_fen)
    moves = [move, *release_moves(pool, amount_fen, charged=True, room="line.disbursed")]
    journal_id = post(
        books.CAME_BACK, f"clawback:{clawback.id}/received:{audit.current().act}", moves
    )
    receipt = ClawbackReceipt(
        clawback_id=clawback.id,
        bank_reference=bank_reference,
        amount_fen=amount_fen,
        received_by=actor.user_id,
        received_at=clock.now(),
        journal_id=journal_id,
    )
    db.session.add(receipt)
    db.session.flush()
    audit.about(CLAWBACK, clawback.id)
    return {
        "id": clawback.id,
        "state": clawback.state,
        "received_fen": clawback.received_fen,
        "open_fen": clawback.amount_fen - clawback.received_fen,
        "journal_id": journal_id,
    }


def _take(clawback: Clawback, amount_fen: int) -> None:
    """Add to what was received, never beyond what is due."""
    due = clawback.amount_fen - clawback.received_fen
    done = db.session.execute(
        update(Clawback)
        .where(Clawback.id == clawback.id, Clawback.state == APPROVED)
        .where(Clawback.received_fen + amount_fen <= Clawback.amount_fen)
        .values(received_fen=Clawback.received_fen + amount_fen)
        .returning(Clawback.id)
        .execution_options(synchronize_session=False)
    )
    if done.first() is None:
        raise RuleBroken(
            "AMOUNT_EXCEEDS_BALANCE",
            _(
                "本次收款 %(amount)s 超过尚待追回的 %(due)s。"
                "请核对银行回单，按实际应追回金额登记。",
                amount=yuan_text(amount_fen),
                due=yuan_text(due),
            ),
            amount_fen=amount_fen,
            open_fen=due,
        )
    db.session.refresh(clawback)
    if clawback.received_fen == clawback.amount_fen:
        states.change(CLAWBACK, clawback, to=RECEIVED, allowed=[APPROVED])


def _refuse_used(bank_reference: str) -> None:
    query = db.select(ClawbackReceipt.clawback_id).filter_by(bank_reference=bank_reference)
    earlier = db.session.scalar(query)
    if earlier is not None:
        raise Conflict(
            "BANK_REFERENCE_USED",
            _(
                "银行流水号 %(reference)s 已登记在第 %(id)s 号追回上，同一笔收款不能登记两次。",
                reference=bank_reference,
                id=earlier,
            ),
        )


def _refuse_passed_year(pool_id: int) -> None:
    years = db.session.scalars(
        db.select(BudgetLine.fiscal_year)
        .join(PoolShare, PoolShare.line_id == BudgetLine.id)
        .where(PoolShare.pool_id == pool_id)
    )
    passed = sorted(set(years) - {clock.today().year})
    if passed:
        raise RuleBroken(
            "FISCAL_YEAR_PASSED",
            _(
                "这笔款项属于 %(year)s 年度指标，不是本年度，收回的款项不能恢复指标。"
                "请按缴回国库办理，暂不在本系统登记收款。",
                year=passed[0],
            ),
        )


def _refuse_unless(clawback: Clawback, state: str) -> None:
    if clawback.state != state:
        words = {
            ORDERED: _("尚未批准"),
            APPROVED: _("已经批准"),
            RECEIVED: _("已全部收回"),
            CANCELLED: _("已经撤销"),
        }
        raise Conflict(
            "STATE_CHANGED",
            _(
                "第 %(id)s 号追回%(state)s，不能办理本步骤。请刷新后查看最新状态。",
                id=clawback.id,
                state=words[clawback.state],
            ),
            state=clawback.state,
        )


def _locked(clawback_id: int) -> Clawback:
    found: Clawback | None = db.session.get(Clawback, clawback_id, with_for_update=True)
    assert found is not None  # noqa: S101 - the component keeps its number
    return found
