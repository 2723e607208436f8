"""The core's own pages, one blueprint a file, in menu order."""

from __future__ import annotations

from core.web import (
    audit,
    budget,
    clawbacks,
    debts,
    health,
    home,
    parties,
    people,
    periods,
    residents,
    settlement,
    takeon,
    years,
)

BLUEPRINTS = [
    home.blueprint,
    parties.blueprint,
    people.blueprint,
    residents.blueprint,
    budget.blueprint,
    settlement.blueprint,
    clawbacks.blueprint,
    debts.blueprint,
    periods.blueprint,
    years.blueprint,
    takeon.blueprint,
    audit.blueprint,
    health.blueprint,
]
