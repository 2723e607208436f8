"""The subsidy's acts and permissions: what a page can do, a program can do."""

from __future__ import annotations

from plugins.subsidy.api import applications, claims, finding, grants, results, schemes
from plugins.subsidy.api.permissions import PERMISSIONS

ACTS = [
    *schemes.ACTS,
    *finding.ACTS,
    *applications.ACTS,
    *claims.ACTS,
    *results.ACTS,
    *grants.ACTS,
]

__all__ = ["ACTS", "PERMISSIONS"]
