"""Undoing a redemption: voided at the till, reversed before payment, clawed back afterwards.

Where the money goes follows from how far it has come and from whether its pool is still open:

| the redemption is     | pool open                       | pool closed                         |
|-----------------------|---------------------------------|-------------------------------------|
| in no statement       | charged -> uncharged            | charged -> released, encumbered ->  |
|                       |                                 | available                           |
| locked, not paid      | the same, accrued -> encumbered | charged -> released, accrued ->     |
|                       |                                 | available                           |
| in a live payment     | refused until the bank answers  | the same                            |
| paid                  | receivable / expense; the rooms move when the cash comes back         |

An entitlement goes back to a lot in force, else it has expired; of a revoked voucher, or where the
order says so, it is cancelled. A remainder that was forfeited went back to the line at once, so
giving it back is a new commitment (the lot's and the pool's committed fen grow, nothing released
is taken back), and the line may refuse it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import update

from core import audit, clock, states
from core.access import Actor, fetch, four_eyes, scoped
from core.budget import Pool, commit_moves, release_moves, unaccrue_moves
from core.db import db
from core.errors import Conflict, NotFound, Refusal, RuleBroken
from core.formats import yuan
from core.ledger import Move, Owner, post
from core.settlement import Clawback, approve_clawback, cancel_clawback, order_clawback
from plugins.voucher import rules
from plugins.voucher.models import Count, Counter, Lot, Redemption, Reversal, Terms, Voucher
from plugins.voucher.service import claiming
from plugins.voucher.service.cases import ORDERED, Case, Taken, open_case
from plugins.voucher.service.claiming import APPROVED, COMPONENT
from plugins.voucher.service.lives import REVOKED
from plugins.voucher.service.membership import CAPTURED, CLAWED_BACK, REVERSED, VOIDED
from plugins.voucher.service.postings import move_lot, payable, uncharge_moves

GIVE_BACK, CANCEL = "give_back", "cancel"
CANCELLED = "cancelled"


# --- verbs -------------------------------------------------------------------------------------


def void(actor: Actor, *, receipt: str, reason: str) -> dict[str, Any]:
    """Void a redemption of the actor's own provider, within the programme's window.

    Refuses BATCH_LOCKED once a statement holds it, VOID_WINDOW_OVER, STATE_CHANGED when it was
    undone before, BUDGET_INSUFFICIENT when a forfeited remainder can no longer be given back.
    """
    case = open_case(_find(actor, receipt, "redemption.void"))
    rules.may_void(
        _terms(case.voucher),
        redeemed_on=clock.day_of(case.redemption.redeemed_at),
        today=clock.today(),
        locked=case.standing.statement is not None,
    )
    reversal = _record(case, reason, GIVE_BACK, VOIDED, ordered_by=actor.user_id)
    reversal.state = APPROVED
    return _undo(case, reversal)


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
    parts = _parts(case, correction)
    alive = any(_is_alive(case, part) for part in parts)
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
        _order_clawbacks(actor, case, parts, reversal)
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
    return _claw_back(actor, case, reversal) if effect == CLAWED_BACK else _undo(case, reversal)


def decline(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Send an ordered reversal or claw-back back; it may be ordered again."""
    redemption, reversal = _ordered(actor, id)
    _refuse_decided(reversal)
    reversal.state = CANCELLED
    for clawback in _clawbacks(reversal):
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
    return _undo(case, reversal)


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


def _terms(voucher: Voucher) -> rules.Terms:
    return rules.read_terms(db.session.get_one(Terms, voucher.terms_id).document)


def _is_alive(case: Case, part: Taken) -> bool:
    return part.in_force and case.pools[part.pool_id].closed_on is None


def _parts(case: Case, correction: tuple[int | None, int | None] | None) -> list[Taken]:
    """Return what is taken back of each lot: all that stands, or the difference of a correction."""
    if correction is None:
        return case.used
    redemption, terms = case.redemption, _terms(case.voucher)
    quantity, price = correction
    should = rules.corrected(
        terms,
        case.voucher.class_code,
        rules.Use(
            service_code=redemption.service_code,
            quantity=redemption.quantity if quantity is None else quantity,
            others_fen=redemption.others or {},
            result=redemption.result,
        ),
        redemption.unit_price_fen if price is None else price,
        [rules.Drawn(part.lot_id, part.quantity, part.amount_fen) for part in case.used],
        income_fen=case.voucher.income_fen,
    )
    known = {part.lot_id: part for part in case.used}
    if not should.back:
        raise RuleBroken(
            "NOTHING_TO_CORRECT",
            _("按更正后的数量和价格，凭单应付金额没有减少，不必更正。请核对后再填。"),
        )
    return [
        replace(known[one.lot_id], quantity=one.quantity, amount_fen=one.amount_fen)
        for one in should.back
    ]


