"""From what people ask for to a plan filed with finance: menus, orders, purchases, their money."""

from __future__ import annotations

from core.purchases.acts import ACTS, PERMISSIONS
from core.purchases.asked import Demand, DemandNotice, DemandSupport, Menu, MenuOffer
from core.purchases.books import CHECKS, ENTRY_KINDS
from core.purchases.clocks import KINDS as DEADLINES
from core.purchases.deciding import require_filed, start
from core.purchases.drawing import (
    drawable,
    fund_pool,
    lines_of,
    open_drawing_pool,
    open_waiting_pool,
    require_drawing,
)
from core.purchases.forms import Form, Traits
from core.purchases.handovers import Handover
from core.purchases.models import READY, Purchase

__all__ = [
    "ACTS",
    "CHECKS",
    "DEADLINES",
    "ENTRY_KINDS",
    "PERMISSIONS",
    "READY",
    "Demand",
    "DemandNotice",
    "DemandSupport",
    "Form",
    "Handover",
    "Menu",
    "MenuOffer",
    "Purchase",
    "Traits",
    "drawable",
    "fund_pool",
    "lines_of",
    "open_drawing_pool",
    "open_waiting_pool",
    "require_drawing",
    "require_filed",
    "start",
]
