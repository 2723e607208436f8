"""The subsidy form's pages, one file for each thing people deal with."""

from __future__ import annotations

from core.access import Actor
from core.web.menu import MenuItem
from plugins.subsidy.pages import (
    claims,
    finder,
    guarantees,
    guarantors,
    own_claims,
    promises,
    public,
    recoveries,
    relief,
    scheme_defining,
    schemes,
    units,
)

# One line each, in the order of the menu.
_PARTS = (
    schemes,
    public,
    finder,
    claims,
    recoveries,
    own_claims,
    units,
    relief,
    promises,
    guarantors,
)
BLUEPRINTS = [
    *(part.blueprint for part in _PARTS),
    scheme_defining.blueprint,
    guarantees.blueprint,
]


def menu(actor: Actor) -> list[MenuItem]:
    """Return the pages that a person may open; without a permission, a door for the public."""
    offered = [entry for part in _PARTS for entry in part.MENU]
    found = [item for permission, item in offered if not permission or actor.may(permission)]
    return [*found, *guarantees.own_menu(actor)]
