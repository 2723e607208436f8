"""The register of aid: what each act gave to whom, made comparable across the kinds."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Fen, Id, db


class AidShare(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """What one act, a claim, an agreement or a record of relief, gave to one party; never changed.

    `amount_fen` is its gross grant equivalent on the day `on` that it was approved, `begin` to
    `end` the days it supports (inclusive). What was lowered or came back since follows from the
    act itself (`service.aid`).
    """

    __tablename__ = "subsidy_aid"
    __table_args__ = (
        CheckConstraint("coalesce(claim_id, grant_id, relief_id) IS NOT NULL", name="an_act"),
        CheckConstraint("claim_id IS NULL OR grant_id IS NULL", name="claim_or_grant"),
        CheckConstraint(
            "coalesce(claim_id, grant_id) IS NULL OR relief_id IS NULL", name="one_act"
        ),
        CheckConstraint("amount_fen > 0", name="positive"),
        Index("ix_subsidy_aid_party", "party_id", "on"),
        Index("ix_subsidy_aid_claim", "claim_id", "party_id", unique=True),
        Index("ix_subsidy_aid_grant", "grant_id", unique=True),
        Index("ix_subsidy_aid_relief", "relief_id", "party_id", unique=True),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("party.id"))
    scheme_id: Mapped[int] = mapped_column(ForeignKey("subsidy_scheme.id"))
    terms_id: Mapped[int] = mapped_column(ForeignKey("subsidy_terms.id"))
    claim_id: Mapped[int | None] = mapped_column(ForeignKey("subsidy_claim.id"))
    grant_id: Mapped[int | None] = mapped_column(ForeignKey("subsidy_grant.id"))
    relief_id: Mapped[int | None] = mapped_column(ForeignKey("subsidy_relief.id"))
    kind: Mapped[str] = mapped_column(Text)
    number: Mapped[str] = mapped_column(Text)
    on: Mapped[date]
    begin: Mapped[date]
    end: Mapped[date]
    amount_fen: Mapped[int] = mapped_column(Fen)
