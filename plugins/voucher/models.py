"""The voucher's tables: programmes and their terms, providers' offers, vouchers, lots, uses."""

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
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Fen, Id, Instant, db


class Programme(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A voucher programme (凭单项目) of one purchaser: draft, submitted, approved, closed."""

    __tablename__ = "voucher_programme"
    __scope__ = {"purchaser": "organisation_id", "division": "division_code"}
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    code: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"))
    state: Mapped[str] = mapped_column(Text)
    made_by: Mapped[int | None] = mapped_column(Id)
    approved_by: Mapped[int | None] = mapped_column(Id)


class Terms(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """One version of a programme's terms: draft, submitted, approved.

    Immutable once approved, in force from `effective_on` (None: from the beginning) until the
    next version's; a voucher keeps the version in force when it was issued for good.
    """

    __tablename__ = "voucher_terms"
    __table_args__ = (UniqueConstraint("programme_id", "version"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("voucher_programme.id"))
    version: Mapped[int]
    document: Mapped[dict[str, Any]] = mapped_column(JSON)
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


class Redemption(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A redemption (核销): captured; voided or reversed; clawed_back after payment.

    `price_fen` is what the service cost for its `quantity` (thousandths of the service's unit or
    of minutes), `others` what other payers paid of it (`others_fen` together), `amount_fen` what
    the voucher pays to the payee, the rest is the holder's; `reversed_fen` of the amount was
    corrected since. `writer` is the writing transaction on PostgreSQL, so that a statement leaves
    out writers still in flight.
    """

    __tablename__ = "voucher_redemption"
    __table_args__ = (
        Index("ix_voucher_redemption_provider", "programme_id", "provider_id", "id"),
        Index("ix_voucher_redemption_voucher_id", "voucher_id"),
        CheckConstraint("amount_fen >= 0 AND forfeited_fen >= 0", name="amounts"),
    )
    __scope__ = {
        "provider": "provider_id",
        "purchaser": "organisation_id",
        "division": "division_code",
    }
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    receipt: Mapped[str] = mapped_column(Text, unique=True)
    voucher_id: Mapped[int] = mapped_column(Id)
    credential_id: Mapped[int] = mapped_column(Id)
    programme_id: Mapped[int] = mapped_column(Id)
    organisation_id: Mapped[int] = mapped_column(Id)
    division_code: Mapped[str] = mapped_column(Text)
    provider_id: Mapped[int] = mapped_column(Id)
    office_id: Mapped[int | None] = mapped_column(Id)
    device_id: Mapped[int | None] = mapped_column(Id)
    clerk_id: Mapped[int] = mapped_column(Id)
    service_code: Mapped[str] = mapped_column(Text)
    quantity: Mapped[int] = mapped_column(BigInteger)
    price_fen: Mapped[int] = mapped_column(Fen)
    amount_fen: Mapped[int] = mapped_column(Fen)
    forfeited_fen: Mapped[int] = mapped_column(Fen)
    redeemed_at: Mapped[datetime] = mapped_column(Instant)
    service_on: Mapped[date]
    state: Mapped[str] = mapped_column(Text)
    journal_id: Mapped[int] = mapped_column(Id)
    act: Mapped[str] = mapped_column(Text)
    writer: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    payee_id: Mapped[int] = mapped_column(Id, server_default=text("0"))
    unit_price_fen: Mapped[int] = mapped_column(Fen, server_default=text("0"))
    others_fen: Mapped[int] = mapped_column(Fen, server_default=text("0"))
    others: Mapped[dict[str, int] | None] = mapped_column(JSON)
    reversed_fen: Mapped[int] = mapped_column(Fen, server_default=text("0"))
    result: Mapped[str | None] = mapped_column(Text)
    hold_id: Mapped[int | None] = mapped_column(Id)
    enrolment_id: Mapped[int | None] = mapped_column(Id)
    started_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)


