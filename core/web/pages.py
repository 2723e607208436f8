"""The core's own pages, one blueprint a file, in menu order."""

from __future__ import annotations

from core.web import (
    audit,
    budget,
    clawbacks,
    demands,
    funds,
    health,
    home,
    orders,
    parties,
    people,
    periods,
    plans,
    purchases,
    residents,
    settlement,
)

BLUEPRINTS = [
    home.blueprint,
    parties.blueprint,
    people.blueprint,
    residents.blueprint,
    demands.blueprint,
    orders.blueprint,
    plans.blueprint,
    budget.blueprint,
    funds.blueprint,
    purchases.blueprint,
    settlement.blueprint,
    clawbacks.blueprint,
    periods.blueprint,
    audit.blueprint,
    health.blueprint,
]
