"""The core's own pages, one blueprint a file, in menu order."""

from __future__ import annotations

from core.web import (
    audit,
    budget,
    clawbacks,
    deadlines,
    health,
    home,
    parties,
    people,
    periods,
    residents,
    rulepack,
    settlement,
    workdays,
)

BLUEPRINTS = [
    home.blueprint,
    parties.blueprint,
    people.blueprint,
    residents.blueprint,
    budget.blueprint,
    settlement.blueprint,
    clawbacks.blueprint,
    periods.blueprint,
    deadlines.blueprint,
    rulepack.blueprint,
    workdays.blueprint,
    audit.blueprint,
    health.blueprint,
]
