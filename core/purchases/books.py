"""What plans post, and the checks that money is reserved for filed plans only."""

from __future__ import annotations

from core.budget import RESERVE_PAIRS
from core.db import db
from core.formats import yuan
from core.ledger import Check, EntryKind, Finding, balances
from core.purchases.asked import GROUPED, MERGED, Demand
from core.purchases.models import FILED as IS_FILED
from core.purchases.models import LIVE, UNDER_WAY, Purchase, PurchaseFunding

FILED, RELEASED = "purchase.filed", "purchase.released"

ENTRY_KINDS = [
    EntryKind(FILED, "购买计划备案", RESERVE_PAIRS, "政府采购法第三十三条"),
    EntryKind(RELEASED, "预留退回指标", RESERVE_PAIRS, "预算法第十三条"),
]


def check_reservations() -> list[Finding]:
    """Find money reserved for a plan that is not filed, or other than it was filed with.

    Once a plan is carried out its form draws on the reservation; then it may only be less.
    """
    held = balances("line.reserved", by="purchase_id")
    funding = db.func.coalesce(db.func.sum(PurchaseFunding.amount_fen), 0)
    rows = db.session.execute(
        db.select(Purchase.id, Purchase.state, funding)
        .outerjoin(PurchaseFunding, PurchaseFunding.purchase_id == Purchase.id)
        .group_by(Purchase.id, Purchase.state)
        .order_by(Purchase.id)
    )
    findings = []
    for number, state, planned in rows:
        found, filed = held.get(number, 0), int(planned)
        expected = filed if state == IS_FILED else min(found, filed) if state == UNDER_WAY else 0
        if found != expected:
            findings.append(Finding(f"purchase {number} {state}", yuan(expected), yuan(found)))
    return findings


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
