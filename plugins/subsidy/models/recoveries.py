"""Money that was paid and must come back: proposed, heard, decided."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Fen, Id, Instant, db

PROPOSED, STATED, DECIDED, DROPPED = "proposed", "stated", "decided", "dropped"
STATES = (PROPOSED, STATED, DECIDED, DROPPED)


class SubsidyRecovery(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A recovery (追回) of a part of a claim that was paid, from who had the good of it.

    Proposed with a reason, heard (a statement until `state_by`, a day, inclusive), decided by
    another person. The money itself is the core's claw-back, ordered with the proposal.
    """

    __tablename__ = "subsidy_recovery"
    __table_args__ = (CheckConstraint("amount_fen > 0", name="positive"),)
    __scope__ = {
        "provider": "party_id",
        "resident": "party_id",
        "purchaser": "organisation_id",
        "division": "division_code",
    }
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    number: Mapped[str] = mapped_column(Text, unique=True)
    claim_id: Mapped[int] = mapped_column(ForeignKey("subsidy_claim.id"), index=True)
    clawback_id: Mapped[int] = mapped_column(ForeignKey("clawback.id"), unique=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("party.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"))
    amount_fen: Mapped[int] = mapped_column(Fen)
    reason: Mapped[str] = mapped_column(Text)
    basis: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    state_by: Mapped[date]
    statement: Mapped[str | None] = mapped_column(Text)
    stated_at: Mapped[datetime | None] = mapped_column(Instant)
    proposed_by: Mapped[int | None] = mapped_column(Id)
    proposed_at: Mapped[datetime] = mapped_column(Instant)
    decided_by: Mapped[int | None] = mapped_column(Id)
    decided_reason: Mapped[str | None] = mapped_column(Text)
