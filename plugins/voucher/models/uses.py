"""Uses: redemptions with what they count, services begun, enrolments, what undid them."""

from __future__ import annotations

from datetime import date, datetime

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
    """What one redemption added to a counter and has not given back by being undone."""

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
