"""What happens after the last day: entitlement expires, a pool closes, its money goes back.

A pool closes as its programme names it: on its lots' last day, or once everything charged is paid
as well. Until then expiry moves entitlement only. What is held, or charged and not yet paid, stays
with the lines until it is given back or paid.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, exists, func, insert, literal, update

from core import audit, clock
from core.access import Actor
from core.budget import Pool, lock_pool, pool_totals, release_moves
from core.db import db
from core.errors import RuleBroken
from core.ledger import post
from plugins.voucher.models import Lot, LotMove, Programme, Voucher
from plugins.voucher.service.programmes import terms_of

COMPONENT = "voucher"
AT_LAST_DAY = "on_last_day"

AVAILABLE = Lot.granted - Lot.held - Lot.redeemed - Lot.expired - Lot.forfeited - Lot.cancelled
# Lots are in fen, so what is held is also the money it may still take.
FREE_FEN = Lot.committed_fen - Lot.charged_fen - Lot.released_fen - Lot.held


def lapse(actor: Actor, *, on: date | None = None) -> dict[str, Any]:  # noqa: ARG001 - every verb hears who acts
    """Let everything expire whose last day is before a day (None: today); safe to repeat.

    Refuses a day that has not come. Returns what each pool lost, in fen.
    """
    day = on or clock.today()
    if day > clock.today():
        raise RuleBroken(
            "DAY_NOT_COME",
            _("%(day)s 还没有到，不能提前办理到期。请在当天办理。", day=day.isoformat()),
        )
    audit.about("day", day.isoformat())
    pools = [lapse_pool(pool_id, day) for pool_id in _pools_due(day)]
    return {"on": day.isoformat(), "pools": [pool for pool in pools if pool is not None]}


def day_began() -> None:
    """Let what has passed its last day expire: the hook of a new business day."""
    for pool_id in _pools_due(clock.today()):
        lapse_pool(pool_id, clock.today())


def close_if_paid(pool_id: int) -> None:
    """Close a pool that was only waiting for its last payment."""
    pool = db.session.get_one(Pool, pool_id)
    if pool.closed_on is None and not closes_at_last_day(pool) and _is_over(pool, clock.today()):
        lapse_pool(pool.id, clock.today())


def lapse_pool(pool_id: int, day: date) -> dict[str, Any] | None:
    """Let a pool's lots expire that ended before a day, and close the pool where it may.

    Returns None when there was nothing to do, else the pool's id and name, the expired and
    released fen and whether it closed.
    """
    pool = lock_pool(pool_id)
    if pool.closed_on is not None:
        return None
    closing = _may_close(pool, day)
    over = (Lot.pool_id == pool.id) & (Lot.valid_through < day)
    _lock_lots(over)
    released, expired = _sum(FREE_FEN, over) if closing else 0, _sum(AVAILABLE, over)
    if not closing and not expired:
        return None
    journal_id = None
    if released:
        journal_id = post("voucher.lapsed", f"pool:{pool.id}/closed", release_moves(pool, released))
    _expire(over, journal_id, releasing=closing)
    if closing:
        pool.closed_on = clock.today()
        db.session.flush()
    return {
        "pool_id": pool.id,
        "name": pool.name,
        "expired_fen": expired,
        "released_fen": released,
        "closed": closing,
    }


def programme_of(pool: Pool) -> Programme:
    """Return the programme whose vouchers a pool pays for."""
    found: Programme = db.session.scalars(
        db.select(Programme)
        .join(Voucher, Voucher.programme_id == Programme.id)
        .join(Lot, Lot.voucher_id == Voucher.id)
        .where(Lot.pool_id == pool.id)
        .limit(1)
    ).one()
    return found


def closes_at_last_day(pool: Pool) -> bool:
    """Tell whether a pool's programme gives unused money back without waiting for payment."""
    return terms_of(programme_of(pool))[1].close == AT_LAST_DAY


def _pools_due(day: date) -> list[int]:
    over = exists().where(Lot.pool_id == Pool.id, Lot.valid_through < day)
    query = db.select(Pool.id).where(Pool.component == COMPONENT, Pool.closed_on.is_(None), over)
    return list(db.session.scalars(query.order_by(Pool.id)))


def _may_close(pool: Pool, day: date) -> bool:
    """Tell whether all lots are over and, where the programme waits for it, all charges paid."""
    if not _is_over(pool, day):
        return False
    if closes_at_last_day(pool):
        return True
    totals = pool_totals(pool.id)
    return totals["charged"] == totals["paid"]


def _is_over(pool: Pool, day: date) -> bool:
    alive = db.select(Lot.id).where(Lot.pool_id == pool.id, Lot.valid_through >= day)
    return db.session.scalars(alive.limit(1)).first() is None


def _lock_lots(condition: ColumnElement[bool]) -> None:
    """Make tills wait, so that what is read of the lots next is what is changed."""
    rows = db.select(Lot.id).where(condition).order_by(Lot.id).with_for_update()
    db.session.execute(db.select(func.count()).select_from(rows.subquery()))


def _sum(amount: ColumnElement[int], condition: ColumnElement[bool]) -> int:
    total = func.coalesce(func.sum(amount), 0)
    return int(db.session.scalar(db.select(total).where(condition)) or 0)


def _expire(over: ColumnElement[bool], journal_id: int | None, *, releasing: bool) -> None:
    """Write the lots' moves and then the lots, each in one statement."""
    moved = db.select(
        Lot.id,
        literal(journal_id, LotMove.journal_id.type),
        literal("available"),
        literal("expired"),
        AVAILABLE,
        AVAILABLE,
        literal(audit.current().act),
    ).where(over, AVAILABLE > 0)
    columns = ["lot_id", "journal_id", "from_state", "to_state", "quantity", "amount_fen", "act"]
    db.session.execute(insert(LotMove).from_select(columns, moved))
    changed, values = AVAILABLE > 0, {"expired": Lot.expired + AVAILABLE}
    if releasing:
        changed |= FREE_FEN > 0
        values["released_fen"] = Lot.released_fen + FREE_FEN
    db.session.execute(
        update(Lot).where(over, changed).values(values).execution_options(synchronize_session=False)
    )
