"""What may be bought, as rows: catalogues with items and comments, proposals, negative entries."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Fen, Id, Instant, db

DRAFT, COMMENT, SUBMITTED, PUBLISHED = "draft", "comment", "submitted", "published"
WITHDRAWN = "withdrawn"
BUY, HAND_OVER, KEEP = "buy", "hand_over", "keep"
CATALOGUE_KINDS = (BUY, HAND_OVER)
ADD, SELECT = "add", "select"
PUBLIC, SUPPORT = "public", "support"
GOVERNMENT = "government"
OPEN, TAKEN, DECLINED = "open", "taken", "declined"
ASKED, CONFIRMED, REJECTED = "asked", "confirmed", "rejected"

# What an item is marked with. New, temporary and phased ones are bought unless a reason is written.
FLAGS = (
    "livelihood",
    "new",
    "temporary",
    "phased",
    "pilot",
    "soft",
    "social_organisations",
    "trade_management",
)
DEFAULT_BUY = ("new", "temporary", "phased")


def joined(codes: Any) -> str:
    """Return codes as stored: blank-separated and blank-framed, in order, each once."""
    found = list(dict.fromkeys(codes))
    return f" {' '.join(found)} " if found else " "


class Catalogue(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """One version of a catalogue (指导性目录, 转移职能目录) of a division, year and batch.

    draft, comment, submitted, published; withdrawn before that. A published one never changes:
    an adjustment is the next version of its series (kind, division, batch), and which of them is
    in force on a day follows from their dates alone. `lower_may`: what the divisions below may do
    of their own, `add` items under its leaves or only `select` from it.
    """

    __tablename__ = "catalogue"
    __table_args__ = (
        UniqueConstraint("kind", "division_code", "batch", "version", name="uq_catalogue_version"),
        CheckConstraint(
            "state IN ('draft', 'comment', 'submitted', 'published', 'withdrawn')", name="state"
        ),
        CheckConstraint("kind IN ('buy', 'hand_over')", name="kind"),
        CheckConstraint("lower_may IN ('add', 'select')", name="lower_may"),
        CheckConstraint("published_by <> submitted_by", name="two_persons"),
    )
    # Purchasers belong to a division: they see the drafts of its subtree, as overseers do.
    __scope__ = {"purchaser": "division_code", "division": "division_code"}
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"), index=True)
    year: Mapped[int]
    batch: Mapped[int]
    version: Mapped[int]
    name: Mapped[str] = mapped_column(Text)
    lower_may: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    copied_from: Mapped[int | None] = mapped_column(ForeignKey("catalogue.id"))
    comment_from: Mapped[date | None]
    comment_to: Mapped[date | None]
    consultation: Mapped[str | None] = mapped_column(Text)
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    document: Mapped[str | None] = mapped_column(Text)
    made_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    made_at: Mapped[datetime] = mapped_column(Instant)
    submitted_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    submitted_at: Mapped[datetime | None] = mapped_column(Instant)
    published_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    published_at: Mapped[datetime | None] = mapped_column(Instant)
    reason: Mapped[str | None] = mapped_column(Text)
    items: Mapped[list[CatalogueItem]] = relationship(
        back_populates="catalogue", order_by="CatalogueItem.code"
    )


class CatalogueItem(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """An item of a catalogue: what it is, who may buy it, and how it was judged.

    Lists (`levels`, `flags`, `dimensions`) are blank-separated and blank-framed codes.
    `upper_code` is the item of the upper catalogue under which it stands, `assessment` the JSON of
    how it was judged (see judging.py), `decision` and `priority` what follows from that.
    `baseline_fen` is what a `baseline_unit` costs where the government does it itself.
    """

    __tablename__ = "catalogue_item"
    __table_args__ = (
        UniqueConstraint("catalogue_id", "code"),
        CheckConstraint("nature IN ('public', 'support')", name="nature"),
        CheckConstraint("beneficiary IN ('public', 'government')", name="beneficiary"),
        CheckConstraint("decision IN ('buy', 'hand_over', 'keep')", name="decision"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    catalogue_id: Mapped[int] = mapped_column(ForeignKey("catalogue.id"))
    code: Mapped[str] = mapped_column(Text)
    category: Mapped[str | None] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    nature: Mapped[str | None] = mapped_column(Text)
    content: Mapped[str | None] = mapped_column(Text)
    levels: Mapped[str] = mapped_column(Text)
    beneficiary: Mapped[str] = mapped_column(Text)
    flags: Mapped[str] = mapped_column(Text)
    dimensions: Mapped[str] = mapped_column(Text)
    provider_kind: Mapped[str | None] = mapped_column(Text)
    upper_code: Mapped[str | None] = mapped_column(Text)
    approval_document: Mapped[str | None] = mapped_column(Text)
    duty: Mapped[str | None] = mapped_column(Text)
    baseline_fen: Mapped[int | None] = mapped_column(Fen)
    baseline_unit: Mapped[str | None] = mapped_column(Text)
    baseline_year: Mapped[int | None]
    assessment: Mapped[str | None] = mapped_column(Text)
    decision: Mapped[str | None] = mapped_column(Text)
    priority: Mapped[int]
    catalogue: Mapped[Catalogue] = relationship(back_populates="items")

    def judged(self) -> dict[str, Any]:
        """Return how the item was judged, empty where it was not."""
        found: dict[str, Any] = json.loads(self.assessment) if self.assessment else {}
        return found

    def has(self, flag: str) -> bool:
        """Tell whether the item is marked with a flag."""
        return f" {flag} " in self.flags

    def may_buy(self, level: str) -> bool:
        """Tell whether purchasers of a level of division may buy the item."""
        return f" {level} " in self.levels


class CatalogueComment(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """What somebody said of a draft open for comment, and the officers' answer.

    Nobody's name is asked for, and none is kept.
    """

    __tablename__ = "catalogue_comment"
    __scope__ = {"purchaser": "division_code", "division": "division_code"}
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    catalogue_id: Mapped[int] = mapped_column(ForeignKey("catalogue.id"), index=True)
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"))
    item_code: Mapped[str | None] = mapped_column(Text)
    speaker: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Instant)
    answer: Mapped[str | None] = mapped_column(Text)
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    answered_at: Mapped[datetime | None] = mapped_column(Instant)


class CatalogueProposal(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """An item that a purchaser asks for (部门建议); finance takes it into a draft or declines."""

    __tablename__ = "catalogue_proposal"
    __table_args__ = (CheckConstraint("state IN ('open', 'taken', 'declined')", name="state"),)
    __scope__ = {"purchaser": "organisation_id", "division": "division_code"}
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"))
    name: Mapped[str] = mapped_column(Text)
    content: Mapped[str] = mapped_column(Text)
    need: Mapped[str] = mapped_column(Text)
    duty: Mapped[str | None] = mapped_column(Text)
    flags: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    made_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    made_at: Mapped[datetime] = mapped_column(Instant)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    answer: Mapped[str | None] = mapped_column(Text)
    item_id: Mapped[int | None] = mapped_column(Id)


class NegativeEntry(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A place's own entry of the negative list (负面清单), beside those the rules ship with.

    It can only add: no place may allow what the rules above it forbid. In force from day to day
    (inclusive) once a second person confirmed it. `words` are newline-separated.
    """

    __tablename__ = "negative_entry"
    __table_args__ = (
        CheckConstraint("state IN ('asked', 'confirmed', 'rejected')", name="state"),
        CheckConstraint("decided_by <> made_by", name="two_persons"),
        Index("ix_negative_entry_division_code", "division_code", "from_on"),
    )
    __scope__ = {"purchaser": "division_code", "division": "division_code"}
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"))
    text: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    basis: Mapped[str] = mapped_column(Text)
    words: Mapped[str] = mapped_column(Text)
    from_on: Mapped[date]
    to_on: Mapped[date | None]
    state: Mapped[str] = mapped_column(Text)
    made_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    made_at: Mapped[datetime] = mapped_column(Instant)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    decided_at: Mapped[datetime | None] = mapped_column(Instant)


class NegativeClearance(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A phrase that only sounds like a negative entry, cleared in writing by two persons."""

    __tablename__ = "negative_clearance"
    __table_args__ = (
        CheckConstraint("state IN ('asked', 'confirmed', 'rejected')", name="state"),
        CheckConstraint("decided_by <> made_by", name="two_persons"),
    )
    __scope__ = {"purchaser": "division_code", "division": "division_code"}
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"), index=True)
    entry: Mapped[str] = mapped_column(Text)
    phrase: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    document: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    made_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    made_at: Mapped[datetime] = mapped_column(Instant)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