class Counter(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """What a cap has counted for a holder or family in a period (fen, quantity, uses).

    The month's rounding keeps here what it carries over, in a fixed fraction of a fen.
    """

    __tablename__ = "voucher_counter"
    __table_args__ = (UniqueConstraint("programme_id", "owner", "cap", "period"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("voucher_programme.id"))
    owner: Mapped[str] = mapped_column(Text)
    cap: Mapped[str] = mapped_column(Text)
    period: Mapped[str] = mapped_column(Text)
    used: Mapped[int] = mapped_column(BigInteger)


class Count(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """What one redemption added to a counter, so that undoing it can give the room back."""

    __tablename__ = "voucher_count"
    redemption_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    owner: Mapped[str] = mapped_column(Text, primary_key=True)
    cap: Mapped[str] = mapped_column(Text, primary_key=True)
    period: Mapped[str] = mapped_column(Text, primary_key=True)
    added: Mapped[int] = mapped_column(BigInteger)


class Hold(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A service begun (预占): open, then captured by its result, released, or lapsed.

    A visit is a hold whose length is measured. One clerk serves, and one resident is served, once
    at a time while a visit is open (`is_visit`). It ends by itself after `ends_on`.
    """

    __tablename__ = "voucher_hold"
    __table_args__ = (
        Index(
            "uq_voucher_hold_clerk",
            "clerk_id",
            unique=True,
            sqlite_where=text("state = 'open' AND is_visit"),
            postgresql_where=text("state = 'open' AND is_visit"),
        ),
        Index(
            "uq_voucher_hold_resident",
            "resident_id",
            unique=True,
            sqlite_where=text("state = 'open' AND is_visit"),
            postgresql_where=text("state = 'open' AND is_visit"),
        ),
        Index("ix_voucher_hold_voucher_id", "voucher_id"),
    )
    __scope__ = {
        "provider": "provider_id",
        "purchaser": "organisation_id",
        "division": "division_code",
    }
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    voucher_id: Mapped[int] = mapped_column(ForeignKey("voucher_voucher.id"))
    resident_id: Mapped[int] = mapped_column(Id)
    credential_id: Mapped[int] = mapped_column(Id)
    programme_id: Mapped[int] = mapped_column(ForeignKey("voucher_programme.id"))
    organisation_id: Mapped[int] = mapped_column(Id)
    division_code: Mapped[str] = mapped_column(Text)
    provider_id: Mapped[int] = mapped_column(Id)
    clerk_id: Mapped[int] = mapped_column(Id)
    service_code: Mapped[str] = mapped_column(Text)
    is_visit: Mapped[bool]
    quantity: Mapped[int] = mapped_column(BigInteger)
    price_fen: Mapped[int | None] = mapped_column(Fen)
    started_at: Mapped[datetime] = mapped_column(Instant)
    ends_on: Mapped[date]
    state: Mapped[str] = mapped_column(Text)


class HeldLot(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """What a hold keeps of a lot: quantity in the lot's unit, money in fen."""

    __tablename__ = "voucher_held_lot"
    hold_id: Mapped[int] = mapped_column(ForeignKey("voucher_hold.id"), primary_key=True)
    lot_id: Mapped[int] = mapped_column(ForeignKey("voucher_lot.id"), primary_key=True)
    quantity: Mapped[int] = mapped_column(BigInteger)
    amount_fen: Mapped[int] = mapped_column(Fen)


class Enrolment(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A holder enrolled with a provider for a service: open, ended; used without a scan.

    Made once with the holder's code; attendance is then recorded day by day or month by month.
    """

    __tablename__ = "voucher_enrolment"
    __table_args__ = (
        Index(
            "uq_voucher_enrolment_open",
            "voucher_id",
            "service_code",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_voucher_enrolment_provider_id", "provider_id"),
    )
    __scope__ = {
        "provider": "provider_id",
        "purchaser": "organisation_id",
        "division": "division_code",
    }
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    voucher_id: Mapped[int] = mapped_column(ForeignKey("voucher_voucher.id"))
    credential_id: Mapped[int] = mapped_column(Id)
    programme_id: Mapped[int] = mapped_column(ForeignKey("voucher_programme.id"))
    organisation_id: Mapped[int] = mapped_column(Id)
    division_code: Mapped[str] = mapped_column(Text)
    provider_id: Mapped[int] = mapped_column(Id)
    service_code: Mapped[str] = mapped_column(Text)
    from_on: Mapped[date]
    to_on: Mapped[date | None]
    state: Mapped[str] = mapped_column(Text)
    enrolled_by: Mapped[int | None] = mapped_column(Id)


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


class SettlementPeriod(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A locked settlement period (结算期) of a programme: what was redeemed up to the cut-off.

    `watermark`: redemptions whose writer is not below it were still in flight and wait for the
    next period.
    """

    __tablename__ = "voucher_settlement_period"
    __table_args__ = (UniqueConstraint("programme_id", "sequence"),)
    __scope__ = {"purchaser": "organisation_id", "division": "division_code"}
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("voucher_programme.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"))
    sequence: Mapped[int]
    cutoff_at: Mapped[datetime] = mapped_column(Instant)
    watermark: Mapped[int] = mapped_column(BigInteger)
    locked_at: Mapped[datetime] = mapped_column(Instant)
    locked_by: Mapped[int | None] = mapped_column(Id)


class Statement(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A provider's statement (对账单) of one settlement period: open, confirmed, paid."""

    __tablename__ = "voucher_statement"
    __table_args__ = (UniqueConstraint("period_id", "provider_id"),)
    __scope__ = {
        "provider": "provider_id",
        "purchaser": "organisation_id",
        "division": "division_code",
    }
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    period_id: Mapped[int] = mapped_column(ForeignKey("voucher_settlement_period.id"))
    programme_id: Mapped[int] = mapped_column(ForeignKey("voucher_programme.id"))
    provider_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"))
    gross_fen: Mapped[int] = mapped_column(Fen)
    line_count: Mapped[int]
    state: Mapped[str] = mapped_column(Text)
    confirm_by: Mapped[date]
    confirmed_at: Mapped[datetime | None] = mapped_column(Instant)
    confirmed_by: Mapped[int | None] = mapped_column(Id)


class StatementPool(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """The part of a statement that one pool pays, in fen; one claim each."""

    __tablename__ = "voucher_statement_pool"
    statement_id: Mapped[int] = mapped_column(ForeignKey("voucher_statement.id"), primary_key=True)
    pool_id: Mapped[int] = mapped_column(ForeignKey("pool.id"), primary_key=True)
    amount_fen: Mapped[int] = mapped_column(Fen)


class Objection(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A provider's objection to one statement line: open, dismissed (the line stands), upheld."""

    __tablename__ = "voucher_objection"
    __table_args__ = (UniqueConstraint("redemption_id"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    statement_id: Mapped[int] = mapped_column(ForeignKey("voucher_statement.id"), index=True)
    redemption_id: Mapped[int] = mapped_column(ForeignKey("voucher_redemption.id"))
    reason: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    raised_at: Mapped[datetime] = mapped_column(Instant)
    raised_by: Mapped[int | None] = mapped_column(Id)
    resolved_by: Mapped[int | None] = mapped_column(Id)


class Reversal(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A void by the provider, or a reversal ordered by one person and approved by another.

    `effect` tells what the approval did: voided, reversed (not yet paid) or clawed_back. A
    correction (`is_partial`) undoes only `amount_fen` of the redemption, down to what it should
    have been with this price and quantity.
    """

    __tablename__ = "voucher_reversal"
    __table_args__ = (
        Index(
            "uq_voucher_reversal_live",
            "redemption_id",
            unique=True,
            sqlite_where=text("state = 'ordered' OR (state = 'approved' AND NOT is_partial)"),
            postgresql_where=text("state = 'ordered' OR (state = 'approved' AND NOT is_partial)"),
        ),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    redemption_id: Mapped[int] = mapped_column(ForeignKey("voucher_redemption.id"))
    is_partial: Mapped[bool] = mapped_column(server_default=false())
    amount_fen: Mapped[int] = mapped_column(Fen, server_default=text("0"))
    unit_price_fen: Mapped[int | None] = mapped_column(Fen)
    quantity: Mapped[int | None] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(Text)
    entitlement: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    effect: Mapped[str | None] = mapped_column(Text)
    ordered_at: Mapped[datetime] = mapped_column(Instant)
    ordered_by: Mapped[int | None] = mapped_column(Id)
    approved_by: Mapped[int | None] = mapped_column(Id)
    journal_id: Mapped[int | None] = mapped_column(Id)
    clawback_id: Mapped[int | None] = mapped_column(Id)
