"""Rounds in which the claims of a period share an envelope that is too small."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Fen, Id, Instant, db


class UnitRound(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A period's claims concluded at once (按比例核减): all as computed, or each pro rata.

    Of `left_fen` of the scheme's envelope `wanted_fen` in all was wanted. No claim of the period is
    made or computed afterwards.
    """

    __tablename__ = "subsidy_unit_round"
    __table_args__ = (
        UniqueConstraint("scheme_id", "period_from", "period_to"),
        CheckConstraint("wanted_fen >= 0 AND left_fen >= 0", name="figures"),
    )
    __scope__ = {"purchaser": "organisation_id", "division": "division_code"}
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    scheme_id: Mapped[int] = mapped_column(ForeignKey("subsidy_scheme.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"))
    period_from: Mapped[date]
    period_to: Mapped[date]
    claims: Mapped[int]
    wanted_fen: Mapped[int] = mapped_column(Fen)
    left_fen: Mapped[int] = mapped_column(Fen)
    concluded_by: Mapped[int | None] = mapped_column(Id)
    concluded_at: Mapped[datetime] = mapped_column(Instant)
