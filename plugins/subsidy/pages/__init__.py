"""The subsidy form's pages, one file for each thing people deal with."""

from __future__ import annotations

from core.access import Actor
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

# Offered by permission, in the order of the menu.
_PARTS = (
    schemes,
    results,
    grants,
    claims,
    units,
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
    own_results,
    public_results,
)
# Offered by who one is: an applicant, a bank, a guarantor.
_OWN = (
    applications,
    loans,
    guarantees,
    applying,
)
# Led to from the others.
_WITHIN = (
    scheme_defining,
    scoring,
)
BLUEPRINTS = [part.blueprint for part in dict.fromkeys((*_PARTS, *_OWN, *_WITHIN))]


def menu(actor: Actor) -> list[MenuItem]:
    """Return the pages that a person may open; without a permission, a door for the public."""
    offered = [entry for part in _PARTS for entry in part.MENU]
    found = [item for permission, item in offered if not permission or actor.may(permission)]
    return [*found, *(item for part in _OWN for item in part.own_menu(actor))]
