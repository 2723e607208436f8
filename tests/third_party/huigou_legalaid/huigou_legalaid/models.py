"""The plugin's one table: cases that were accepted, each with its pool."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Fen, Id, Instant, db


class Case(db.Model):
    """A legal aid case (法律援助案件) closed by a law firm and accepted for its fixed fee."""

    __tablename__ = "legalaid_case"
    __table_args__ = (CheckConstraint("fee_fen > 0", name="positive"),)
    __scope__ = {"provider": "firm_id", "purchaser": "organisation_id", "division": "division_code"}
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    number: Mapped[str] = mapped_column(Text, unique=True)
    kind: Mapped[str] = mapped_column(Text)
    firm_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"))
    pool_id: Mapped[int] = mapped_column(ForeignKey("pool.id"), unique=True)
    fee_fen: Mapped[int] = mapped_column(Fen)
    accepted_at: Mapped[datetime] = mapped_column(Instant)
    settled_journal_id: Mapped[int | None] = mapped_column(ForeignKey("journal.id"))
