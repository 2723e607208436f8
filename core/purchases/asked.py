"""What is asked for: the government's menus, people's orders, who supports them, what they hear."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core import privacy
from core.db import Id, Instant, db

MENU_DRAFT, MENU_PUBLISHED, MENU_WITHDRAWN = "draft", "published", "withdrawn"

OPEN, GROUPED, DECLINED, MERGED, WITHDRAWN = "open", "grouped", "declined", "merged", "withdrawn"
RESIDENT, COMMUNITY, DESK = "resident", "community", "desk"


class Menu(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A menu (菜单): catalogue items offered in an area, to order from day to day (inclusive)."""

    __tablename__ = "menu"
    __table_args__ = (CheckConstraint("closes_on >= opens_on", name="period"),)
    __scope__ = {"purchaser": "organisation_id", "division": "division_code"}
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"), index=True)
    opens_on: Mapped[date]
    closes_on: Mapped[date]
    state: Mapped[str] = mapped_column(Text)
    made_by: Mapped[int | None] = mapped_column(Id)
    published_by: Mapped[int | None] = mapped_column(Id)
    published_at: Mapped[datetime | None] = mapped_column(Instant)
    reason: Mapped[str | None] = mapped_column(Text)
    offers: Mapped[list[MenuOffer]] = relationship(order_by="MenuOffer.id")


class MenuOffer(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A catalogue item on a menu, in words people understand."""

    __tablename__ = "menu_offer"
    __table_args__ = (UniqueConstraint("menu_id", "catalogue_item_id"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    menu_id: Mapped[int] = mapped_column(ForeignKey("menu.id"))
    catalogue_item_id: Mapped[int] = mapped_column(Id)
    name: Mapped[str] = mapped_column(Text)
    words: Mapped[str | None] = mapped_column(Text)


class Demand(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """An order (点菜): what people of a village or township ask for, and what became of it.

    Ordered from a menu (`offer_id`), or as a free wish. It belongs to at most one plan
    (`purchase_id`). Who was served at a desk without an account may have left a name.
    """

    __tablename__ = "demand"
    __table_args__ = (CheckConstraint("people > 0", name="people"),)
    # Like residents, orders belong to no purchaser: its clerks serve their division.
    __scope__ = {
        "resident": "resident_id",
        "purchaser": "division_code",
        "division": "division_code",
    }
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    offer_id: Mapped[int | None] = mapped_column(ForeignKey("menu_offer.id"), index=True)
    words: Mapped[str] = mapped_column(Text)
    people: Mapped[int]
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"), index=True)
    asked_by: Mapped[str] = mapped_column(Text)
    resident_id: Mapped[int | None] = mapped_column(ForeignKey("resident.id"), index=True)
    community: Mapped[str | None] = mapped_column(Text)
    asker_name: Mapped[str | None] = mapped_column(privacy.Encrypted("demand.asker_name"))
    state: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime] = mapped_column(Instant)
    made_by: Mapped[int | None] = mapped_column(Id)
    purchase_id: Mapped[int | None] = mapped_column(ForeignKey("purchase.id"), index=True)
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("demand.id"), index=True)
    reason: Mapped[str | None] = mapped_column(Text)


class DemandSupport(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A resident's support (附议) of somebody else's order; once each."""

    __tablename__ = "demand_support"
    __table_args__ = (UniqueConstraint("demand_id", "resident_id"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    demand_id: Mapped[int] = mapped_column(ForeignKey("demand.id"))
    resident_id: Mapped[int] = mapped_column(ForeignKey("resident.id"), index=True)
    at: Mapped[datetime] = mapped_column(Instant)


class DemandNotice(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """What a resident is told of an order she placed or supports; kept, with when she read it."""

    __tablename__ = "demand_notice"
    __scope__ = {"resident": "resident_id"}
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    resident_id: Mapped[int] = mapped_column(ForeignKey("resident.id"), index=True)
    demand_id: Mapped[int] = mapped_column(ForeignKey("demand.id"), index=True)
    what: Mapped[str] = mapped_column(Text)
    detail: Mapped[str | None] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Instant)
    read_at: Mapped[datetime | None] = mapped_column(Instant)
