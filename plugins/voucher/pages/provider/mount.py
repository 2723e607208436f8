"""The blueprint every provider page hangs on, and whose provider is asked about."""

from __future__ import annotations

from flask import Blueprint

from core.access import require
from core.web import current_actor

blueprint = Blueprint(
    "voucher_provider", __name__, url_prefix="/provider", template_folder="../../templates"
)
# A blueprint for each entry of the menu, so that the menu knows where one is.
services, offices, clerks, tills, statements, payments, accounts = (
    Blueprint(name, __name__, url_prefix=f"/{name}")
    for name in ("services", "offices", "clerks", "tills", "statements", "payments", "accounts")
)
for part in (services, offices, clerks, tills, statements, payments, accounts):
    blueprint.register_blueprint(part)
# Only a provider's manager carries it, so it opens every page here.
MANAGES = "device.manage"


def own_provider() -> int:
    """Return the organisation the person manages; refuse whoever manages none."""
    actor = current_actor()
    require(actor, MANAGES)
    return next(grant.organisation_id or 0 for grant in actor.holding(MANAGES))
