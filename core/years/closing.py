"""Closing a fiscal year (年终结账): its checklist, the request, and a second person who closes it.

Closing posts nothing. What is available stays shown and can no longer be drawn; what is reserved,
encumbered or accrued is first paid, released, cancelled or carried over.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, or_, true

from core import audit, clock, states
from core.access import Actor, fetch, four_eyes, scoped
from core.budget import BudgetLine, Pool, PoolShare
from core.db import db
from core.divisions import Division, within
from core.errors import Conflict, NotFound, RuleBroken
from core.fiscal import CLOSED, ClosedLine, FiscalYear, refuse_closed_year
from core.formats import yuan
from core.ledger import Account, GatedBalance, Transfer, balances
from core.settlement.books import IN_TRANSIT, RECEIVABLE
from core.settlement.service import own_division

YEAR = "fiscal_year"
REQUESTED = "requested"
HOLDING = ("reserved", "encumbered", "accrued")
NAMED = 5  # lines named in one refusal


@dataclass
class Standing:
    """A line at the year's end, in fen: what stands in the way of closing, and what may follow.

    In transit and open claw-backs are those of the pools that draw on the line.
    """

    line: BudgetLine
    rooms: dict[str, int]
    pools: list[Pool] = field(default_factory=list)
    in_transit_fen: int = 0
    clawback_fen: int = 0

    @property
    def may_close(self) -> bool:
        """Tell whether the line holds nothing that must be paid, released or carried first."""
        return not any(self.rooms[room] for room in HOLDING)


def request_close(actor: Actor, *, year: int, division_code: str | None = None) -> dict[str, Any]:
    """Ask that a fiscal year that is over be closed; return its checklist.

    The year may still hold money; it is closed when it does not. Refuses YEAR_NOT_OVER,
    YEAR_CLOSED, STATE_CHANGED when it was asked for before.
    """
    code = _division(actor, "year.request_close", division_code)
    refuse_running(year)
    found = db.session.scalar(db.select(FiscalYear).filter_by(year=year, division_code=code))
    refuse_closed_year(year, code)
    if found is not None:
        raise Conflict(
            "STATE_CHANGED",
            _("%(year)s 年度已提出结账，等待复核人员结账。", year=year),
            state=found.state,
        )
    row = FiscalYear(
        year=year,
        division_code=code,
        state=REQUESTED,
        requested_by=actor.user_id,
        requested_at=clock.now(),
    )
    db.session.add(row)
    db.session.flush()
    states.begin(YEAR, row)
    audit.about(YEAR, row.id, str(year))
    return {"id": row.id, "year": year, "state": row.state, **_answer(standings(year, code))}


def close(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Close a fiscal year that another person asked to close; posts nothing.

    Refuses FOUR_EYES_REQUIRED, STATE_CHANGED, and YEAR_NOT_CLOSABLE with the lines that hold
    reserved, encumbered or accrued money.
    """
    row = fetch(FiscalYear, id, actor, "year.close")
    four_eyes(actor, row.requested_by, what=_("年终结账"))
    # A year within this one may have been closed before.
    closed = BudgetLine.id.in_(db.select(ClosedLine.line_id))
    condition = _of_year(row.year, row.division_code) & ~closed
    lines = list(
        db.session.scalars(
            db.select(BudgetLine).where(condition).order_by(BudgetLine.id).with_for_update()
        )
    )
    # Who is about to draw on a line is done or waits, and is then refused.
    gates = db.select(GatedBalance.account_id).join(Account, Account.id == GatedBalance.account_id)
    mine = Account.line_id.in_([line.id for line in lines])
    db.session.execute(gates.where(mine).order_by(Account.key).with_for_update(of=GatedBalance))
    found = standings(row.year, row.division_code)
    _refuse_holding(row.year, found)
    states.change(
        YEAR,
        row,
        to=CLOSED,
        allowed={REQUESTED},
        closed_by=actor.user_id,
        closed_at=clock.now(),
    )
    for line in lines:
        db.session.add(
            ClosedLine(line_id=line.id, year_id=row.id, fiscal_year=row.year, closed_at=clock.now())
        )
    db.session.flush()
    audit.about(YEAR, row.id, str(row.year))
    return {"id": row.id, "year": row.year, "state": row.state, **_answer(found)}


def checklist(actor: Actor, *, year: int, division_code: str | None = None) -> dict[str, Any]:
    """Return, line by line, what stands in the way of closing a fiscal year."""
    seen = scoped(BudgetLine, actor, "year.view").with_only_columns(BudgetLine.id)
    found = standings(year, division_code, among=BudgetLine.id.in_(seen))
    closings = scoped(FiscalYear, actor, "year.view").where(FiscalYear.year == year)
    return {
        "year": year,
        "closings": [
            {"id": row.id, "division_code": row.division_code, "state": row.state}
            for row in db.session.scalars(closings.order_by(FiscalYear.id))
        ],
        **_answer(found),
    }


