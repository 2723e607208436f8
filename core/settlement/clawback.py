"""Money that was paid and must come back: ordered, approved by another, received in parts."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import update

from core import audit, clock, states
from core.access import Actor, fetch, four_eyes
from core.budget import Pool, lock_pool, release_moves
from core.db import db
from core.errors import Conflict, RuleBroken
from core.fiscal import PoolCarry, closed_lines
from core.formats import yuan_text
from core.ledger import post
from core.settlement import books
from core.settlement.models import (
    APPROVED,
    CANCELLED,
    ORDERED,
    RECEIVED,
    REMITTED,
    RESTORED,
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
    paid_journal_id: int | None = None,
) -> Clawback:
    """Record that an amount (fen) paid to a party must come back; posts nothing yet.

    For a component's own act, which has judged that the amount was paid and that no sum of
    reversals exceeds it. `source` is the component's name for it, unique ("redemption:12");
    `paid_journal_id` the journal of the (first) payment it is about.
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
        paid_journal_id=paid_journal_id,
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
    refuse_unless(clawback, ORDERED)
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
    refuse_unless(clawback, ORDERED)
    states.change(CLAWBACK, clawback, to=CANCELLED, allowed=[ORDERED])


def receive_clawback(
    actor: Actor,
    *,
    id: int,  # noqa: A002 - the field
    amount_fen: int,
    bank_reference: str,
) -> dict[str, Any]:
    """Book cash (fen) that came back for an approved claw-back; parts are allowed.

    While the fiscal year is open the money goes back to its lines; after its closing, or where the
    pool was carried over since the payment, it is handed on to the treasury and no room moves.
    Refuses STATE_CHANGED, AMOUNT_EXCEEDS_BALANCE, BANK_REFERENCE_USED.
    """
    clawback = fetch(Clawback, id, actor, "clawback.receive")
    refuse_unless(clawback, APPROVED)
    _refuse_used(bank_reference)
    pool = lock_pool(clawback.pool_id)
    take(clawback, amount_fen)
    owed = {"pool_id": pool.id, "party_id": clawback.party_id, "amount_fen": amount_fen}
    restored = is_restored(clawback, pool)
    if restored:
        rooms = release_moves(pool, amount_fen, charged=True, room="line.disbursed")
        kind, moves = books.CAME_BACK, [books.come_back_move(**owed), *rooms]
    else:
        kind, moves = books.CAME_LATE, books.remit_moves(**owed)
    journal_id = post(kind, f"clawback:{clawback.id}/received:{audit.current().act}", moves)
    receipt = ClawbackReceipt(
        clawback_id=clawback.id,
        bank_reference=bank_reference,
        amount_fen=amount_fen,
        received_by=actor.user_id,
        received_at=clock.now(),
        journal_id=journal_id,
        way=RESTORED if restored else REMITTED,
    )
    db.session.add(receipt)
    db.session.flush()
    audit.about(CLAWBACK, clawback.id)
    return {
        "id": clawback.id,
        "state": clawback.state,
        "received_fen": clawback.received_fen,
        "open_fen": clawback.amount_fen - clawback.received_fen,
        "way": receipt.way,
        "journal_id": journal_id,
    }


def is_restored(clawback: Clawback, pool: Pool) -> bool:
    """Tell whether what comes back of a claw-back goes to the lines that paid it.

    It does not once their fiscal year is closed, nor once the pool was carried over: then what
    was paid before stays with the old lines. A payment that nobody named counts as paid before.
    """
    if closed_lines(share.line_id for share in pool.shares):
        return False
    last = db.session.scalar(
        db.select(db.func.max(PoolCarry.journal_id)).where(PoolCarry.pool_id == pool.id)
    )
    return last is None or (clawback.paid_journal_id or 0) > last


def take(clawback: Clawback, amount_fen: int) -> None:
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


def refuse_unless(clawback: Clawback, state: str) -> None:
    """Refuse when a claw-back is not in a state, saying in which it is."""
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
