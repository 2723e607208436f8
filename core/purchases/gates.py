"""The gates a plan passes that others keep: purchaser, catalogue, negative list, duties."""

from __future__ import annotations

from datetime import date

from core import catalogue, duties, purchasers
from core.access import Actor
from core.catalogue import CatalogueItem
from core.db import db
from core.parties import require_organisation
from core.purchases.models import Purchase
from core.years import forward
from core.years.models import OPEN, ForwardObligation


def item_of(purchase: Purchase, *, on: date) -> CatalogueItem:
    """Return what a plan buys; refuse who may not buy, and what may not be bought.

    The plan's own words are held against the negative list, too.
    """
    organisation = require_organisation(purchase.organisation_id)
    verdict = purchasers.require_purchaser(organisation.id, on=on, by_analogy=purchase.by_analogy)
    # Who may buy does not take a purchase out of the statistics by ticking a box.
    purchase.by_analogy = verdict.outcome == purchasers.BY_ANALOGY
    return catalogue.require_buyable(
        purchase.catalogue_item_id,
        organisation=organisation,
        on=on,
        name=purchase.name,
        content="\n".join(filter(None, (purchase.need, purchase.standard, purchase.goal))),
    )


def item_name(item_id: int) -> str:
    """Return an item's name, whatever became of it since."""
    found = db.session.get(CatalogueItem, item_id)
    return found.name if found else str(item_id)


def warn_of_double_funding(actor: Actor, purchase: Purchase) -> None:
    """Tell finance of every duty that a draft would fund again, so that it can be cleared."""
    duties.warn(
        actor,
        organisation_id=purchase.organisation_id,
        item_code=_item_code(purchase),
        year=purchase.fiscal_year,
    )


def refuse_double_funding(purchase: Purchase) -> None:
    """Refuse DOUBLE_FUNDING until finance has cleared what the unit is already paid to do."""
    duties.require_cleared(
        purchase.organisation_id,
        _item_code(purchase),
        purchase.fiscal_year,
        maker_id=purchase.made_by,
    )


def _item_code(purchase: Purchase) -> str:
    return str(db.session.get_one(CatalogueItem, purchase.catalogue_item_id).code)


def oblige(actor: Actor, purchase: Purchase) -> None:
    """Record what a filed plan will need of later years."""
    for row in purchase.forward:
        forward.add(
            actor,
            source=forward.of_plan(purchase.id, row.fiscal_year),
            purchase_id=purchase.id,
            organisation_id=purchase.organisation_id,
            name=purchase.name,
            fiscal_year=row.fiscal_year,
            amount_fen=row.amount_fen,
        )


def release_obligations(purchase: Purchase) -> None:
    """Drop what was recorded of later years and has no line yet."""
    waiting = db.session.scalars(
        db.select(ForwardObligation.source).where(
            ForwardObligation.purchase_id == purchase.id, ForwardObligation.state == OPEN
        )
    )
    for source in waiting.all():
        forward.cancel(source)
