"""From opened bids to an award: experts, their panel and scores, ranking, award, challenges."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core import privacy
from core.db import Fen, Id, Instant, db

# A panel member
DRAWN, CONFIRMED, STOOD_DOWN = "drawn", "confirmed", "stood_down"
# An award
PROPOSED, DECIDED, PUBLISHED = "proposed", "decided", "published"
DECLINED, CANCELLED = "declined", "cancelled"
# A challenge
ENQUIRY, CHALLENGE, COMPLAINT = "enquiry", "challenge", "complaint"
FILED, ANSWERED, UPHELD, REJECTED, WITHDRAWN = (
    "filed",
    "answered",
    "upheld",
    "rejected",
    "withdrawn",
)


class Expert(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """An expert of the pool (评审专家库): a user with fields of knowledge, in a division."""

    __tablename__ = "contract_expert"
    __scope__ = {"purchaser": "division_code", "division": "division_code"}
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    user_id: Mapped[int] = mapped_column(Id, unique=True)
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"))
    fields: Mapped[list[str]] = mapped_column(JSON)
    employer: Mapped[str] = mapped_column(Text)
    retired_on: Mapped[date | None]
    made_by: Mapped[int | None] = mapped_column(Id)
    made_at: Mapped[datetime] = mapped_column(Instant)


class ExpertTie(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """What ties an expert to an organisation: employed, director, holder, kin (条例第九条)."""

    __tablename__ = "contract_expert_tie"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    expert_id: Mapped[int] = mapped_column(ForeignKey("contract_expert.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    kind: Mapped[str] = mapped_column(Text)
    ended_on: Mapped[date | None]
    recorded_by: Mapped[int | None] = mapped_column(Id)
    recorded_at: Mapped[datetime] = mapped_column(Instant)


class PanelDraw(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """One draw of experts from the pool, with the seed that repeats it. Append-only.

    `candidates` and `excluded` (with the reasons) are experts' numbers in order.
    """

    __tablename__ = "contract_panel_draw"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    tender_id: Mapped[int] = mapped_column(ForeignKey("contract_tender.id"), index=True)
    seed: Mapped[str] = mapped_column(Text)
    candidates: Mapped[list[int]] = mapped_column(JSON)
    excluded: Mapped[dict[str, str]] = mapped_column(JSON)
    drawn: Mapped[list[int]] = mapped_column(JSON)
    drawn_by: Mapped[int | None] = mapped_column(Id)
    drawn_at: Mapped[datetime] = mapped_column(Instant)


class PanelMember(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A member of a tender's panel: an expert drawn, or the purchaser's own (no `expert_id`)."""

    __tablename__ = "contract_panel_member"
    __table_args__ = (UniqueConstraint("tender_id", "user_id"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    tender_id: Mapped[int] = mapped_column(ForeignKey("contract_tender.id"))
    user_id: Mapped[int] = mapped_column(Id, index=True)
    expert_id: Mapped[int | None] = mapped_column(ForeignKey("contract_expert.id"))
    state: Mapped[str] = mapped_column(Text)
    declared_at: Mapped[datetime | None] = mapped_column(Instant)
    reason: Mapped[str | None] = mapped_column(Text)
    finished_at: Mapped[datetime | None] = mapped_column(Instant)


class BidCheck(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """Whether a bid meets one condition of the notice, found by one member of the panel."""

    __tablename__ = "contract_bid_check"
    __table_args__ = (UniqueConstraint("bid_id", "condition"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    bid_id: Mapped[int] = mapped_column(ForeignKey("contract_bid.id"))
    condition: Mapped[str] = mapped_column(Text)
    passed: Mapped[bool]
    reason: Mapped[str | None] = mapped_column(Text)
    member_id: Mapped[int] = mapped_column(ForeignKey("contract_panel_member.id"))
    made_at: Mapped[datetime] = mapped_column(Instant)


class Score(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """What one member gave one bid on one indicator, in hundredths of a point."""

    __tablename__ = "contract_score"
    __table_args__ = (
        UniqueConstraint("bid_id", "member_id", "indicator"),
        CheckConstraint("centipoints >= 0", name="not_negative"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    bid_id: Mapped[int] = mapped_column(ForeignKey("contract_bid.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("contract_panel_member.id"), index=True)
    indicator: Mapped[str] = mapped_column(Text)
    centipoints: Mapped[int]
    reason: Mapped[str | None] = mapped_column(Text)
    given_at: Mapped[datetime] = mapped_column(Instant)


class LowBid(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A bid so low that it has to be explained, and what the panel made of the explanation."""

    __tablename__ = "contract_low_bid"
    bid_id: Mapped[int] = mapped_column(
        ForeignKey("contract_bid.id"), primary_key=True, autoincrement=False
    )
    tests: Mapped[list[str]] = mapped_column(JSON)
    asked_at: Mapped[datetime] = mapped_column(Instant)
    explanation: Mapped[str | None] = mapped_column(Text)
    explained_at: Mapped[datetime | None] = mapped_column(Instant)
    accepted: Mapped[bool | None]
    reason: Mapped[str | None] = mapped_column(Text)
    judged_by: Mapped[int | None] = mapped_column(ForeignKey("contract_panel_member.id"))
    judged_at: Mapped[datetime | None] = mapped_column(Instant)


class FinalQuote(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A bidder's final quote (最后报价) after a negotiation; encrypted until the panel reports.

    `price` is the amount in fen as text, None until the bidder quotes, at the latest at `until`.
    """

    __tablename__ = "contract_final_quote"
    bid_id: Mapped[int] = mapped_column(
        ForeignKey("contract_bid.id"), primary_key=True, autoincrement=False
    )
    tender_id: Mapped[int] = mapped_column(ForeignKey("contract_tender.id"), index=True)
    called_by: Mapped[int] = mapped_column(ForeignKey("contract_panel_member.id"))
    called_at: Mapped[datetime] = mapped_column(Instant)
    until: Mapped[datetime] = mapped_column(Instant)
    price: Mapped[str | None] = mapped_column(privacy.Encrypted("contract_final_quote.price"))
    quoted_by: Mapped[int | None] = mapped_column(Id)
    quoted_at: Mapped[datetime | None] = mapped_column(Instant)


class Ranking(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A bid's place in the panel's report. Append-only.

    Scores are exact fractions in points (`numerator/denominator`); `tie_break` names the rule by
    which equal totals were put in order, `lot_seed` repeats a lot. `place` None: the bid was left
    out, `reason` says why.
    """

    __tablename__ = "contract_ranking"
    __table_args__ = (UniqueConstraint("tender_id", "place"),)
    bid_id: Mapped[int] = mapped_column(
        ForeignKey("contract_bid.id"), primary_key=True, autoincrement=False
    )
    tender_id: Mapped[int] = mapped_column(ForeignKey("contract_tender.id"))
    place: Mapped[int | None]
    evaluated_fen: Mapped[int] = mapped_column(Fen)
    price_score: Mapped[str] = mapped_column(Text)
    other_score: Mapped[str] = mapped_column(Text)
    total: Mapped[str] = mapped_column(Text)
    tie_break: Mapped[str | None] = mapped_column(Text)
    lot_seed: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)


class Award(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """Who is to get the contract at what price (fen), decided by the purchaser, then published.

    `bid_id` None where the method negotiates with one provider only: then it is proposed first,
    `made_by` who negotiated. A framework has an award for each provider that is admitted.
    """

    __tablename__ = "contract_award"
    __table_args__ = (CheckConstraint("amount_fen > 0", name="positive"),)
    __scope__ = {
        "provider": "provider_id",
        "purchaser": "organisation_id",
        "division": "division_code",
    }
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    tender_id: Mapped[int] = mapped_column(ForeignKey("contract_tender.id"), index=True)
    bid_id: Mapped[int | None] = mapped_column(ForeignKey("contract_bid.id"))
    provider_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"))
    amount_fen: Mapped[int] = mapped_column(Fen)
    unit_prices: Mapped[dict[str, int] | None] = mapped_column(JSON)
    small_firm: Mapped[bool] = mapped_column(default=False)
    place: Mapped[int]
    state: Mapped[str] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    made_by: Mapped[int | None] = mapped_column(Id)
    decided_by: Mapped[int | None] = mapped_column(Id)
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    published_at: Mapped[datetime | None] = mapped_column(Instant)


class Challenge(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """An enquiry (询问), challenge (质疑) or complaint (投诉) about a tender, with its clock.

    While `may_affect` and not decided, nothing is signed, accepted or paid for the tender;
    `suspended_until` is how long finance has stopped the procurement.
    """

    __tablename__ = "contract_challenge"
    __scope__ = {
        "provider": "party_id",
        "purchaser": "organisation_id",
        "division": "division_code",
    }
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    tender_id: Mapped[int] = mapped_column(ForeignKey("contract_tender.id"), index=True)
    kind: Mapped[str] = mapped_column(Text)
    about: Mapped[str] = mapped_column(Text)
    party_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"))
    after_id: Mapped[int | None] = mapped_column(ForeignKey("contract_challenge.id"))
    words: Mapped[str] = mapped_column(Text)
    may_affect: Mapped[bool]
    state: Mapped[str] = mapped_column(Text)
    filed_by: Mapped[int | None] = mapped_column(Id)
    filed_at: Mapped[datetime] = mapped_column(Instant)
    answer: Mapped[str | None] = mapped_column(Text)
    remedy: Mapped[str | None] = mapped_column(Text)
    decided_by: Mapped[int | None] = mapped_column(Id)
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    suspended_from: Mapped[date | None]
    suspended_until: Mapped[date | None]
