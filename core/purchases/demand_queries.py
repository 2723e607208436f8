"""What residents, purchasers and the public read of menus, orders and needs."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from core import clock, privacy
from core.access import Actor, scoped, visible
from core.db import db
from core.divisions import Division, within
from core.parties import Organisation, Resident
from core.purchases import steps, telling
from core.purchases.asked import (
    COMMUNITY,
    DECLINED,
    DESK,
    GROUPED,
    MENU_DRAFT,
    MENU_PUBLISHED,
    MENU_WITHDRAWN,
    MERGED,
    OPEN,
    RESIDENT,
    WITHDRAWN,
    Demand,
    DemandNotice,
    DemandSupport,
    Menu,
    MenuOffer,
)
from core.purchases.demands import near
from core.purchases.models import CLOSED, FILED, UNDER_WAY, Purchase
from core.purchases.queries import division_names

VIEW, OWN = "demand.view", "demand.own"
LIMIT = 50
NEAR_MOST, OWN_MOST = 50, 200

MENU_STATES = {
    MENU_DRAFT: lazy_gettext("待发布"),
    MENU_PUBLISHED: lazy_gettext("已发布"),
    MENU_WITHDRAWN: lazy_gettext("已撤下"),
}
# How far an order has come, in people's words: its own state, or that of the plan it is in.
PROGRESS = {
    OPEN: lazy_gettext("等待安排"),
    "planned": lazy_gettext("已编入计划"),
    FILED: lazy_gettext("计划已备案"),
    UNDER_WAY: lazy_gettext("正在办"),
    CLOSED: lazy_gettext("已办结"),
    DECLINED: lazy_gettext("这次没有安排"),
    MERGED: lazy_gettext("已合并"),
    WITHDRAWN: lazy_gettext("已撤回"),
}
ASKED_BY = {
    RESIDENT: lazy_gettext("居民本人"),
    COMMUNITY: lazy_gettext("村、社区"),
    DESK: lazy_gettext("服务台代办"),
}


def public_menus(
    actor: Actor,  # noqa: ARG001 - every verb hears who acts
    *,
    division_code: str | None = None,
) -> dict[str, Any]:
    """Return the menus from which can be ordered today, those of a division and above it first.

    With a division only those that hold for it.
    """
    today = clock.today()
    query = db.select(Menu).where(
        Menu.state == MENU_PUBLISHED, Menu.opens_on <= today, Menu.closes_on >= today
    )
    division = db.session.get(Division, division_code) if division_code else None
    if division_code:
        codes = division.path.strip("/").split("/") if division else []
        query = query.where(Menu.division_code.in_(codes))
    found = list(db.session.scalars(query.order_by(Menu.closes_on, Menu.id)))
    return {"items": told_menus(found)}


def menus(actor: Actor, *, before: int | None = None, limit: int = LIMIT) -> dict[str, Any]:
    """Return the menus of one's unit or area, newest first."""
    query = scoped(Menu, actor, VIEW).order_by(Menu.id.desc())
    if before is not None:
        query = query.where(Menu.id < before)
    found = list(db.session.scalars(query.limit(limit)))
    return {
        "items": told_menus(found),
        "next_before": found[-1].id if len(found) == limit else None,
    }


def mine(actor: Actor) -> dict[str, Any]:
    """Return a resident's orders, those she supports, and what she was told of them."""
    supported = db.select(DemandSupport.demand_id).where(
        DemandSupport.resident_id == actor.resident_id
    )
    own = visible(Demand, actor, OWN)
    query = db.select(Demand).where(own | Demand.id.in_(supported)).order_by(Demand.id.desc())
    found = list(db.session.scalars(query.limit(OWN_MOST)))
    notices = db.session.scalars(
        scoped(DemandNotice, actor, OWN).order_by(DemandNotice.id.desc()).limit(OWN_MOST)
    )
    titles = {one.id: one.title for one in found}
    return {
        "items": [
            one | {"is_own": demand.resident_id == actor.resident_id}
            for one, demand in zip(_demands(found), found, strict=True)
        ],
        "notices": [
            {
                "id": one.id,
                "demand_id": one.demand_id,
                "title": titles.get(one.demand_id, ""),
                "text": str(telling.WORDS[one.what]) % {"detail": one.detail},
                "at": one.at.isoformat(),
                "is_read": one.read_at is not None,
            }
            for one in notices
        ],
    }


def to_support(resident: Resident) -> list[dict[str, Any]]:
    """Return the orders of her county that a resident may still support, the most wanted first."""
    supported = db.select(DemandSupport.demand_id).where(DemandSupport.resident_id == resident.id)
    count = (
        db.select(db.func.count())
        .where(DemandSupport.demand_id == Demand.id)
        .correlate(Demand)
        .scalar_subquery()
    )
    query = (
        db.select(Demand)
        .where(near(resident.division_code), Demand.state.in_((OPEN, GROUPED)))
        .where(Demand.resident_id.is_(None) | (Demand.resident_id != resident.id))
        .where(Demand.id.not_in(supported))
        .order_by(count.desc(), Demand.id.desc())
        .limit(NEAR_MOST)
    )
    return _demands(list(db.session.scalars(query)))


