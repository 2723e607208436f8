"""What is read of promises about prices: by the office, by who made them, and by anybody."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from core import clock
from core.access import Actor, fetch, scoped
from core.db import db
from core.settlement.claims import payee_names
from plugins.subsidy.models import PricePromise, PromiseCheck, Scheme
from plugins.subsidy.models import schemes as s
from plugins.subsidy.service.promises import VIEW, machine

PUBLIC_FIELDS = (
    "id",
    "scheme_id",
    "scheme",
    "party",
    "service",
    "unit",
    "price_fen",
    "from_on",
    "to_on",
    "state",
    "state_name",
    "checks",
)


def promises(
    actor: Actor,
    *,
    scheme_id: int | None = None,
    state: str | None = None,
    before: int | None = None,
    limit: int = 50,
) -> dict[str, Any]:
    """Return the promises a person may see, newest first."""
    query = scoped(PricePromise, actor, VIEW)
    if scheme_id is not None:
        query = query.where(PricePromise.scheme_id == scheme_id)
    if state:
        query = query.where(PricePromise.state == state)
    return _page(query, before, limit)


def promise(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Return a promise with every check, newest first, and how far a breach has come."""
    row = fetch(PricePromise, id, actor, VIEW)
    return _items([row])[0] | {
        "notice": row.notice,
        "state_by": row.state_by.isoformat() if row.state_by else None,
        "statement": row.statement,
        "decided_on": clock.day_of(row.decided_at).isoformat() if row.decided_at else None,
        "decided_reason": row.decided_reason,
        "is_over": row.to_on < clock.today(),
    }


def public_promises(
    actor: Actor,  # noqa: ARG001 - every verb hears who acts
    *,
    scheme_id: int,
    before: int | None = None,
    limit: int = 50,
) -> dict[str, Any]:
    """Return what anybody may read: a published scheme's promises and what checks found."""
    query = (
        db.select(PricePromise)
        .join(Scheme, Scheme.id == PricePromise.scheme_id)
        .where(Scheme.id == scheme_id, Scheme.state.in_((s.PUBLISHED, s.CLOSED)))
    )
    found = _page(query, before, limit)
    shown = [{name: one[name] for name in PUBLIC_FIELDS} for one in found["items"]]
    return found | {"items": shown}


def _page(query: Any, before: int | None, limit: int) -> dict[str, Any]:
    if before is not None:
        query = query.where(PricePromise.id < before)
    rows = db.session.scalars(query.order_by(PricePromise.id.desc()).limit(limit + 1)).all()
    return {
        "items": _items(rows[:limit]),
        "next_before": rows[limit - 1].id if len(rows) > limit else None,
    }


def _items(rows: Sequence[PricePromise]) -> list[dict[str, Any]]:
    names = payee_names(row.party_id for row in rows)
    schemes = _scheme_names({row.scheme_id for row in rows})
    checks = _checks({row.id for row in rows})
    return [
        {
            "id": row.id,
            "scheme_id": row.scheme_id,
            "scheme": schemes[row.scheme_id],
            "party": names[row.party_id],
            "service": row.service,
            "unit": row.unit,
            "price_fen": row.price_fen,
            "from_on": row.from_on.isoformat(),
            "to_on": row.to_on.isoformat(),
            "state": row.state,
            "state_name": str(machine.names[row.state]),
            "checks": checks.get(row.id, []),
        }
        for row in rows
    ]


def _scheme_names(ids: Iterable[int]) -> dict[int, str]:
    query = db.select(Scheme.id, Scheme.name).where(Scheme.id.in_(ids))
    return {row.id: row.name for row in db.session.execute(query)}


def _checks(ids: Iterable[int]) -> dict[int, list[dict[str, Any]]]:
    query = db.select(PromiseCheck).where(PromiseCheck.promise_id.in_(ids))
    found: dict[int, list[dict[str, Any]]] = {}
    for row in db.session.scalars(query.order_by(PromiseCheck.id.desc())):
        found.setdefault(row.promise_id, []).append(
            {
                "checked_on": row.checked_on.isoformat(),
                "found_fen": row.found_fen,
                "is_kept": row.is_kept,
                "document": row.document,
            }
        )
    return found
