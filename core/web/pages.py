"""The core's own pages, one blueprint a file, in menu order."""

from __future__ import annotations

from core.web import (
    audit,
    budget,
    clawbacks,
    deadlines,
    demands,
    duties,
    health,
    home,
    orders,
    parties,
    people,
    periods,
    plans,
    purchases,
    residents,
    rulepack,
    settlement,
    virement,
    workdays,
)

BLUEPRINTS = [
    home.blueprint,
    parties.blueprint,
    people.blueprint,
    duties.blueprint,
    residents.blueprint,
    demands.blueprint,
    orders.blueprint,
    plans.blueprint,
    budget.blueprint,
    purchases.blueprint,
    virement.blueprint,
    settlement.blueprint,
    clawbacks.blueprint,
    periods.blueprint,
    deadlines.blueprint,
    rulepack.blueprint,
    workdays.blueprint,
    audit.blueprint,
    health.blueprint,
]
