"""What is owed and agreed, how it is paid, and what the bank answered: the rows of settlement."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core import privacy
from core.db import Fen, Id, Instant, db

DRAFT, APPROVED, EXPORTED, CLOSED = "draft", "approved", "exported", "closed"
CANCELLED = "cancelled"  # of a batch and of its payments
PENDING, IN_TRANSIT, PAID, REJECTED = "pending", "in_transit", "paid", "rejected"
REPEATED, EXCEPTION = "repeated", "exception"  # of a line in a bank's file, beside paid, rejected
# Why a line is an exception.
UNKNOWN_PAYMENT, AMOUNT_DIFFERS = "unknown_payment", "amount_differs"
UNKNOWN_STATUS, NOT_IN_TRANSIT = "unknown_status", "not_in_transit"
REFERENCE_USED = "reference_used"
ORDERED, RECEIVED = "ordered", "received"  # of a claw-back, beside approved and cancelled
# What became of money that came back: to its line, to the treasury, into the next payment.
RESTORED, REMITTED, SET_OFF = "restored", "remitted", "set_off"


@dataclass(frozen=True)
class Claim:
    """What a component says is owed to a party from one pool, agreed and not yet paid.

    `source` is the component's own name for it, unique and lasting ("statement:12/pool:3").
    `evidence` is plain JSON that leads back to it, without personal data. A component that lowers
    a claim after all (a reversal) first asks `is_taken`.
    """

    component: str
    source: str
    payee_id: int
    pool_id: int
    amount_fen: int
    title: str
    evidence: Mapping[str, Any]


class PaymentClaim(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A claim, recorded once when a batch first takes it; it follows its component while free.

    `set_off_fen` of it was set off against a claw-back and is not paid in money.
    """

    __tablename__ = "payment_claim"
    __table_args__ = (
        UniqueConstraint("component", "source"),
        CheckConstraint("amount_fen > 0", name="positive"),
    )
    __scope__ = {
        "provider": "payee_id",
        "purchaser": "organisation_id",
        "division": "division_code",
    }
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    component: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    payee_id: Mapped[int] = mapped_column(ForeignKey("party.id"), index=True)
    pool_id: Mapped[int] = mapped_column(ForeignKey("pool.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"))
    amount_fen: Mapped[int] = mapped_column(Fen)
    title: Mapped[str] = mapped_column(Text)
    evidence: Mapped[str] = mapped_column(Text)
    set_off_fen: Mapped[int] = mapped_column(Fen, default=0, server_default=text("0"))

    @property
    def due_fen(self) -> int:
        """Return what is still to be paid in money."""
        return self.amount_fen - self.set_off_fen

    def as_claim(self, amount_fen: int) -> Claim:
        """Return the claim as its component named it, with the amount that was paid."""
        return Claim(
            self.component,
            self.source,
            self.payee_id,
            self.pool_id,
            amount_fen,
            self.title,
            json.loads(self.evidence),
        )


