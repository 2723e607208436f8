"""The contract form's acts and permissions: what a page can do, a program can do."""

from __future__ import annotations

from plugins.contract_outsourcing.api import (
    awards,
    bids,
    cases,
    contracts,
    frameworks,
    performance,
    tenders,
)
from plugins.contract_outsourcing.api.permissions import PERMISSIONS

ACTS = [
    *tenders.ACTS,
    *bids.ACTS,
    *awards.ACTS,
    *contracts.ACTS,
    *performance.ACTS,
    *frameworks.ACTS,
    *cases.ACTS,
]

# Behind a veil until the opening, and until the notice of the award.
BIDDERS_ACTS = tuple(one.operation_id for one in ACTS if one.veiled and not one.noted)
PANELS_ACTS = tuple(one.operation_id for one in ACTS if one.veiled and one.noted)

__all__ = ["ACTS", "BIDDERS_ACTS", "PANELS_ACTS", "PERMISSIONS"]
