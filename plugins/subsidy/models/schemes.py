"""Subsidy schemes and the versions of their terms."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Id, Instant, db

DRAFT, SUBMITTED, PUBLISHED, CLOSED = "draft", "submitted", "published", "closed"
STATES = (DRAFT, SUBMITTED, PUBLISHED, CLOSED)
APPROVED = "approved"


class Scheme(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A subsidy scheme (补贴项目) of one purchaser: draft, submitted, published, closed.

    It carries out a filed purchase plan whose form is the subsidy. Once published anybody reads
    its terms; once closed nobody applies any more, and what was granted goes on.
    """

    __tablename__ = "subsidy_scheme"
    __scope__ = {"purchaser": "organisation_id", "division": "division_code"}
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    code: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"))
    purchase_id: Mapped[int | None] = mapped_column(Id, index=True)
    state: Mapped[str] = mapped_column(Text)
    made_by: Mapped[int | None] = mapped_column(Id)
    published_at: Mapped[datetime | None] = mapped_column(Instant)
    closed_reason: Mapped[str | None] = mapped_column(Text)


class SchemeTerms(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """One version of a scheme's terms: draft, submitted, approved; immutable once approved.

    In force from `effective_on` (None: from the beginning) until the next version's. An
    application keeps the version in force when it was submitted.
    """

    __tablename__ = "subsidy_terms"
    __table_args__ = (UniqueConstraint("scheme_id", "version"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    scheme_id: Mapped[int] = mapped_column(ForeignKey("subsidy_scheme.id"))
    version: Mapped[int]
    document: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(Text)
    effective_on: Mapped[date | None]
    made_by: Mapped[int | None] = mapped_column(Id)
    approved_by: Mapped[int | None] = mapped_column(Id)
    sent_back_reason: Mapped[str | None] = mapped_column(Text)
