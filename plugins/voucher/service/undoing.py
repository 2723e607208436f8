"""What undoing a redemption moves: its charge, its debt, its entitlement, its room under caps.

Where the money goes follows from how far it has come and from whether its pool is still open:

| the redemption is     | pool open                       | pool closed                         |
|-----------------------|---------------------------------|-------------------------------------|
| in no statement       | charged -> uncharged            | charged -> released, encumbered ->  |
|                       |                                 | available                           |
| locked, not paid      | the same, accrued -> encumbered | charged -> released, accrued ->     |
|                       |                                 | available                           |
| in a live payment     | refused until the bank answers  | the same                            |
| paid                  | receivable / expense; the rooms move when the cash comes back         |

An entitlement goes back to a lot in force, else it has expired; of a voucher that was revoked or
has ended, or where the order says so, it is cancelled. A remainder that was forfeited went back to
the line at once, so giving it back is a new commitment (the lot's and the pool's committed fen
grow, nothing released is taken back), and the line may refuse it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from flask_babel import gettext as _
from sqlalchemy import update

from core import audit, clock, states
from core.access import Actor
from core.budget import Pool, commit_moves, release_moves, unaccrue_moves
from core.db import db
from core.errors import Refusal, RuleBroken
from core.formats import yuan
from core.ledger import Move, Owner, post
from core.settlement import Clawback, approve_clawback, order_clawback
from plugins.voucher import rules
from plugins.voucher.models import Count, Counter, Lot, Redemption, Reversal, Voucher
from plugins.voucher.rules.terms import Cap
from plugins.voucher.service import claiming
from plugins.voucher.service.cases import Case, Taken
from plugins.voucher.service.claiming import COMPONENT
from plugins.voucher.service.lives import has_ended, rules_of
from plugins.voucher.service.membership import CAPTURED, CLAWED_BACK, REVERSED, VOIDED
from plugins.voucher.service.postings import move_lot, payable, uncharge_moves

GIVE_BACK, CANCEL = "give_back", "cancel"


def is_alive(case: Case, part: Taken) -> bool:
    """Tell whether what goes back to a lot can be used again."""
    return part.in_force and case.pools[part.pool_id].closed_on is None


def parts_of(case: Case, correction: tuple[int | None, int | None] | None) -> list[Taken]:
    """Return what is taken back of each lot: all that stands, or the difference of a correction."""
    if correction is None:
        return case.used
    should = should_be(case.redemption, case.voucher, case.used, correction)
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


def should_be(
    redemption: Redemption,
    voucher: Voucher,
    used: Sequence[Taken],
    correction: tuple[int | None, int | None],
) -> rules.Correction:
    """Return what a use should have been with another quantity or unit price; nothing is moved."""
    quantity, price = correction
    return rules.corrected(
        rules_of(voucher),
        voucher.class_code,
        rules.Use(
            service_code=redemption.service_code,
            quantity=redemption.quantity if quantity is None else quantity,
            others_fen=redemption.others or {},
            result=redemption.result,
        ),
        redemption.unit_price_fen if price is None else price,
        [rules.Drawn(part.lot_id, part.quantity, part.amount_fen) for part in used],
        income_fen=voucher.income_fen,
    )


def correction_of(reversal: Reversal) -> tuple[int | None, int | None] | None:
    """Return the quantity and unit price a correction says, None of a whole reversal."""
    return (reversal.quantity, reversal.unit_price_fen) if reversal.is_partial else None


# --- before payment ----------------------------------------------------------------------------


def undo(case: Case, reversal: Reversal) -> dict[int, str]:
    """Take back an unpaid use or a part of it: its charge, its debt, and its entitlement.

    Returns into which state each lot's part went.
    """
    redemption, locked = case.redemption, case.standing.statement is not None
    parts = parts_of(case, correction_of(reversal))
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
        if part.amount_fen:
            moves += commit_moves(case.pools[part.pool_id], part.amount_fen, again=True)
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
    return targets


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
    terms = rules_of(case.voucher)
    if terms.reopen_caps == "never":
        return
    caps = {cap.code: cap for cap in terms.caps}
    query = db.select(Count).filter_by(redemption_id=case.redemption.id)
    counted: dict[str, list[Count]] = defaultdict(list)
    for count in db.session.scalars(query.order_by(Count.cap, Count.period.desc())):
        counted[count.cap].append(count)
    for code, counts in counted.items():
        if code not in caps:
            continue
        cap, whole = caps[code], sum(count.added for count in counts)
        left = _room_back(case, reversal, cap, whole, quantity) if reversal.is_partial else whole
        running = rules.period_of(cap.per, clock.today(), year_starts=terms.year_starts).code
        for count in counts:
            back = min(count.added, left)
            left -= back
            if terms.reopen_caps == "always" or count.period == running:
                _uncount(case.redemption.programme_id, count, back)


def _room_back(case: Case, reversal: Reversal, cap: Cap, whole: int, quantity: int) -> int:
    """Return what of a counted sum a correction gives back."""
    if cap.of == "fen":
        return reversal.amount_fen
    if cap.of == "uses":
        return 0
    if rules_of(case.voucher).unit != "fen":
        return quantity
    if reversal.quantity is None:
        return 0
    return max(0, whole - reversal.quantity // rules.QUANTITY_ONE)


def _uncount(programme_id: int, count: Count, back: int) -> None:
    # What was given back is counted no longer, so that undoing the rest gives back the rest.
    count.added -= back
    db.session.execute(
        update(Counter)
        .where(Counter.programme_id == programme_id)
        .where(Counter.owner == count.owner, Counter.cap == count.cap)
        .where(Counter.period == count.period)
        .values(used=Counter.used - back)
        .execution_options(synchronize_session=False)
    )


def _target(case: Case, part: Taken, reversal: Reversal) -> str:
    """Return the state into which a lot's part goes."""
    if reversal.entitlement == CANCEL or has_ended(case.voucher):
        return "cancelled"
    rule, locked = rules_of(case.voucher).give_back, case.standing.statement is not None
    if rule == "never" or (rule == "until_lock" and locked):
        return "cancelled"
    return "available" if is_alive(case, part) else "expired"


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
    """Take a part of a use back from its lot: the quantity, and what was charged for it."""
    _take_back(
        part,
        target,
        redemption,
        reversal,
        charged=-part.amount_fen,
        released=part.amount_fen if released else 0,
    )


