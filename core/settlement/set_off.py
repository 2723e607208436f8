"""Set-off (抵扣): what must come back is taken off the next payment instead of being sent twice.

For the books it is money that came back to the pool that had paid it and was paid out again by the
pool that owes: disbursed -> available there, accrued -> disbursed here. On the one line of both,
accrued money becomes available, and what was disbursed stays what it is.
"""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import update

from core import audit, clock
from core.access import Actor, fetch
from core.budget import Pool, disburse_moves, lock_pool, release_moves
from core.db import db
from core.errors import Conflict, NotFound, RuleBroken
from core.formats import yuan_text
from core.ledger import post
from core.plugins import tell
from core.settlement import books
from core.settlement.claims import answered, record
from core.settlement.clawback import CLAWBACK, is_restored, refuse_unless, take
from core.settlement.models import APPROVED, SET_OFF, Clawback, ClawbackReceipt, PaymentClaim


def set_off(
    actor: Actor,
    *,
    id: int,  # noqa: A002 - the field
    component: str,
    source: str,
    amount_fen: int,
) -> dict[str, Any]:
    """Set an approved claw-back off against an open claim of the same payee; parts are allowed.

    `component` and `source` name the claim, as `settlement.open_claims` lists it. The batch then
    pays the rest. Refuses SET_OFF_NOT_ALLOWED beyond one line and year, AMOUNT_EXCEEDS_BALANCE,
    STATE_CHANGED when the claim is in a batch, paid or gone.
    """
    clawback = fetch(Clawback, id, actor, "clawback.set_off")
    refuse_unless(clawback, APPROVED)
    claim = _free_claim(actor, component, source)
    locked = {n: lock_pool(n) for n in sorted({clawback.pool_id, claim.pool_id})}
    paid, owing = locked[clawback.pool_id], locked[claim.pool_id]
    _refuse_elsewhere(clawback, claim, paid, owing)
    _take_off(claim, amount_fen)
    take(clawback, amount_fen)
    moves = [
        books.set_off_move(
            pool_id=owing.id,
            paid_pool_id=paid.id,
            party_id=claim.payee_id,
            amount_fen=amount_fen,
        ),
        *release_moves(paid, amount_fen, charged=True, room="line.disbursed"),
        *disburse_moves(owing, amount_fen),
    ]
    act = audit.current().act
    journal_id = post(books.SET_OFF, f"clawback:{clawback.id}/set_off:{act}", moves)
    db.session.add(
        ClawbackReceipt(
            clawback_id=clawback.id,
            bank_reference=f"claim:{claim.id}/{act}",
            amount_fen=amount_fen,
            received_by=actor.user_id,
            received_at=clock.now(),
            journal_id=journal_id,
            way=SET_OFF,
            claim_id=claim.id,
        )
    )
    db.session.flush()
    if not claim.due_fen:
        tell("claim_settled", claim=claim.as_claim(claim.amount_fen), journal_id=journal_id)
    audit.about(CLAWBACK, clawback.id)
    return {
        "id": clawback.id,
        "state": clawback.state,
        "received_fen": clawback.received_fen,
        "open_fen": clawback.amount_fen - clawback.received_fen,
        "claim_due_fen": claim.due_fen,
        "journal_id": journal_id,
    }


def _free_claim(actor: Actor, component: str, source: str) -> PaymentClaim:
    """Return the row of an open claim, locked; refuse one that is in a batch, paid or gone."""
    claims = answered(actor, "clawback.set_off", until=None)
    wanted = {name: claim for name, claim in claims.items() if name == (component, source)}
    if not wanted:
        raise NotFound(
            "NOT_FOUND", _("没有这笔可支付的款项，或它不在您的管辖范围内。请刷新后选择。")
        )
    rows = record(wanted)
    if not rows:
        raise Conflict(
            "STATE_CHANGED", _("这笔款项已列入支付批次或已付，不能抵扣。请选择其他款项。")
        )
    return rows[0]


def _refuse_elsewhere(clawback: Clawback, claim: PaymentClaim, paid: Pool, owing: Pool) -> None:
    lines = [[share.line_id for share in pool.shares] for pool in (paid, owing)]
    same = lines[0] == lines[1] and len(lines[0]) == 1 and is_restored(clawback, paid)
    if clawback.party_id != claim.payee_id or not same:
        raise RuleBroken(
            "SET_OFF_NOT_ALLOWED",
            _(
                "只能在同一收款人、同一指标、同一年度内抵扣。"
                "这笔追回与这笔款项不在同一指标或年度，请登记追回收款，款项另行支付。"
            ),
            basis="预算法第六十三条",
            clawback_id=clawback.id,
            claim_id=claim.id,
        )


def _take_off(claim: PaymentClaim, amount_fen: int) -> None:
    """Add to what is set off of a claim, never beyond what is due."""
    done = db.session.execute(
        update(PaymentClaim)
        .where(PaymentClaim.id == claim.id)
        .where(PaymentClaim.set_off_fen + amount_fen <= PaymentClaim.amount_fen)
        .values(set_off_fen=PaymentClaim.set_off_fen + amount_fen)
        .returning(PaymentClaim.id)
        .execution_options(synchronize_session=False)
    )
    if done.first() is None:
        raise RuleBroken(
            "AMOUNT_EXCEEDS_BALANCE",
            _(
                "抵扣 %(amount)s 超过这笔款项尚待支付的 %(due)s。请减少抵扣金额。",
                amount=yuan_text(amount_fen),
                due=yuan_text(claim.due_fen),
            ),
            amount_fen=amount_fen,
            open_fen=claim.due_fen,
        )
    db.session.refresh(claim)
