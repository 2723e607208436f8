"""The subsidy's acts and permissions: what a page can do, a program can do."""

from __future__ import annotations

from plugins.subsidy.api import finding, promises, schemes
from plugins.subsidy.api.permissions import PERMISSIONS

ACTS = [*schemes.ACTS, *finding.ACTS, *promises.ACTS]
from plugins.subsidy.api import finding, guarantees, guarantors, schemes

ACTS = [*schemes.ACTS, *finding.ACTS, *guarantors.ACTS, *guarantees.ACTS]
from plugins.subsidy.api import claims, finding, loans, schemes

ACTS = [
    *schemes.ACTS,
    *finding.ACTS,
    *claims.ACTS,
    *loans.ACTS,
]
from plugins.subsidy.api import applications, finding, schemes

ACTS = [*schemes.ACTS, *finding.ACTS, *applications.ACTS]

__all__ = ["ACTS", "PERMISSIONS"]