def _take_back(
    part: Taken, target: str, redemption: Redemption, reversal: Reversal, **money: int
) -> None:
    # Where only the price was wrong, no quantity goes back; a move needs one, so it comes again.
    moved = move_lot(
        part.lot_id,
        source="redeemed",
        target=target,
        quantity=part.quantity or 1,
        amount_fen=part.amount_fen,
        journal_id=reversal.journal_id,
        redemption_id=redemption.id,
        **money,
    )
    if not part.quantity:
        moved &= move_lot(
            part.lot_id,
            source=target,
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


def order_clawbacks(actor: Actor, case: Case, parts: list[Taken], reversal: Reversal) -> None:
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
            paid_journal_id=claiming.paid_journal(case.redemption, number),
        )
        reversal.clawback_id = clawback.id
    db.session.flush()


def claw_back(actor: Actor, case: Case, reversal: Reversal) -> dict[int, str]:
    """Decide that paid money must come back; its entitlement is lost, no room moves.

    Returns into which state each lot's part went.

    The lots keep their charged fen: the pool's falls when the cash comes, perhaps in parts.
    """
    redemption = case.redemption
    parts = parts_of(case, correction_of(reversal))
    target = "cancelled" if reversal.entitlement == CANCEL else "expired"
    for clawback in clawbacks_of(reversal):
        reversal.journal_id = approve_clawback(actor, id=clawback.id)
        for part in parts:
            if part.pool_id == clawback.pool_id:
                _take_back(part, target, redemption, reversal)
    if not reversal.is_partial:
        _change_state(redemption, CLAWED_BACK)
    _reopen(case, reversal, sum(part.quantity for part in parts))
    targets = dict.fromkeys((part.lot_id for part in parts), target)
    audit.about("redemption", redemption.id, reversal.reason)
    return targets


def clawbacks_of(reversal: Reversal) -> list[Clawback]:
    """Return a claw-back's parts with the core, pool by pool."""
    if reversal.effect != CLAWED_BACK:
        return []
    own = Clawback.source.startswith(f"reversal:{reversal.id}/", autoescape=True)
    query = db.select(Clawback).where(Clawback.component == COMPONENT, own)
    return list(db.session.scalars(query.order_by(Clawback.pool_id)))


def _change_state(redemption: Redemption, state: str) -> None:
    states.change("redemption", redemption, to=state, allowed={CAPTURED})
