"""Guarantors and their figures, the loans they guarantee, what was paid and came back."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Fen, Id, Instant, db

NAMED, APPROVED, ENDED = "named", "approved", "ended"
STATES = (NAMED, APPROVED, ENDED)
# A guarantee: in force, called (the guarantor paid the bank), ended.
ACTIVE, CALLED = "active", "called"
GUARANTEE_STATES = (ACTIVE, CALLED, ENDED)
# What happens to a guarantee: principal paid back by the debtor, a fee paid by it.
REPAID, FEE = "repaid", "fee"


class Guarantor(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A licensed guarantee company or fund (融资担保公司): an organisation, never the government.

    Named by one person of finance, approved by another. `controller_id` is the organisation that
    holds or actually controls it, for which it may not guarantee.
    """

    __tablename__ = "subsidy_guarantor"
    __table_args__ = (
        Index(
            "ix_subsidy_guarantor_standing",
            "organisation_id",
            unique=True,
            sqlite_where=text("state <> 'ended'"),
            postgresql_where=text("state <> 'ended'"),
        ),
    )
    # The purchasers of a division see who may guarantee there.
    __scope__ = {
        "provider": "organisation_id",
        "purchaser": "division_code",
        "division": "division_code",
    }
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"))
    licence_no: Mapped[str] = mapped_column(Text)
    controller_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    state: Mapped[str] = mapped_column(Text)
    named_by: Mapped[int | None] = mapped_column(Id)
    named_at: Mapped[datetime] = mapped_column(Instant)
    approved_by: Mapped[int | None] = mapped_column(Id)
    ended_reason: Mapped[str | None] = mapped_column(Text)


class GuarantorFigure(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A guarantor's figures as of a day, with the document that says so. Only ever added to.

    In force is the approved row with the latest day; of the same day the one entered last.
    `small_rural_bp` is the share of small firms and farming in what it guarantees.
    """

    __tablename__ = "subsidy_guarantor_figure"
    __table_args__ = (Index("ix_subsidy_guarantor_figure_as_of", "guarantor_id", "as_of", "id"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    guarantor_id: Mapped[int] = mapped_column(ForeignKey("subsidy_guarantor.id"))
    as_of: Mapped[date]
    net_assets_fen: Mapped[int] = mapped_column(Fen)
    small_rural_bp: Mapped[int]
    licence_until: Mapped[date]
    document: Mapped[str] = mapped_column(Text)
    made_by: Mapped[int | None] = mapped_column(Id)
    made_at: Mapped[datetime] = mapped_column(Instant)
    approved_by: Mapped[int | None] = mapped_column(Id)
    approved_at: Mapped[datetime | None] = mapped_column(Instant)


class Guarantee(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A guarantee (担保) of one loan; its fee may be subsidised, its loss shared by a pool.

    Each of the two goes by the version of its scheme's terms in force when it was registered.
    `due_on` is the day the loan falls due. `outstanding_fen` is guaranteed now; once called,
    `paid_fen` is what the guarantor paid the bank.
    """

    __tablename__ = "subsidy_guarantee"
    __table_args__ = (
        UniqueConstraint("guarantor_id", "bank", "loan_number"),
        CheckConstraint("due_on > from_on", name="period"),
        CheckConstraint("guaranteed_fen > 0", name="positive"),
        CheckConstraint(
            "outstanding_fen >= 0 AND outstanding_fen <= guaranteed_fen", name="outstanding"
        ),
        Index("ix_subsidy_guarantee_exposure", "guarantor_id", "state", "debtor_id"),
    )
    __scope__ = {
        "provider": "provider_id",
        "purchaser": "organisation_id",
        "division": "division_code",
    }
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    number: Mapped[str] = mapped_column(Text, unique=True)
    guarantor_id: Mapped[int] = mapped_column(ForeignKey("subsidy_guarantor.id"))
    provider_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    debtor_id: Mapped[int] = mapped_column(ForeignKey("party.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"))
    fee_scheme_id: Mapped[int | None] = mapped_column(ForeignKey("subsidy_scheme.id"), index=True)
    fee_terms_id: Mapped[int | None] = mapped_column(ForeignKey("subsidy_terms.id"))
    pool_scheme_id: Mapped[int | None] = mapped_column(ForeignKey("subsidy_scheme.id"), index=True)
    pool_terms_id: Mapped[int | None] = mapped_column(ForeignKey("subsidy_terms.id"))
    bank: Mapped[str] = mapped_column(Text)
    loan_number: Mapped[str] = mapped_column(Text)
    principal_fen: Mapped[int] = mapped_column(Fen)
    guaranteed_fen: Mapped[int] = mapped_column(Fen)
    outstanding_fen: Mapped[int] = mapped_column(Fen)
    from_on: Mapped[date]
    due_on: Mapped[date]
    state: Mapped[str] = mapped_column(Text)
    made_by: Mapped[int | None] = mapped_column(Id)
    made_at: Mapped[datetime] = mapped_column(Instant)
    paid_fen: Mapped[int | None] = mapped_column(Fen)
    paid_on: Mapped[date | None]
    paid_document: Mapped[str | None] = mapped_column(Text)
    ended_on: Mapped[date | None]
    ended_reason: Mapped[str | None] = mapped_column(Text)


class GuaranteeEvent(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """Principal paid back, or a guarantee fee paid, on a day. Append-only, in order of days."""

    __tablename__ = "subsidy_guarantee_event"
    __table_args__ = (CheckConstraint("amount_fen > 0", name="positive"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    guarantee_id: Mapped[int] = mapped_column(ForeignKey("subsidy_guarantee.id"), index=True)
    kind: Mapped[str] = mapped_column(Text)
    on: Mapped[date]
    amount_fen: Mapped[int] = mapped_column(Fen)
    document: Mapped[str] = mapped_column(Text)
    made_by: Mapped[int | None] = mapped_column(Id)
    made_at: Mapped[datetime] = mapped_column(Instant)


class GuaranteeClaim(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """Which guarantee a claim is about: of its fee, or of the pool's share of what was paid."""

    __tablename__ = "subsidy_guarantee_claim"
    claim_id: Mapped[int] = mapped_column(
        ForeignKey("subsidy_claim.id"), primary_key=True, autoincrement=False
    )
    guarantee_id: Mapped[int] = mapped_column(ForeignKey("subsidy_guarantee.id"), index=True)


class GuaranteeRecovery(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """Money the debtor paid after the guarantor had: shared among those who bore the loss.

    `parts` is what each gets back (fen) by who it is, the pool's part among them.
    """

    __tablename__ = "subsidy_guarantee_recovery"
    __table_args__ = (
        UniqueConstraint("guarantee_id", "document"),
        CheckConstraint("amount_fen > 0", name="positive"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    guarantee_id: Mapped[int] = mapped_column(ForeignKey("subsidy_guarantee.id"))
    on: Mapped[date]
    amount_fen: Mapped[int] = mapped_column(Fen)
    parts: Mapped[dict[str, Any]] = mapped_column(JSON)
    document: Mapped[str] = mapped_column(Text)
    recovery_id: Mapped[int | None] = mapped_column(ForeignKey("subsidy_recovery.id"))
    made_by: Mapped[int | None] = mapped_column(Id)
    made_at: Mapped[datetime] = mapped_column(Instant)
