"""Settlement periods and statements: locked by finance, confirmed or objected to by providers."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Subquery, func, insert, literal

from core import access, audit, clock, states
from core.access import Actor, fetch, four_eyes, visible
from core.budget import Pool, accrue_moves, lock_pool
from core.clock import ZONE
from core.db import db, savepoint
from core.errors import Conflict, NotFound, RuleBroken
from core.formats import moment
from core.ledger import post
from core.states import StatusLog
from plugins.voucher import rules
from plugins.voucher.models import (
    Lot,
    Objection,
    Programme,
    Redemption,
    SettlementPeriod,
    Statement,
    StatementPool,
    Voucher,
)
from plugins.voucher.service import clocks, reversing
from plugins.voucher.service.claiming import (
    CONFIRMED,
    DISMISSED,
    OPEN,
    RAISED,
    UPHELD,
    confirm_silently,
    finish,
)
from plugins.voucher.service.corrections import at_lock
from plugins.voucher.service.membership import (
    CAPTURED,
    member_of,
    period_of,
    watermark,
)
from plugins.voucher.service.programmes import terms_in_force

COMPONENT = "voucher"
PAGE = 50


# --- locking a period --------------------------------------------------------------------------


def lock(actor: Actor, *, programme_id: int, cutoff_at: datetime | None = None) -> dict[str, Any]:
    """Lock a programme's next settlement period: what was redeemed up to a cut-off (None: now).

    Makes a statement per provider and moves each pool's sum from encumbered to accrued. Refuses a
    cut-off that has not come or lies before the last one, and NOTHING_TO_SETTLE.
    """
    # Before the lock is waited for: who voids meanwhile is done or waits, and is seen below.
    mark = watermark()
    programme = fetch(Programme, programme_id, actor, "statement.lock")
    last = db.session.scalars(
        db.select(SettlementPeriod)
        .filter_by(programme_id=programme.id)
        .order_by(SettlementPeriod.sequence.desc())
        .limit(1)
    ).first()
    cutoff = cutoff_at or audit.current().at
    _refuse_cutoff(cutoff, last)
    period = SettlementPeriod(
        programme_id=programme.id,
        organisation_id=programme.organisation_id,
        division_code=programme.division_code,
        sequence=last.sequence + 1 if last else 1,
        cutoff_at=cutoff,
        # Of two who lock at once, the second may have looked first.
        watermark=max(mark, last.watermark) if last else mark,
        locked_at=audit.current().at,
        locked_by=actor.user_id,
    )
    db.session.add(period)
    db.session.flush()
    audit.about("settlement_period", period.id)
    # Before the statements' parts, whose keys would share the pools' locks.
    pools = [lock_pool(number) for number in _pool_ids(programme)]
    return _write(period, programme, pools)


def _refuse_cutoff(cutoff: datetime, last: SettlementPeriod | None) -> None:
    if cutoff > clock.now():
        raise RuleBroken(
            "CUTOFF_NOT_COME",
            _("截止时间 %(at)s 还没有到，请选择现在或更早的时间。", at=moment(cutoff)),
        )
    if last is not None and cutoff < last.cutoff_at:
        raise RuleBroken(
            "CUTOFF_BEFORE_LAST",
            _(
                "上一结算期已锁定到 %(last)s，新的截止时间 %(at)s 不能更早。",
                last=moment(last.cutoff_at),
                at=moment(cutoff),
            ),
            last_cutoff_at=last.cutoff_at.isoformat(),
        )


def _pool_ids(programme: Programme) -> list[int]:
    """Return the pools of a programme; all lots of a pool are of one, so its first lot tells."""
    first = (
        db.select(Voucher.programme_id)
        .join(Lot, Lot.voucher_id == Voucher.id)
        .where(Lot.pool_id == Pool.id)
        .limit(1)
        .scalar_subquery()
    )
    query = db.select(Pool.id).where(Pool.component == COMPONENT, first == programme.id)
    return list(db.session.scalars(query.order_by(Pool.id)))


def _write(period: SettlementPeriod, programme: Programme, pools: list[Pool]) -> dict[str, Any]:
    terms, today = terms_in_force(programme)[1], clock.today()
    confirm_by = rules.confirm_by(terms, today)
    # Where nobody may object there is nothing to wait for.
    _write_statements(period, confirm_by, at_once=terms.confirm_days == 0)
    _write_parts(period, pools)
    count, lines, gross = db.session.execute(
        db.select(
            func.count(), func.sum(Statement.line_count), func.sum(Statement.gross_fen)
        ).where(Statement.period_id == period.id)
    ).one()
    if not count:
        raise RuleBroken(
            "NOTHING_TO_SETTLE",
            _(
                "截至 %(at)s 没有新的核销，不必锁定。请确认截止时间。",
                at=moment(period.cutoff_at),
            ),
        )
    amounts = _accrue(period, pools)
    return {
        "id": period.id,
        "programme_id": programme.id,
        "sequence": period.sequence,
        "cutoff_at": period.cutoff_at.isoformat(),
        "confirm_by": confirm_by.isoformat(),
        "statements": int(count),
        "line_count": int(lines),
        "gross_fen": int(gross),
        "pools": [{"pool_id": number, "amount_fen": fen} for number, fen in amounts.items()],
    }


def _write_statements(period: SettlementPeriod, confirm_by: date, *, at_once: bool) -> None:
    """Write all statements and the first line of their status logs, each in one statement."""
    state, act = CONFIRMED if at_once else OPEN, audit.current()
    types = Statement.__table__.c
    values = {
        "period_id": literal(period.id),
        "programme_id": literal(period.programme_id),
        "provider_id": Redemption.provider_id,
        "organisation_id": literal(period.organisation_id),
        "division_code": literal(period.division_code),
        "gross_fen": func.sum(Redemption.amount_fen - Redemption.reversed_fen),
        "line_count": func.count(),
        "state": literal(state),
        "confirm_by": literal(confirm_by, types.confirm_by.type),
        "confirmed_at": literal(act.at if at_once else None, types.confirmed_at.type),
    }
    chosen = (
        db.select(*values.values())
        .where(member_of(period), Redemption.state == CAPTURED)
        .group_by(Redemption.provider_id)
        .order_by(Redemption.provider_id)
    )
    db.session.execute(insert(Statement).from_select(list(values), chosen))
    log = {
        "object_type": literal("statement"),
        "object_id": Statement.id,
        "to_state": literal(state),
        "at": literal(act.at, StatusLog.__table__.c.at.type),
        "act": literal(act.act),
        "actor_id": literal(act.actor_id, StatusLog.__table__.c.actor_id.type),
    }
    begun = db.select(*log.values()).where(Statement.period_id == period.id)
    db.session.execute(insert(StatusLog).from_select(list(log), begun))
    if at_once:
        clocks.start_paying(
            db.session.scalars(db.select(Statement.id).where(Statement.period_id == period.id))
        )


def _write_parts(period: SettlementPeriod, pools: list[Pool]) -> None:
    """Write what of each statement each pool pays, in one statement."""
    if len(pools) == 1:
        # No lot need be asked which pool it draws on, which is most of the work.
        chosen = db.select(Statement.id, literal(pools[0].id), Statement.gross_fen)
    else:
        parts = _drawn_by_pool(period)
        chosen = db.select(Statement.id, parts.c.pool_id, parts.c.amount_fen).join(
            parts, parts.c.provider_id == Statement.provider_id
        )
    columns = ["statement_id", "pool_id", "amount_fen"]
    own = chosen.where(Statement.period_id == period.id)
    db.session.execute(insert(StatementPool).from_select(columns, own))


def _drawn_by_pool(period: SettlementPeriod) -> Subquery:
    worth = at_lock()
    return (
        db.select(
            Redemption.provider_id,
            worth.c.pool_id,
            func.sum(worth.c.amount_fen).label("amount_fen"),
        )
        .join(worth, worth.c.redemption_id == Redemption.id)
        .where(member_of(period), Redemption.state == CAPTURED)
        .group_by(Redemption.provider_id, worth.c.pool_id)
        .having(func.sum(worth.c.amount_fen) > 0)
        .subquery()
    )


def _accrue(period: SettlementPeriod, pools: list[Pool]) -> dict[int, int]:
    """Move each pool's sum from encumbered to accrued; return the sums in fen."""
    rows = db.session.execute(
        db.select(StatementPool.pool_id, func.sum(StatementPool.amount_fen))
        .join(Statement, Statement.id == StatementPool.statement_id)
        .where(Statement.period_id == period.id)
        .group_by(StatementPool.pool_id)
        .order_by(StatementPool.pool_id)
    )
    amounts = {number: int(fen) for number, fen in rows}
    for pool in pools:
        if amounts.get(pool.id):
            post(
                "voucher.statement_locked",
                f"settlement_period:{period.id}/pool:{pool.id}",
                accrue_moves(pool, amounts[pool.id]),
            )
    return amounts