class PaymentBatch(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A payment batch (支付批次): draft, approved, exported, closed; cancelled before the export.

    `content_hash` is what was made, `approved_hash` what was approved, and what is exported must
    hash to both. Every change of its payments happens under this row's lock.
    """

    __tablename__ = "payment_batch"
    __table_args__ = (
        CheckConstraint(
            "state IN ('draft', 'approved', 'exported', 'closed', 'cancelled')", name="state"
        ),
        CheckConstraint("approved_by <> made_by", name="two_persons"),
        CheckConstraint("exported_by NOT IN (made_by, approved_by)", name="third_person"),
        CheckConstraint("approved_hash = content_hash", name="approved_as_made"),
    )
    __scope__ = {"division": "division_code"}
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    number: Mapped[str] = mapped_column(Text, unique=True)
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"), index=True)
    state: Mapped[str] = mapped_column(Text)
    until_at: Mapped[datetime] = mapped_column(Instant)
    total_fen: Mapped[int] = mapped_column(Fen)
    line_count: Mapped[int]
    content_hash: Mapped[str] = mapped_column(Text)
    made_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    made_at: Mapped[datetime] = mapped_column(Instant)
    approved_hash: Mapped[str | None] = mapped_column(Text)
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    approved_at: Mapped[datetime | None] = mapped_column(Instant)
    exported_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    exported_at: Mapped[datetime | None] = mapped_column(Instant)
    cancelled_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    cancelled_at: Mapped[datetime | None] = mapped_column(Instant)
    cancel_reason: Mapped[str | None] = mapped_column(Text)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    format_code: Mapped[str | None] = mapped_column(Text)
    file_hash: Mapped[str | None] = mapped_column(Text)
    # Kept, because the bank must get the same file again even after our formats have changed.
    bank_file: Mapped[str | None] = mapped_column(
        privacy.Encrypted("payment_batch.bank_file"), deferred=True
    )


class Payment(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """One payee's sum in one batch, with the account as it was when the batch was made.

    `end_to_end_id` is our name for it at the bank. `attempt` counts from 1; a payment whose
    claims were rejected before is the next attempt.
    """

    __tablename__ = "payment"
    __table_args__ = (
        UniqueConstraint("batch_id", "payee_id"),
        CheckConstraint(
            "state IN ('pending', 'in_transit', 'paid', 'rejected', 'cancelled')", name="state"
        ),
        CheckConstraint("amount_fen > 0", name="positive"),
    )
    __scope__ = {"provider": "payee_id", "division": "division_code"}
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("payment_batch.id"))
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"))
    payee_id: Mapped[int] = mapped_column(ForeignKey("party.id"), index=True)
    amount_fen: Mapped[int] = mapped_column(Fen)
    end_to_end_id: Mapped[str] = mapped_column(Text, unique=True)
    attempt: Mapped[int]
    bank_account_id: Mapped[int] = mapped_column(ForeignKey("bank_account.id"))
    bank: Mapped[str] = mapped_column(Text)
    holder: Mapped[str] = mapped_column(Text)
    number: Mapped[str] = mapped_column(privacy.Encrypted("payment.number"))
    number_index: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    bank_reference: Mapped[str | None] = mapped_column(Text, unique=True)
    reason: Mapped[str | None] = mapped_column(Text)
    result_at: Mapped[datetime | None] = mapped_column(Instant)


class PaymentItem(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A claim inside a payment, kept for every attempt.

    `live` until the payment is rejected or cancelled; one claim has at most one live item, so it
    can be neither in two batches nor paid twice.
    """

    __tablename__ = "payment_item"
    __table_args__ = (
        UniqueConstraint("payment_id", "claim_id"),
        Index(
            "uq_payment_item_live",
            "claim_id",
            unique=True,
            sqlite_where=text("live"),
            postgresql_where=text("live"),
        ),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"))
    claim_id: Mapped[int] = mapped_column(ForeignKey("payment_claim.id"), index=True)
    amount_fen: Mapped[int] = mapped_column(Fen)
    live: Mapped[bool]
    sent_journal_id: Mapped[int | None] = mapped_column(ForeignKey("journal.id"))
    result_journal_id: Mapped[int | None] = mapped_column(ForeignKey("journal.id"))


class BankResultFile(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A bank's result file, known by its content: the same file again changes nothing."""

    __tablename__ = "bank_result_file"
    __table_args__ = (UniqueConstraint("sha256", "division_code"),)
    __scope__ = {"division": "division_code"}
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    sha256: Mapped[str] = mapped_column(Text)
    filename: Mapped[str] = mapped_column(Text)
    format_code: Mapped[str] = mapped_column(Text)
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"), index=True)
    imported_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    imported_at: Mapped[datetime] = mapped_column(Instant)


class BankResultLine(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """What became of one line of a bank's file: paid, rejected, repeated, or an exception.

    `problem` says why it is an exception; a person looks into it, nothing retries it.
    """

    __tablename__ = "bank_result_line"
    __table_args__ = (
        CheckConstraint("outcome IN ('paid', 'rejected', 'repeated', 'exception')", name="outcome"),
        CheckConstraint("(outcome = 'exception') = (problem IS NOT NULL)", name="problem"),
    )
    file_id: Mapped[int] = mapped_column(ForeignKey("bank_result_file.id"), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    end_to_end_id: Mapped[str] = mapped_column(Text)
    amount_fen: Mapped[int | None] = mapped_column(Fen)
    bank_reference: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payment.id"), index=True)
    outcome: Mapped[str] = mapped_column(Text)
    problem: Mapped[str | None] = mapped_column(Text)


class Clawback(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """Money paid that must come back (追回): ordered, approved by another, received in parts.

    `paid_journal_id` is the journal of the payment it is about; a pool carried over since then
    gets nothing back. `received_fen` is what came back, in money or by set-off.
    """

    __tablename__ = "clawback"
    __table_args__ = (
        UniqueConstraint("component", "source"),
        CheckConstraint("state IN ('ordered', 'approved', 'received', 'cancelled')", name="state"),
        CheckConstraint("received_fen BETWEEN 0 AND amount_fen", name="received"),
        CheckConstraint("amount_fen > 0", name="positive"),
        CheckConstraint("approved_by <> ordered_by", name="two_persons"),
    )
    __scope__ = {
        "provider": "party_id",
        "purchaser": "organisation_id",
        "division": "division_code",
    }
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    component: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    pool_id: Mapped[int] = mapped_column(ForeignKey("pool.id"), index=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("party.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"))
    amount_fen: Mapped[int] = mapped_column(Fen)
    received_fen: Mapped[int] = mapped_column(Fen)
    reason: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    ordered_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    ordered_at: Mapped[datetime] = mapped_column(Instant)
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    approved_at: Mapped[datetime | None] = mapped_column(Instant)
    journal_id: Mapped[int | None] = mapped_column(ForeignKey("journal.id"))
    paid_journal_id: Mapped[int | None] = mapped_column(Id)


class ClawbackReceipt(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """What came back for a claw-back, named by the bank's reference so that it counts once.

    Cash, `restored` to its line or, the fiscal year being closed, `remitted` to the treasury; or a
    `set_off` against a claim, which its reference names then.
    """

    __tablename__ = "clawback_receipt"
    __table_args__ = (
        CheckConstraint("amount_fen > 0", name="positive"),
        CheckConstraint("way IN ('restored', 'remitted', 'set_off')", name="way"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    clawback_id: Mapped[int] = mapped_column(ForeignKey("clawback.id"), index=True)
    bank_reference: Mapped[str] = mapped_column(Text, unique=True)
    amount_fen: Mapped[int] = mapped_column(Fen)
    received_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    received_at: Mapped[datetime] = mapped_column(Instant)
    journal_id: Mapped[int] = mapped_column(ForeignKey("journal.id"))
    way: Mapped[str] = mapped_column(Text, default=RESTORED, server_default=text("'restored'"))
    claim_id: Mapped[int | None] = mapped_column(Id, index=True)
