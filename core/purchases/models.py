"""What is planned: purchases with their money, goals, co-signatures and public comments."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Fen, Id, Instant, db

DRAFT, CONSULTING, SUBMITTED = "draft", "consulting", "submitted"
AGREED, FILED, UNDER_WAY = "agreed", "filed", "under_way"
CLOSED, CANCELLED = "closed", "cancelled"
STATES = (DRAFT, CONSULTING, SUBMITTED, AGREED, FILED, UNDER_WAY, CLOSED, CANCELLED)
# A plan in one of these still stands for what it answers and what it will spend.
LIVE = (DRAFT, CONSULTING, SUBMITTED, AGREED, FILED, UNDER_WAY, CLOSED)
PUBLISHED = (FILED, UNDER_WAY, CLOSED)
# A form's plugin may carry out what is in one of these.
READY = (FILED, UNDER_WAY)

FIXED, UP_TO_LINE = "fixed", "up_to_line"
GOVERNMENT, PUBLIC = "government", "public"
PUBLIC_SERVICE, SUPPORT_SERVICE = "public", "support"
NEW, CONVERTED = "new", "converted"
PILOT, GENERAL = "pilot", "general"
QUANTITY, QUALITY, EFFECT = "quantity", "quality", "effect"
INDICATOR_KINDS = (QUANTITY, QUALITY, EFFECT)
AT_LEAST, AT_MOST = "at_least", "at_most"
# Four other reforms a purchase may serve (R000-87).
REFORMS = ("functions", "institutions", "associations", "fostering")
# Whose resources a purchase brings together beside the budget's (R003-29).
CONTRIBUTORS = ("government", "residents", "charity", "volunteers", "organisations")
# Whom a service is for (R003-31).
GROUPS = ("relief", "disabled", "elderly", "children", "left_behind", "residents")
# What a purchase must not become a reason to add (R004-05).
NO_ADD = ("institutions", "posts", "staff", "money")


class Purchase(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A purchase (购买项目): what is to be bought, why, with which money, in which form.

    `content` holds the parts nobody searches by: conversion, comparison, conditions, no-add
    checks, contributions, tags. `catalogue_category` is kept as it was when the plan was made.
    """

    __tablename__ = "purchase"
    __table_args__ = (
        CheckConstraint("ends_on >= starts_on", name="period"),
        Index("ix_purchase_fiscal_year", "fiscal_year", "catalogue_category"),
    )
    __scope__ = {"purchaser": "organisation_id", "division": "division_code"}
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    number: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"), index=True)
    fiscal_year: Mapped[int]
    catalogue_item_id: Mapped[int] = mapped_column(Id, index=True)
    catalogue_category: Mapped[str] = mapped_column(Text)
    by_analogy: Mapped[bool] = mapped_column(default=False)
    nature: Mapped[str] = mapped_column(Text)
    beneficiary: Mapped[str] = mapped_column(Text)
    origin: Mapped[str] = mapped_column(Text)
    stage: Mapped[str] = mapped_column(Text)
    need: Mapped[str | None] = mapped_column(Text)
    standard: Mapped[str | None] = mapped_column(Text)
    quantity: Mapped[int | None] = mapped_column(Id)
    unit: Mapped[str | None] = mapped_column(Text)
    goal: Mapped[str | None] = mapped_column(Text)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    form: Mapped[str | None] = mapped_column(Text)
    form_reason: Mapped[str | None] = mapped_column(Text)
    is_open_tender: Mapped[bool] = mapped_column(default=False)
    split_approval: Mapped[str | None] = mapped_column(Text)
    envelope: Mapped[str] = mapped_column(Text, default=UP_TO_LINE)
    fund_purpose: Mapped[str | None] = mapped_column(Text)
    # The hand-over of a function from which the purchase follows.
    handover_id: Mapped[int | None] = mapped_column(Id, index=True)
    emergency_reason: Mapped[str | None] = mapped_column(Text)
    emergency_report: Mapped[str | None] = mapped_column(Text)
    emergency_reported_at: Mapped[datetime | None] = mapped_column(Instant)
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(Text)
    made_by: Mapped[int | None] = mapped_column(Id)
    made_at: Mapped[datetime] = mapped_column(Instant)
    consulted_from: Mapped[date | None]
    consulted_to: Mapped[date | None]
    consulted_hash: Mapped[str | None] = mapped_column(Text)
    submitted_by: Mapped[int | None] = mapped_column(Id)
    agreed_by: Mapped[int | None] = mapped_column(Id)
    agreed_at: Mapped[datetime | None] = mapped_column(Instant)
    sent_back_reason: Mapped[str | None] = mapped_column(Text)
    countersigned_by: Mapped[int | None] = mapped_column(Id)
    countersigned_at: Mapped[datetime | None] = mapped_column(Instant)
    filed_number: Mapped[str | None] = mapped_column(Text, unique=True)
    filed_by: Mapped[int | None] = mapped_column(Id)
    filed_at: Mapped[datetime | None] = mapped_column(Instant)
    end_reason: Mapped[str | None] = mapped_column(Text)
    funding: Mapped[list[PurchaseFunding]] = relationship(
        order_by="PurchaseFunding.line_id", cascade="all, delete-orphan"
    )
    forward: Mapped[list[PurchaseForward]] = relationship(
        order_by="PurchaseForward.fiscal_year", cascade="all, delete-orphan"
    )
    indicators: Mapped[list[PurchaseIndicator]] = relationship(
        order_by="PurchaseIndicator.position", cascade="all, delete-orphan"
    )
    cosignatures: Mapped[list[PurchaseCosignature]] = relationship(
        order_by="PurchaseCosignature.id", cascade="all, delete-orphan"
    )

    @property
    def budget_fen(self) -> int:
        """Return what the plan takes from this year's lines, in fen."""
        return sum(row.amount_fen for row in self.funding)

    @property
    def total_fen(self) -> int:
        """Return what the plan costs over all its years, in fen."""
        return self.budget_fen + sum(row.amount_fen for row in self.forward)