def standings(
    year: int, division_code: str | None, *, among: ColumnElement[bool] | None = None
) -> list[Standing]:
    """Return the lines of a year (of a division's subtree) as they stand, by code."""
    query = db.select(BudgetLine).where(_of_year(year, division_code))
    query = query.where(true() if among is None else among)
    lines = list(db.session.scalars(query.order_by(BudgetLine.code)))
    found = {line.id: Standing(line, {}) for line in lines}
    for room in ("approved", "available", *HOLDING, "disbursed"):
        held = balances(f"line.{room}", by="line_id")
        for number, standing in found.items():
            standing.rooms[room] = held.get(number, 0)
    transit, owed = (balances(kind, by="pool_id") for kind in (IN_TRANSIT, RECEIVABLE))
    rows = db.session.execute(
        db.select(PoolShare.line_id, Pool)
        .join(Pool, Pool.id == PoolShare.pool_id)
        .where(PoolShare.line_id.in_(list(found)))
        .order_by(Pool.id)
    )
    for line_id, pool in rows:
        standing = found[line_id]
        standing.in_transit_fen += transit.get(pool.id, 0)
        standing.clawback_fen += owed.get(pool.id, 0)
        standing.pools.append(pool)
    holding = _holding(list(found))
    for standing in found.values():
        standing.pools = [pool for pool in standing.pools if (standing.line.id, pool.id) in holding]
    return list(found.values())


def refuse_running(year: int) -> None:
    """Refuse YEAR_NOT_OVER while a fiscal year still runs."""
    if clock.today().year <= year:
        raise RuleBroken(
            "YEAR_NOT_OVER",
            _(
                "%(year)s 财政年度到 12 月 31 日才结束，现在不能结账或结转。"
                "请在次年 1 月 1 日起办理。",
                year=year,
            ),
            basis="预算法第十八条",
            fiscal_year=year,
        )


def _refuse_holding(year: int, found: list[Standing]) -> None:
    holding = [standing for standing in found if not standing.may_close]
    if not holding:
        return
    sentences = [
        _(
            "%(code)s：预留 %(reserved)s 元、承诺 %(encumbered)s 元、应付 %(accrued)s 元",
            code=standing.line.code,
            **{room: yuan(standing.rooms[room]) for room in HOLDING},
        )
        for standing in holding[:NAMED]
    ]
    raise RuleBroken(
        "YEAR_NOT_CLOSABLE",
        _(
            "%(year)s 年度还有 %(count)s 条指标有未了的钱，不能结账（%(lines)s）。"
            "请先支付应付款，释放或结转承诺，取消预留。",
            year=year,
            count=len(holding),
            lines="；".join(sentences),
        ),
        basis="预算法第四十二条",
        fiscal_year=year,
        lines=[
            {
                "line_id": standing.line.id,
                **{f"{room}_fen": standing.rooms[room] for room in HOLDING},
            }
            for standing in holding
        ],
    )


def _of_year(year: int, division_code: str | None) -> ColumnElement[bool]:
    condition: ColumnElement[bool] = BudgetLine.fiscal_year == year
    if division_code is not None:
        condition &= within(BudgetLine.division_code, division_code)
    return condition


def _holding(line_ids: list[int]) -> set[tuple[int, int]]:
    """Return the lines and pools between which money is encumbered or accrued."""
    held: dict[tuple[int, int], int] = defaultdict(int)
    for column, sign in ((Transfer.credit_id, 1), (Transfer.debit_id, -1)):
        rows = db.session.execute(
            db.select(Account.line_id, Account.pool_id, db.func.sum(Transfer.amount_fen))
            .join(Transfer, column == Account.id)
            .where(Account.kind.in_(("line.encumbered", "line.accrued")))
            .where(Account.line_id.in_(line_ids))
            .group_by(Account.line_id, Account.pool_id)
        )
        for line_id, pool_id, fen in rows:
            held[line_id, pool_id] += sign * int(fen)
    return {key for key, fen in held.items() if fen}


def _answer(found: list[Standing]) -> dict[str, Any]:
    return {
        "may_close": all(standing.may_close for standing in found),
        "lines": [
            {
                "line_id": standing.line.id,
                "code": standing.line.code,
                **{f"{room}_fen": fen for room, fen in standing.rooms.items()},
                "in_transit_fen": standing.in_transit_fen,
                "clawback_fen": standing.clawback_fen,
                "pool_ids": [pool.id for pool in standing.pools],
                "may_close": standing.may_close,
            }
            for standing in found
        ],
    }


def _division(actor: Actor, permission: str, asked: str | None) -> str:
    """Return the division an actor acts for: the one asked for, if it is in his care."""
    if asked is None:
        return own_division(actor, permission)
    grants = actor.holding(permission)
    mine = [within(Division.code, grant.division_code) for grant in grants]
    everywhere = any(grant.role == "system" for grant in grants)
    query = db.select(Division.code).where(Division.code == asked)
    found = db.session.scalar(query.where(true() if everywhere else or_(*mine)))
    if found is None:
        raise NotFound("NOT_FOUND", _("没有这个行政区划，或它不在您的管辖范围内。请核对代码。"))
    return str(found)
