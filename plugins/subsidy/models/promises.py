"""Promises about prices that a supported provider makes in public, and how they are checked."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Fen, Id, Instant, db

STANDING, NOTIFIED, STATED, BROKEN = "standing", "notified", "stated", "broken"
STATES = (STANDING, NOTIFIED, STATED, BROKEN)


class PricePromise(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A promise (价格承诺): a service costs no more than so much from a day to a day (inclusive).

    Standing until a breach is notified; the beneficiary states its case until `state_by`
    (inclusive); then another person lets the promise stand or ends the support: broken.
    """

    __tablename__ = "subsidy_promise"
    __table_args__ = (
        CheckConstraint("price_fen >= 0", name="price"),
        CheckConstraint("to_on >= from_on", name="days"),
        Index("ix_subsidy_promise_scheme_party", "scheme_id", "party_id"),
    )
    __scope__ = {
        "provider": "party_id",
        "resident": "party_id",
        "purchaser": "organisation_id",
        "division": "division_code",
    }
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    scheme_id: Mapped[int] = mapped_column(ForeignKey("subsidy_scheme.id"))
    party_id: Mapped[int] = mapped_column(ForeignKey("party.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"))
    service: Mapped[str] = mapped_column(Text)
    unit: Mapped[str] = mapped_column(Text)
    price_fen: Mapped[int] = mapped_column(Fen)
    from_on: Mapped[date]
    to_on: Mapped[date]
    state: Mapped[str] = mapped_column(Text)
    made_by: Mapped[int | None] = mapped_column(Id)
    made_at: Mapped[datetime] = mapped_column(Instant)
    notified_by: Mapped[int | None] = mapped_column(Id)
    notice: Mapped[str | None] = mapped_column(Text)
    state_by: Mapped[date | None]
    statement: Mapped[str | None] = mapped_column(Text)
    decided_by: Mapped[int | None] = mapped_column(Id)
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    decided_reason: Mapped[str | None] = mapped_column(Text)


class PromiseCheck(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """What was found on a day: the price asked (None: the service was not to be had), and where.

    It is public. A breach that was decided upon is `settled`, so that it is not notified twice.
    """

    __tablename__ = "subsidy_promise_check"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    promise_id: Mapped[int] = mapped_column(ForeignKey("subsidy_promise.id"), index=True)
    checked_on: Mapped[date]
    found_fen: Mapped[int | None] = mapped_column(Fen)
    is_kept: Mapped[bool]
    document: Mapped[str] = mapped_column(Text)
    checked_by: Mapped[int | None] = mapped_column(Id)
    checked_at: Mapped[datetime] = mapped_column(Instant)
    settled_at: Mapped[datetime | None] = mapped_column(Instant)
