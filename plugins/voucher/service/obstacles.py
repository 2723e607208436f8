"""What keeps a voucher pool from closing: lots in force, holds, uses not locked, money not paid."""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy import func

from core import clock
from core.budget import Pool
from core.db import db
from core.ledger import balances
from core.years import Obstacle
from plugins.voucher.models import HeldLot, Hold, Lot
from plugins.voucher.service.lapsing import COMPONENT, FREE_FEN


def obstacles(pool_ids: list[int]) -> list[Obstacle]:
    """Return the obstacles of the voucher's pools among these: the answer to `pool_obstacles`."""
    query = db.select(Pool.id).where(Pool.component == COMPONENT, Pool.id.in_(pool_ids))
    own = list(db.session.scalars(query))
    if not own:
        return []
    return [*_in_force(own), *_held(own), *_unlocked(own), *_unpaid(own)]


def _in_force(pool_ids: list[int]) -> list[Obstacle]:
    """Return what may still be used or entered, and until when."""
    rows = db.session.execute(
        db.select(Lot.pool_id, func.sum(FREE_FEN), func.count(), func.max(Lot.entry_through))
        .where(Lot.pool_id.in_(pool_ids), Lot.entry_through >= clock.today())
        .group_by(Lot.pool_id)
    )
    return [
        Obstacle(
            pool_id,
            _("%(count)s 份额度还可使用或补录", count=count),
            int(fen or 0),
            last,
            "system",
            "voucher_staff.vouchers.index",
            permission="voucher.view",
        )
        for pool_id, fen, count, last in rows
    ]


def _held(pool_ids: list[int]) -> list[Obstacle]:
    rows = db.session.execute(
        db.select(Lot.pool_id, func.sum(HeldLot.amount_fen), func.count(Hold.id.distinct()))
        .join(HeldLot, HeldLot.lot_id == Lot.id)
        .join(Hold, Hold.id == HeldLot.hold_id)
        .where(Lot.pool_id.in_(pool_ids), Hold.state == "open")
        .group_by(Lot.pool_id)
    )
    return [
        Obstacle(
            pool_id,
            _("%(count)s 笔服务已开始、未结束（预占）", count=count),
            int(fen or 0),
            who="provider_clerk",
        )
        for pool_id, fen, count in rows
    ]


def _unlocked(pool_ids: list[int]) -> list[Obstacle]:
    """Return what was charged and waits for its settlement period to be locked."""
    charged = balances("pool.charged", by="pool_id")
    accrued, paid = (balances(kind, by="pool_id") for kind in ("line.accrued", "line.disbursed"))
    return [
        Obstacle(
            pool_id,
            _("核销还没有锁定对账"),
            fen,
            who="finance_maker",
            endpoint="voucher_staff.statements.index",
            permission="programme.view",
        )
        for pool_id in pool_ids
        if (fen := charged.get(pool_id, 0) - accrued.get(pool_id, 0) - paid.get(pool_id, 0)) > 0
    ]


def _unpaid(pool_ids: list[int]) -> list[Obstacle]:
    """Return what statements owe that the bank has not paid."""
    accrued = balances("line.accrued", by="pool_id")
    return [
        Obstacle(
            pool_id,
            _("对账单应付还没有付清"),
            fen,
            who="finance_maker",
            endpoint="settlement.index",
            permission="settlement.view",
        )
        for pool_id in pool_ids
        if (fen := accrued.get(pool_id, 0))
    ]
