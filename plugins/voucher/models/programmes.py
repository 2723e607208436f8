"""Programmes, the versions of their terms, and what providers offer under them."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import (
    JSON,
    ForeignKey,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Fen, Id, db


class Programme(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A voucher programme (凭单项目) of one purchaser: draft, submitted, approved, closed.

    It carries out a filed purchase plan; those approved before plans were kept have none.
    """

    __tablename__ = "voucher_programme"
    __scope__ = {"purchaser": "organisation_id", "division": "division_code"}
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    code: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"))
    purchase_id: Mapped[int | None] = mapped_column(Id, index=True)
    state: Mapped[str] = mapped_column(Text)
    made_by: Mapped[int | None] = mapped_column(Id)
    approved_by: Mapped[int | None] = mapped_column(Id)


class Terms(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """One version of a programme's terms: draft, submitted, approved.

    Immutable once approved, in force from `effective_on` (None: from the beginning) until the
    next version's; a voucher keeps the version in force when it was issued for good. Another plan
    (`purchase_id`; None: the programme's) is carried out only once its version is approved.
    """

    __tablename__ = "voucher_terms"
    __table_args__ = (UniqueConstraint("programme_id", "version"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("voucher_programme.id"))
    version: Mapped[int]
    document: Mapped[dict[str, Any]] = mapped_column(JSON)
    purchase_id: Mapped[int | None] = mapped_column(Id)
    state: Mapped[str] = mapped_column(Text, server_default=text("'draft'"))
    effective_on: Mapped[date | None]
    made_by: Mapped[int | None] = mapped_column(Id)
    approved_by: Mapped[int | None] = mapped_column(Id)


class Admission(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A provider's admission to a programme (准入): admitted, suspended, ended."""

    __tablename__ = "voucher_admission"
    __table_args__ = (UniqueConstraint("programme_id", "provider_id"),)
    __scope__ = {
        "provider": "provider_id",
        "purchaser": "organisation_id",
        "division": "division_code",
    }
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("voucher_programme.id"))
    provider_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"))
    state: Mapped[str] = mapped_column(Text)
    from_on: Mapped[date]
    to_on: Mapped[date | None]


class Offer(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A service a provider offers under an admission, at a price in fen.

    Without a price it is entered at the till, up to the programme's maximum.
    """

    __tablename__ = "voucher_offer"
    __table_args__ = (UniqueConstraint("admission_id", "service_code"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    admission_id: Mapped[int] = mapped_column(ForeignKey("voucher_admission.id"))
    service_code: Mapped[str] = mapped_column(Text)
    price_fen: Mapped[int | None] = mapped_column(Fen)
    is_offered: Mapped[bool] = mapped_column(default=True)
