"""The voucher's pages, one file for each kind of person."""

from __future__ import annotations

from core.access import Actor
from core.web.menu import MenuItem
from plugins.voucher.pages import provider, resident, staff, till

BLUEPRINTS = [resident.blueprint, till.blueprint, provider.blueprint, staff.blueprint]


def menu(actor: Actor) -> list[MenuItem]:
    """Return the voucher's pages that a person may open."""
    offered = [*provider.MENU, *staff.MENU]
    return [item for permission, item in offered if actor.may(permission)]
