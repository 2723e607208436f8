"""A redemption about to be undone: all that it touches, locked in one order everywhere."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import case, func

from core import clock
from core.budget import Pool, lock_pool
from core.db import db
from core.errors import Conflict
from core.formats import moment
from plugins.voucher.models import Lot, LotMove, Programme, Redemption, Reversal, Voucher
from plugins.voucher.service.claiming import Standing, standing
from plugins.voucher.service.membership import CAPTURED, CLAWED_BACK, REVERSED, VOIDED

ORDERED = "ordered"  # a reversal that waits for its second person


@dataclass(frozen=True)
class Taken:
    """What a redemption took from a lot: quantity, fen, and whether the lot is still in force."""

    lot_id: int
    pool_id: int
    quantity: int
    amount_fen: int
    in_force: bool


@dataclass(frozen=True)
class Case:
    """A redemption to be undone, everything it touches locked."""

    redemption: Redemption
    voucher: Voucher
    pools: dict[int, Pool]
    used: list[Taken]
    lost: list[Taken]
    standing: Standing


def open_case(redemption: Redemption, *, approving: Reversal | None = None) -> Case:
    """Return the case of a locked redemption; refuse one that is undone or about to be.

    Locks, in this order: the programme (shared: no statement is locked meanwhile), the voucher,
    the pools, the statement.
    """
    _refuse_undone(redemption)
    _refuse_pending(redemption, approving)
    db.session.execute(
        db.select(Programme.id)
        .where(Programme.id == redemption.programme_id)
        .with_for_update(read=True)
    )
    voucher = db.session.get_one(
        Voucher, redemption.voucher_id, with_for_update=True, populate_existing=True
    )
    used, lost = taken(redemption, "redeemed"), taken(redemption, "forfeited")
    pools = {number: lock_pool(number) for number in sorted({part.pool_id for part in used + lost})}
    return Case(redemption, voucher, pools, used, lost, standing(redemption, pools))


def taken(redemption: Redemption, state: str) -> list[Taken]:
    """Return what a redemption moved into a state and still has there, lot by lot."""
    sign = case((LotMove.to_state == state, 1), else_=-1)
    quantity, fen = func.sum(sign * LotMove.quantity), func.sum(sign * LotMove.amount_fen)
    rows = db.session.execute(
        db.select(Lot.id, Lot.pool_id, quantity, fen)
        .add_columns(Lot.entry_through >= clock.today())
        .join(LotMove, LotMove.lot_id == Lot.id)
        .where(LotMove.redemption_id == redemption.id)
        .where((LotMove.to_state == state) | (LotMove.from_state == state))
        .group_by(Lot.id, Lot.pool_id, Lot.entry_through)
        .order_by(Lot.id)
    )
    return [
        Taken(number, pool_id, int(count), int(amount), bool(alive))
        for number, pool_id, count, amount, alive in rows
        if count or amount
    ]


def _refuse_undone(redemption: Redemption) -> None:
    if redemption.state != CAPTURED:
        words = {
            VOIDED: _("已由承接主体撤销"),
            REVERSED: _("已冲正"),
            CLAWED_BACK: _("已追回"),
        }
        raise Conflict(
            "STATE_CHANGED",
            _(
                "%(when)s 的这笔核销%(what)s，不能再次办理。请刷新后查看。",
                when=moment(redemption.redeemed_at),
                what=words[redemption.state],
            ),
            state=redemption.state,
        )


def _refuse_pending(redemption: Redemption, approving: Reversal | None) -> None:
    query = db.select(Reversal.id).filter_by(redemption_id=redemption.id, state=ORDERED)
    waiting = db.session.scalar(query)
    if waiting is not None and (approving is None or approving.id != waiting):
        raise Conflict(
            "STATE_CHANGED",
            _(
                "这笔核销已有第 %(id)s 号冲正或追回申请待复核，请先办理那一笔。",
                id=waiting,
            ),
            reversal_id=waiting,
        )
