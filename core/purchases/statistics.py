"""What was bought in a year, and what it would have cost to do it oneself; by the ledger."""

from __future__ import annotations

from typing import Any

from core import clock, spent
from core.access import Actor, scoped
from core.db import db
from core.parties import Organisation
from core.purchases.models import PUBLISHED, Purchase

VIEW = "purchase.view"
_SUMS = ("own_fen", "reserved_fen", "encumbered_fen", "accrued_fen", "disbursed_fen", "bought_fen")


def statistics(actor: Actor, *, year: int | None = None) -> dict[str, Any]:
    """Return a year's purchases with their cost beside that of doing it oneself, in fen.

    `own_fen` is the baseline kept with the plan, with its year; the other figures are what the
    ledger holds for the purchase. `saved_fen` compares those that have a baseline. What
    institutions do by analogy (借鉴方式) is no purchase: it is counted apart and added to nothing.
    """
    chosen = year or clock.today().year
    rows = list(
        db.session.scalars(
            scoped(Purchase, actor, VIEW)
            .where(Purchase.fiscal_year == chosen, Purchase.state.in_(PUBLISHED))
            .order_by(Purchase.id)
        )
    )
    counted = [row for row in rows if not row.by_analogy]
    money = spent.by_purchase(row.id for row in counted)
    names = _names({row.organisation_id for row in counted})
    items = [_item(row, money[row.id], names) for row in counted]
    compared = [one for one in items if one["own_year"] is not None]
    return {
        "year": chosen,
        "items": items,
        "by_analogy": len(rows) - len(counted),
        "total": {name: sum(one[name] for one in items) for name in _SUMS}
        | {"saved_fen": sum(one["saved_fen"] for one in compared)},
    }


def _item(row: Purchase, money: dict[str, int], names: dict[int, str]) -> dict[str, Any]:
    baseline = row.content.get("comparison") or {}
    own = baseline.get("own_fen", 0)
    return {
        "id": row.id,
        "number": row.number,
        "name": row.name,
        "organisation": names[row.organisation_id],
        "own_fen": own,
        "own_year": baseline.get("year"),
        **{f"{room}_fen": money[room] for room in spent.ROOMS},
        "bought_fen": money["total"],
        "saved_fen": own - money["total"] if baseline else 0,
    }


def _names(numbers: set[int]) -> dict[int, str]:
    rows = db.session.execute(
        db.select(Organisation.id, Organisation.name).where(Organisation.id.in_(numbers))
    )
    return {row.id: row.name for row in rows}
