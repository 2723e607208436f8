"""The core's own pages, one blueprint a file, in menu order."""

from __future__ import annotations

from core.web import (
    audit,
    budget,
    clawbacks,
    duties,
    health,
    home,
    parties,
    people,
    periods,
    residents,
    settlement,
    virement,
)

BLUEPRINTS = [
    home.blueprint,
    parties.blueprint,
    people.blueprint,
    duties.blueprint,
    residents.blueprint,
    budget.blueprint,
    virement.blueprint,
    settlement.blueprint,
    clawbacks.blueprint,
    periods.blueprint,
    audit.blueprint,
    health.blueprint,
]
