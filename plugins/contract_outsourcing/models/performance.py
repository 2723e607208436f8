"""Performance: milestones, what recipients say, acceptance, deductions, scores, deliveries."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Fen, Id, Instant, db

# A milestone: by a share of the value, by a supplement, by the score at the end, by an order of
# measured quantity, in advance.
SHARE, SUPPLEMENT, TAIL, ORDER, ADVANCE = "share", "supplement", "tail", "order", "advance"
# The states of a milestone; `service/steps.py` says which act leads from which to which.
SCHEDULED, SUBMITTED, RECORDED = "scheduled", "submitted", "recorded"
ACCEPTED, REFUSED, PAID, CANCELLED = "accepted", "refused", "paid", "cancelled"
STATES = (SCHEDULED, SUBMITTED, RECORDED, ACCEPTED, REFUSED, PAID, CANCELLED)
# What an acceptance found of one line of the standard
MET, PARTLY, NOT_MET = "met", "partly", "not_met"
# A deduction
PROPOSED, STATED, DECIDED, DROPPED = "proposed", "stated", "decided", "dropped"
LATE, QUALITY, OVERCLAIM, SCORE, QUANTITY = "late", "quality", "overclaim", "score", "quantity"
# Who scores a contract
PURCHASER, RECIPIENTS, THIRD_PARTY = "purchaser", "recipients", "third_party"


class Milestone(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A step of a contract after which something is paid (节点): planned, delivered, accepted.

    `amount_fen` is what the contract gives it; `payable_fen` + `deducted_fen` = `amount_fen` once
    accepted. `advance_fen` of an accepted milestone was paid in advance and is not paid again.
    `pay_by` is the last day of payment by law.
    """

    __tablename__ = "contract_milestone"
    __table_args__ = (
        UniqueConstraint("contract_id", "sequence"),
        CheckConstraint("amount_fen >= 0", name="amount"),
        Index("ix_contract_milestone_state", "state", "contract_id"),
    )
    __scope__ = {
        "provider": "provider_id",
        "purchaser": "organisation_id",
        "division": "division_code",
    }
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    contract_id: Mapped[int] = mapped_column(ForeignKey("contract_contract.id"))
    amendment_id: Mapped[int | None] = mapped_column(ForeignKey("contract_amendment.id"))
    provider_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"))
    sequence: Mapped[int]
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    fiscal_year: Mapped[int]
    share_bp: Mapped[int | None]
    amount_fen: Mapped[int] = mapped_column(Fen)
    due_on: Mapped[date | None]
    state: Mapped[str] = mapped_column(Text)
    delivered_on: Mapped[date | None]
    submitted_at: Mapped[datetime | None] = mapped_column(Instant)
    submitted_by: Mapped[int | None] = mapped_column(Id)
    evidence: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    accepted_on: Mapped[date | None]
    payable_fen: Mapped[int] = mapped_column(Fen, default=0)
    deducted_fen: Mapped[int] = mapped_column(Fen, default=0)
    advance_fen: Mapped[int] = mapped_column(Fen, default=0)
    pay_by: Mapped[date | None]
    paid_on: Mapped[date | None]
    journal_id: Mapped[int | None] = mapped_column(Id)


