"""Readiness at `/healthz`: the database answers, its schema is the code's, the chain follows."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from sqlalchemy import and_, func
from sqlalchemy.exc import OperationalError

from core import schema
from core.audit import AuditEntry
from core.db import db, transaction
from core.errors import Unavailable
from core.seal import Seal

# A sealer that keeps up is never so far behind, and more would cost more with every year.
NEWEST = 1_000

blueprint = Blueprint("health", __name__)


@blueprint.before_request
def _answer() -> ResponseReturnValue | None:
    """Answer before the request's own transaction, which a lost database would not let begin."""
    if request.endpoint != "health.ready":
        return None
    report: dict[str, Any] = {"database": "unreachable", "schema": "unknown"}
    try:
        with transaction(readonly=True):
            report["database"] = "ok"
            report["schema"] = "ok" if schema.is_current() else "behind"
            if report["schema"] == "ok":
                report["unsealed"] = _unsealed()
    except (Unavailable, OperationalError):
        pass  # said by the report
    ready = report["database"] == report["schema"] == "ok"
    return jsonify(ready=ready, **report), 200 if ready else 503


@blueprint.get("/healthz")
def ready() -> ResponseReturnValue:
    """Hold the address; `_answer` answers."""
    raise AssertionError


def _unsealed() -> int:
    """Return how many of the newest acts the chain does not hold yet."""
    newest = db.select(AuditEntry.id).order_by(AuditEntry.id.desc()).limit(NEWEST).subquery()
    sealed = and_(Seal.subject == "audit", Seal.subject_id == newest.c.id)
    query = db.select(func.count()).select_from(newest).outerjoin(Seal, sealed)
    return int(db.session.scalar(query.where(Seal.seq.is_(None))) or 0)
