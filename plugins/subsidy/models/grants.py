"""Agreements about awards, their instalments' days, and duties that were not kept."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Fen, Id, Instant, db

SIGNED, QUESTIONED, BROKEN, CLOSED = "signed", "questioned", "broken", "closed"
STATES = (SIGNED, QUESTIONED, BROKEN, CLOSED)

PROPOSED, DECIDED, DROPPED = "proposed", "decided", "dropped"
BREACH_STATES = (PROPOSED, DECIDED, DROPPED)


class SubsidyGrant(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """An agreement (补贴协议) about an award: its instalments are claims of their own.

    Signed by the beneficiary after the purchaser's side was approved with the round; questioned
    while it is heard whether the duty was broken; broken when that was decided; closed when all is
    paid and the duty is over.
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
    result_id: Mapped[int] = mapped_column(ForeignKey("subsidy_result.id"), unique=True)
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


class GrantBreach(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A duty said to be broken from a day on: proposed, heard, decided by another or dropped.

    What the beneficiary says it says until `state_by` (inclusive), where something was paid also on
    the recovery. The amounts (fen) are what was decided.
    """

    __tablename__ = "subsidy_breach"
    __table_args__ = (
        Index(
            "ix_subsidy_breach_open",
            "grant_id",
            unique=True,
            sqlite_where=text("state = 'proposed'"),
            postgresql_where=text("state = 'proposed'"),
        ),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    grant_id: Mapped[int] = mapped_column(ForeignKey("subsidy_grant.id"), index=True)
    closed_from: Mapped[date]
    reason: Mapped[str] = mapped_column(Text)
    basis: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    months: Mapped[int]
    state_by: Mapped[date]
    statement: Mapped[str | None] = mapped_column(Text)
    stated_at: Mapped[datetime | None] = mapped_column(Instant)
    proposed_by: Mapped[int | None] = mapped_column(Id)
    proposed_at: Mapped[datetime] = mapped_column(Instant)
    decided_by: Mapped[int | None] = mapped_column(Id)
    decided_reason: Mapped[str | None] = mapped_column(Text)
    clawback_fen: Mapped[int] = mapped_column(Fen, default=0, server_default=text("0"))
    lowered_fen: Mapped[int] = mapped_column(Fen, default=0, server_default=text("0"))
    forfeited_fen: Mapped[int] = mapped_column(Fen, default=0, server_default=text("0"))


class BreachRecovery(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A recovery that is decided with a breach, not by itself."""

    __tablename__ = "subsidy_breach_recovery"
    recovery_id: Mapped[int] = mapped_column(
        ForeignKey("subsidy_recovery.id"), primary_key=True, autoincrement=False
    )
    breach_id: Mapped[int] = mapped_column(ForeignKey("subsidy_breach.id"), index=True)
