"""Which statement a redemption belongs to: one condition in SQL, and no stamp on any redemption.

A settlement period holds what had been redeemed up to its cut-off by writers that had finished
when it was locked. A redemption belongs to the first period of its programme of which both are
true; watermarks and cut-offs never fall, so it belongs to exactly one. What was voided before the
lock is no line; what is undone afterwards stays one (`LINE_STATES`).
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, FromClause, and_, func, not_

from core.db import db, is_postgresql
from plugins.voucher.models import Redemption, SettlementPeriod

CAPTURED, VOIDED, REVERSED, CLAWED_BACK = "captured", "voided", "reversed", "clawed_back"
# A void is refused once the statement is locked, so these states tell that a line was locked.
LINE_STATES = (CAPTURED, REVERSED, CLAWED_BACK)
# What was given and stands, paid or not.
EFFECTIVE_STATES = (CAPTURED, CLAWED_BACK)


def watermark() -> int:
    """Return the number below which every writer of redemptions has finished.

    On PostgreSQL transactions are counted. SQLite writes one transaction after the other and
    numbers redemptions in that order, so there the redemptions themselves are counted.
    """
    if is_postgresql():
        query = db.text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        return int(db.session.execute(query).scalar_one())
    return int(db.session.scalar(db.select(func.coalesce(func.max(Redemption.id), 0))) or 0) + 1


def period_of(redemption: Redemption) -> SettlementPeriod | None:
    """Return the locked period a redemption belongs to, None while no statement holds it."""
    writer = redemption.writer if is_postgresql() else redemption.id
    found: SettlementPeriod | None = db.session.scalars(
        db.select(SettlementPeriod)
        .where(SettlementPeriod.programme_id == redemption.programme_id)
        .where(SettlementPeriod.watermark > writer)
        .where(SettlementPeriod.cutoff_at >= redemption.redeemed_at)
        .order_by(SettlementPeriod.sequence)
        .limit(1)
    ).first()
    return found


def previous(period: SettlementPeriod) -> SettlementPeriod | None:
    """Return the period before a period of the same programme."""
    found: SettlementPeriod | None = db.session.scalar(
        db.select(SettlementPeriod).filter_by(
            programme_id=period.programme_id, sequence=period.sequence - 1
        )
    )
    return found


def member_of(period: SettlementPeriod) -> ColumnElement[bool]:
    """Return the condition under which a redemption belongs to a period."""
    of_programme = Redemption.programme_id == period.programme_id
    up_to_now = _up_to(period.watermark, period.cutoff_at)
    before = previous(period)
    if before is None:
        return and_(of_programme, up_to_now)
    return and_(of_programme, up_to_now, not_(_up_to(before.watermark, before.cutoff_at)))


def spans() -> FromClause:
    """Return all periods, each with the bounds of the one before, to join with `belongs`."""
    order = {
        "partition_by": SettlementPeriod.programme_id,
        "order_by": SettlementPeriod.sequence,
    }
    return db.select(
        SettlementPeriod.id,
        SettlementPeriod.programme_id,
        SettlementPeriod.watermark,
        SettlementPeriod.cutoff_at,
        func.lag(SettlementPeriod.watermark, 1, 0).over(**order).label("watermark_before"),
        func.lag(SettlementPeriod.cutoff_at).over(**order).label("cutoff_before"),
    ).subquery()


def belongs(span: FromClause) -> ColumnElement[bool]:
    """Return the condition under which a redemption belongs to a row of `spans`."""
    # No writer is below the 0 before a first period, so its missing cut-off is never asked.
    return and_(
        Redemption.programme_id == span.c.programme_id,
        _up_to(span.c.watermark, span.c.cutoff_at),
        not_(_up_to(span.c.watermark_before, span.c.cutoff_before)),
    )


def _up_to(watermark: object, cutoff_at: object) -> ColumnElement[bool]:
    writer = Redemption.writer if is_postgresql() else Redemption.id
    return and_(writer < watermark, Redemption.redeemed_at <= cutoff_at)
