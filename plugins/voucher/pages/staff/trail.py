"""What the status log and the audit trail tell of one object, for people to read."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import or_

from core.audit import ACCEPTED, AuditEntry
from core.db import db
from core.plugins import registry
from core.states import StatusLog
from plugins.voucher.pages.staff import people

SHOWN = 50


def state_changes(object_type: str, object_id: int) -> list[dict[str, Any]]:
    """Return an object's changes of state, oldest first, each with who, when and why."""
    rows = db.session.execute(
        db.select(StatusLog, AuditEntry.detail)
        .outerjoin(AuditEntry, AuditEntry.act == StatusLog.act)
        .where(StatusLog.object_type == object_type, StatusLog.object_id == object_id)
        .order_by(StatusLog.id)
    ).all()
    names = people.users(log.actor_id for log, _detail in rows)
    return [
        {
            "before": log.from_state,
            "after": log.to_state,
            "at": log.at,
            "who": names.get(log.actor_id, ""),
            "why": detail or "",
        }
        for log, detail in rows
    ]


def acts(
    object_type: str, object_id: int, *, told_elsewhere: tuple[str, ...] = ()
) -> list[dict[str, Any]]:
    """Return the newest acts and refused attempts on an object, newest first.

    `told_elsewhere` are the acts the page lists anyway; of those only the refused are returned.
    """
    query = (
        db.select(AuditEntry)
        .where(AuditEntry.object_type == object_type, AuditEntry.object_id == str(object_id))
        .where(or_(AuditEntry.outcome != ACCEPTED, AuditEntry.action.not_in(told_elsewhere)))
        .order_by(AuditEntry.id.desc())
        .limit(SHOWN)
    )
    known = registry().acts
    return [
        {
            "at": entry.at,
            "what": _(known[entry.action].summary) if entry.action in known else entry.action,
            "who": entry.actor_name,
            "accepted": entry.outcome == ACCEPTED,
            "code": entry.code or "",
            "why": entry.detail or "",
        }
        for entry in db.session.scalars(query)
    ]
