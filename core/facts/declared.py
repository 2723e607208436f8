"""What a fact is: of whom, its kind and values, and the rows in which it stands on a day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import LazyString
from flask_babel import gettext as _
from sqlalchemy import BigInteger, ColumnElement, ForeignKey, Index, Select, Text, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Id, Instant, db
from core.fields import FEN_MAX
from core.formats import yuan_text

NUMBER, CHOICE, DAY, PLACE, SET, RATIO = "number", "choice", "day", "place", "set", "ratio"
# The column of `resident_fact` in which a stored fact of a kind has its value.
COLUMNS = {NUMBER: "number", CHOICE: "text", DAY: "day", PLACE: "text", SET: "text"}
# Bounds of a ratio and its parts are multiplied crosswise: FEN_MAX times this fits 64 bits.
DENOMINATOR_MAX = 1_000
FEN = "fen"
RESIDENT, ORGANISATION = "resident", "organisation"


@dataclass(frozen=True)
class Fact:
    """A fact: what may be known of a resident, declared by a component under a code.

    Of an organisation (`about`) it is what the organisation says of itself with each application;
    it is neither recorded nor computed.

    `kind`: `number` (an integer from `least` to `most`; of unit `fen` it is money), `choice` (one
    of `options`, ordered from least to most), `day`, `place` (a division's code), `set` (many
    values at once; of `options`, if there are any), `ratio` (numerator and denominator, never
    divided). `rows` gives a computed fact's select of (resident number, value), a ratio's of
    (resident number, numerator, denominator), as they stand on a day: at most one row a resident
    but for a set, numbers up to FEN_MAX, denominators from 1 to DENOMINATOR_MAX. Without `rows`
    the fact is recorded by people, in `resident_fact`.
    """

    code: str
    name: str
    kind: str
    unit: str | LazyString = ""
    options: tuple[str, ...] = ()
    rows: Callable[[date], Select[Any]] | None = None
    least: int = 0
    most: int = FEN_MAX
    about: str = RESIDENT

    def __post_init__(self) -> None:
        if self.kind not in {*COLUMNS, RATIO} or (self.kind == RATIO and self.rows is None):
            message = f"fact {self.code}: no such kind, or a ratio that is not computed"
            raise RuntimeError(message)
        if self.about == ORGANISATION and (self.rows is not None or self.kind == SET):
            message = f"fact {self.code}: an organisation declares single values"
            raise RuntimeError(message)


@dataclass(frozen=True)
class Place:
    """A division as a fact: its code, its name and the codes from the province down to it."""

    code: str
    name: str
    path: tuple[str, ...]


@dataclass(frozen=True)
class Ratio:
    """An exact fraction."""

    numerator: int
    denominator: int


@dataclass(frozen=True)
class Lapsed:
    """Nothing is known any more: the last record ended on a day."""

    to_on: date


Value = int | str | date | Place | frozenset[str] | Ratio | Lapsed | None


class ResidentFact(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A fact as recorded, from a day to a day (both inclusive), with its source document.

    Only `to_on` ever changes; one before `from_on` marks a record withdrawn as mistaken. But for
    sets, no two rows of a resident and code overlap. Seen by whoever sees the resident.
    """

    __tablename__ = "resident_fact"
    __table_args__ = (Index("ix_resident_fact_resident_id", "resident_id", "code", "from_on"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    resident_id: Mapped[int] = mapped_column(ForeignKey("resident.id"))
    code: Mapped[str] = mapped_column(Text)
    number: Mapped[int | None] = mapped_column(BigInteger)
    text: Mapped[str | None] = mapped_column(Text)
    day: Mapped[date | None]
    from_on: Mapped[date]
    to_on: Mapped[date | None]
    document: Mapped[str] = mapped_column(Text)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    recorded_by: Mapped[int | None] = mapped_column(Id)


def in_force(on: date) -> ColumnElement[bool]:
    """Return the condition of the records in force on a day."""
    return (ResidentFact.from_on <= on) & or_(
        ResidentFact.to_on.is_(None), ResidentFact.to_on >= on
    )


def not_withdrawn() -> ColumnElement[bool]:
    """Return the condition of the records that were ever in force."""
    return or_(ResidentFact.to_on.is_(None), ResidentFact.to_on >= ResidentFact.from_on)


def value_column(fact: Fact) -> Any:
    """Return the column in which a stored fact has its value."""
    return getattr(ResidentFact, COLUMNS[fact.kind])


def stored_rows(fact_code: str, column: Any, on: date) -> Select[Any]:
    """Return the select of (resident number, value) of a stored fact on a day."""
    return select(ResidentFact.resident_id, column.label("value")).where(
        ResidentFact.code == fact_code, in_force(on)
    )


def rows_on(fact: Fact, on: date) -> Select[Any]:
    """Return the select of (resident number, value) of any fact on a day."""
    if fact.rows is not None:
        return fact.rows(on)
    return stored_rows(fact.code, value_column(fact), on)


def text_of(fact: Fact, value: Value) -> str:
    """Write a fact's value for people; what is unknown is a dash."""
    if isinstance(value, Lapsed) or value is None:
        return "—"
    if isinstance(value, Place):
        return value.name
    if isinstance(value, frozenset):
        return "、".join(sorted(value)) or _("无")
    if isinstance(value, Ratio):
        return f"{number_text(fact, value.numerator)} ÷ {value.denominator}"
    if isinstance(value, int):
        return number_text(fact, value)
    return value.isoformat() if isinstance(value, date) else value


def number_text(fact: Fact, value: int) -> str:
    """Write a number with its fact's unit."""
    if fact.unit == FEN:
        return yuan_text(value)
    return f"{value} {fact.unit}" if fact.unit else str(value)
