"""The core's own pages, one blueprint a file, in menu order."""

from __future__ import annotations

from core.web import (
    audit,
    budget,
    catalogue,
    catalogue_asks,
    catalogue_items,
    clawbacks,
    health,
    home,
    negative,
    parties,
    people,
    periods,
    public_catalogue,
    residents,
    settlement,
)

BLUEPRINTS = [
    home.blueprint,
    parties.blueprint,
    people.blueprint,
    catalogue.blueprint,
    catalogue_items.blueprint,
    catalogue_asks.blueprint,
    negative.blueprint,
    public_catalogue.blueprint,
    residents.blueprint,
    budget.blueprint,
    settlement.blueprint,
    clawbacks.blueprint,
    periods.blueprint,
    audit.blueprint,
    health.blueprint,
]
