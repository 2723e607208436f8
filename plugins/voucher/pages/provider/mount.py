"""The blueprint every provider page hangs on, and whose provider is asked about."""

from __future__ import annotations

from flask import Blueprint

from core.access import require
from core.web import current_actor

blueprint = Blueprint(
    "voucher_provider", __name__, url_prefix="/provider", template_folder="../../templates"
)
# Only a provider's manager carries it, so it opens every page here.
MANAGES = "device.manage"


def own_provider() -> int:
    """Return the organisation the person manages; refuse whoever manages none."""
    actor = current_actor()
    require(actor, MANAGES)
    return next(grant.organisation_id or 0 for grant in actor.holding(MANAGES))
