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

__all__ = ["ACTS", "PERMISSIONS"]