class EvidenceFile(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A file that a provider showed for a delivery, with its SHA-256. Append-only.

    `kind` is the media type that its content was found to have.
    """

    __tablename__ = "contract_evidence_file"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    milestone_id: Mapped[int] = mapped_column(ForeignKey("contract_milestone.id"), index=True)
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(Text)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    added_by: Mapped[int | None] = mapped_column(Id)
    added_at: Mapped[datetime] = mapped_column(Instant)


class Opinion(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """What a recipient says of a milestone: delivered or not, a score of 0 to 100, words.

    `way`: own (the resident's account), desk or telephone. One that says "not delivered" stops the
    payment until it is answered by somebody who did not handle the contract.
    """

    __tablename__ = "contract_opinion"
    __table_args__ = (UniqueConstraint("milestone_id", "resident_id"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    milestone_id: Mapped[int] = mapped_column(ForeignKey("contract_milestone.id"))
    resident_id: Mapped[int] = mapped_column(ForeignKey("resident.id"), index=True)
    way: Mapped[str] = mapped_column(Text)
    delivered: Mapped[bool]
    score: Mapped[int | None]
    words: Mapped[str | None] = mapped_column(Text)
    given_at: Mapped[datetime] = mapped_column(Instant)
    given_by: Mapped[int | None] = mapped_column(Id)
    answered_by: Mapped[int | None] = mapped_column(Id)
    answered_at: Mapped[datetime | None] = mapped_column(Instant)
    answer: Mapped[str | None] = mapped_column(Text)


class Acceptance(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """An acceptance (验收) of a milestone: what its accepter found, line by line of the standard.

    `results` by line's code: `found` (met, partly, not_met) and `words`. Decided by a second
    person; one that was sent back stays, and a new one follows.
    """

    __tablename__ = "contract_acceptance"
    __table_args__ = (Index("ix_contract_acceptance_milestone_id", "milestone_id"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    milestone_id: Mapped[int] = mapped_column(ForeignKey("contract_milestone.id"))
    results: Mapped[dict[str, Any]] = mapped_column(JSON)
    words: Mapped[str | None] = mapped_column(Text)
    recorded_by: Mapped[int | None] = mapped_column(Id)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    state: Mapped[str] = mapped_column(Text)
    decided_by: Mapped[int | None] = mapped_column(Id)
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    reason: Mapped[str | None] = mapped_column(Text)
    published_at: Mapped[datetime | None] = mapped_column(Instant)


class Deduction(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """What is taken off a milestone under a clause of the contract, after the provider was heard.

    `units` days late, visits missed ...; `amount_fen` follows from them by the clause, `capped_fen`
    is what the cap leaves of it and what is deducted.
    """

    __tablename__ = "contract_deduction"
    __table_args__ = (Index("ix_contract_deduction_milestone_id", "milestone_id"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    milestone_id: Mapped[int] = mapped_column(ForeignKey("contract_milestone.id"))
    kind: Mapped[str] = mapped_column(Text)
    clause: Mapped[str] = mapped_column(Text)
    units: Mapped[int]
    unit_fen: Mapped[int | None] = mapped_column(Fen)
    amount_fen: Mapped[int] = mapped_column(Fen)
    capped_fen: Mapped[int] = mapped_column(Fen)
    evidence: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    proposed_by: Mapped[int | None] = mapped_column(Id)
    proposed_at: Mapped[datetime] = mapped_column(Instant)
    statement: Mapped[str | None] = mapped_column(Text)
    stated_by: Mapped[int | None] = mapped_column(Id)
    stated_at: Mapped[datetime | None] = mapped_column(Instant)
    statement_until: Mapped[date]
    decided_by: Mapped[int | None] = mapped_column(Id)
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    reason: Mapped[str | None] = mapped_column(Text)


class ContractScore(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """What one of three parties gives a contract's performance, in hundredths of a point."""

    __tablename__ = "contract_performance_score"
    __table_args__ = (
        UniqueConstraint("contract_id", "period", "side"),
        CheckConstraint("centipoints BETWEEN 0 AND 10000", name="points"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    contract_id: Mapped[int] = mapped_column(ForeignKey("contract_contract.id"))
    period: Mapped[str] = mapped_column(Text)
    side: Mapped[str] = mapped_column(Text)
    centipoints: Mapped[int]
    words: Mapped[str | None] = mapped_column(Text)
    given_by: Mapped[int | None] = mapped_column(Id)
    given_at: Mapped[datetime] = mapped_column(Instant)


class Order(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """An order of measured quantity under a framework; its milestone holds the money.

    Quantities are whole units of the price's unit. `bands` are (quantity, unit price in fen) pairs,
    at ordering what is committed, after the settlement what is paid. `penalty_fen` of their price
    was taken off for claiming more than was verified.
    """

    __tablename__ = "contract_order"
    __table_args__ = (Index("ix_contract_order_contract_id", "contract_id", "service", "quarter"),)
    milestone_id: Mapped[int] = mapped_column(
        ForeignKey("contract_milestone.id"), primary_key=True, autoincrement=False
    )
    contract_id: Mapped[int] = mapped_column(ForeignKey("contract_contract.id"))
    service: Mapped[str] = mapped_column(Text)
    period: Mapped[str] = mapped_column(Text)
    quarter: Mapped[str] = mapped_column(Text)
    ordered: Mapped[int]
    claimed: Mapped[int | None]
    verified: Mapped[int | None]
    paid: Mapped[int | None]
    bands: Mapped[list[list[int]]] = mapped_column(JSON)
    penalty_fen: Mapped[int] = mapped_column(Fen, default=0)
    placed_by: Mapped[int | None] = mapped_column(Id)
    placed_at: Mapped[datetime] = mapped_column(Instant)
    settled_by: Mapped[int | None] = mapped_column(Id)
    settled_at: Mapped[datetime | None] = mapped_column(Instant)


class Delivery(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """One unit of service to one resident, confirmed by a scan or a signed sheet. Append-only.

    One per resident, day and sitting over all suppliers of a purchase.
    """

    __tablename__ = "contract_delivery"
    __table_args__ = (
        UniqueConstraint(
            "purchase_id",
            "resident_id",
            "served_on",
            "service",
            "sitting",
            name="uq_contract_delivery_once",
        ),
        Index("ix_contract_delivery_contract_id", "contract_id", "served_on"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    contract_id: Mapped[int] = mapped_column(ForeignKey("contract_contract.id"))
    purchase_id: Mapped[int] = mapped_column(Id)
    resident_id: Mapped[int] = mapped_column(Id, index=True)
    service: Mapped[str] = mapped_column(Text)
    served_on: Mapped[date]
    sitting: Mapped[str] = mapped_column(Text)
    way: Mapped[str] = mapped_column(Text)
    recorded_by: Mapped[int | None] = mapped_column(Id)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
