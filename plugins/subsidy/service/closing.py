"""Since when a scheme takes no more applications, as its act left it in the status log."""

from __future__ import annotations

from datetime import datetime

from core.db import db
from core.states import StatusLog
from plugins.subsidy.models import schemes as s
from plugins.subsidy.service import steps


def closed_at(scheme_id: int) -> datetime | None:
    """Return when a scheme was closed; None for one that is not."""
    closed = db.select(StatusLog.at).filter_by(
        object_type=steps.SCHEME, object_id=scheme_id, to_state=s.CLOSED
    )
    found: datetime | None = db.session.scalar(closed.order_by(StatusLog.id.desc()).limit(1))
    return found