class PurchaseFunding(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """How much (fen) of a purchase one of this year's budget lines pays."""

    __tablename__ = "purchase_funding"
    __table_args__ = (CheckConstraint("amount_fen > 0", name="positive"),)
    purchase_id: Mapped[int] = mapped_column(ForeignKey("purchase.id"), primary_key=True)
    line_id: Mapped[int] = mapped_column(
        ForeignKey("budget_line.id"), primary_key=True, index=True, autoincrement=False
    )
    amount_fen: Mapped[int] = mapped_column(Fen)


class PurchaseForward(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """What a purchase of several years will need (fen) in a later year, which has no line yet."""

    __tablename__ = "purchase_forward"
    __table_args__ = (CheckConstraint("amount_fen > 0", name="positive"),)
    purchase_id: Mapped[int] = mapped_column(ForeignKey("purchase.id"), primary_key=True)
    fiscal_year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    amount_fen: Mapped[int] = mapped_column(Fen)


class PurchaseIndicator(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A performance indicator: what is counted, in which unit, at least or at most how much.

    `weight` is a share of the score in percent; the weights of a purchase make 100.
    """

    __tablename__ = "purchase_indicator"
    __table_args__ = (UniqueConstraint("purchase_id", "position"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    purchase_id: Mapped[int] = mapped_column(ForeignKey("purchase.id"))
    position: Mapped[int]
    kind: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    unit: Mapped[str] = mapped_column(Text)
    direction: Mapped[str] = mapped_column(Text)
    target: Mapped[int] = mapped_column(Id)
    weight: Mapped[int]


class PurchaseCosignature(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """Another department asked to sign a plan with the purchaser (会签)."""

    __tablename__ = "purchase_cosignature"
    __table_args__ = (UniqueConstraint("purchase_id", "organisation_id"),)
    __scope__ = {"purchaser": "organisation_id"}
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    purchase_id: Mapped[int] = mapped_column(ForeignKey("purchase.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    signed_by: Mapped[int | None] = mapped_column(Id)
    signed_at: Mapped[datetime | None] = mapped_column(Instant)
    remark: Mapped[str | None] = mapped_column(Text)


class PurchaseComment(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """What somebody of the public said to a plan under consultation; public with its answer."""

    __tablename__ = "purchase_comment"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    purchase_id: Mapped[int] = mapped_column(ForeignKey("purchase.id"), index=True)
    words: Mapped[str] = mapped_column(Text)
    said_at: Mapped[datetime] = mapped_column(Instant)
    answer: Mapped[str | None] = mapped_column(Text)
    answered_at: Mapped[datetime | None] = mapped_column(Instant)
    answered_by: Mapped[int | None] = mapped_column(Id)
