"""What is read of schemes: by the staff, and by anybody once they are published."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import or_

from core.access import Actor, fetch, scoped
from core.db import db
from core.errors import NotFound
from core.parties import Organisation
from core.purchases import Purchase
from plugins.subsidy import rules
from plugins.subsidy.models import Scheme, SchemeTerms
from plugins.subsidy.models import schemes as s
from plugins.subsidy.service import steps
from plugins.subsidy.service.schemes import VIEW, newest_terms, terms_in_force

PUBLIC = (s.PUBLISHED, s.CLOSED)


def schemes(
    actor: Actor, *, state: str | None = None, before: int | None = None, limit: int = 50
) -> dict[str, Any]:
    """Return the schemes a person may see, newest first.

    Those in a state, and those with a version in it.
    """
    query = scoped(Scheme, actor, VIEW)
    if state:
        later = db.select(SchemeTerms.scheme_id).where(SchemeTerms.state == state)
        query = query.where(or_(Scheme.state == state, Scheme.id.in_(later)))
    return _page(query, before, limit, newest_terms)


def scheme(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Return a scheme with its newest terms and every version."""
    row = fetch(Scheme, id, actor, VIEW)
    newest = newest_terms(row)
    plan = db.session.get(Purchase, row.purchase_id) if row.purchase_id else None
    return _item(row, newest, _names([row])) | {
        "organisation_id": row.organisation_id,
        "purchase_id": row.purchase_id,
        "plan_number": plan.number if plan else None,
        "plan_budget_fen": plan.budget_fen if plan else None,
        "made_by": row.made_by,
        "version": newest.version,
        "terms_state": newest.state,
        "terms_made_by": newest.made_by,
        "sent_back_reason": newest.sent_back_reason,
        "closed_reason": row.closed_reason,
        "terms": newest.document,
        "versions": [_version(one) for one in versions(row)],
    }


def public_schemes(
    actor: Actor,  # noqa: ARG001 - every verb hears who acts
    *,
    before: int | None = None,
    limit: int = 50,
) -> dict[str, Any]:
    """Return what anybody may read: the published schemes, newest first."""
    public = db.select(Scheme).where(Scheme.state.in_(PUBLIC))
    return _page(public, before, limit, _published)


def public_scheme(
    actor: Actor,  # noqa: ARG001 - every verb hears who acts
    *,
    id: int,  # noqa: A002 - the field
) -> dict[str, Any]:
    """Return a published scheme as anybody may read it, with the terms in force."""
    row = db.session.get(Scheme, id)
    if row is None or row.state not in PUBLIC:
        raise NotFound("NOT_FOUND", _("没有找到这个补贴项目，或它还没有公布。"))
    applies = _published(row)
    shown = {name: value for name, value in applies.document.items() if name != "funding"}
    return _item(row, applies, _names([row])) | {
        "closed_reason": row.closed_reason,
        "version": applies.version,
        "terms": shown,
        "versions": [_version(one) for one in _approved(row)],
    }


def _page(
    query: Any, before: int | None, limit: int, version_of: Callable[[Scheme], SchemeTerms]
) -> dict[str, Any]:
    if before is not None:
        query = query.where(Scheme.id < before)
    rows = db.session.scalars(query.order_by(Scheme.id.desc()).limit(limit + 1)).all()
    shown = rows[:limit]
    names = _names(shown)
    return {
        "items": [_item(row, version_of(row), names) for row in shown],
        "next_before": shown[-1].id if len(rows) > limit else None,
    }


def _item(row: Scheme, version: SchemeTerms, names: dict[int, str]) -> dict[str, Any]:
    terms = rules.read_terms(version.document)
    return {
        "id": row.id,
        "code": row.code,
        "name": row.name,
        "kind": row.kind,
        "organisation": names[row.organisation_id],
        "state": row.state,
        "state_name": str(steps.scheme.names[row.state]),
        "ends_on": terms.ends_on.isoformat() if terms.ends_on else None,
        "published_at": row.published_at.isoformat() if row.published_at else None,
    }


def _published(row: Scheme) -> SchemeTerms:
    """Return the terms that apply today; before any does, those that will first."""
    return terms_in_force(row) or _approved(row)[-1]


def _approved(row: Scheme) -> list[SchemeTerms]:
    return [one for one in versions(row) if one.state == s.APPROVED]


def _names(rows: Iterable[Scheme]) -> dict[int, str]:
    wanted = {row.organisation_id for row in rows}
    query = db.select(Organisation.id, Organisation.name).where(Organisation.id.in_(wanted))
    return {row.id: row.name for row in db.session.execute(query)}


def versions(row: Scheme) -> list[SchemeTerms]:
    """Return the versions of a scheme, newest first."""
    query = db.select(SchemeTerms).filter_by(scheme_id=row.id)
    return list(db.session.scalars(query.order_by(SchemeTerms.version.desc())))


def _version(one: SchemeTerms) -> dict[str, Any]:
    return {
        "version": one.version,
        "state": one.state,
        "state_name": str(steps.terms.names[one.state]),
        "effective_on": one.effective_on.isoformat() if one.effective_on else None,
    }
