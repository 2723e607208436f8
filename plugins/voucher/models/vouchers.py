"""Vouchers: lots with their moves, carriers, decisions on eligibility, overpayments."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Fen, Id, Instant, db


class Voucher(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A voucher (凭单) of a resident: active, suspended, revoked. It owns lots and credentials.

    Expired and exhausted are not states: the day and the lots tell. `period` names the one period
    of a voucher that is issued anew each time. `family` counts what a family shares. From
    `ended_on` the holder's condition is over; a suspension may have a first and a last day.
    """

    __tablename__ = "voucher_voucher"
    __table_args__ = (
        UniqueConstraint("programme_id", "number"),
        Index("ix_voucher_voucher_resident_id", "resident_id"),
    )
    __scope__ = {
        "resident": "resident_id",
        "purchaser": "organisation_id",
        "division": "division_code",
    }
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    number: Mapped[str] = mapped_column(Text)
    programme_id: Mapped[int] = mapped_column(ForeignKey("voucher_programme.id"))
    terms_id: Mapped[int] = mapped_column(ForeignKey("voucher_terms.id"))
    class_code: Mapped[str] = mapped_column(Text)
    resident_id: Mapped[int] = mapped_column(ForeignKey("resident.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"))
    state: Mapped[str] = mapped_column(Text)
    issued_at: Mapped[datetime] = mapped_column(Instant)
    issued_by: Mapped[int | None] = mapped_column(Id)
    period: Mapped[str | None] = mapped_column(Text)
    family: Mapped[str | None] = mapped_column(Text)
    income_fen: Mapped[int | None] = mapped_column(Fen)
    ended_on: Mapped[date | None]
    suspended_from: Mapped[date | None]
    suspended_through: Mapped[date | None]


