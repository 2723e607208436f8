"""A virement (指标调剂): its row and its journal's kind."""

from __future__ import annotations

from datetime import datetime

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from sqlalchemy import CheckConstraint, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.budget import GENERAL
from core.db import Fen, Id, Instant, db
from core.ledger import EntryKind

PROPOSED, APPROVED, DECLINED = "proposed", "approved", "declined"
TRANSFERRED = "budget.transferred"
LAW = "预算法第七十二条"
# Each stands in a budget of its own (预算法第五条), or is bound to its purpose.
SOURCES: dict[str, LazyString] = {
    GENERAL: _l("一般公共预算"),
    "government_fund": _l("政府性基金预算"),
    "state_capital": _l("国有资本经营预算"),
    "social_insurance": _l("社会保险基金预算"),
    "lottery": _l("彩票公益金"),
    "special": _l("专项资金"),
}

ENTRY_KINDS = [
    EntryKind(
        TRANSFERRED,
        "指标调剂",
        (("line.approved", "line.available"), ("line.available", "line.approved")),
        LAW,
    ),
]


class LineTransfer(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """Available money to be moved from one line to another of the same fiscal year.

    Proposed by one person and decided by another. Nothing is set aside meanwhile: approval posts
    what the source line then still has, or is refused whole.
    """

    __tablename__ = "line_transfer"
    __table_args__ = (
        CheckConstraint("state IN ('proposed', 'approved', 'declined')", name="state"),
        CheckConstraint("amount_fen > 0", name="positive"),
        CheckConstraint("from_line_id <> to_line_id", name="two_lines"),
        CheckConstraint("decided_by <> proposed_by", name="two_persons"),
    )
    __scope__ = {"division": "division_code"}
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    from_line_id: Mapped[int] = mapped_column(ForeignKey("budget_line.id"), index=True)
    to_line_id: Mapped[int] = mapped_column(ForeignKey("budget_line.id"), index=True)
    fiscal_year: Mapped[int]
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"), index=True)
    amount_fen: Mapped[int] = mapped_column(Fen)
    document: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    proposed_by: Mapped[int | None] = mapped_column(Id)
    proposed_at: Mapped[datetime] = mapped_column(Instant)
    decided_by: Mapped[int | None] = mapped_column(Id)
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    decline_reason: Mapped[str | None] = mapped_column(Text)
    journal_id: Mapped[int | None] = mapped_column(ForeignKey("journal.id"))
