"""A year's public holidays and working days in exchange, as an office recorded the announcement."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Id, db
from core.proposals import Proposal


class WorkCalendar(Proposal, db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """One year's announcement with its document; the latest approved one of a year counts."""

    __tablename__ = "work_calendar"
    __table_args__ = (
        CheckConstraint(
            "state IN ('draft', 'submitted', 'approved', 'returned', 'withdrawn')", name="state"
        ),
    )
    __scope__ = {"division": "owner_code"}
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    year: Mapped[int] = mapped_column(index=True)
    document: Mapped[str] = mapped_column(Text)
    days: Mapped[list[WorkCalendarDay]] = relationship(order_by="WorkCalendarDay.day")


class WorkCalendarDay(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A day that is not as its weekday says: off, or worked in exchange for a day off."""

    __tablename__ = "work_calendar_day"
    __table_args__ = (UniqueConstraint("calendar_id", "day"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    calendar_id: Mapped[int] = mapped_column(ForeignKey("work_calendar.id"))
    day: Mapped[date]
    is_worked: Mapped[bool]
    name: Mapped[str] = mapped_column(Text)
