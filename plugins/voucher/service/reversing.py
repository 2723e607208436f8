"""Undoing a redemption: voided at the till, reversed before payment, clawed back afterwards."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from core import audit, clock
from core.access import Actor, fetch, four_eyes, scoped
from core.db import db
from core.errors import Conflict, NotFound, RuleBroken
from core.settlement import cancel_clawback
from plugins.voucher import rules
from plugins.voucher.models import Redemption, Reversal
from plugins.voucher.service.cases import ORDERED, Case, open_case
from plugins.voucher.service.claiming import APPROVED
from plugins.voucher.service.lives import rules_of
from plugins.voucher.service.membership import CLAWED_BACK, REVERSED, VOIDED
from plugins.voucher.service.undoing import (
    GIVE_BACK,
    claw_back,
    clawbacks_of,
    is_alive,
    order_clawbacks,
    parts_of,
    undo,
)

CANCELLED = "cancelled"


# --- verbs -------------------------------------------------------------------------------------


def void(actor: Actor, *, receipt: str, reason: str) -> dict[str, Any]:
    """Void a redemption of the actor's own provider, within the programme's window.

    Refuses BATCH_LOCKED once a statement holds it, VOID_WINDOW_OVER, STATE_CHANGED when it was
    undone before, BUDGET_INSUFFICIENT when a forfeited remainder can no longer be given back.
    """
    case = open_case(_find(actor, receipt, "redemption.void"))
    rules.may_void(
        rules_of(case.voucher),
        redeemed_on=clock.day_of(case.redemption.redeemed_at),
        today=clock.today(),
        locked=case.standing.statement is not None,
    )
    reversal = _record(case, reason, GIVE_BACK, VOIDED, ordered_by=actor.user_id)
    reversal.state = APPROVED
    return _said(case.redemption, reversal, undo(case, reversal))


def order(
    actor: Actor,
    *,
    receipt: str,
    reason: str,
    entitlement: str = GIVE_BACK,
    quantity: int | None = None,
    price_fen: int | None = None,
) -> dict[str, Any]:
    """Order that a redemption be undone; nothing moves until a second person approves.

    With a quantity (thousandths) or a unit price it is a correction: the use is decided again with
    what it should have said, and the difference taken back. `entitlement`: give_back to the
    voucher, or cancel. After payment it is a claw-back, which gives nothing back to a living lot.
    Refuses BATCH_LOCKED while a live payment holds it, STATE_CHANGED, NOTHING_TO_CORRECT.
    """
    case = open_case(_find(actor, receipt, "redemption.reverse"))
    effect = _effect(case)
    correction = (quantity, price_fen) if (quantity, price_fen) != (None, None) else None
    parts = parts_of(case, correction)
    alive = any(is_alive(case, part) for part in parts)
    if effect == CLAWED_BACK and entitlement == GIVE_BACK and alive:
        raise RuleBroken(
            "GIVE_BACK_FORBIDDEN",
            _(
                "这笔核销已经付款，追回后不能退回原凭单。请选择取消这部分额度；"
                "如仍需补助，请另行发放。"
            ),
        )
    reversal = _record(
        case, reason, entitlement, effect, ordered_by=actor.user_id, correction=correction
    )
    if effect == CLAWED_BACK:
        order_clawbacks(actor, case, parts, reversal)
    audit.about("reversal", reversal.id, reason)
    return _said(case.redemption, reversal)


def approve(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Approve an ordered reversal or claw-back; never by who ordered it.

    Refuses FOUR_EYES_REQUIRED, BATCH_LOCKED while a live payment holds the redemption,
    STATE_CHANGED when it was paid since the order, BUDGET_INSUFFICIENT as `void` does.
    """
    redemption, reversal = _ordered(actor, id)
    four_eyes(actor, reversal.ordered_by, what=_("冲正或追回"))
    _refuse_decided(reversal)
    case = open_case(redemption, approving=reversal)
    effect = _effect(case)
    if (effect == CLAWED_BACK) != (reversal.effect == CLAWED_BACK):
        raise Conflict(
            "STATE_CHANGED",
            _("这笔核销在提出冲正之后已经付款，不能再冲正。请退回本申请，重新提出追回。"),
            state="paid",
        )
    reversal.state, reversal.effect, reversal.approved_by = APPROVED, effect, actor.user_id
    audit.about("reversal", reversal.id)
    went = claw_back(actor, case, reversal) if effect == CLAWED_BACK else undo(case, reversal)
    return _said(redemption, reversal, went)


