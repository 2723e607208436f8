"""Procurement: tenders by any method, who was invited, what was asked, changed and published."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Fen, Id, Instant, db

# The states of a tender; `service/steps.py` says which act leads from which to which.
DRAFT, SUBMITTED, PUBLICITY, PUBLISHED = "draft", "submitted", "publicity", "published"
OPENED, EVALUATED, DECIDED, AWARDED = "opened", "evaluated", "decided", "awarded"
CONTRACTED, FAILED, CANCELLED = "contracted", "failed", "cancelled"
STATES = (
    DRAFT,
    SUBMITTED,
    PUBLICITY,
    PUBLISHED,
    OPENED,
    EVALUATED,
    DECIDED,
    AWARDED,
    CONTRACTED,
    FAILED,
    CANCELLED,
)

# For whom alone a tender may be reserved.
SOCIAL_ORGANISATION, SMALL_FIRM = "social_organisation", "small_firm"
RESERVED = (SOCIAL_ORGANISATION, SMALL_FIRM)


class Tender(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A procurement (采购项目) that carries out a filed plan by one of the methods.

    `method` is a row of `rules/methods.yaml`. `content` holds the texts of the notice: what is
    bought, the conditions on providers, how the service will be evaluated. `sheet` is the scoring
    sheet and `sheet_hash` its SHA-256, both frozen once published; `ceiling_fen` is stated in the
    notice. `rerun_of_id`: the failed tender that this one repeats.
    """

    __tablename__ = "contract_tender"
    __table_args__ = (CheckConstraint("ceiling_fen > 0", name="ceiling"),)
    __scope__ = {
        "purchaser": "organisation_id",
        "agency": "agency_id",
        "division": "division_code",
    }
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    number: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    purchase_id: Mapped[int] = mapped_column(Id, index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"))
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    method: Mapped[str] = mapped_column(Text)
    method_reason: Mapped[str | None] = mapped_column(Text)
    method_approval: Mapped[str | None] = mapped_column(Text)
    ceiling_fen: Mapped[int] = mapped_column(Fen)
    bid_bond_fen: Mapped[int] = mapped_column(Fen, default=0)
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    sheet: Mapped[dict[str, Any]] = mapped_column(JSON)
    sheet_hash: Mapped[str | None] = mapped_column(Text)
    documents_until: Mapped[date | None]
    closes_at: Mapped[datetime | None] = mapped_column(Instant)
    publicity_until: Mapped[date | None]
    public_key: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    rerun_of_id: Mapped[int | None] = mapped_column(ForeignKey("contract_tender.id"))
    failed_code: Mapped[str | None] = mapped_column(Text)
    end_reason: Mapped[str | None] = mapped_column(Text)
    made_by: Mapped[int | None] = mapped_column(Id)
    made_at: Mapped[datetime] = mapped_column(Instant)
    agreed_by: Mapped[int | None] = mapped_column(Id)
    agreed_at: Mapped[datetime | None] = mapped_column(Instant)
    published_at: Mapped[datetime | None] = mapped_column(Instant)
    opened_at: Mapped[datetime | None] = mapped_column(Instant)
    evaluated_at: Mapped[datetime | None] = mapped_column(Instant)
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    awarded_at: Mapped[datetime | None] = mapped_column(Instant)
    amendments: Mapped[list[TenderAmendment]] = relationship(order_by="TenderAmendment.number")


class TenderInvitee(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A provider asked to bid where the method does not call publicly; secret until the opening."""

    __tablename__ = "contract_tender_invitee"
    tender_id: Mapped[int] = mapped_column(ForeignKey("contract_tender.id"), primary_key=True)
    organisation_id: Mapped[int] = mapped_column(
        ForeignKey("organisation.id"), primary_key=True, autoincrement=False
    )
    invited_at: Mapped[datetime] = mapped_column(Instant)
    invited_by: Mapped[int | None] = mapped_column(Id)


class TenderAmendment(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A published change of the tender documents, with the deadline before and after it."""

    __tablename__ = "contract_tender_amendment"
    __table_args__ = (UniqueConstraint("tender_id", "number"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    tender_id: Mapped[int] = mapped_column(ForeignKey("contract_tender.id"))
    number: Mapped[int]
    words: Mapped[str] = mapped_column(Text)
    affects_bids: Mapped[bool]
    closed_before: Mapped[datetime] = mapped_column(Instant)
    closes_at: Mapped[datetime] = mapped_column(Instant)
    made_by: Mapped[int | None] = mapped_column(Id)
    made_at: Mapped[datetime] = mapped_column(Instant)


class TenderQuestion(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A question about the documents and its answer, both public; who asked is not kept here."""

    __tablename__ = "contract_tender_question"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    tender_id: Mapped[int] = mapped_column(ForeignKey("contract_tender.id"), index=True)
    words: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime] = mapped_column(Instant)
    answer: Mapped[str | None] = mapped_column(Text)
    answered_by: Mapped[int | None] = mapped_column(Id)
    answered_at: Mapped[datetime | None] = mapped_column(Instant)


class Exclusion(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A provider barred from new tenders and orders for a time, after a failed evaluation."""

    __tablename__ = "contract_exclusion"
    __scope__ = {"purchaser": "organisation_id", "division": "division_code"}
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"))
    reason: Mapped[str] = mapped_column(Text)
    from_on: Mapped[date]
    to_on: Mapped[date | None]
    made_by: Mapped[int | None] = mapped_column(Id)
    made_at: Mapped[datetime] = mapped_column(Instant)