def demands(
    actor: Actor,
    *,
    before: int | None = None,
    limit: int = LIMIT,
    state: str | None = None,
    division_code: str | None = None,
) -> dict[str, Any]:
    """Return the orders of one's area, newest first, of one state or division where asked."""
    query = scoped(Demand, actor, VIEW).order_by(Demand.id.desc())
    if state:
        query = query.where(Demand.state == state)
    if division_code:
        query = query.where(within(Demand.division_code, division_code))
    if before is not None:
        query = query.where(Demand.id < before)
    found = list(db.session.scalars(query.limit(limit)))
    return {"items": _demands(found), "next_before": found[-1].id if len(found) == limit else None}


def demand(actor: Actor, number: int) -> dict[str, Any] | None:
    """Return one order of one's area with the masked name left at the desk, None if out of it."""
    found = db.session.scalar(scoped(Demand, actor, VIEW).where(Demand.id == number))
    if found is None:
        return None
    name = privacy.mask_name(found.asker_name) if found.asker_name else None
    return _demands([found])[0] | {"asker": name}


def needs(actor: Actor) -> dict[str, Any]:
    """Return what is wanted, township by township: orders, people, support, and what answers it."""
    supports = (
        db.select(db.func.count())
        .where(DemandSupport.demand_id == Demand.id)
        .correlate(Demand)
        .scalar_subquery()
    )
    rows = db.session.execute(
        db.select(
            Demand.division_code,
            Demand.title,
            db.func.count(),
            db.func.sum(Demand.people),
            db.func.sum(supports),
            db.func.count(Demand.purchase_id),
        )
        .where(visible(Demand, actor, VIEW), Demand.state.in_((OPEN, GROUPED)))
        .group_by(Demand.division_code, Demand.title)
    ).all()
    names = division_names(one[0] for one in rows)
    items = [
        {
            "division_code": code,
            "division": names[code],
            "title": title,
            "orders": int(orders),
            "people": int(people),
            "supporters": int(supported or 0),
            "planned": int(planned),
        }
        for code, title, orders, people, supported, planned in rows
    ]
    items.sort(key=lambda one: (one["division_code"], -one["people"], one["title"]))
    return {"items": items}


def told_menus(found: list[Menu]) -> list[dict[str, Any]]:
    """Return menus with their offers, as screens and programs read them."""
    places = division_names(one.division_code for one in found)
    makers = {
        row.id: row.name
        for row in db.session.execute(
            db.select(Organisation.id, Organisation.name).where(
                Organisation.id.in_({one.organisation_id for one in found})
            )
        )
    }
    return [
        {
            "id": one.id,
            "title": one.title,
            "division_code": one.division_code,
            "division": places[one.division_code],
            "organisation": makers[one.organisation_id],
            "opens_on": one.opens_on.isoformat(),
            "closes_on": one.closes_on.isoformat(),
            "state": one.state,
            "state_name": str(MENU_STATES[one.state]),
            "offers": [_offer(offer) for offer in one.offers],
        }
        for one in found
    ]


def _offer(offer: MenuOffer) -> dict[str, Any]:
    return {
        "id": offer.id,
        "catalogue_item_id": offer.catalogue_item_id,
        "name": offer.name,
        "words": offer.words,
    }


def _demands(found: list[Demand]) -> list[dict[str, Any]]:
    places = division_names(one.division_code for one in found)
    plans = {
        plan.id: plan
        for plan in db.session.scalars(
            db.select(Purchase).where(Purchase.id.in_({one.purchase_id for one in found} - {None}))
        )
    }
    counted = dict(
        db.session.execute(
            db.select(DemandSupport.demand_id, db.func.count())
            .where(DemandSupport.demand_id.in_([one.id for one in found]))
            .group_by(DemandSupport.demand_id)
        ).all()
    )
    return [
        {
            "id": one.id,
            "title": one.title,
            "words": one.words,
            "people": one.people,
            "division_code": one.division_code,
            "division": places[one.division_code],
            "asked_by": one.asked_by,
            "asked_by_name": one.community or str(ASKED_BY[one.asked_by]),
            "asked_at": one.asked_at.isoformat(),
            "supporters": int(counted.get(one.id, 0)),
            "state": one.state,
            **_progress(one, plans.get(one.purchase_id or 0)),
        }
        for one in found
    ]


def _progress(demand: Demand, plan: Purchase | None) -> dict[str, Any]:
    progress = demand.state
    if plan is not None:
        progress = plan.state if plan.state in PROGRESS else "planned"
    told = {
        "progress": progress,
        "progress_name": str(PROGRESS[progress]),
        "reason": demand.reason,
        "into_id": demand.merged_into_id,
        "purchase_id": plan.id if plan else None,
        "plan": plan.name if plan else None,
        "plan_state": plan.state if plan else None,
        "plan_state_name": str(steps.STATE_NAMES[plan.state]) if plan else None,
    }
    if plan is not None and plan.sent_back_reason:
        told["reason"] = _("计划被退回修改：%(reason)s", reason=plan.sent_back_reason)
    return told
