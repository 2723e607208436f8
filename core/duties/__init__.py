"""What a unit is paid to do itself: duties and posts, the same thing funded twice, conversion."""

from __future__ import annotations

from core.duties.acts import ACTS, PERMISSIONS
from core.duties.models import Conversion, Duty, FundingWarning
from core.duties.service import DoubleFunding, double_funding, require_cleared, warn

__all__ = [
    "ACTS",
    "PERMISSIONS",
    "Conversion",
    "DoubleFunding",
    "Duty",
    "FundingWarning",
    "double_funding",
    "require_cleared",
    "warn",
]
