"""What a unit does itself with staff and money, and what was turned into buying: the rows."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Fen, Id, Instant, db

OPEN, CLEARED = "open", "cleared"


class Duty(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A duty (职责事项) that a unit carries out with its own staff, from a day to a day.

    `item_code` is the catalogue's code of the service, of any depth. The yearly staff money stands
    on a budget line (`line_id`) or, where no line is its own, is the amount said (`staff_fen`).
    Only `to_on` and `proposal_id` ever change; another number of posts is another row.
    `posts_needed` is what the work would take, `proposal_id` the proposal to buy it instead,
    `institution_reason` why a new institution does what providers could, `moved_from_id` the duty
    of the unit that had it before.
    """

    __tablename__ = "duty"
    __table_args__ = (
        CheckConstraint("posts >= 0", name="posts"),
        CheckConstraint("posts_needed >= 0", name="posts_needed"),
        CheckConstraint("staff_fen >= 0", name="staff_fen"),
        CheckConstraint("line_id IS NULL OR staff_fen IS NULL", name="one_source"),
    )
    __scope__ = {"purchaser": "organisation_id", "division": "division_code"}
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"))
    item_code: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    posts: Mapped[int]
    posts_needed: Mapped[int | None]
    line_id: Mapped[int | None] = mapped_column(ForeignKey("budget_line.id"))
    staff_fen: Mapped[int | None] = mapped_column(Fen)
    from_on: Mapped[date]
    to_on: Mapped[date | None]
    document: Mapped[str] = mapped_column(Text)
    institution_reason: Mapped[str | None] = mapped_column(Text)
    proposal_id: Mapped[int | None] = mapped_column(Id)
    moved_from_id: Mapped[int | None] = mapped_column(Id)
    recorded_by: Mapped[int | None] = mapped_column(Id)
    recorded_at: Mapped[datetime] = mapped_column(Instant)


class FundingWarning(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A service to be bought in a year that the unit is already paid to do itself (重复安排).

    Open until a finance officer clears it with a reason; the figures are those of the day on which
    it arose.
    """

    __tablename__ = "funding_warning"
    __table_args__ = (
        UniqueConstraint("duty_id", "item_code", "fiscal_year"),
        CheckConstraint("state IN ('open', 'cleared')", name="state"),
        CheckConstraint("cleared_by <> raised_by", name="two_persons"),
    )
    __scope__ = {"purchaser": "organisation_id", "division": "division_code"}
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    duty_id: Mapped[int] = mapped_column(ForeignKey("duty.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"))
    item_code: Mapped[str] = mapped_column(Text)
    fiscal_year: Mapped[int]
    posts: Mapped[int]
    staff_fen: Mapped[int] = mapped_column(Fen)
    state: Mapped[str] = mapped_column(Text)
    raised_by: Mapped[int | None] = mapped_column(Id)
    raised_at: Mapped[datetime] = mapped_column(Instant)
    cleared_by: Mapped[int | None] = mapped_column(Id)
    cleared_at: Mapped[datetime | None] = mapped_column(Instant)
    reason: Mapped[str | None] = mapped_column(Text)


class Conversion(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """An appropriation that ends and the purchase that takes its place (养事不养人).

    `amount_fen` is the part of the line that supported the unit itself and no longer does;
    `posts_not_created` how many posts the purchase made needless. `purchase_id` is known once the
    purchase is.
    """

    __tablename__ = "conversion"
    __table_args__ = (
        CheckConstraint("amount_fen > 0", name="positive"),
        CheckConstraint("posts_not_created >= 0", name="posts"),
    )
    __scope__ = {"purchaser": "organisation_id", "division": "division_code"}
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"))
    from_line_id: Mapped[int] = mapped_column(ForeignKey("budget_line.id"), index=True)
    amount_fen: Mapped[int] = mapped_column(Fen)
    posts_not_created: Mapped[int]
    purchase_id: Mapped[int | None] = mapped_column(Id, index=True)
    document: Mapped[str] = mapped_column(Text)
    recorded_by: Mapped[int | None] = mapped_column(Id)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
