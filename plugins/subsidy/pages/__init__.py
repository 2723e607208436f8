"""The subsidy form's pages, one file for each thing people deal with."""

from __future__ import annotations

from core.access import ROLES, Actor
from core.web.menu import MenuItem
from plugins.subsidy.pages import (
    applications,
    applying,
    claims,
    effects,
    finder,
    guarantees,
    guarantors,
    interest,
    loans,
    own_claims,
    promises,
    public,
    recoveries,
    register,
    relief,
    scheme_defining,
    schemes,
    units,
)
from plugins.subsidy.service.applications import VIEW, own_parties

OFFICES = ("purchaser", "overseer", "system")
# In the order of the menu.
_PARTS = (
    schemes,
    claims,
    units,
    loans,
    interest,
    guarantors,
    relief,
    promises,
    recoveries,
    effects,
    own_claims,
    public,
    finder,
    register,
)
_WITHOUT_MENU = (
    applications,
    applying,
    guarantees,
    scheme_defining,
)
BLUEPRINTS = [part.blueprint for part in (*_PARTS, *_WITHOUT_MENU)]


def menu(actor: Actor) -> list[MenuItem]:
    """Return the pages that a person may open; without a permission, a door for the public."""
    offered = [entry for part in _PARTS for entry in part.MENU]
    found = [item for permission, item in offered if not permission or _may(actor, permission)]
    return [*found, *guarantees.own_menu(actor)]


def _may(actor: Actor, permission: str) -> bool:
    """Tell whether a page is for a person; applicants and the office have pages of their own."""
    if permission == applying.OWN:
        return bool(own_parties(actor))
    if permission == applications.OFFICE:
        return any(ROLES[one.role].side in OFFICES for one in actor.holding(VIEW))
    return actor.may(permission)
