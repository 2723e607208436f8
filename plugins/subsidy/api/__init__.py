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
    schemes,
)
from plugins.subsidy.api.permissions import PERMISSIONS

_PARTS = (
    schemes,
    finding,
    applications,
    claims,
    loans,
    guarantors,
    guarantees,
    promises,
)
ACTS = [act for part in _PARTS for act in part.ACTS]
from plugins.subsidy.api import claims, finding, promises, relief, schemes

ACTS = [
    *schemes.ACTS,
    *finding.ACTS,
    *claims.ACTS,
    *promises.ACTS,
    *relief.ACTS,
]

__all__ = ["ACTS", "PERMISSIONS"]
