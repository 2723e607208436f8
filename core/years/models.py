"""What goes on beyond a year's end: carry-overs, debts without budget, forward years, take-ons."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Fen, Id, Instant, db

PROPOSED, APPROVED, DECLINED = "proposed", "approved", "declined"
RECORDED, AWAITING, FUNDED, PAID = "recorded", "awaiting", "funded", "paid"  # a debt
OPEN, CONVERTED, CANCELLED = "open", "converted", "cancelled"  # a forward obligation


class CarryOver(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A carry-over (结转) into the next fiscal year: of an open pool, or of a line's unspent money.

    `codes` are the codes of the next year's lines, in the order of the pool's shares.
    """

    __tablename__ = "carry_over"
    __table_args__ = (
        CheckConstraint("state IN ('proposed', 'approved', 'declined')", name="state"),
        CheckConstraint("(pool_id IS NULL) <> (line_id IS NULL)", name="what"),
        CheckConstraint("approved_by <> proposed_by", name="two_persons"),
    )
    __scope__ = {"purchaser": "organisation_id", "division": "division_code"}
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    pool_id: Mapped[int | None] = mapped_column(ForeignKey("pool.id"), index=True)
    line_id: Mapped[int | None] = mapped_column(ForeignKey("budget_line.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"))
    from_year: Mapped[int]
    codes: Mapped[list[str]] = mapped_column(JSON)
    amount_fen: Mapped[int] = mapped_column(Fen)
    document: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    proposed_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    proposed_at: Mapped[datetime] = mapped_column(Instant)
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    approved_at: Mapped[datetime | None] = mapped_column(Instant)
    journal_id: Mapped[int | None] = mapped_column(ForeignKey("journal.id"))


class LegalDebt(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A debt that law creates (late interest, a judgment): owed before there is budget for it.

    Recorded, awaiting budget (待落实预算), funded, paid; or declined.
    """

    __tablename__ = "legal_debt"
    __table_args__ = (
        CheckConstraint(
            "state IN ('recorded', 'awaiting', 'funded', 'paid', 'declined')", name="state"
        ),
        CheckConstraint("amount_fen > 0", name="positive"),
        CheckConstraint("approved_by <> recorded_by", name="two_persons"),
        UniqueConstraint("organisation_id", "document"),
    )
    __scope__ = {"purchaser": "organisation_id", "division": "division_code"}
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"))
    party_id: Mapped[int] = mapped_column(ForeignKey("party.id"), index=True)
    amount_fen: Mapped[int] = mapped_column(Fen)
    document: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    pool_id: Mapped[int | None] = mapped_column(ForeignKey("pool.id"), index=True)
    line_id: Mapped[int | None] = mapped_column(ForeignKey("budget_line.id"))
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    approved_at: Mapped[datetime | None] = mapped_column(Instant)
    funded_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    funded_at: Mapped[datetime | None] = mapped_column(Instant)


class ForwardObligation(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """What a purchase will need of a later fiscal year that has no budget yet; no money is moved.

    `source` is its component's own name for it, unique ("contract:3/2027").
    """

    __tablename__ = "forward_obligation"
    __table_args__ = (
        UniqueConstraint("source"),
        CheckConstraint("state IN ('open', 'converted', 'cancelled')", name="state"),
        CheckConstraint("amount_fen > 0", name="positive"),
    )
    __scope__ = {"purchaser": "organisation_id", "division": "division_code"}
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    source: Mapped[str] = mapped_column(Text)
    purchase_id: Mapped[int] = mapped_column(Id, index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"))
    name: Mapped[str] = mapped_column(Text)
    fiscal_year: Mapped[int]
    amount_fen: Mapped[int] = mapped_column(Fen)
    state: Mapped[str] = mapped_column(Text)
    line_id: Mapped[int | None] = mapped_column(ForeignKey("budget_line.id"))
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    journal_id: Mapped[int | None] = mapped_column(ForeignKey("journal.id"))


class Takeon(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """Opening balances (期初建账) from one file: proposed when reconciled, approved by another."""

    __tablename__ = "takeon"
    __table_args__ = (
        UniqueConstraint("sha256", "division_code"),
        CheckConstraint("state IN ('proposed', 'approved', 'declined')", name="state"),
        CheckConstraint("approved_by <> proposed_by", name="two_persons"),
    )
    __scope__ = {"division": "division_code"}
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    sha256: Mapped[str] = mapped_column(Text)
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"))
    as_of: Mapped[date]
    document: Mapped[str] = mapped_column(Text)
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(Text)
    proposed_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    proposed_at: Mapped[datetime] = mapped_column(Instant)
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    approved_at: Mapped[datetime | None] = mapped_column(Instant)
    journal_id: Mapped[int | None] = mapped_column(ForeignKey("journal.id"))


class OpeningPayable(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """What was owed to a party when the books were taken on; claimed and paid like any other."""

    __tablename__ = "opening_payable"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    takeon_id: Mapped[int] = mapped_column(ForeignKey("takeon.id"))
    pool_id: Mapped[int] = mapped_column(ForeignKey("pool.id"), index=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("party.id"))
    amount_fen: Mapped[int] = mapped_column(Fen)
    title: Mapped[str] = mapped_column(Text)