def _correction(reversal: Reversal) -> tuple[int | None, int | None] | None:
    return (reversal.quantity, reversal.unit_price_fen) if reversal.is_partial else None


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
        amount_fen=sum(part.amount_fen for part in _parts(case, correction)),
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


# --- before payment ----------------------------------------------------------------------------


def _undo(case: Case, reversal: Reversal) -> dict[str, Any]:
    """Take back an unpaid use or a part of it: its charge, its debt, and its entitlement."""
    redemption, locked = case.redemption, case.standing.statement is not None
    parts = _parts(case, _correction(reversal))
    lost = [] if reversal.is_partial else case.lost
    targets = {part.lot_id: _target(case, part, reversal) for part in parts + lost}
    # Of a closed pool the money goes straight back to the lines; else it waits for the close.
    released = {number for number, pool in case.pools.items() if pool.closed_on is not None}
    moves: list[Move] = []
    for number, pool in case.pools.items():
        amount = sum(part.amount_fen for part in parts if part.pool_id == number)
        if amount:
            moves += _unpaid_moves(case, pool, amount, locked=locked, released=number in released)
    again = [part for part in lost if targets[part.lot_id] == "available"]
    for part in again:
        moves += commit_moves(case.pools[part.pool_id], part.amount_fen) if part.amount_fen else []
    reversal.journal_id = _post(
        "voucher.reversed" if locked else "voucher.voided",
        redemption,
        reversal,
        moves,
        anew_fen=sum(part.amount_fen for part in again),
    )
    for part in parts:
        released_part = part.pool_id in released
        _put_back(part, targets[part.lot_id], redemption, reversal, released=released_part)
    for part in again:
        _give_again(part, redemption, reversal)
    reversal.amount_fen = sum(part.amount_fen for part in parts)
    _close(case, reversal, REVERSED if locked else VOIDED, parts)
    if case.standing.statement is not None:
        claiming.finish(case.standing.statement)
    audit.about("redemption", redemption.id, reversal.reason)
    return _said(redemption, reversal, targets)


def _close(case: Case, reversal: Reversal, state: str, parts: list[Taken]) -> None:
    """Write down that a redemption is undone, or how much of it; reopen what its caps counted."""
    redemption = case.redemption
    if reversal.is_partial:
        redemption.reversed_fen += reversal.amount_fen
        db.session.flush()
    else:
        _change_state(redemption, state)
    quantity = sum(part.quantity for part in parts)
    _reopen(case, reversal, quantity)


def _reopen(case: Case, reversal: Reversal, quantity: int) -> None:
    """Give back the room under caps, where the programme and the period let it."""
    terms = _terms(case.voucher)
    if terms.reopen_caps == "never":
        return
    caps = {cap.code: cap for cap in terms.caps}
    for count in db.session.scalars(db.select(Count).filter_by(redemption_id=case.redemption.id)):
        cap = caps.get(count.cap)
        if cap is None:
            continue
        running = rules.period_of(cap.per, clock.today(), year_starts=terms.year_starts).code
        if terms.reopen_caps == "same_period" and count.period != running:
            continue
        back = count.added
        if reversal.is_partial:
            part = {"fen": reversal.amount_fen, "quantity": quantity, "uses": 0}[cap.of]
            back = min(count.added, part)
        db.session.execute(
            update(Counter)
            .where(Counter.programme_id == case.redemption.programme_id)
            .where(Counter.owner == count.owner, Counter.cap == count.cap)
            .where(Counter.period == count.period)
            .values(used=Counter.used - back)
            .execution_options(synchronize_session=False)
        )


def _target(case: Case, part: Taken, reversal: Reversal) -> str:
    """Return the state into which a lot's part goes."""
    if reversal.entitlement == CANCEL or case.voucher.state == REVOKED:
        return "cancelled"
    rule, locked = _terms(case.voucher).give_back, case.standing.statement is not None
    if rule == "never" or (rule == "until_lock" and locked):
        return "cancelled"
    return "available" if _is_alive(case, part) else "expired"


def _unpaid_moves(
    case: Case, pool: Pool, amount_fen: int, *, locked: bool, released: bool
) -> list[Move]:
    payee_id = case.redemption.payee_id
    if released:
        owed = Move(payable(pool.id, payee_id), Owner("fin.expense", pool_id=pool.id), amount_fen)
        room = "line.accrued" if locked else "line.encumbered"
        return [owed, *release_moves(pool, amount_fen, charged=True, room=room)]
    undone = uncharge_moves(pool.id, payee_id, amount_fen)
    return [*undone, *unaccrue_moves(pool, amount_fen)] if locked else undone


