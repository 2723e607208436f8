"""What was taken off a claim for interest, loan by loan, after it was approved."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Fen, Id, Instant, db


class LoanCorrection(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """One loan of a claim computed again after its approval: so much (fen) was too much.

    Unpaid, the claim was lowered by it; paid, `recovery_id` asks it back from the borrower.
    """

    __tablename__ = "subsidy_loan_correction"
    __table_args__ = (CheckConstraint("amount_fen > 0", name="positive"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    claim_id: Mapped[int] = mapped_column(ForeignKey("subsidy_claim.id"), index=True)
    loan_id: Mapped[int] = mapped_column(ForeignKey("subsidy_loan.id"))
    amount_fen: Mapped[int] = mapped_column(Fen)
    calculation: Mapped[dict[str, Any]] = mapped_column(JSON)
    recovery_id: Mapped[int | None] = mapped_column(ForeignKey("subsidy_recovery.id"))
    made_by: Mapped[int | None] = mapped_column(Id)
    made_at: Mapped[datetime] = mapped_column(Instant)
