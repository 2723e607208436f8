"""What the voucher posts: its journal kinds, and the moves of a use and of its undoing."""

from __future__ import annotations

from sqlalchemy import Text, cast, func, or_, update

from core import audit
from core.budget import ACCRUE_PAIRS, COMMIT_PAIRS, RELEASE_PAIRS
from core.db import db
from core.ledger import EntryKind, Move, Owner
from plugins.voucher.models import Lot, LotMove, Voucher

CHARGE = ("pool.uncharged", "pool.charged")
UNCHARGE = ("pool.charged", "pool.uncharged")
EXPENSE = ("fin.expense", "fin.payable")
UNEXPENSE = ("fin.payable", "fin.expense")

ENTRY_KINDS = [
    EntryKind("voucher.issued", "凭单发放", COMMIT_PAIRS, "预算法第十三条"),
    EntryKind(
        "voucher.redeemed",
        "凭单核销",
        (
            CHARGE,
            EXPENSE,
            ("pool.uncharged", "pool.released"),
            ("line.encumbered", "line.available"),
        ),
        "政府会计准则——基本准则",
    ),
    EntryKind(
        "voucher.voided",
        "核销撤销",
        # Giving a forfeited remainder back is a new commitment.
        (UNCHARGE, UNEXPENSE, *COMMIT_PAIRS, *RELEASE_PAIRS),
    ),
    EntryKind("voucher.reversed", "核销冲正", (UNCHARGE, UNEXPENSE, *COMMIT_PAIRS, *RELEASE_PAIRS)),
    EntryKind("voucher.statement_locked", "对账锁定", ACCRUE_PAIRS),
    # Nothing posts it any more; journals of earlier versions stand.
    EntryKind("voucher.revoked", "凭单撤销", RELEASE_PAIRS),
    EntryKind("voucher.lapsed", "凭单到期", RELEASE_PAIRS),
]

STATES = ("available", "held", "redeemed", "expired", "forfeited", "cancelled")


def payable(pool_id: int, party_id: int) -> Owner:
    """Return the account of what a pool owes a payee."""
    return Owner("fin.payable", pool_id=pool_id, party_id=party_id)


def charge_moves(pool_id: int, payee_id: int, amount_fen: int) -> list[Move]:
    """Return the moves of a use: the pool is charged, the expense owed to the payee."""
    return [
        Move(
            Owner("pool.uncharged", pool_id=pool_id),
            Owner("pool.charged", pool_id=pool_id),
            amount_fen,
        ),
        Move(Owner("fin.expense", pool_id=pool_id), payable(pool_id, payee_id), amount_fen),
    ]


def uncharge_moves(pool_id: int, payee_id: int, amount_fen: int) -> list[Move]:
    """Return the moves that undo a use: the charge and the debt go back."""
    return [
        Move(m.credit, m.debit, amount_fen) for m in charge_moves(pool_id, payee_id, amount_fen)
    ]


def move_lot(
    lot_id: int,
    *,
    source: str,
    target: str,
    quantity: int,
    amount_fen: int,
    journal_id: int | None,
    redemption_id: int | None = None,
    charged: int = 0,
    released: int = 0,
    held: int = 0,
) -> bool:
    """Move a quantity of a lot between two states by a guarded UPDATE and write it down.

    `charged`, `released` and `held` change the lot's money in fen. Returns False, and writes
    nothing, when the lot no longer holds that much in `source`.
    """
    values = {
        Lot.charged_fen: Lot.charged_fen + charged,
        Lot.released_fen: Lot.released_fen + released,
        Lot.held_fen: Lot.held_fen + held,
    }
    if source != "available":
        values[getattr(Lot, source)] = getattr(Lot, source) - quantity
    if target != "available":
        values[getattr(Lot, target)] = getattr(Lot, target) + quantity
    taken = Lot.held + Lot.redeemed + Lot.expired + Lot.forfeited + Lot.cancelled
    there = Lot.granted - taken if source == "available" else getattr(Lot, source)
    free = Lot.committed_fen - Lot.charged_fen - Lot.released_fen - Lot.held_fen
    done = db.session.execute(
        update(Lot)
        .where(Lot.id == lot_id, there >= quantity)
        .where(free >= charged + released + held)
        .values(values)
        .execution_options(synchronize_session=False)
    )
    if done.rowcount != 1:
        return False
    db.session.add(
        LotMove(
            lot_id=lot_id,
            journal_id=journal_id,
            redemption_id=redemption_id,
            from_state=source,
            to_state=target,
            quantity=quantity,
            amount_fen=amount_fen,
            act=audit.current().act,
        )
    )
    return True


def moved(owner: str, state: str) -> int:
    """Return how much of some vouchers stands in a state, in their unit.

    `owner` joins by slashes what the lots must be of, each a class, an allotment, a period, a
    voucher's number or a holder's: `A`, `2026-01`, `2026-W06/B-001`.
    """
    column = {
        "issued": Lot.granted,
        "available": Lot.granted
        - Lot.held
        - Lot.redeemed
        - Lot.expired
        - Lot.forfeited
        - Lot.cancelled,
    }.get(state)
    column = getattr(Lot, state) if column is None else column
    query = db.select(func.coalesce(func.sum(column), 0)).join(
        Voucher, Voucher.id == Lot.voucher_id
    )
    for part in owner.split("/"):
        query = query.where(
            or_(
                Voucher.class_code == part,
                Voucher.number == part,
                Lot.period == part,
                Lot.allotment == part,
                cast(Voucher.resident_id, Text) == part,
            )
        )
    return int(db.session.scalar(query) or 0)