class Decision(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A decision on a resident's eligibility: by which terms, on which facts, with what reasons.

    `judged_on` is the day the facts were taken for. Append-only.
    """

    __tablename__ = "voucher_decision"
    __table_args__ = (Index("ix_voucher_decision_resident_id", "resident_id"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("voucher_programme.id"))
    terms_id: Mapped[int] = mapped_column(ForeignKey("voucher_terms.id"))
    resident_id: Mapped[int] = mapped_column(ForeignKey("resident.id"))
    voucher_id: Mapped[int | None] = mapped_column(Id, index=True)
    judged_on: Mapped[date]
    is_eligible: Mapped[bool]
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    reasons: Mapped[list[str]] = mapped_column(JSON)
    decided_at: Mapped[datetime] = mapped_column(Instant)
    decided_by: Mapped[int | None] = mapped_column(Id)


class Lot(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """One allotment of a voucher from one pool, first to last day inclusive; the entitlement book.

    Quantities are in the lot's unit (fen, minutes, counts): granted = available + held + redeemed
    + expired + forfeited + cancelled. Money: charged_fen of committed_fen; what was released went
    back to the lines, `held_fen` waits with what is held. Both are guarded, so their sums over a
    pool can never exceed what was committed. Uses of its days are entered through
    `entry_through`. No index on what a redemption changes (PostgreSQL updates such rows in place).
    """

    __tablename__ = "voucher_lot"
    __table_args__ = (
        CheckConstraint(
            "granted - held - redeemed - expired - forfeited - cancelled >= 0", name="remaining"
        ),
        CheckConstraint(
            "held >= 0 AND redeemed >= 0 AND expired >= 0 AND forfeited >= 0 AND cancelled >= 0",
            name="parts",
        ),
        CheckConstraint(
            "charged_fen >= 0 AND released_fen >= 0 "
            "AND committed_fen - charged_fen - released_fen >= 0",
            name="money",
        ),
        Index("ix_voucher_lot_voucher_id", "voucher_id"),
        Index("ix_voucher_lot_pool_id", "pool_id"),
        {"postgresql_with": {"fillfactor": 85}},
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    voucher_id: Mapped[int] = mapped_column(ForeignKey("voucher_voucher.id"))
    pool_id: Mapped[int] = mapped_column(ForeignKey("pool.id"))
    unit: Mapped[str] = mapped_column(Text)
    granted: Mapped[int] = mapped_column(BigInteger)
    held: Mapped[int] = mapped_column(BigInteger, default=0)
    redeemed: Mapped[int] = mapped_column(BigInteger, default=0)
    expired: Mapped[int] = mapped_column(BigInteger, default=0)
    forfeited: Mapped[int] = mapped_column(BigInteger, default=0)
    cancelled: Mapped[int] = mapped_column(BigInteger, default=0)
    committed_fen: Mapped[int] = mapped_column(Fen)
    charged_fen: Mapped[int] = mapped_column(Fen, default=0)
    released_fen: Mapped[int] = mapped_column(Fen, default=0)
    valid_from: Mapped[date]
    valid_through: Mapped[date]
    entry_through: Mapped[date] = mapped_column(server_default=text("'9999-12-31'"))
    held_fen: Mapped[int] = mapped_column(Fen, default=0, server_default=text("0"))
    allotment: Mapped[str] = mapped_column(Text, server_default=text("'face'"))
    period: Mapped[str] = mapped_column(Text, server_default=text("'once'"))

    @property
    def available(self) -> int:
        """Return what may still be used, in the lot's unit."""
        used = self.held + self.redeemed + self.expired + self.forfeited + self.cancelled
        return self.granted - used

    @property
    def free_fen(self) -> int:
        """Return what may still be charged or released, in fen."""
        return self.committed_fen - self.charged_fen - self.released_fen - self.held_fen


class LotMove(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A quantity of a lot that moved between states, with its money in fen. Append-only."""

    __tablename__ = "voucher_lot_move"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="positive"),
        Index("ix_voucher_lot_move_lot_id", "lot_id"),
        Index("ix_voucher_lot_move_redemption_id", "redemption_id"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    lot_id: Mapped[int] = mapped_column(Id)
    journal_id: Mapped[int | None] = mapped_column(Id)
    redemption_id: Mapped[int | None] = mapped_column(Id)
    from_state: Mapped[str] = mapped_column(Text)
    to_state: Mapped[str] = mapped_column(Text)
    quantity: Mapped[int] = mapped_column(BigInteger)
    amount_fen: Mapped[int] = mapped_column(Fen)
    act: Mapped[str] = mapped_column(Text)


class Credential(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A carrier of a voucher (凭证码): a phone's rotating code, or a card with a QR and digits.

    Money never lives here, so a lost one is blocked and replaced. Codes are stored as keyed
    hashes. `last_step` is the last minute whose rotating code was used.
    """

    __tablename__ = "voucher_credential"
    __table_args__ = (Index("ix_voucher_credential_voucher_id", "voucher_id"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    voucher_id: Mapped[int] = mapped_column(ForeignKey("voucher_voucher.id"))
    kind: Mapped[str] = mapped_column(Text)
    lookup_hash: Mapped[str] = mapped_column(Text, unique=True)
    typed_hash: Mapped[str | None] = mapped_column(Text, unique=True)
    public_id: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    last_step: Mapped[int] = mapped_column(BigInteger, default=0)
    made_at: Mapped[datetime] = mapped_column(Instant)


class Recovery(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """An overpayment (多付额度) after a change of condition: open, recovered, cash, waived.

    `quantity` in the lot's unit was used beyond what the holder was entitled to; it is withheld
    from the next allotments (`recovered` so far), or claimed back in cash from the holder.
    """

    __tablename__ = "voucher_recovery"
    __table_args__ = (Index("ix_voucher_recovery_voucher_id", "voucher_id"),)
    __scope__ = {"purchaser": "organisation_id", "division": "division_code"}
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    voucher_id: Mapped[int] = mapped_column(ForeignKey("voucher_voucher.id"))
    lot_id: Mapped[int] = mapped_column(ForeignKey("voucher_lot.id"))
    organisation_id: Mapped[int] = mapped_column(Id)
    division_code: Mapped[str] = mapped_column(Text)
    quantity: Mapped[int] = mapped_column(BigInteger)
    amount_fen: Mapped[int] = mapped_column(Fen)
    recovered: Mapped[int] = mapped_column(BigInteger, default=0)
    how: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    clawback_id: Mapped[int | None] = mapped_column(Id)
    found_at: Mapped[datetime] = mapped_column(Instant)
    found_by: Mapped[int | None] = mapped_column(Id)
