"""Claims of every kind of subsidy, who approved them, and what they used up."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Fen, Id, Instant, db

SUBMITTED, COMPUTED, APPROVED, PAID = "submitted", "computed", "approved", "paid"
REFUSED, WITHDRAWN, FORFEITED = "refused", "withdrawn", "forfeited"
STATES = (SUBMITTED, COMPUTED, APPROVED, PAID, REFUSED, WITHDRAWN, FORFEITED)
LIVE = (SUBMITTED, COMPUTED, APPROVED, PAID)
OWED = (APPROVED, PAID)


class SchemeYear(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A scheme's money of one fiscal year: its pool, and what waits for that year's budget (fen).

    `forward_fen` stands as one forward obligation of the plan until finance converts it.
    """

    __tablename__ = "subsidy_scheme_year"
    scheme_id: Mapped[int] = mapped_column(
        ForeignKey("subsidy_scheme.id"), primary_key=True, autoincrement=False
    )
    fiscal_year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    pool_id: Mapped[int] = mapped_column(ForeignKey("pool.id"), unique=True)
    forward_fen: Mapped[int] = mapped_column(Fen, default=0, server_default=text("0"))


class SubsidyClaim(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A claim (补贴申报) of any kind: submitted, computed, approved by bands, paid.

    Who is paid need not be who benefits (a bank, a borrower's interest). Days are inclusive.
    `asked_fen` is what a claimant says it should be, never what is paid; `amount_fen` is what
    `calculation` says of `inputs` by the version of the terms in `terms_id`. An instalment of an
    award (`grant_id`, `instalment`) was committed when its agreement was signed, and is checked
    from `due_on` on. Lowered after it was approved: `lowered_fen` less is owed, by entries of
    their own. `units` counts results.
    """

    __tablename__ = "subsidy_claim"
    __table_args__ = (
        UniqueConstraint("grant_id", "instalment"),
        CheckConstraint("amount_fen >= 0", name="amount"),
        CheckConstraint("lowered_fen >= 0 AND lowered_fen <= amount_fen", name="lowered"),
        Index("ix_subsidy_claim_scheme_state", "scheme_id", "state"),
    )
    __scope__ = {
        "provider": "payee_id",
        "resident": "payee_id",
        "purchaser": "organisation_id",
        "division": "division_code",
    }
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    number: Mapped[str] = mapped_column(Text, unique=True)
    kind: Mapped[str] = mapped_column(Text)
    scheme_id: Mapped[int] = mapped_column(ForeignKey("subsidy_scheme.id"))
    terms_id: Mapped[int] = mapped_column(ForeignKey("subsidy_terms.id"))
    application_id: Mapped[int | None] = mapped_column(
        ForeignKey("subsidy_application.id"), index=True
    )
    grant_id: Mapped[int | None] = mapped_column(ForeignKey("subsidy_grant.id"))
    instalment: Mapped[int | None]
    due_on: Mapped[date | None]
    payee_id: Mapped[int] = mapped_column(ForeignKey("party.id"), index=True)
    beneficiary_id: Mapped[int] = mapped_column(ForeignKey("party.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"))
    fiscal_year: Mapped[int]
    period_from: Mapped[date | None]
    period_to: Mapped[date | None]
    asked_fen: Mapped[int | None] = mapped_column(Fen)
    amount_fen: Mapped[int] = mapped_column(Fen, default=0, server_default=text("0"))
    lowered_fen: Mapped[int] = mapped_column(Fen, default=0, server_default=text("0"))
    units: Mapped[int | None]
    state: Mapped[str] = mapped_column(Text)
    claimed: Mapped[dict[str, Any]] = mapped_column(JSON)
    inputs: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    calculation: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    made_by: Mapped[int | None] = mapped_column(Id)
    made_at: Mapped[datetime] = mapped_column(Instant)
    computed_by: Mapped[int | None] = mapped_column(Id)
    computed_at: Mapped[datetime | None] = mapped_column(Instant)
    approved_at: Mapped[datetime | None] = mapped_column(Instant)
    approved_on: Mapped[date | None]
    pool_id: Mapped[int | None] = mapped_column(ForeignKey("pool.id"), index=True)
    journal_id: Mapped[int | None] = mapped_column(Id)
    paid_journal_id: Mapped[int | None] = mapped_column(Id)
    paid_on: Mapped[date | None]
    ended_reason: Mapped[str | None] = mapped_column(Text)

    @property
    def owed_fen(self) -> int:
        """Return what was approved and not lowered since."""
        return self.amount_fen - self.lowered_fen


class ClaimApproval(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """One person's approval of a claim as it was computed; void once it is computed anew."""

    __tablename__ = "subsidy_claim_approval"
    __table_args__ = (UniqueConstraint("claim_id", "round", "person_id"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    claim_id: Mapped[int] = mapped_column(ForeignKey("subsidy_claim.id"))
    round: Mapped[datetime] = mapped_column(Instant)
    person_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime] = mapped_column(Instant)


class SubsidyUse(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """Something that counts once: an invoice, a certificate, a loan's period, across all schemes.

    `key` is a hash of what identifies it, `name` what people call it. Free again once the claim
    comes to nothing.
    """

    __tablename__ = "subsidy_use"
    __table_args__ = (
        Index(
            "ix_subsidy_use_live",
            "kind",
            "key",
            unique=True,
            sqlite_where=text("released_at IS NULL"),
            postgresql_where=text("released_at IS NULL"),
        ),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    claim_id: Mapped[int] = mapped_column(ForeignKey("subsidy_claim.id"), index=True)
    kind: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    released_at: Mapped[datetime | None] = mapped_column(Instant)


class ClaimCorrection(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A claim lowered after its approval and before its payment: a difference, never an edit."""

    __tablename__ = "subsidy_claim_correction"
    __table_args__ = (CheckConstraint("amount_fen > 0", name="positive"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    claim_id: Mapped[int] = mapped_column(ForeignKey("subsidy_claim.id"), index=True)
    amount_fen: Mapped[int] = mapped_column(Fen)
    reason: Mapped[str] = mapped_column(Text)
    made_by: Mapped[int | None] = mapped_column(Id)
    made_at: Mapped[datetime] = mapped_column(Instant)
    journal_id: Mapped[int] = mapped_column(Id)
