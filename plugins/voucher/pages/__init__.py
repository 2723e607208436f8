"""The voucher's pages, one file for each kind of person."""

from __future__ import annotations

from core.access import Actor
from core.web.menu import MenuItem
from plugins.voucher.pages import provider, resident, staff, till, wording

BLUEPRINTS = [resident.blueprint, till.blueprint, provider.blueprint, staff.blueprint]
for words in (wording.in_unit, wording.weekday, wording.served):
    resident.blueprint.add_app_template_filter(words)


def menu(actor: Actor) -> list[MenuItem]:
    """Return the voucher's pages that a person may open."""
    offered = [*resident.MENU, *till.MENU, *provider.MENU, *staff.MENU]
    # Without a permission: a door for the public.
    return [item for permission, item in offered if not permission or actor.may(permission)]
