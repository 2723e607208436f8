"""What staff choose from in searches: their programmes, and the providers admitted to them."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import func

from core.access import Actor, scoped
from core.db import db
from core.parties import Organisation
from plugins.voucher.models import Admission, Programme, Terms
from plugins.voucher.rules import Terms as Rules
from plugins.voucher.rules import read_terms

MOST = 500


def programme_choices(actor: Actor) -> list[tuple[str, str]]:
    """Return the programmes a person may see, newest first."""
    query = scoped(Programme, actor, "programme.view").order_by(Programme.id.desc()).limit(MOST)
    return [(str(row.id), row.name) for row in db.session.scalars(query)]


def provider_choices(actor: Actor, programme_id: int | None) -> list[tuple[str, str]]:
    """Return the providers admitted to the programmes a person may see, or to one of them."""
    admitted = scoped(Admission, actor, "admission.view").with_only_columns(Admission.provider_id)
    if programme_id is not None:
        admitted = admitted.where(Admission.programme_id == programme_id)
    query = db.select(Organisation.id, Organisation.name).where(Organisation.id.in_(admitted))
    rows = db.session.execute(query.order_by(Organisation.name).limit(MOST))
    return [(str(number), name) for number, name in rows]


def programme_names(numbers: Iterable[int]) -> dict[int, str]:
    """Return the names of programmes by number."""
    query = db.select(Programme.id, Programme.name).where(Programme.id.in_(set(numbers)))
    return {row.id: row.name for row in db.session.execute(query)}


def newest_terms(numbers: Iterable[int]) -> dict[int, Rules]:
    """Return the newest terms of programmes, by the programme's number."""
    newest = (
        db.select(Terms.programme_id, func.max(Terms.version).label("version"))
        .where(Terms.programme_id.in_(set(numbers)))
        .group_by(Terms.programme_id)
        .subquery()
    )
    rows = db.session.scalars(
        db.select(Terms).join(
            newest,
            (newest.c.programme_id == Terms.programme_id) & (newest.c.version == Terms.version),
        )
    )
    return {row.programme_id: read_terms(row.document) for row in rows}


def service_names(numbers: Iterable[int]) -> dict[tuple[int, str], str]:
    """Return the names of programmes' services, by programme and code."""
    return {
        (number, service.code): service.name
        for number, terms in newest_terms(numbers).items()
        for service in terms.services.values()
    }
