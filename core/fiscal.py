"""Fiscal years (财政年度): which are closed, and which pools went on to the next year's lines."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import CheckConstraint, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core import audit
from core.db import Fen, Id, Instant, db
from core.divisions import Division
from core.errors import RuleBroken

CLOSED = "closed"


class FiscalYear(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """The closing of a fiscal year for a division's subtree: requested, closed; for good.

    A year without a row is open.
    """

    __tablename__ = "fiscal_year"
    __table_args__ = (
        UniqueConstraint("year", "division_code"),
        CheckConstraint("state IN ('requested', 'closed')", name="state"),
        CheckConstraint("closed_by <> requested_by", name="two_persons"),
    )
    __scope__ = {"purchaser": "division_code", "division": "division_code"}
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    year: Mapped[int]
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"))
    state: Mapped[str] = mapped_column(Text)
    requested_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    requested_at: Mapped[datetime] = mapped_column(Instant)
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    closed_at: Mapped[datetime | None] = mapped_column(Instant)


class ClosedLine(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A budget line whose fiscal year is closed: no transfer touches it any more. Append-only.

    A trigger refuses such transfers in the database too.
    """

    __tablename__ = "closed_line"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    line_id: Mapped[int] = mapped_column(ForeignKey("budget_line.id"), unique=True)
    year_id: Mapped[int] = mapped_column(ForeignKey("fiscal_year.id"))
    fiscal_year: Mapped[int]
    closed_at: Mapped[datetime] = mapped_column(Instant)


class PoolCarry(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """One step of a pool's cascade that went on to the next year's line (结转). Append-only.

    What was encumbered and accrued went on; what had been paid stays with the old line for good.
    """

    __tablename__ = "pool_carry"
    __table_args__ = (UniqueConstraint("carry_id", "position"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    carry_id: Mapped[int] = mapped_column(ForeignKey("carry_over.id"))
    pool_id: Mapped[int] = mapped_column(ForeignKey("pool.id"), index=True)
    position: Mapped[int]
    from_line_id: Mapped[int] = mapped_column(ForeignKey("budget_line.id"), index=True)
    to_line_id: Mapped[int] = mapped_column(ForeignKey("budget_line.id"))
    encumbered_fen: Mapped[int] = mapped_column(Fen)
    accrued_fen: Mapped[int] = mapped_column(Fen)
    paid_fen: Mapped[int] = mapped_column(Fen)
    journal_id: Mapped[int] = mapped_column(ForeignKey("journal.id"))


def closed_lines(line_ids: Iterable[int]) -> dict[int, int]:
    """Return which of these lines are closed, each with its fiscal year."""
    wanted = sorted(set(line_ids))
    if not wanted:
        return {}
    query = db.select(ClosedLine.line_id, ClosedLine.fiscal_year)
    rows = db.session.execute(query.where(ClosedLine.line_id.in_(wanted)))
    return {row.line_id: row.fiscal_year for row in rows}


def refuse_closed_lines(line_ids: Iterable[int]) -> None:
    """Refuse YEAR_CLOSED when one of these lines belongs to a closed fiscal year."""
    for line_id, year in sorted(closed_lines(line_ids).items()):
        raise year_closed(year, line_id=line_id)


def hold_open(line_ids: Iterable[int]) -> None:
    """Keep lines from being closed until the act ends; many acts may hold one line at once."""
    wanted = sorted(set(line_ids))
    if wanted:
        line = db.metadata.tables["budget_line"].c.id
        query = db.select(line).where(line.in_(wanted)).order_by(line)
        db.session.execute(query.with_for_update(read=True, key_share=True))


def refuse_closed_year(year: int, division_code: str) -> None:
    """Refuse YEAR_CLOSED when a division's fiscal year is closed, by itself or from above."""
    path = db.session.scalar(db.select(Division.path).where(Division.code == division_code)) or ""
    above = [code for code in path.split("/") if code]
    query = db.select(FiscalYear).where(
        FiscalYear.year == year, FiscalYear.division_code.in_(above)
    )
    if audit.under_way():
        # Held until the act ends, so that no closing comes between and misses what it makes.
        query = query.with_for_update(read=True)
    rows = db.session.scalars(
        query.order_by(FiscalYear.id).execution_options(populate_existing=True)
    )
    if any(row.state == CLOSED for row in rows.all()):
        raise year_closed(year)


def year_closed(year: int, *, line_id: int | None = None) -> RuleBroken:
    """Return the refusal of anything that would move a closed year's money."""
    return RuleBroken(
        "YEAR_CLOSED",
        _(
            "%(year)s 财政年度已结账，该年度的指标不能再下达、调整、占用或支付。"
            "请使用本年度的指标；收回的以前年度款项上缴国库。",
            year=year,
        ),
        basis="预算法第四十二条",
        fiscal_year=year,
        line_id=line_id,
    )


def carried_pools(line_id: int) -> list[int]:
    """Return the pools that drew on a line before they went on to the next year's."""
    query = db.select(PoolCarry.pool_id).where(PoolCarry.from_line_id == line_id)
    return sorted(set(db.session.scalars(query)))


def past_lines(pool_ids: Iterable[int]) -> list[int]:
    """Return the lines on which pools drew before they went on to the next year's."""
    query = db.select(PoolCarry.from_line_id).where(PoolCarry.pool_id.in_(list(pool_ids)))
    return sorted(set(db.session.scalars(query)))
