"""The rows that offices record over the shipped figures; approved by a second person."""

from __future__ import annotations

from datetime import date

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Id, db
from core.proposals import Proposal
from core.rulepack.declared import Row


class RuleFigure(Proposal, db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A figure's value as proposed: for a division's subtree, or (None) for the whole country.

    `number` is in the figure's unit; `text` where its unit is text. Counts once approved, never
    changed afterwards: a later row of the same figure and division takes over from its first day.
    """

    __tablename__ = "rule_figure"
    __table_args__ = (
        Index("ix_rule_figure_code", "code", "state"),
        CheckConstraint("(number IS NULL) <> (text IS NULL)", name="one_value"),
        CheckConstraint("to_on >= from_on", name="in_order"),
        CheckConstraint(
            "state IN ('draft', 'submitted', 'approved', 'returned', 'withdrawn')", name="state"
        ),
    )
    __scope__ = {"division": "owner_code"}
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    code: Mapped[str] = mapped_column(Text)
    number: Mapped[int | None] = mapped_column(BigInteger)
    text: Mapped[str | None] = mapped_column(Text)
    from_on: Mapped[date]
    to_on: Mapped[date | None]
    division_code: Mapped[str | None] = mapped_column(ForeignKey("division.code"))
    law: Mapped[str] = mapped_column(Text)
    article: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text, default="")
    permit: Mapped[str | None] = mapped_column(Text)

    def as_row(self) -> Row:
        """Return the row as it is read, whatever its state."""
        value = self.text if self.number is None else self.number
        assert value is not None  # noqa: S101 - the table's own check
        return Row(
            self.code,
            value,
            self.from_on,
            self.to_on,
            self.law,
            self.article,
            self.note,
            division_code=self.division_code,
            permit=self.permit,
            id=self.id,
        )
