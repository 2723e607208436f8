"""State changes: one guarded UPDATE from the expected states, one row in the status log."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Index, Text, update
from sqlalchemy.orm import Mapped, mapped_column

from core import audit
from core.db import Id, Instant, db, guarded
from core.errors import Conflict


class StatusLog(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """One change of state of one object, by one act. Append-only."""

    __tablename__ = "status_log"
    __table_args__ = (Index("ix_status_log_object", "object_type", "object_id"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    object_type: Mapped[str] = mapped_column(Text)
    object_id: Mapped[int] = mapped_column(Id)
    from_state: Mapped[str | None] = mapped_column(Text)
    to_state: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Instant)
    act: Mapped[str] = mapped_column(Text)
    actor_id: Mapped[int | None] = mapped_column(Id)


def begin(object_type: str, row: Any) -> None:
    """Log the first state of a new row (already flushed)."""
    _log(object_type, row.id, None, row.state)


def change(object_type: str, row: Any, *, to: str, allowed: Collection[str], **values: Any) -> None:
    """Move a row to a state if it still is in one of the allowed ones, else STATE_CHANGED.

    `values` are further columns set by the same statement.
    """
    model, before = type(row), row.state
    moved = guarded(
        update(model)
        .where(model.id == row.id, model.state == before, model.state.in_(allowed))
        .values(state=to, **values)
    )
    if moved != 1:
        raise Conflict(
            "STATE_CHANGED",
            _("当前状态是“%(state)s”，不能办理这一步。请刷新后查看最新状态。", state=row.state),
            object_type=object_type,
            object_id=row.id,
            state=row.state,
        )
    _log(object_type, row.id, before, to)
    db.session.refresh(row)


def _log(object_type: str, object_id: int, before: str | None, after: str) -> None:
    act = audit.current()
    db.session.add(
        StatusLog(
            object_type=object_type,
            object_id=object_id,
            from_state=before,
            to_state=after,
            at=act.at,
            act=act.act,
            actor_id=act.actor_id,
        )
    )
