"""The append-only audit trail: who did what, when, with what outcome, under which request key."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from core import clock, privacy
from core.db import Id, Instant, db

ACCEPTED = "accepted"
REFUSED = "refused"
# What stands in the place of a name under a veil, and how what is behind it is sealed.
VEILED = "（密封）"
VEIL = "audit_entry.detail"
VEIL_BYTES = 512


class AuditEntry(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """One act or refused attempt; also the record under its idempotency key. Append-only.

    `act` ties the journals an act posted to this entry. `answer` is what the caller heard, so
    that a repeat hears the same; answers with secrets are sealed. Never holds personal data. Of a
    veiled act it says neither who nor for whom; `detail` keeps that sealed (see `unveiled`).
    """

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_key", "scope", "request_key", unique=True),
        Index("ix_audit_entry_object", "object_type", "object_id"),
        Index("ix_audit_entry_organisation", "organisation_id", "id"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    act: Mapped[str] = mapped_column(Text, unique=True)
    at: Mapped[datetime] = mapped_column(Instant)
    action: Mapped[str] = mapped_column(Text)
    outcome: Mapped[str] = mapped_column(Text)
    code: Mapped[str | None] = mapped_column(Text)
    actor_id: Mapped[int | None] = mapped_column(Id)
    actor_name: Mapped[str] = mapped_column(Text)
    organisation_id: Mapped[int | None] = mapped_column(Id)
    device_id: Mapped[int | None] = mapped_column(Id)
    object_type: Mapped[str | None] = mapped_column(Text)
    object_id: Mapped[str | None] = mapped_column(Text)
    detail: Mapped[str | None] = mapped_column(Text)
    scope: Mapped[str | None] = mapped_column(Text)
    request_key: Mapped[str | None] = mapped_column(Text)
    fingerprint: Mapped[str | None] = mapped_column(Text)
    status: Mapped[int]
    answer: Mapped[str | None] = mapped_column(Text)


@dataclass(frozen=True)
class Veil:
    """Who acts under a veil: known to the installation's keys only, until it is lifted."""

    actor_id: int | None
    actor_name: str
    organisation_id: int | None
    device_id: int | None


@dataclass
class Acting:
    """The act under way: its identity, whose it is, and what it is about.

    Under a `veil` all else says nobody, so that no row written on the way can name a person.
    """

    action: str
    actor_id: int | None
    actor_name: str
    organisation_id: int | None = None
    device_id: int | None = None
    veil: Veil | None = None
    act: str = field(default_factory=lambda: uuid.uuid4().hex)
    at: datetime = field(default_factory=clock.now)
    object_type: str | None = None
    object_id: str | None = None
    detail: str | None = None


_current: ContextVar[Acting | None] = ContextVar("huigou_act", default=None)


def current() -> Acting:
    """Return the act under way; posting outside an act is a programming error."""
    found = _current.get()
    if found is None:
        message = "nothing may be posted outside an act"
        raise RuntimeError(message)
    return found


def under_way() -> bool:
    """Tell whether a writing act is under way."""
    return _current.get() is not None


@contextmanager
def acting(act: Acting) -> Iterator[Acting]:
    """Make an act the current one inside the block."""
    token = _current.set(act)
    try:
        yield act
    finally:
        _current.reset(token)


def about(object_type: str, object_id: int | str, detail: str | None = None) -> None:
    """Say what the act under way is about; `detail` is a reason or remark without personal data."""
    act = current()
    act.object_type, act.object_id = object_type, str(object_id)
    act.detail = detail or act.detail


def entry(
    act: Acting,
    *,
    outcome: str,
    status: int,
    code: str | None = None,
    scope: str | None = None,
    request_key: str | None = None,
    fingerprint: str | None = None,
    answer: str | None = None,
) -> dict[str, Any]:
    """Return the row that records an act, ready to insert."""
    return {
        "act": act.act,
        "at": act.at,
        "action": act.action,
        "outcome": outcome,
        "code": code,
        "actor_id": act.actor_id,
        "actor_name": act.actor_name,
        "organisation_id": act.organisation_id,
        "device_id": act.device_id,
        "object_type": act.object_type,
        "object_id": act.object_id,
        "detail": _behind(act) if act.veil else act.detail,
        "scope": scope if request_key else None,
        "request_key": request_key,
        "fingerprint": fingerprint if request_key else None,
        "status": status,
        "answer": answer if request_key else None,
    }


def stored(scope: str, request_key: str) -> AuditEntry | None:
    """Return what was answered under a request key, if anything was."""
    found: AuditEntry | None = db.session.scalar(
        db.select(AuditEntry).filter_by(scope=scope, request_key=request_key)
    )
    return found


def unveiled(found: AuditEntry) -> dict[str, Any]:
    """Return what a veiled entry keeps sealed: the actor's and organisation's numbers, the detail.

    Raises BrokenSealError without the keys of the installation.
    """
    behind: dict[str, Any] = json.loads(privacy.keyring().open(found.detail or "", VEIL))
    return behind


def padded(text: str) -> str:
    """Return JSON with blanks at its end, so that its sealed length tells nothing of what it says.

    Blanks fill it to a multiple of 512 bytes.
    """
    return text + " " * (-len(text.encode()) % VEIL_BYTES)


def _behind(act: Acting) -> str:
    """Return who acts and what is remarked, sealed for those who hold the installation's keys."""
    text = json.dumps({**vars(act.veil), "detail": act.detail}, ensure_ascii=False)
    return privacy.keyring().seal(padded(text), VEIL)