def decline(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Send an ordered reversal or claw-back back; it may be ordered again."""
    redemption, reversal = _ordered(actor, id)
    _refuse_decided(reversal)
    reversal.state = CANCELLED
    for clawback in clawbacks_of(reversal):
        cancel_clawback(id=clawback.id)
    db.session.flush()
    audit.about("reversal", reversal.id, reason)
    return _said(redemption, reversal)


def reverse_unpaid(
    redemption: Redemption, *, reason: str, ordered_by: int | None, approved_by: int | None
) -> dict[str, Any]:
    """Reverse a line whose objection was upheld: one person raised it, another decided."""
    case = open_case(redemption)
    effect = _effect(case)
    assert effect == REVERSED  # noqa: S101 - a disputed line is in no claim
    reversal = _record(case, reason, GIVE_BACK, effect, ordered_by=ordered_by)
    reversal.state, reversal.approved_by = APPROVED, approved_by
    return _said(case.redemption, reversal, undo(case, reversal))


# --- finding, judging, recording ---------------------------------------------------------------


def _find(actor: Actor, receipt: str, permission: str) -> Redemption:
    query = scoped(Redemption, actor, permission).where(Redemption.receipt == receipt)
    found: Redemption | None = db.session.scalar(query.with_for_update(of=Redemption))
    if found is None:
        raise NotFound("NOT_FOUND", _("没有这张小票，或它不在您的管辖范围内。请核对小票编号。"))
    return found


def _ordered(actor: Actor, reversal_id: int) -> tuple[Redemption, Reversal]:
    number = db.session.scalar(db.select(Reversal.redemption_id).filter_by(id=reversal_id))
    redemption = fetch(Redemption, number, actor, "redemption.approve_reversal")
    reversal = db.session.get_one(
        Reversal, reversal_id, with_for_update=True, populate_existing=True
    )
    return redemption, reversal


def _refuse_decided(reversal: Reversal) -> None:
    if reversal.state != ORDERED:
        words = {APPROVED: _("已批准"), CANCELLED: _("已退回")}
        raise Conflict(
            "STATE_CHANGED",
            _("第 %(id)s 号申请%(what)s，不能再办理。", id=reversal.id, what=words[reversal.state]),
            state=reversal.state,
        )


def _effect(case: Case) -> str:
    """Return what undoing a redemption now would be; refuse while a live payment holds it."""
    if case.standing.held and not case.standing.paid:
        raise RuleBroken(
            "BATCH_LOCKED",
            _("这笔核销已列入支付批次，正在付款。请等银行结果：付讫后办理追回，退回后办理冲正。"),
            statement_id=case.standing.statement.id if case.standing.statement else None,
        )
    if case.standing.paid:
        return CLAWED_BACK
    return REVERSED if case.standing.statement is not None else VOIDED


def _record(
    case: Case,
    reason: str,
    entitlement: str,
    effect: str,
    *,
    ordered_by: int | None,
    correction: tuple[int | None, int | None] | None = None,
) -> Reversal:
    quantity, price = correction or (None, None)
    reversal = Reversal(
        redemption_id=case.redemption.id,
        is_partial=correction is not None,
        amount_fen=sum(part.amount_fen for part in parts_of(case, correction)),
        quantity=quantity,
        unit_price_fen=price,
        reason=reason,
        entitlement=entitlement,
        state=ORDERED,
        effect=effect,
        ordered_at=audit.current().at,
        ordered_by=ordered_by,
    )
    db.session.add(reversal)
    db.session.flush()
    return reversal


def _said(
    redemption: Redemption, reversal: Reversal, targets: dict[int, str] | None = None
) -> dict[str, Any]:
    """Return the answer of every verb here; `went_to` is where the entitlement went, once done."""
    return {
        "id": reversal.id,
        "state": reversal.state,
        "effect": reversal.effect,
        "redemption_id": redemption.id,
        "receipt": redemption.receipt,
        "redemption_state": redemption.state,
        "amount_fen": redemption.amount_fen,
        "is_partial": reversal.is_partial,
        "taken_back_fen": reversal.amount_fen,
        "entitlement": reversal.entitlement,
        "went_to": sorted(set(targets.values())) if targets else [],
        "clawback_id": reversal.clawback_id,
        "journal_id": reversal.journal_id,
    }
