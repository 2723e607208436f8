"""What beneficiaries were spared: fees that were not charged, taxes the authority waived."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Fen, Id, Instant, db

FEE, TAX = "fee_relief", "tax_relief_memo"
RECORDED, APPROVED, REFUSED, CANCELLED = "recorded", "approved", "refused", "cancelled"
STATES = (RECORDED, APPROVED, REFUSED, CANCELLED)
LIVE = (RECORDED, APPROVED)


class ReliefRecord(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """Relief of one beneficiary in a period (减免登记), a memorandum; days are inclusive.

    Recorded by one person, approved by another, who posts `amount_fen`; cancelled by a journal of
    its own. Of a waived fee `compensated_fen` is paid to who charges it (`charger_id`), by a claim.
    """

    __tablename__ = "subsidy_relief"
    __table_args__ = (
        CheckConstraint("amount_fen > 0", name="positive"),
        CheckConstraint("compensated_fen >= 0", name="compensated"),
        Index("ix_subsidy_relief_scheme_state", "scheme_id", "state"),
    )
    __scope__ = {
        "provider": "beneficiary_id",
        "resident": "beneficiary_id",
        "purchaser": "organisation_id",
        "division": "division_code",
    }
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    scheme_id: Mapped[int] = mapped_column(ForeignKey("subsidy_scheme.id"))
    terms_id: Mapped[int] = mapped_column(ForeignKey("subsidy_terms.id"))
    application_id: Mapped[int | None] = mapped_column(ForeignKey("subsidy_application.id"))
    beneficiary_id: Mapped[int] = mapped_column(ForeignKey("party.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"))
    charger_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    claim_id: Mapped[int | None] = mapped_column(ForeignKey("subsidy_claim.id"), unique=True)
    period_from: Mapped[date]
    period_to: Mapped[date]
    free_hours: Mapped[int | None]
    amount_fen: Mapped[int] = mapped_column(Fen)
    compensated_fen: Mapped[int] = mapped_column(Fen, default=0, server_default=text("0"))
    inputs: Mapped[dict[str, Any]] = mapped_column(JSON)
    calculation: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(Text)
    made_by: Mapped[int | None] = mapped_column(Id)
    made_at: Mapped[datetime] = mapped_column(Instant)
    decided_by: Mapped[int | None] = mapped_column(Id)
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    decided_reason: Mapped[str | None] = mapped_column(Text)
    journal_id: Mapped[int | None] = mapped_column(Id)


class ReliefPaper(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A notice of a fee or a document of the tax authority: it counts once while it is in use.

    `key` is its number as it is compared, `name` as it was written.
    """

    __tablename__ = "subsidy_relief_paper"
    __table_args__ = (
        Index(
            "ix_subsidy_relief_paper_live",
            "kind",
            "key",
            unique=True,
            sqlite_where=text("released_at IS NULL"),
            postgresql_where=text("released_at IS NULL"),
        ),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    relief_id: Mapped[int] = mapped_column(ForeignKey("subsidy_relief.id"), index=True)
    kind: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    released_at: Mapped[datetime | None] = mapped_column(Instant)
