"""Sealed bids: the holders of the key, what is stored sealed, and what an opening found."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, LargeBinary, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Fen, Id, Instant, db

OFFICER, SUPERVISOR, FINANCE = "officer", "supervisor", "finance"
RECEIVED, REPLACED, WITHDRAWN = "received", "replaced", "withdrawn"
OPENED, RETURNED, EXCLUDED = "opened", "returned", "excluded"


class KeyHolder(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """One of the three who hold a share of a tender's key, each behind an own passphrase.

    `public_key` belongs to a key derived from the passphrase and `salt`, which nobody stores;
    `share` is sealed for it once the tender is published. `offered` is a share handed in for an
    opening, sealed under the installation's key: alone it says nothing of the secret.
    """

    __tablename__ = "contract_key_holder"
    __table_args__ = (UniqueConstraint("tender_id", "user_id"),)
    tender_id: Mapped[int] = mapped_column(ForeignKey("contract_tender.id"), primary_key=True)
    part: Mapped[str] = mapped_column(Text, primary_key=True)
    user_id: Mapped[int] = mapped_column(Id, index=True)
    salt: Mapped[str] = mapped_column(Text)
    public_key: Mapped[str] = mapped_column(Text)
    share: Mapped[str | None] = mapped_column(Text)
    offered: Mapped[str | None] = mapped_column(Text)
    offered_at: Mapped[datetime | None] = mapped_column(Instant)


class Bid(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A sealed bid (投标): two envelopes, encrypted before they reach the disk.

    `bidder_index` is a keyed hash by which a bidder finds its own bid again; neither name nor
    price stands here before the opening. `receipt` is the SHA-256 of both envelopes, `stamp` a
    keyed hash over receipt, index and time that only the installation can make. After the opening
    `provider_id` says whose it was; an EXCLUDED one has a `BidFault`.
    """

    __tablename__ = "contract_bid"
    __scope__ = {"provider": "provider_id"}
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    tender_id: Mapped[int] = mapped_column(ForeignKey("contract_tender.id"), index=True)
    receipt: Mapped[str] = mapped_column(Text, unique=True)
    bidder_index: Mapped[str] = mapped_column(Text, index=True)
    stamp: Mapped[str] = mapped_column(Text, default="")
    technical: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    price: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    received_at: Mapped[datetime] = mapped_column(Instant)
    state: Mapped[str] = mapped_column(Text)
    provider_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)


class BidOpening(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """What a bid's technical envelope held when it was opened. Append-only.

    `answers` are the bidder's words for each part asked; `small_firm` its declaration.
    """

    __tablename__ = "contract_bid_opening"
    bid_id: Mapped[int] = mapped_column(
        ForeignKey("contract_bid.id"), primary_key=True, autoincrement=False
    )
    tender_id: Mapped[int] = mapped_column(ForeignKey("contract_tender.id"), index=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    answers: Mapped[dict[str, Any]] = mapped_column(JSON)
    small_firm: Mapped[bool]
    bond: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    opened_at: Mapped[datetime] = mapped_column(Instant)


class BidFault(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """Why a bid was left out at an opening: a refusal's code and the reason. Append-only."""

    __tablename__ = "contract_bid_fault"
    bid_id: Mapped[int] = mapped_column(
        ForeignKey("contract_bid.id"), primary_key=True, autoincrement=False
    )
    code: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    found_at: Mapped[datetime] = mapped_column(Instant)


class BidPrice(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """The price (fen) a bid offered, as its price envelope held it. Append-only: never corrected.

    `unit_prices` (fen by code) where the contract will pay by measured quantity.
    """

    __tablename__ = "contract_bid_price"
    __table_args__ = (CheckConstraint("price_fen > 0", name="positive"),)
    bid_id: Mapped[int] = mapped_column(
        ForeignKey("contract_bid.id"), primary_key=True, autoincrement=False
    )
    price_fen: Mapped[int] = mapped_column(Fen)
    unit_prices: Mapped[dict[str, int] | None] = mapped_column(JSON)
    opened_at: Mapped[datetime] = mapped_column(Instant)


class BidFile(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A file that a bid's technical envelope held, known by its SHA-256. Append-only."""

    __tablename__ = "contract_bid_file"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    bid_id: Mapped[int] = mapped_column(ForeignKey("contract_bid.id"), index=True)
    name: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(Text)
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
