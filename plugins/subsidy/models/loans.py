"""Loans whose interest is subsidised: who lends, what was lent, what happened to it since."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Fen, Id, Instant, db

INTEREST, RATE, UNDONE = "interest", "rate", "undone"
PROPOSED, ENDED, DROPPED = "proposed", "ended", "dropped"


class HandlingBank(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A bank that the purchaser named by a document to handle a scheme's loans (经办银行)."""

    __tablename__ = "subsidy_handling_bank"
    __table_args__ = (UniqueConstraint("scheme_id", "bank_id"),)
    __scope__ = {
        "provider": "bank_id",
        "purchaser": "organisation_id",
        "division": "division_code",
    }
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    scheme_id: Mapped[int] = mapped_column(ForeignKey("subsidy_scheme.id"))
    bank_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"))
    document: Mapped[str] = mapped_column(Text)
    named_by: Mapped[int | None] = mapped_column(Id)
    named_at: Mapped[datetime] = mapped_column(Instant)


class BankFile(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A bank's file that was taken in whole: its hash stands for the bank's signature.

    The same file again is known by it and changes nothing.
    """

    __tablename__ = "subsidy_bank_file"
    __table_args__ = (UniqueConstraint("scheme_id", "bank_id", "sha256"),)
    __scope__ = {
        "provider": "bank_id",
        "purchaser": "organisation_id",
        "division": "division_code",
    }
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    scheme_id: Mapped[int] = mapped_column(ForeignKey("subsidy_scheme.id"))
    bank_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"))
    filename: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(Text)
    lines: Mapped[int]
    loans: Mapped[int]
    events: Mapped[int]
    taken_by: Mapped[int | None] = mapped_column(Id)
    taken_at: Mapped[datetime] = mapped_column(Instant)


class Loan(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A loan (贷款) as its bank reports it; its number is the bank's own (借据号).

    Rates are parts per million a year, those of the day it was lent; `lpr_ppm` the LPR of that day.
    `partners` borrow together, one alone. Which regime of the scheme applies follows from
    `lent_on`. The last day of interest is the one before `due_on`.
    """

    __tablename__ = "subsidy_loan"
    __table_args__ = (
        UniqueConstraint("bank_id", "number"),
        CheckConstraint("principal_fen > 0", name="principal"),
        CheckConstraint("due_on > lent_on", name="days"),
        Index("ix_subsidy_loan_scheme_borrower", "scheme_id", "borrower_id"),
    )
    __scope__ = {
        "provider": "bank_id",
        "resident": "borrower_id",
        "purchaser": "organisation_id",
        "division": "division_code",
    }
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    scheme_id: Mapped[int] = mapped_column(ForeignKey("subsidy_scheme.id"))
    bank_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    borrower_id: Mapped[int] = mapped_column(ForeignKey("party.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"))
    number: Mapped[str] = mapped_column(Text)
    class_code: Mapped[str] = mapped_column(Text)
    lent_on: Mapped[date]
    due_on: Mapped[date]
    principal_fen: Mapped[int] = mapped_column(Fen)
    rate_ppm: Mapped[int]
    lpr_ppm: Mapped[int]
    partners: Mapped[int] = mapped_column(default=1, server_default=text("1"))
    file_id: Mapped[int | None] = mapped_column(ForeignKey("subsidy_bank_file.id"))
    made_by: Mapped[int | None] = mapped_column(Id)
    made_at: Mapped[datetime] = mapped_column(Instant)


class LoanEvent(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """Something that happened to a loan on a day, by the bank's serial number; never changed.

    Principal `drawn`, `repaid`, `overdue`, `cured`; `interest` paid for the quarter that `for_on`
    lies in; a new `rate` from the day on; `undone`: the event `undoes_id` was reported wrongly. The
    bank vouches for it by its file, else by who entered it.
    """

    __tablename__ = "subsidy_loan_event"
    __table_args__ = (
        UniqueConstraint("loan_id", "reference"),
        CheckConstraint("amount_fen >= 0", name="amount"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    loan_id: Mapped[int] = mapped_column(ForeignKey("subsidy_loan.id"))
    reference: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    on: Mapped[date]
    amount_fen: Mapped[int] = mapped_column(Fen, default=0, server_default=text("0"))
    for_on: Mapped[date | None]
    rate_ppm: Mapped[int | None]
    undoes_id: Mapped[int | None] = mapped_column(ForeignKey("subsidy_loan_event.id"), unique=True)
    file_id: Mapped[int | None] = mapped_column(ForeignKey("subsidy_bank_file.id"))
    made_by: Mapped[int | None] = mapped_column(Id)
    made_at: Mapped[datetime] = mapped_column(Instant)


class LoanEnding(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """That a loan is subsidised no more from a day on: proposed by one person, decided by another.

    `from_on` is the first day without subsidy; at most one is proposed or stands at a time.
    """

    __tablename__ = "subsidy_loan_ending"
    __table_args__ = (
        Index(
            "ix_subsidy_loan_ending_live",
            "loan_id",
            unique=True,
            sqlite_where=text("state <> 'dropped'"),
            postgresql_where=text("state <> 'dropped'"),
        ),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    loan_id: Mapped[int] = mapped_column(ForeignKey("subsidy_loan.id"))
    from_on: Mapped[date]
    reason: Mapped[str] = mapped_column(Text)
    document: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    proposed_by: Mapped[int | None] = mapped_column(Id)
    proposed_at: Mapped[datetime] = mapped_column(Instant)
    decided_by: Mapped[int | None] = mapped_column(Id)
    decided_reason: Mapped[str | None] = mapped_column(Text)
