"""The subsidy's acts and permissions: what a page can do, a program can do."""

from __future__ import annotations

from plugins.subsidy.api import claims, finding, public, schemes
from plugins.subsidy.api.permissions import PERMISSIONS

ACTS = [
    *schemes.ACTS,
    *finding.ACTS,
    *claims.ACTS,
    *public.ACTS,
]

__all__ = ["ACTS", "PERMISSIONS"]
