"""What plans post, and the checks that money is reserved for filed plans only."""

from __future__ import annotations

from typing import Any

from core.budget import RESERVE_PAIRS
from core.db import db
from core.formats import yuan
from core.ledger import Check, EntryKind, Finding, balances
from core.purchases.asked import GROUPED, MERGED, Demand
from core.purchases.models import FILED as IS_FILED
from core.purchases.models import LIVE, UNDER_WAY, Purchase, PurchaseForward, PurchaseFunding

FILED, RELEASED = "purchase.filed", "purchase.released"

ENTRY_KINDS = [
    EntryKind(FILED, "购买计划备案", RESERVE_PAIRS, "政府采购法第三十三条"),
    EntryKind(RELEASED, "预留退回指标", RESERVE_PAIRS, "预算法第十三条"),
]


def check_reservations() -> list[Finding]:
    """Find money reserved for a plan that is not filed, or outside of what it was filed with.

    A filed plan holds what this year's lines give it, more as later years get their lines; once it
    is carried out its form draws on that.
    """
    held = balances("line.reserved", by="purchase_id")
    now, later = _sums(PurchaseFunding), _sums(PurchaseForward)
    findings = []
    for number, state in db.session.execute(
        db.select(Purchase.id, Purchase.state).order_by(Purchase.id)
    ):
        found, this_year = held.get(number, 0), now.get(number, 0)
        most = this_year + later.get(number, 0) if state in {IS_FILED, UNDER_WAY} else 0
        least = this_year if state == IS_FILED else 0
        expected = min(max(found, least), most)
        if found != expected:
            findings.append(Finding(f"purchase {number} {state}", yuan(expected), yuan(found)))
    return findings


def _sums(model: Any) -> dict[int, int]:
    """Return the sums in fen of a plan's parts by plan."""
    rows = db.session.execute(
        db.select(model.purchase_id, db.func.sum(model.amount_fen)).group_by(model.purchase_id)
    )
    return {number: int(fen) for number, fen in rows}


def check_demands() -> list[Finding]:
    """Find orders that say they are in a plan and are in none that lives, and the reverse."""
    rows = db.session.execute(
        db.select(Demand.id, Demand.state, Purchase.state)
        .outerjoin(Purchase, Purchase.id == Demand.purchase_id)
        .where((Demand.state == GROUPED) | Demand.purchase_id.is_not(None))
        .order_by(Demand.id)
    )
    faults = [
        Finding(f"demand {number}", GROUPED, f"{state}/{of_plan}")
        for number, state, of_plan in rows
        if state != GROUPED or of_plan not in LIVE
    ]
    merged = db.session.scalars(
        db.select(Demand.id).where((Demand.state == MERGED) != Demand.merged_into_id.is_not(None))
    )
    return [*faults, *(Finding(f"demand {number}", MERGED, "-") for number in merged)]


CHECKS = [
    Check("预留只属于已备案的购买计划", check_reservations),
    Check("需求最多属于一个有效的购买计划", check_demands),
]
