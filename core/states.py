"""State changes: one guarded UPDATE from the expected states, one row in the status log."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Step:
    """One act on an object: the states it may be in, and the state it is in afterwards.

    `to` None leaves the state as it is. `tag` is what the step is called in open contracting data
    (OCDS release tag), None where it publishes nothing.
    """

    act: str
    allowed: tuple[str, ...]
    to: str | None = None
    tag: str | None = None


@dataclass(frozen=True)
class Machine:
    """The life of one kind of object as a table: its steps by act, its states' names.

    `called` gives an object's name in a sentence ("购买计划 2026-3").
    """

    object_type: str
    steps: Mapping[str, Step]
    names: Mapping[str, Any]
    called: Callable[[Any], str]

    def require(self, row: Any, act: str) -> None:
        """Refuse STATE_CHANGED when an object's state does not admit an act."""
        if row.state in self.steps[act].allowed:
            return
        raise Conflict(
            "STATE_CHANGED",
            _(
                "%(called)s现在是“%(state)s”，不能办理这一步。请刷新后查看最新状态。",
                called=self.called(row),
                state=str(self.names[row.state]),
            ),
            object_type=self.object_type,
            object_id=row.id,
            state=row.state,
        )

    def take(self, row: Any, act: str, **values: Any) -> None:
        """Move an object by an act to the state the table names; STATE_CHANGED if moved before."""
        self.require(row, act)
        step = self.steps[act]
        assert step.to is not None, f"{act} leaves the state as it is"  # noqa: S101 - a table
        change(self.object_type, row, to=step.to, allowed=step.allowed, **values)


def table(*steps: Step) -> dict[str, Step]:
    """Return steps by act; an act stands in a table once."""
    found = {step.act: step for step in steps}
    assert len(found) == len(steps), "an act stands twice in a table"  # noqa: S101 - a table
    return found


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
