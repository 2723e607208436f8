"""What happens after the last day: entitlement expires, a pool closes, its money goes back.

A pool closes as its programme names it: on its lots' last day, or once everything charged is paid
as well. Until then expiry moves entitlement only. What is held, or charged and not yet paid, stays
with the lines until it is given back or paid.
"""

from __future__ import annotations

from collections.abc import Iterable
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
from plugins.voucher.models import Lot, LotMove, Terms, Voucher
from plugins.voucher.rules import Terms as Rules
from plugins.voucher.rules import read_terms
from plugins.voucher.service.postings import move_lot

COMPONENT = "voucher"
AT_LAST_DAY = "on_last_day"

AVAILABLE = Lot.granted - Lot.held - Lot.redeemed - Lot.expired - Lot.forfeited - Lot.cancelled
# What is held keeps its money until it is captured or given back.
FREE_FEN = Lot.committed_fen - Lot.charged_fen - Lot.released_fen - Lot.held_fen


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

    Returns None when there was nothing to do, else the pool's id and name, what expired in the
    lots' unit, the released fen and whether it closed.
    """
    pool = lock_pool(pool_id)
    if pool.closed_on is not None:
        return None
    closing = _may_close(pool, day)
    over = (Lot.pool_id == pool.id) & (Lot.entry_through < day)
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
        "expired": expired,
        "released_fen": released,
        "closed": closing,
    }


def expire_lots(lot_ids: Iterable[int]) -> None:
    """Let what is left of these lots expire where they are over and their pool was let lapse.

    What a hold gives back after that day comes too late for the pool's own lapse.
    """
    query = (
        db.select(Lot, Pool)
        .join(Pool, Pool.id == Lot.pool_id)
        .where(Lot.id.in_(list(lot_ids)), Lot.entry_through < clock.today())
        .order_by(Lot.id)
        .with_for_update()
    )
    for lot, pool in db.session.execute(query.execution_options(populate_existing=True)).all():
        left, fen = lot.available, lot.free_fen if pool.closed_on is not None else 0
        journal_id = None
        if fen:
            source = f"pool:{pool.id}/lot:{lot.id}:{audit.current().act}"
            journal_id = post("voucher.lapsed", source, release_moves(pool, fen))
            lot.released_fen += fen
            db.session.flush()
        if left:
            done = move_lot(
                lot.id,
                source="available",
                target="expired",
                quantity=left,
                amount_fen=fen,
                journal_id=journal_id,
            )
            assert done, "a locked lot holds what was read of it"  # noqa: S101 - it is locked


def rules_of_pool(pool: Pool) -> Rules:
    """Return the terms of a pool: those of any of its vouchers, for a pool is of one version."""
    document = db.session.scalars(
        db.select(Terms.document)
        .join(Voucher, Voucher.terms_id == Terms.id)
        .join(Lot, Lot.voucher_id == Voucher.id)
        .where(Lot.pool_id == pool.id)
        .limit(1)
    ).one()
    return read_terms(document)


def closes_at_last_day(pool: Pool) -> bool:
    """Tell whether a pool's programme gives unused money back without waiting for payment."""
    return rules_of_pool(pool).close == AT_LAST_DAY


def _pools_due(day: date) -> list[int]:
    over = exists().where(Lot.pool_id == Pool.id, Lot.entry_through < day)
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
    alive = db.select(Lot.id).where(Lot.pool_id == pool.id, Lot.entry_through >= day)
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
        FREE_FEN,
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
