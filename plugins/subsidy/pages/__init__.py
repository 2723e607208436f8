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
    grants,
    guarantees,
    guarantors,
    interest,
    loans,
    own_claims,
    own_results,
    promises,
    public,
    public_results,
    recoveries,
    register,
    relief,
    results,
    scheme_defining,
    schemes,
    scoring,
    units,
)
from plugins.subsidy.service.applications import VIEW, own_parties

OFFICES = ("purchaser", "overseer", "system")
# In the order of the menu.
_PARTS = (
    schemes,
    claims,
    results,
    grants,
    units,
    loans,
    interest,
    guarantors,
    relief,
    promises,
    recoveries,
    effects,
    own_claims,
    own_results,
    public,
    finder,
    public_results,
    register,
)
_WITHOUT_MENU = (
    applications,
    applying,
    guarantees,
    scheme_defining,
    scoring,
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
