"""What may be bought (买什么): guiding catalogues by level and version, and the negative list."""

from __future__ import annotations

from core.catalogue.acts import ACTS, PERMISSIONS
from core.catalogue.models import Catalogue, CatalogueItem
from core.catalogue.negative import Hit, judge_negative, refuse_negative
from core.catalogue.proposals import propose
from core.catalogue.reading import handed_over_on, items_on, require_buyable

__all__ = [
    "ACTS",
    "PERMISSIONS",
    "Catalogue",
    "CatalogueItem",
    "Hit",
    "handed_over_on",
    "items_on",
    "judge_negative",
    "propose",
    "refuse_negative",
    "require_buyable",
]
