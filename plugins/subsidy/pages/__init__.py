"""The subsidy form's pages, one file for each thing people deal with."""

from __future__ import annotations

from core.access import Actor
from core.web.menu import MenuItem
from plugins.subsidy.pages import (
    claims,
    finder,
    grants,
    guarantees,
    guarantors,
    own_claims,
    own_results,
    public,
    public_results,
    recoveries,
    results,
    scheme_defining,
    schemes,
    scoring,
)

# In the order of the menu; the last ones are reached from another page.
_PARTS = (
    schemes,
    public,
    finder,
    guarantors,
    claims,
    recoveries,
    own_claims,
    results,
    own_results,
    public_results,
    grants,
)
_ONWARD = (scheme_defining, guarantees, scoring)
BLUEPRINTS = [part.blueprint for part in (*_PARTS, *_ONWARD)]


def menu(actor: Actor) -> list[MenuItem]:
    """Return the pages that a person may open; without a permission, a door for the public."""
    offered = [entry for part in _PARTS for entry in part.MENU]
    found = [item for permission, item in offered if not permission or actor.may(permission)]
    return [*found, *guarantees.own_menu(actor)]
