"""Agreements about awards and their instalments."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Fen, Id, Instant, db

SIGNED, BROKEN, CLOSED = "signed", "broken", "closed"
STATES = (SIGNED, BROKEN, CLOSED)


class SubsidyGrant(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """An agreement (补贴协议) about an award: its instalments are claims of their own.

    Signed by the beneficiary and the purchaser; broken when the duty was not kept, closed when
    all is paid and the duty is over.
    """

    __tablename__ = "subsidy_grant"
    __table_args__ = (CheckConstraint("amount_fen > 0", name="positive"),)
    __scope__ = {
        "provider": "beneficiary_id",
        "resident": "beneficiary_id",
        "purchaser": "organisation_id",
        "division": "division_code",
    }
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    number: Mapped[str] = mapped_column(Text, unique=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("subsidy_application.id"), unique=True)
    scheme_id: Mapped[int] = mapped_column(ForeignKey("subsidy_scheme.id"), index=True)
    terms_id: Mapped[int] = mapped_column(ForeignKey("subsidy_terms.id"))
    beneficiary_id: Mapped[int] = mapped_column(ForeignKey("party.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"))
    amount_fen: Mapped[int] = mapped_column(Fen)
    text_hash: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    signed_by: Mapped[int | None] = mapped_column(Id)
    signed_at: Mapped[datetime] = mapped_column(Instant)
    broken_from: Mapped[date | None]
    broken_reason: Mapped[str | None] = mapped_column(Text)
    forfeited_fen: Mapped[int] = mapped_column(Fen, default=0, server_default=text("0"))
