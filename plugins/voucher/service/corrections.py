"""What lines are worth after corrections: amounts per redemption and pool, as signed rows.

A correction takes back a part of a redemption, which otherwise stands. Before the lock it lowers
the line of the statement, between lock and payment what is paid of it, after payment neither.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, Subquery, case, func, union_all

from core.db import db
from plugins.voucher.models import Lot, LotMove, Redemption, Reversal
from plugins.voucher.service.membership import EFFECTIVE_STATES, REVERSED, VOIDED

APPROVED = "approved"
UNPAID = (VOIDED, REVERSED)


def corrections(*effects: str) -> Select[Any]:
    """Return what corrections of some effects took back: redemption_id, lot_id, pool_id, fen."""
    return (
        db.select(
            LotMove.redemption_id.label("redemption_id"),
            LotMove.lot_id.label("lot_id"),
            Lot.pool_id.label("pool_id"),
            case((LotMove.from_state == "redeemed", LotMove.amount_fen), else_=0).label(
                "amount_fen"
            ),
        )
        .join(Reversal, Reversal.journal_id == LotMove.journal_id)
        .join(Lot, Lot.id == LotMove.lot_id)
        .where(Reversal.redemption_id == LotMove.redemption_id)
        .where(Reversal.is_partial, Reversal.state == APPROVED, Reversal.effect.in_(effects))
    )


def worth(*effects: str) -> Subquery:
    """Return what redemptions took from each pool less corrections of some effects.

    Rows of redemption_id, lot_id, pool_id, amount_fen, to be summed.
    """
    taken = (
        db.select(LotMove.redemption_id, LotMove.lot_id, Lot.pool_id, LotMove.amount_fen)
        .join(Lot, Lot.id == LotMove.lot_id)
        .join(Redemption, Redemption.id == LotMove.redemption_id)
        .where(LotMove.to_state == "redeemed", LotMove.journal_id == Redemption.journal_id)
    )
    less = corrections(*effects).subquery()
    back = db.select(less.c.redemption_id, less.c.lot_id, less.c.pool_id, -less.c.amount_fen)
    return union_all(taken, back).subquery()


def at_lock() -> Subquery:
    """Return what redemptions were worth when their statement was locked, as `worth`."""
    return worth(VOIDED)


def standing_by(column: Any) -> Select[Any]:
    """Return what standing redemptions are worth unless paid back, summed by lot or pool."""
    rows = worth(*UNPAID)
    key = rows.c[column]
    return (
        db.select(key, func.sum(rows.c.amount_fen))
        .join(Redemption, Redemption.id == rows.c.redemption_id)
        .where(Redemption.state.in_(EFFECTIVE_STATES))
        .group_by(key)
    )