# --- agreeing on a statement -------------------------------------------------------------------


def confirm(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Confirm a statement for its provider; objected lines wait, the others may be paid."""
    statement = fetch(Statement, id, actor, "statement.confirm")
    states.change(
        "statement",
        statement,
        to=CONFIRMED,
        allowed={OPEN},
        confirmed_at=audit.current().at,
        confirmed_by=actor.user_id,
    )
    clocks.start_paying([statement.id])
    finish(statement)
    audit.about("statement", statement.id)
    return {"id": statement.id, "state": statement.state}


def object_line(
    actor: Actor, *, statement_id: int, redemption_id: int, reason: str
) -> dict[str, Any]:
    """Object to one line of an open statement, up to its last day; a line once.

    Refuses OBJECTION_TOO_LATE, ALREADY_OBJECTED, NOT_FOUND for a line of another statement.
    """
    # The line before its statement, as everywhere.
    redemption = fetch(Redemption, redemption_id, actor, "statement.confirm")
    statement = fetch(Statement, statement_id, actor, "statement.confirm")
    if statement.state != OPEN or clock.today() > statement.confirm_by:
        raise RuleBroken(
            "OBJECTION_TOO_LATE",
            _(
                "这份对账单已确认，或已过异议期限 %(day)s，不能再提异议。如有差错，"
                "请联系购买主体办理冲正或追回。",
                day=statement.confirm_by.isoformat(),
            ),
            confirm_by=statement.confirm_by.isoformat(),
        )
    period = period_of(redemption)
    is_line = period is not None and period.id == statement.period_id
    if not is_line or redemption.state != CAPTURED:
        raise NotFound("NOT_FOUND", _("这份对账单里没有这一行，或这一行已冲正。请刷新后查看。"))
    if db.session.scalar(db.select(Objection.id).filter_by(redemption_id=redemption.id)):
        raise Conflict("ALREADY_OBJECTED", _("这一行已提过异议，请等待购买主体处理。"))
    objection = Objection(
        statement_id=statement.id,
        redemption_id=redemption.id,
        reason=reason,
        state=RAISED,
        raised_at=audit.current().at,
        raised_by=actor.user_id,
    )
    db.session.add(objection)
    db.session.flush()
    states.begin("objection", objection)
    audit.about("statement", statement.id, reason)
    return {
        "id": objection.id,
        "statement_id": statement.id,
        "redemption_id": redemption.id,
        "state": objection.state,
    }


def resolve(actor: Actor, *, id: int, uphold: bool, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Decide an objection: dismissed, the line is paid later; upheld, the line is reversed.

    Never by who raised it.
    """
    objection = db.session.scalar(
        db.select(Objection)
        .join(Statement, Statement.id == Objection.statement_id)
        .where(Objection.id == id, visible(Statement, actor, "statement.resolve"))
    )
    if objection is None:
        raise NotFound("NOT_FOUND", _("没有这条异议，或它不在您的管辖范围内。请核对编号。"))
    four_eyes(actor, objection.raised_by, what=_("异议"))
    redemption = db.session.get_one(
        Redemption, objection.redemption_id, with_for_update=True, populate_existing=True
    )
    reversal: dict[str, Any] | None = None
    if uphold and redemption.state == CAPTURED:
        reversal = reversing.reverse_unpaid(
            redemption,
            reason=reason,
            ordered_by=objection.raised_by,
            approved_by=actor.user_id,
        )
    states.change(
        "objection",
        objection,
        to=UPHELD if uphold else DISMISSED,
        allowed={RAISED},
        resolved_by=actor.user_id,
    )
    statement = db.session.get_one(
        Statement, objection.statement_id, with_for_update=True, populate_existing=True
    )
    finish(statement)
    audit.about("objection", objection.id, reason)
    return {
        "id": objection.id,
        "state": objection.state,
        "statement_id": statement.id,
        "statement_state": statement.state,
        "redemption_id": redemption.id,
        "reversal_id": reversal["id"] if reversal else None,
    }


def day_began() -> None:
    """Count statements as confirmed whose days have passed; lock the periods whose day it is."""
    query = db.select(Statement).where(
        Statement.state == OPEN, Statement.confirm_by < clock.today()
    )
    for statement in db.session.scalars(query.order_by(Statement.id).with_for_update()).all():
        confirm_silently(statement)
        finish(statement)
    for programme in db.session.scalars(db.select(Programme).order_by(Programme.id)).all():
        cutoff = _due_cutoff(programme)
        if cutoff is not None:
            try:
                with savepoint():
                    lock(access.system(), programme_id=programme.id, cutoff_at=cutoff)
            except RuleBroken as refusal:
                if refusal.code != "NOTHING_TO_SETTLE":
                    raise


def _due_cutoff(programme: Programme) -> datetime | None:
    """Return up to when a programme's cycle says to lock today, None while nothing is due."""
    rules_now, today = terms_in_force(programme)[1], clock.today()
    if rules_now.cycle == "on_demand" or programme.state not in {"approved", "closed"}:
        return None
    first = rules.period_of(rules_now.cycle, today).first
    place = today.day if rules_now.cycle == "month" else today.isoweekday()
    if place < rules_now.lock_day:
        return None
    cutoff = datetime.combine(first, time.min, tzinfo=ZONE) - timedelta(microseconds=1)
    done = db.select(SettlementPeriod.id).where(
        SettlementPeriod.programme_id == programme.id, SettlementPeriod.cutoff_at >= cutoff
    )
    return None if db.session.scalars(done.limit(1)).first() else cutoff
