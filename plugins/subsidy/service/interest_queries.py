"""What banks claimed beyond what was computed, loan by loan: the report of disallowed amounts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from core.access import Actor, scoped
from core.db import db
from core.parties import Organisation
from plugins.subsidy.models import Scheme, SubsidyClaim
from plugins.subsidy.models import claims as c
from plugins.subsidy.service.handling_banks import INTEREST, VIEW

PAGE = 50


def disallowed(
    actor: Actor,
    *,
    scheme_id: int | None = None,
    before: int | None = None,
    limit: int = PAGE,
) -> dict[str, Any]:
    """Return the lines of claims where a bank claimed more than was computed, newest claim first.

    `limit` counts claims; `total_fen` is the sum of this page.
    """
    query = scoped(SubsidyClaim, actor, VIEW).where(
        SubsidyClaim.kind == INTEREST, SubsidyClaim.state.in_((c.COMPUTED, *c.OWED))
    )
    if scheme_id is not None:
        query = query.where(SubsidyClaim.scheme_id == scheme_id)
    if before is not None:
        query = query.where(SubsidyClaim.id < before)
    rows = db.session.scalars(query.order_by(SubsidyClaim.id.desc()).limit(limit + 1)).all()
    shown = rows[:limit]
    names = _names({row.payee_id for row in shown})
    query = db.select(Scheme.id, Scheme.name).where(Scheme.id.in_({row.scheme_id for row in shown}))
    schemes = {row.id: row.name for row in db.session.execute(query)}
    items = [
        _line(row, one) | {"bank": names[row.payee_id], "scheme": schemes[row.scheme_id]}
        for row in shown
        for one in disallowed_lines(row)
    ]
    return {
        "items": items,
        "total_fen": sum(one["disallowed_fen"] for one in items),
        "next_before": shown[-1].id if len(rows) > limit else None,
    }


def disallowed_lines(row: SubsidyClaim) -> Iterator[Mapping[str, Any]]:
    """Yield the loans of a claim for which more was claimed than computed."""
    for one in (row.inputs or {}).get("loans", ()):
        if one["disallowed_fen"]:
            yield one


def _line(row: SubsidyClaim, one: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "claim_id": row.id,
        "claim": row.number,
        "period_from": str(row.period_from),
        "period_to": str(row.period_to),
        "loan_id": one["loan_id"],
        "number": one["number"],
        "asked_fen": one["asked_fen"],
        "computed_fen": one["computed_fen"],
        "disallowed_fen": one["disallowed_fen"],
    }


def _names(ids: set[int]) -> dict[int, str]:
    query = db.select(Organisation.id, Organisation.name).where(Organisation.id.in_(ids))
    return {row.id: row.name for row in db.session.execute(query)}
