"""The subsidy's acts and permissions: what a page can do, a program can do."""

from __future__ import annotations

from plugins.subsidy.api import claims, finding, promises, relief, schemes, units
from plugins.subsidy.api.permissions import PERMISSIONS

ACTS = [
    *schemes.ACTS,
    *finding.ACTS,
    *claims.ACTS,
    *promises.ACTS,
    *relief.ACTS,
    *units.ACTS,
]

__all__ = ["ACTS", "PERMISSIONS"]
