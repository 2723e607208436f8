"""Contracts: their eight parts, years, signatures, changes, bonds and subcontractors."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Fen, Id, Instant, db

FIXED, FRAMEWORK = "fixed", "framework"
# The states of a contract; `service/steps.py` says which act leads from which to which.
DRAFT, AGREED, PERFORMING, SUSPENDED = "draft", "agreed", "performing", "suspended"
COMPLETED, TERMINATED, CLOSED, CANCELLED = "completed", "terminated", "closed", "cancelled"
STATES = (DRAFT, AGREED, PERFORMING, SUSPENDED, COMPLETED, TERMINATED, CLOSED, CANCELLED)
# Under these what was delivered is accepted and paid; under all but SUSPENDED more is delivered.
OWING = (PERFORMING, SUSPENDED, COMPLETED, TERMINATED)
# The eight parts of a contract for services (长府办发〔2014〕18号; 民法典第四百七十条).
PARTS = (
    "scope",
    "subject",
    "quantity",
    "quality",
    "period",
    "payment",
    "rights",
    "liability",
)
# A change of a contract, or a proposal to end it
PROPOSED, APPROVED, IN_FORCE, DECLINED = "proposed", "approved", "in_force", "declined"
SUPPLEMENT, PRICE_DOWN, VOLUME_DOWN = "supplement", "price_down", "volume_down"
EXTENSION, PARTY_DATA, LEGAL_CHANGE = "extension", "party_data", "legal_change"
AMENDMENTS = (SUPPLEMENT, PRICE_DOWN, VOLUME_DOWN, EXTENSION, PARTY_DATA, LEGAL_CHANGE)
# A bond
HELD, RETURNED, CALLED = "held", "returned", "called"
# A receivable that its creditor wants confirmed
ASKED, CONFIRMED, REFUSED = "asked", "confirmed", "refused"


class Contract(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A contract (合同) between a purchaser and the provider that was awarded it.

    `value_fen` is what was signed, 0 for a framework, whose orders add to it; what changed since
    are amendments. `parts` are the eight parts in words, `terms` what the computer works with
    (`ContractTermsSchema`, read by `rules.terms`). `text_hash` is the SHA-256 of the rendered
    document that every party signs.
    """

    __tablename__ = "contract_contract"
    __table_args__ = (
        CheckConstraint("ends_on >= starts_on", name="period"),
        CheckConstraint("value_fen >= 0", name="value"),
    )
    __scope__ = {
        "provider": "provider_id",
        "purchaser": "organisation_id",
        "evaluator": "evaluator_id",
        "division": "division_code",
    }
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    number: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    award_id: Mapped[int] = mapped_column(ForeignKey("contract_award.id"), index=True)
    tender_id: Mapped[int] = mapped_column(ForeignKey("contract_tender.id"), index=True)
    purchase_id: Mapped[int] = mapped_column(Id, index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"))
    evaluator_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    parts: Mapped[dict[str, str]] = mapped_column(JSON)
    terms: Mapped[dict[str, Any]] = mapped_column(JSON)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    multi_year_reason: Mapped[str | None] = mapped_column(Text)
    value_fen: Mapped[int] = mapped_column(Fen)
    is_public_service: Mapped[bool]
    small_firm: Mapped[bool]
    text_hash: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    renewed_from_id: Mapped[int | None] = mapped_column(ForeignKey("contract_contract.id"))
    made_by: Mapped[int | None] = mapped_column(Id)
    made_at: Mapped[datetime] = mapped_column(Instant)
    agreed_by: Mapped[int | None] = mapped_column(Id)
    agreed_at: Mapped[datetime | None] = mapped_column(Instant)
    signed_at: Mapped[datetime | None] = mapped_column(Instant)
    published_at: Mapped[datetime | None] = mapped_column(Instant)
    filed_at: Mapped[datetime | None] = mapped_column(Instant)
    filed_by: Mapped[int | None] = mapped_column(Id)
    suspended_from: Mapped[date | None]
    ended_on: Mapped[date | None]
    end_reason: Mapped[str | None] = mapped_column(Text)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    years: Mapped[list[ContractYear]] = relationship(order_by="ContractYear.fiscal_year")
    bonds: Mapped[list[Bond]] = relationship(order_by="Bond.id")


class ContractYear(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """What a contract costs (fen) in one fiscal year, and the pool it is paid from.

    Not `committed`: the year has no budget yet, the amount is a forward obligation and the pool
    has no line.
    """

    __tablename__ = "contract_year"
    contract_id: Mapped[int] = mapped_column(ForeignKey("contract_contract.id"), primary_key=True)
    fiscal_year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    amount_fen: Mapped[int] = mapped_column(Fen)
    committed: Mapped[bool]
    pool_id: Mapped[int] = mapped_column(Id, unique=True)


class Signature(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """That a party signed a document (a contract, an amendment) of this hash. Append-only."""

    __tablename__ = "contract_signature"
    __table_args__ = (UniqueConstraint("object_type", "object_id", "organisation_id"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    object_type: Mapped[str] = mapped_column(Text)
    object_id: Mapped[int] = mapped_column(Id)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    user_id: Mapped[int | None] = mapped_column(Id)
    text_hash: Mapped[str] = mapped_column(Text)
    signed_at: Mapped[datetime] = mapped_column(Instant)


class Amendment(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A change of a signed contract of one of six kinds, each with limits of its own.

    `amount_fen` is what it adds (+) or takes off (-); `changes` what else it sets.
    """

    __tablename__ = "contract_amendment"
    __table_args__ = (UniqueConstraint("contract_id", "number"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    contract_id: Mapped[int] = mapped_column(ForeignKey("contract_contract.id"))
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(Text)
    words: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    amount_fen: Mapped[int] = mapped_column(Fen, default=0)
    fiscal_year: Mapped[int | None]
    changes: Mapped[dict[str, Any]] = mapped_column(JSON)
    text_hash: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    made_by: Mapped[int | None] = mapped_column(Id)
    made_at: Mapped[datetime] = mapped_column(Instant)
    approved_by: Mapped[int | None] = mapped_column(Id)
    approved_at: Mapped[datetime | None] = mapped_column(Instant)
    in_force_at: Mapped[datetime | None] = mapped_column(Instant)
    journal_id: Mapped[int | None] = mapped_column(Id)


class Bond(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A performance bond (履约保证金) of fen, never cash: a guarantee letter, an insurance ..."""

    __tablename__ = "contract_bond"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    contract_id: Mapped[int] = mapped_column(ForeignKey("contract_contract.id"), index=True)
    form: Mapped[str] = mapped_column(Text)
    issuer: Mapped[str] = mapped_column(Text)
    document: Mapped[str] = mapped_column(Text)
    amount_fen: Mapped[int] = mapped_column(Fen)
    expires_on: Mapped[date]
    state: Mapped[str] = mapped_column(Text)
    ended_by: Mapped[int | None] = mapped_column(Id)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    end_reason: Mapped[str | None] = mapped_column(Text)


class Ending(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A proposal to end a contract before its time, or only to call a bond of it (`bond_id`).

    `call_bond`: the bonds are called with the contract's end, not returned. It takes effect when
    another person approves it.
    """

    __tablename__ = "contract_ending"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    contract_id: Mapped[int] = mapped_column(ForeignKey("contract_contract.id"), index=True)
    bond_id: Mapped[int | None] = mapped_column(ForeignKey("contract_bond.id"))
    call_bond: Mapped[bool]
    reason: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    made_by: Mapped[int | None] = mapped_column(Id)
    made_at: Mapped[datetime] = mapped_column(Instant)
    decided_by: Mapped[int | None] = mapped_column(Id)
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    decision: Mapped[str | None] = mapped_column(Text)


class Subcontract(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A part of the service that the provider has another do, with the purchaser's consent."""

    __tablename__ = "contract_subcontract"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    contract_id: Mapped[int] = mapped_column(ForeignKey("contract_contract.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    words: Mapped[str] = mapped_column(Text)
    amount_fen: Mapped[int] = mapped_column(Fen)
    state: Mapped[str] = mapped_column(Text)
    asked_by: Mapped[int | None] = mapped_column(Id)
    asked_at: Mapped[datetime] = mapped_column(Instant)
    decided_by: Mapped[int | None] = mapped_column(Id)
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    reason: Mapped[str | None] = mapped_column(Text)


class ProviderIncome(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """What a provider owes the treasury under a contract (a share of fees), never netted.

    Received money is handed on to the treasury; nothing of it lowers what the provider is paid.
    """

    __tablename__ = "contract_income"
    __table_args__ = (Index("ix_contract_income_contract_id", "contract_id"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    contract_id: Mapped[int] = mapped_column(ForeignKey("contract_contract.id"))
    pool_id: Mapped[int] = mapped_column(Id)
    amount_fen: Mapped[int] = mapped_column(Fen)
    received_fen: Mapped[int] = mapped_column(Fen, default=0)
    reason: Mapped[str] = mapped_column(Text)
    made_by: Mapped[int | None] = mapped_column(Id)
    made_at: Mapped[datetime] = mapped_column(Instant)


class Receivable(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """What a provider says it is owed (fen) under a contract, to be confirmed for financing.

    Confirming moves no money: it tells the financier what the books say.
    """

    __tablename__ = "contract_receivable"
    __table_args__ = (CheckConstraint("amount_fen > 0", name="positive"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    contract_id: Mapped[int] = mapped_column(ForeignKey("contract_contract.id"), index=True)
    amount_fen: Mapped[int] = mapped_column(Fen)
    financier: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    asked_by: Mapped[int | None] = mapped_column(Id)
    asked_at: Mapped[datetime] = mapped_column(Instant)
    decided_by: Mapped[int | None] = mapped_column(Id)
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    reason: Mapped[str | None] = mapped_column(Text)
