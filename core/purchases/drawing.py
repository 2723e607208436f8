"""Pools that carry out a purchase: they draw on its reservation, and only while it is under way."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import gettext as _

from core import audit, clock
from core.budget import PPM, BudgetLine, Pool, PoolShare, Share, open_pool, reserved
from core.db import db
from core.errors import RuleBroken
from core.ledger import balances
from core.purchases import steps
from core.purchases.models import FIXED, UNDER_WAY, Purchase
from core.years.models import CONVERTED, ForwardObligation


def open_drawing_pool(
    purchase_id: int | None, component: str, source: str, *, name: str, shares: list[Share]
) -> Pool:
    """Open a pool that draws first on a purchase's reservation (None: on its lines alone).

    Refuses PLAN_NOT_FILED when the purchase is not, or no longer, being carried out.
    """
    purchase = require_drawing(purchase_id)
    if purchase is None:
        return open_pool(component, source, name=name, shares=shares)
    return open_pool(
        component,
        source,
        name=name,
        shares=shares,
        purchase_id=purchase_id,
        fixed_envelope=purchase.envelope == FIXED,
    )


def open_waiting_pool(purchase_id: int, component: str, source: str, *, name: str) -> Pool:
    """Open a pool of a purchase for a year that has no line yet; `fund_pool` gives it one."""
    purchase = require_drawing(purchase_id)
    assert purchase is not None  # noqa: S101 - its number was given
    pool = Pool(
        component=component,
        source=source,
        name=name,
        purchase_id=purchase.id,
        fixed_envelope=purchase.envelope == FIXED,
        organisation_id=purchase.organisation_id,
        division_code=purchase.division_code,
        opened_on=clock.today(),
        shares=[],
    )
    db.session.add(pool)
    db.session.flush()
    return pool


def fund_pool(pool: Pool, line_id: int) -> None:
    """Let a pool that waited for its year draw on a line, whole; the caller then commits to it."""
    assert not pool.shares, "a pool is funded once"  # noqa: S101 - its component waited for this
    pool.shares.append(PoolShare(position=0, line_id=line_id, share_ppm=PPM))
    db.session.flush()


def require_drawing(purchase_id: int | None) -> Purchase | None:
    """Return a purchase that is being carried out, so that more may be committed for it.

    Refuses PLAN_NOT_FILED when it is not, or no longer; for an open pool of it too. Inside an act
    the purchase stays as it is until the act ends. None: there is no purchase to ask for.
    """
    if purchase_id is None:
        return None
    query = db.select(Purchase).where(Purchase.id == purchase_id)
    if audit.under_way():
        query = query.with_for_update(read=True, of=Purchase)
    purchase: Purchase = db.session.scalars(query.execution_options(populate_existing=True)).one()
    if purchase.state != UNDER_WAY:
        raise RuleBroken(
            "PLAN_NOT_FILED",
            _(
                "购买计划 %(number)s 现在是“%(state)s”，不能再动用它的额度。请另行备案新的计划。",
                number=purchase.number,
                state=str(steps.STATE_NAMES[purchase.state]),
            ),
            basis="政府采购法第三十三条、政府采购法实施条例第二十九条",
            state=purchase.state,
        )
    return purchase


def unused(purchase: Purchase) -> dict[int, int]:
    """Return what is still reserved for a plan on lines of years that are over, fen by line."""
    held = reserved(purchase.id)
    over = db.select(BudgetLine.id).where(
        BudgetLine.id.in_(list(held)), BudgetLine.fiscal_year < clock.today().year
    )
    return {line: held[line] for line in db.session.scalars(over.order_by(BudgetLine.id))}


def lines_of(purchase: Purchase) -> set[int]:
    """Return the lines that are a plan's own: those filed with it, and those of its later years."""
    later = db.select(ForwardObligation.line_id).where(
        ForwardObligation.purchase_id == purchase.id, ForwardObligation.state == CONVERTED
    )
    return {row.line_id for row in purchase.funding} | set(db.session.scalars(later))


def drawable(purchase_id: int | None, line_ids: Iterable[int]) -> dict[int, int]:
    """Return what a purchase's pools can still draw on lines, fen by line.

    What is reserved for it, and unless its envelope is fixed what the lines have available; without
    a purchase only the latter.
    """
    held = {} if purchase_id is None else reserved(purchase_id)
    is_fixed = (
        purchase_id is not None and db.session.get_one(Purchase, purchase_id).envelope == FIXED
    )
    free = {} if is_fixed else balances("line.available", by="line_id")
    return {line: held.get(line, 0) + free.get(line, 0) for line in line_ids}