def _post(
    kind: str, redemption: Redemption, reversal: Reversal, moves: Sequence[Move], *, anew_fen: int
) -> int:
    # A correction leaves the redemption and its journal standing.
    whole = not reversal.is_partial
    what = "undone" if whole else f"corrected:{reversal.id}"
    try:
        return post(
            kind,
            f"redemption:{redemption.id}/{what}",
            moves,
            reverses_id=redemption.journal_id if whole else None,
        )
    except Refusal as refusal:
        if refusal.code != "BUDGET_INSUFFICIENT":
            raise
        raise RuleBroken(
            "BUDGET_INSUFFICIENT",
            _(
                "核销时作废的余额 %(anew)s 元已退回指标，撤销须重新承诺这笔钱，"
                "但指标可用额度只有 %(available)s 元。请先办理指标调整再撤销，"
                "或由购买主体冲正并取消这部分额度。",
                anew=yuan(anew_fen),
                available=yuan(refusal.facts["available_fen"]),
            ),
            basis=refusal.basis,
            **refusal.facts,
        ) from refusal


def _put_back(
    part: Taken, target: str, redemption: Redemption, reversal: Reversal, *, released: bool
) -> None:
    # Where only the price was wrong, no quantity goes back; a move needs one, so it comes again.
    moved = move_lot(
        part.lot_id,
        source="redeemed",
        target=target if part.quantity else "available",
        quantity=part.quantity or 1,
        amount_fen=part.amount_fen,
        journal_id=reversal.journal_id,
        redemption_id=redemption.id,
        charged=-part.amount_fen,
        released=part.amount_fen if released else 0,
    )
    if not part.quantity:
        moved &= move_lot(
            part.lot_id,
            source="available",
            target="redeemed",
            quantity=1,
            amount_fen=0,
            journal_id=reversal.journal_id,
            redemption_id=redemption.id,
        )
    assert moved, "a lot holds what a live redemption took"  # noqa: S101 - the redemption is locked


def _give_again(part: Taken, redemption: Redemption, reversal: Reversal) -> None:
    db.session.execute(
        update(Lot)
        .where(Lot.id == part.lot_id)
        .values(committed_fen=Lot.committed_fen + part.amount_fen)
        .execution_options(synchronize_session=False)
    )
    moved = move_lot(
        part.lot_id,
        source="forfeited",
        target="available",
        quantity=part.quantity,
        amount_fen=part.amount_fen,
        journal_id=reversal.journal_id,
        redemption_id=redemption.id,
    )
    assert moved, "a lot holds what a live redemption forfeited"  # noqa: S101 - as above


# --- after payment -----------------------------------------------------------------------------


def _order_clawbacks(actor: Actor, case: Case, parts: list[Taken], reversal: Reversal) -> None:
    """Record with the core that the money must come back, pool by pool."""
    for number in case.pools:
        amount = sum(part.amount_fen for part in parts if part.pool_id == number)
        if not amount:
            continue
        clawback = order_clawback(
            actor,
            component=COMPONENT,
            source=f"reversal:{reversal.id}/pool:{number}",
            pool_id=number,
            party_id=case.redemption.payee_id,
            amount_fen=amount,
            reason=reversal.reason,
        )
        reversal.clawback_id = clawback.id
    db.session.flush()


def _claw_back(actor: Actor, case: Case, reversal: Reversal) -> dict[str, Any]:
    """Decide that paid money must come back; its entitlement is lost, no room moves.

    The lots keep their charged fen: the pool's falls when the cash comes, perhaps in parts.
    """
    redemption = case.redemption
    parts = _parts(case, _correction(reversal))
    target = "cancelled" if reversal.entitlement == CANCEL else "expired"
    for clawback in _clawbacks(reversal):
        reversal.journal_id = approve_clawback(actor, id=clawback.id)
        for part in parts:
            if part.pool_id == clawback.pool_id and part.quantity:
                moved = move_lot(
                    part.lot_id,
                    source="redeemed",
                    target=target,
                    quantity=part.quantity,
                    amount_fen=part.amount_fen,
                    journal_id=reversal.journal_id,
                    redemption_id=redemption.id,
                )
                assert moved, "a lot holds what a live redemption took"  # noqa: S101 - locked
    if not reversal.is_partial:
        _change_state(redemption, CLAWED_BACK)
    _reopen(case, reversal, sum(part.quantity for part in parts))
    targets = dict.fromkeys((part.lot_id for part in parts), target)
    audit.about("redemption", redemption.id, reversal.reason)
    return _said(redemption, reversal, targets)


def _clawbacks(reversal: Reversal) -> list[Clawback]:
    if reversal.effect != CLAWED_BACK:
        return []
    own = Clawback.source.startswith(f"reversal:{reversal.id}/", autoescape=True)
    query = db.select(Clawback).where(Clawback.component == COMPONENT, own)
    return list(db.session.scalars(query.order_by(Clawback.pool_id)))


def _change_state(redemption: Redemption, state: str) -> None:
    states.change("redemption", redemption, to=state, allowed={CAPTURED})


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
