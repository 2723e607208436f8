"""What people see of statements: the list, one of them, its lines with what became of each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import func

from core import clock
from core.access import Actor, fetch, scoped
from core.budget import Pool
from core.db import db
from core.parties import Organisation
from plugins.voucher.models import (
    Objection,
    Programme,
    Redemption,
    Reversal,
    SettlementPeriod,
    Statement,
    StatementPool,
    Voucher,
)
from plugins.voucher.service.claiming import OPEN, RAISED, left_out
from plugins.voucher.service.membership import LINE_STATES, member_of
from plugins.voucher.service.reversing import CANCELLED

PAGE = 50


def statements(actor: Actor, *, before: int | None = None, limit: int = PAGE) -> dict[str, Any]:
    """Return the statements a person may see, newest first; `before` is the last id seen."""
    query = scoped(Statement, actor, "statement.view").order_by(Statement.id.desc())
    if before is not None:
        query = query.where(Statement.id < before)
    rows = list(db.session.scalars(query.limit(limit)))
    return {
        "items": _described(rows),
        "next_before": rows[-1].id if len(rows) == limit else None,
    }


def statement(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Return one statement as `statements` does, with its part of each pool."""
    row = fetch(Statement, id, actor, "statement.view")
    parts = db.session.execute(
        db.select(StatementPool.pool_id, Pool.name, StatementPool.amount_fen)
        .join(Pool, Pool.id == StatementPool.pool_id)
        .where(StatementPool.statement_id == row.id)
        .order_by(StatementPool.pool_id)
    )
    return {
        **_described([row])[0],
        "pools": [
            {"pool_id": number, "pool": name, "amount_fen": fen} for number, name, fen in parts
        ],
    }


def lines(
    actor: Actor,
    *,
    id: int,  # noqa: A002 - the field
    after: int = 0,
    limit: int = PAGE,
) -> dict[str, Any]:
    """Return a page of a statement's lines; `after` is the last id of the page before."""
    row = fetch(Statement, id, actor, "statement.view")
    return statement_lines(row, after=after, limit=limit)


def statement_lines(row: Statement, *, after: int = 0, limit: int = PAGE) -> dict[str, Any]:
    """Return a statement's lines in the order of their ids, from after an id on.

    Lines undone since the lock stay, with their reversal.
    """
    period = db.session.get_one(SettlementPeriod, row.period_id)
    rows = db.session.execute(
        db.select(Redemption, Voucher.number, Objection, Reversal)
        .join(Voucher, Voucher.id == Redemption.voucher_id)
        .outerjoin(Objection, Objection.redemption_id == Redemption.id)
        .outerjoin(Reversal, Reversal.id == _newest_reversal())
        .where(member_of(period), Redemption.provider_id == row.provider_id)
        .where(Redemption.state.in_(LINE_STATES), Redemption.id > after)
        .order_by(Redemption.id)
        .limit(limit)
    ).all()
    return {
        "items": [_line(*row) for row in rows],
        "next_after": rows[-1][0].id if len(rows) == limit else None,
    }


def _newest_reversal() -> Any:
    """Return the number of a line's newest reversal: it may have been corrected several times."""
    return (
        db.select(func.max(Reversal.id))
        .where(Reversal.redemption_id == Redemption.id, Reversal.state != CANCELLED)
        .correlate(Redemption)
        .scalar_subquery()
    )


def _line(
    redemption: Redemption, number: str, objection: Objection | None, reversal: Reversal | None
) -> dict[str, Any]:
    return {
        "id": redemption.id,
        "receipt": redemption.receipt,
        "voucher": number,
        "service_code": redemption.service_code,
        "quantity": redemption.quantity,
        "price_fen": redemption.price_fen,
        "amount_fen": redemption.amount_fen,
        "redeemed_at": redemption.redeemed_at.isoformat(),
        "service_on": redemption.service_on.isoformat(),
        "state": redemption.state,
        "journal_id": redemption.journal_id,
        "objection": objection
        and {"id": objection.id, "state": objection.state, "reason": objection.reason},
        "reversal": reversal
        and {
            "id": reversal.id,
            "state": reversal.state,
            "effect": reversal.effect,
            "reason": reversal.reason,
            "journal_id": reversal.journal_id,
        },
    }


def _described(rows: list[Statement]) -> list[dict[str, Any]]:
    """Return statements as JSON: gross as locked, less what was reversed since, and objections."""
    ids = [row.id for row in rows]
    names = dict(
        db.session.execute(
            db.select(Organisation.id, Organisation.name).where(
                Organisation.id.in_([row.provider_id for row in rows])
            )
        ).all()
    )
    periods = {
        period.id: (period, name)
        for period, name in db.session.execute(
            db.select(SettlementPeriod, Programme.name)
            .join(Programme, Programme.id == SettlementPeriod.programme_id)
            .where(SettlementPeriod.id.in_([row.period_id for row in rows]))
        )
    }
    reversed_fen, disputed = _reversed_fen(ids), _disputed(ids)
    described = []
    for row in rows:
        period, programme = periods[row.period_id]
        undone, (open_count, open_fen) = reversed_fen.get(row.id, 0), disputed.get(row.id, (0, 0))
        described.append(
            {
                "id": row.id,
                "programme_id": row.programme_id,
                "programme": programme,
                "period_id": period.id,
                "sequence": period.sequence,
                "cutoff_at": period.cutoff_at.isoformat(),
                "locked_at": period.locked_at.isoformat(),
                "provider_id": row.provider_id,
                "provider": names[row.provider_id],
                "line_count": row.line_count,
                "gross_fen": row.gross_fen,
                "reversed_fen": undone,
                "net_fen": row.gross_fen - undone,
                "open_objections": open_count,
                "objected_fen": open_fen,
                "state": row.state,
                "confirm_by": row.confirm_by.isoformat(),
                "confirmed_at": row.confirmed_at.isoformat() if row.confirmed_at else None,
                "may_object": row.state == OPEN and clock.today() <= row.confirm_by,
            }
        )
    return described


def _reversed_fen(ids: Iterable[int]) -> dict[int, int]:
    rows = left_out(objected=False).subquery()
    sums = db.session.execute(
        db.select(rows.c.statement_id, func.sum(rows.c.amount_fen))
        .where(rows.c.statement_id.in_(ids))
        .group_by(rows.c.statement_id)
    )
    return {number: int(fen) for number, fen in sums}


def _disputed(ids: Iterable[int]) -> dict[int, tuple[int, int]]:
    """Return how many lines are still disputed, and their fen, by statement."""
    rows = db.session.execute(
        db.select(
            Objection.statement_id,
            func.count(),
            func.sum(Redemption.amount_fen - Redemption.reversed_fen),
        )
        .join(Redemption, Redemption.id == Objection.redemption_id)
        .where(Objection.statement_id.in_(ids), Objection.state == RAISED)
        .group_by(Objection.statement_id)
    )
    return {number: (int(count), int(fen)) for number, count, fen in rows}
