"""What staff choose from in searches: their programmes, and the providers admitted to them."""

from __future__ import annotations

from core.access import Actor, scoped
from core.db import db
from core.parties import Organisation
from plugins.voucher.models import Admission, Programme
from plugins.voucher.rules import Terms
from plugins.voucher.service.programmes import terms_of

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


def service_names(actor: Actor, programme_id: int | None = None) -> dict[tuple[int, str], str]:
    """Return the names of services by programme and code."""
    query = scoped(Programme, actor, "programme.view")
    if programme_id is not None:
        query = query.where(Programme.id == programme_id)
    return {
        (row.id, service.code): service.name
        for row in db.session.scalars(query)
        for service in newest_terms(row).services.values()
    }


def newest_terms(row: Programme) -> Terms:
    """Return a programme's newest terms."""
    return terms_of(row)[1]
