"""Settlement: periods, statements with their parts, objections."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Fen, Id, Instant, db


class SettlementPeriod(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A locked settlement period (结算期) of a programme: what was redeemed up to the cut-off.

    `watermark`: redemptions whose writer is not below it were still in flight and wait for the
    next period.
    """

    __tablename__ = "voucher_settlement_period"
    __table_args__ = (UniqueConstraint("programme_id", "sequence"),)
    __scope__ = {"purchaser": "organisation_id", "division": "division_code"}
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("voucher_programme.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"))
    sequence: Mapped[int]
    cutoff_at: Mapped[datetime] = mapped_column(Instant)
    watermark: Mapped[int] = mapped_column(BigInteger)
    locked_at: Mapped[datetime] = mapped_column(Instant)
    locked_by: Mapped[int | None] = mapped_column(Id)


class Statement(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A provider's statement (对账单) of one settlement period: open, confirmed, paid."""

    __tablename__ = "voucher_statement"
    __table_args__ = (UniqueConstraint("period_id", "provider_id"),)
    __scope__ = {
        "provider": "provider_id",
        "purchaser": "organisation_id",
        "division": "division_code",
    }
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    period_id: Mapped[int] = mapped_column(ForeignKey("voucher_settlement_period.id"))
    programme_id: Mapped[int] = mapped_column(ForeignKey("voucher_programme.id"))
    provider_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"))
    gross_fen: Mapped[int] = mapped_column(Fen)
    line_count: Mapped[int]
    state: Mapped[str] = mapped_column(Text)
    confirm_by: Mapped[date]
    confirmed_at: Mapped[datetime | None] = mapped_column(Instant)
    confirmed_by: Mapped[int | None] = mapped_column(Id)


class StatementPool(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """The part of a statement that one pool pays, in fen; one claim each."""

    __tablename__ = "voucher_statement_pool"
    statement_id: Mapped[int] = mapped_column(ForeignKey("voucher_statement.id"), primary_key=True)
    pool_id: Mapped[int] = mapped_column(ForeignKey("pool.id"), primary_key=True)
    amount_fen: Mapped[int] = mapped_column(Fen)


class Objection(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A provider's objection to one statement line: open, dismissed (the line stands), upheld."""

    __tablename__ = "voucher_objection"
    __table_args__ = (UniqueConstraint("redemption_id"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    statement_id: Mapped[int] = mapped_column(ForeignKey("voucher_statement.id"), index=True)
    redemption_id: Mapped[int] = mapped_column(ForeignKey("voucher_redemption.id"))
    reason: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    raised_at: Mapped[datetime] = mapped_column(Instant)
    raised_by: Mapped[int | None] = mapped_column(Id)
    resolved_by: Mapped[int | None] = mapped_column(Id)
