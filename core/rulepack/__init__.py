"""Numbers of the law (法定数值): dated and cited, by division, edited with a second person."""

from __future__ import annotations

from core.rulepack.acts import ACTS, PERMISSIONS
from core.rulepack.declared import FigureKind, Row, areas, figures
from core.rulepack.reading import Cited, cited, found, number, value

__all__ = [
    "ACTS",
    "PERMISSIONS",
    "Cited",
    "FigureKind",
    "Row",
    "areas",
    "cited",
    "figures",
    "found",
    "number",
    "value",
]
