"""Applications for support, from the draft to the agreement."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Id, Instant, db

DRAFT, SUBMITTED, COMPLETE = "draft", "submitted", "complete"
ELIGIBLE, INELIGIBLE = "eligible", "ineligible"
AGREED, REJECTED = "agreed", "rejected"
WITHDRAWN, REVOKED = "withdrawn", "revoked"
STATES = (
    DRAFT,
    SUBMITTED,
    COMPLETE,
    ELIGIBLE,
    INELIGIBLE,
    AGREED,
    REJECTED,
    WITHDRAWN,
    REVOKED,
)
# In these an application stands: an applicant has at most one such in a scheme. Once an award is
# agreed, the next year's may be applied for.
STANDING = (DRAFT, SUBMITTED, COMPLETE, ELIGIBLE)
ENDED = (REJECTED, WITHDRAWN, REVOKED)


class Application(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """One applicant's application (申请) in one scheme, an organisation or a resident.

    Draft until submitted, sent back to draft with a reason where papers are missing; complete once
    the papers are in order; then eligible or not by the scheme's rule. It keeps the version of the
    terms in force when it was submitted. An award's results follow (`models.results`); in every
    other kind an eligible applicant claims by period. Agreed: an award's agreement was signed.
    `declared` are facts by code, as the applicant says them; `reasons` why the rule says no.
    """

    __tablename__ = "subsidy_application"
    __table_args__ = (
        Index(
            "ix_subsidy_application_standing",
            "scheme_id",
            "applicant_id",
            unique=True,
            sqlite_where=text("state IN ('draft', 'submitted', 'complete', 'eligible')"),
            postgresql_where=text("state IN ('draft', 'submitted', 'complete', 'eligible')"),
        ),
    )
    __scope__ = {
        "provider": "applicant_id",
        "resident": "applicant_id",
        "purchaser": "organisation_id",
        "division": "division_code",
    }
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    number: Mapped[str] = mapped_column(Text, unique=True)
    scheme_id: Mapped[int] = mapped_column(ForeignKey("subsidy_scheme.id"), index=True)
    terms_id: Mapped[int | None] = mapped_column(ForeignKey("subsidy_terms.id"))
    applicant_id: Mapped[int] = mapped_column(ForeignKey("party.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"))
    state: Mapped[str] = mapped_column(Text)
    declared: Mapped[dict[str, Any]] = mapped_column(JSON)
    words: Mapped[str] = mapped_column(Text, default="", server_default="")
    separate_accounts: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    made_by: Mapped[int | None] = mapped_column(Id)
    made_at: Mapped[datetime] = mapped_column(Instant)
    submitted_at: Mapped[datetime | None] = mapped_column(Instant)
    checked_by: Mapped[int | None] = mapped_column(Id)
    judged_on: Mapped[date | None]
    reasons: Mapped[list[str]] = mapped_column(JSON, default=list, server_default="[]")
    sent_back_reason: Mapped[str | None] = mapped_column(Text)
    ended_reason: Mapped[str | None] = mapped_column(Text)


class ApplicationPaper(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A paper (申请材料) brought for one of the scheme's kinds of evidence; replaced by a newer."""

    __tablename__ = "subsidy_application_paper"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("subsidy_application.id"), index=True)
    code: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(Text)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    added_by: Mapped[int | None] = mapped_column(Id)
    added_at: Mapped[datetime] = mapped_column(Instant)
    replaced_at: Mapped[datetime | None] = mapped_column(Instant)
