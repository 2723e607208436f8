"""A legal clock (期限): its kind as a component declares it, and each that runs or stopped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Id, Instant, db
from core.rulepack.declared import DAYS, WORKING_DAYS

if TYPE_CHECKING:
    from core.access import Actor

UNITS = (DAYS, WORKING_DAYS)


@dataclass(frozen=True)
class DeadlineKind:
    """A kind of legal clock: how long it runs is a figure of the rule pack.

    `figure` is the figure's code, `unit` how it counts (`days` of the calendar or `working_days`,
    as the figure says), `basis` the article that starts the clock. `endpoint` is the page that
    shows an object of this kind, by its `id`, to who holds `permission` (empty: to everybody
    who sees the deadline).
    """

    code: str
    name: str
    figure: str
    unit: str
    basis: str
    endpoint: str = ""
    permission: str = ""

    def page_for(self, actor: Actor) -> str:
        """Return the endpoint that shows an object of this kind to a reader, or nothing."""
        return self.endpoint if not self.permission or actor.may(self.permission) else ""

    def __post_init__(self) -> None:
        if self.unit not in UNITS:
            message = f"deadline kind {self.code}: counts in days or working_days"
            raise RuntimeError(message)


@dataclass(frozen=True)
class DueItem:
    """Something that is due on a day though no legal clock of its own runs (a delivery, a closing).

    `kind_name` says what is to be done, `what` about which object, `basis` what sets the day;
    none holds personal data. `at` is the hour where there is one. `endpoint` with `values` is the
    page where it is dealt with.
    """

    on: date
    kind_name: str
    what: str
    organisation_id: int
    basis: str = ""
    at: datetime | None = None
    endpoint: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


class Deadline(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """One clock of one object: runs from the day after `starts_on` through `due_on`.

    `length` is the figure as it was when the clock started, `citation` the law it came from.
    `provisional`: counted through a year whose holidays are not announced. `moved_from_on`: the
    day it was due before an announcement moved it. At most one of a kind and object runs.
    """

    __tablename__ = "deadline"
    __table_args__ = (
        Index(
            "uq_deadline_running",
            "kind",
            "object_type",
            "object_id",
            unique=True,
            sqlite_where=text("stopped_on IS NULL"),
            postgresql_where=text("stopped_on IS NULL"),
        ),
        Index("ix_deadline_due_on", "due_on", "id"),
        CheckConstraint("due_on >= starts_on", name="in_order"),
    )
    __scope__ = {"purchaser": "organisation_id", "division": "division_code"}
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    object_type: Mapped[str] = mapped_column(Text)
    object_id: Mapped[int] = mapped_column(Id)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"))
    what: Mapped[str] = mapped_column(Text)
    length: Mapped[int]
    unit: Mapped[str] = mapped_column(Text)
    citation: Mapped[str] = mapped_column(Text)
    starts_on: Mapped[date]
    due_on: Mapped[date]
    provisional: Mapped[bool]
    moved_from_on: Mapped[date | None]
    started_at: Mapped[datetime] = mapped_column(Instant)
    stopped_on: Mapped[date | None]
