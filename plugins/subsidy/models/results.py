"""Awards' results: a round of scoring, every applicant's scores and result, objections to it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Fen, Id, Instant, db

OPEN, PUBLICISED, SETTLED, CONCLUDED = "open", "publicised", "settled", "concluded"
STATES = (OPEN, PUBLICISED, SETTLED, CONCLUDED)

PURCHASER, RECIPIENTS, THIRD_PARTY = "purchaser", "recipients", "third_party"
PARTIES = (PURCHASER, RECIPIENTS, THIRD_PARTY)
INVESTMENT, VETO = "investment", "veto"
# What an objection that is upheld leads to: another score, another investment, no veto.
ABOUT = (*PARTIES, INVESTMENT, VETO)

RAISED, UPHELD, REJECTED, CORRECTED = "raised", "upheld", "rejected", "corrected"
OBJECTION_STATES = (RAISED, UPHELD, REJECTED, CORRECTED)


class ScoringRound(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A round of scoring (评审) of a scheme in a year: open, publicised, settled, concluded.

    Publicised until `notice_until` (inclusive). Settled: scaled to the pool, awaiting approval in
    bands of amount; concluded with the last approval. `evaluator_id` scores as the third party.
    """

    __tablename__ = "subsidy_round"
    __table_args__ = (UniqueConstraint("scheme_id", "year"),)
    __scope__ = {
        "purchaser": "organisation_id",
        "evaluator": "evaluator_id",
        "division": "division_code",
    }
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    scheme_id: Mapped[int] = mapped_column(ForeignKey("subsidy_scheme.id"))
    terms_id: Mapped[int] = mapped_column(ForeignKey("subsidy_terms.id"))
    year: Mapped[int]
    evaluator_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"))
    state: Mapped[str] = mapped_column(Text)
    opened_by: Mapped[int | None] = mapped_column(Id)
    opened_at: Mapped[datetime] = mapped_column(Instant)
    publicised_on: Mapped[date | None]
    notice_until: Mapped[date | None]
    pool_fen: Mapped[int | None] = mapped_column(Fen)
    wanted_fen: Mapped[int | None] = mapped_column(Fen)
    settled_by: Mapped[int | None] = mapped_column(Id)
    settled_at: Mapped[datetime | None] = mapped_column(Instant)
    concluded_on: Mapped[date | None]


class RoundApproval(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """One person's approval of a round's awards as they were settled; void once settled anew."""

    __tablename__ = "subsidy_round_approval"
    __table_args__ = (UniqueConstraint("round_id", "settled_at", "person_id"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("subsidy_round.id"))
    settled_at: Mapped[datetime] = mapped_column(Instant)
    person_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime] = mapped_column(Instant)


class AwardResult(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """What came out for one application: composite, tier, award before and after the pool (fen).

    `answers` are the valid answers of recipients, `investment_fen` the own investment as it was
    verified (None: none declared). `version` counts the versions kept of it. `blocked_until`: the
    last day on which its applicant may not apply again.
    """

    __tablename__ = "subsidy_result"
    __table_args__ = (
        CheckConstraint("award_fen >= 0", name="award"),
        CheckConstraint("final_fen >= 0", name="final"),
    )
    __scope__ = {
        "provider": "applicant_id",
        "resident": "applicant_id",
        "purchaser": "organisation_id",
        "evaluator": "evaluator_id",
        "division": "division_code",
    }
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("subsidy_round.id"), index=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("subsidy_application.id"), unique=True)
    terms_id: Mapped[int] = mapped_column(ForeignKey("subsidy_terms.id"))
    applicant_id: Mapped[int] = mapped_column(ForeignKey("party.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"))
    evaluator_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    answers: Mapped[int | None]
    investment_fen: Mapped[int | None] = mapped_column(Fen)
    investment_document: Mapped[str | None] = mapped_column(Text)
    investment_by: Mapped[int | None] = mapped_column(Id)
    veto: Mapped[str | None] = mapped_column(Text)
    vetoed_by: Mapped[int | None] = mapped_column(Id)
    version: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    composite: Mapped[int | None]
    tier: Mapped[str | None] = mapped_column(Text)
    few_answers: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    award_fen: Mapped[int] = mapped_column(Fen, default=0, server_default=text("0"))
    final_fen: Mapped[int] = mapped_column(Fen, default=0, server_default=text("0"))
    calculation: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    is_below: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    blocked_until: Mapped[date | None]


class AwardScore(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """One party's score (hundredths of a point), by whom and when; never changed, only followed.

    `before` is the score it takes the place of, `reason` why. `document` shows where it is from.
    """

    __tablename__ = "subsidy_score"
    __table_args__ = (
        CheckConstraint("centipoints >= 0 AND centipoints <= 10000", name="range"),
        Index("ix_subsidy_score_result", "result_id", "party"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    result_id: Mapped[int] = mapped_column(ForeignKey("subsidy_result.id"))
    party: Mapped[str] = mapped_column(Text)
    centipoints: Mapped[int]
    before: Mapped[int | None]
    reason: Mapped[str] = mapped_column(Text)
    document: Mapped[str] = mapped_column(Text)
    scored_by: Mapped[int | None] = mapped_column(Id)
    scored_at: Mapped[datetime] = mapped_column(Instant)


class ResultVersion(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A result as it was made public, kept for ever beside those that came later.

    `scores` by party and `entry` (answers, investment, veto) are what it was reckoned from.
    """

    __tablename__ = "subsidy_result_version"
    __table_args__ = (UniqueConstraint("result_id", "version"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    result_id: Mapped[int] = mapped_column(ForeignKey("subsidy_result.id"))
    version: Mapped[int]
    scores: Mapped[dict[str, int]] = mapped_column(JSON)
    entry: Mapped[dict[str, Any]] = mapped_column(JSON)
    composite: Mapped[int | None]
    tier: Mapped[str | None] = mapped_column(Text)
    award_fen: Mapped[int] = mapped_column(Fen)
    calculation: Mapped[dict[str, Any]] = mapped_column(JSON)
    objection_id: Mapped[int | None] = mapped_column(Id)
    at: Mapped[datetime] = mapped_column(Instant)


class ResultObjection(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """An objection (异议) to a result: raised, upheld or rejected, then corrected by who may.

    `by_name` is a third person's, whose objection the office entered. `about` says what has to be
    corrected.
    """

    __tablename__ = "subsidy_objection"
    __scope__ = {
        "provider": "applicant_id",
        "resident": "applicant_id",
        "purchaser": "organisation_id",
        "evaluator": "evaluator_id",
        "division": "division_code",
    }
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("subsidy_round.id"), index=True)
    result_id: Mapped[int] = mapped_column(ForeignKey("subsidy_result.id"), index=True)
    applicant_id: Mapped[int] = mapped_column(ForeignKey("party.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"))
    evaluator_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    state: Mapped[str] = mapped_column(Text)
    words: Mapped[str] = mapped_column(Text)
    by_name: Mapped[str | None] = mapped_column(Text)
    raised_by: Mapped[int | None] = mapped_column(Id)
    raised_at: Mapped[datetime] = mapped_column(Instant)
    about: Mapped[str | None] = mapped_column(Text)
    decided_by: Mapped[int | None] = mapped_column(Id)
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    decided_reason: Mapped[str | None] = mapped_column(Text)
    version_before: Mapped[int | None]
    version_after: Mapped[int | None]
