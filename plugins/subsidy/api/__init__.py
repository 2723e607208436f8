"""The subsidy's acts and permissions: what a page can do, a program can do."""

from __future__ import annotations

from plugins.subsidy.api import (
    applications,
    claims,
    finding,
    grants,
    guarantees,
    guarantors,
    interest,
    loans,
    promises,
    public,
    relief,
    results,
    schemes,
    units,
)
from plugins.subsidy.api.permissions import PERMISSIONS

_PARTS = (
    schemes,
    finding,
    applications,
    results,
    grants,
    claims,
    guarantees,
    guarantors,
    interest,
    loans,
    promises,
    public,
    relief,
    units,
)
ACTS = [act for part in _PARTS for act in part.ACTS]

__all__ = ["ACTS", "PERMISSIONS"]
