"""The subsidy's acts and permissions: what a page can do, a program can do."""

from __future__ import annotations

from plugins.subsidy.api import (
    applications,
    claims,
    finding,
    guarantees,
    guarantors,
    loans,
    promises,
    relief,
    schemes,
)
from plugins.subsidy.api.permissions import PERMISSIONS

_PARTS = (
    schemes,
    finding,
    applications,
    claims,
    guarantees,
    guarantors,
    loans,
    promises,
    relief,
)
ACTS = [act for part in _PARTS for act in part.ACTS]
from plugins.subsidy.api import claims, finding, interest, loans, schemes
from plugins.subsidy.api.permissions import PERMISSIONS

ACTS = [
    *schemes.ACTS,
    *finding.ACTS,
    *claims.ACTS,
    *loans.ACTS,
    *interest.ACTS,
]

__all__ = ["ACTS", "PERMISSIONS"]
