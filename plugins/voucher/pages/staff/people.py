"""Whose names staff may read: a resident's in full only by the purchaser's clerk."""

from __future__ import annotations

from collections.abc import Iterable

from core import privacy
from core.access import Actor, User
from core.db import db
from core.divisions import Division
from core.parties import Organisation

READS_NAMES = "purchaser_clerk"


def holder_name(actor: Actor, name: str) -> str:
    """Return a resident's name as this person may read it."""
    if any(grant.role == READS_NAMES for grant in actor.grants):
        return name
    return privacy.mask_name(name)


def users(numbers: Iterable[int | None]) -> dict[int | None, str]:
    """Return the names of users by number."""
    return _names(User, numbers)


def organisations(numbers: Iterable[int | None]) -> dict[int | None, str]:
    """Return the names of organisations by number."""
    return _names(Organisation, numbers)


def divisions(codes: Iterable[str]) -> dict[str, str]:
    """Return the names of divisions by code."""
    query = db.select(Division.code, Division.name).where(Division.code.in_(set(codes)))
    return {row.code: row.name for row in db.session.execute(query)}


def _names(
    model: type[User | Organisation], numbers: Iterable[int | None]
) -> dict[int | None, str]:
    wanted = {number for number in numbers if number is not None}
    rows = db.session.execute(db.select(model.id, model.name).where(model.id.in_(wanted)))
    return {row.id: row.name for row in rows}
