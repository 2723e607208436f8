"""The government's menus: written for an area and some weeks, published by a second person."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import gettext as _

from core import audit, clock, states
from core.access import ROLES, Actor, Grant, fetch, four_eyes
from core.catalogue import items_on
from core.db import db
from core.divisions import Division, require_division
from core.errors import InvalidInput, NotPermitted
from core.parties import Organisation, require_organisation
from core.purchases.asked import (
    MENU_DRAFT,
    MENU_PUBLISHED,
    MENU_WITHDRAWN,
    Menu,
    MenuOffer,
)

MENU = "menu"
MAKE, PUBLISH = "menu.make", "menu.publish"


def create(
    actor: Actor,
    *,
    title: str,
    division_code: str,
    opens_on: date,
    closes_on: date,
    offers: list[dict[str, Any]],
) -> dict[str, Any]:
    """Write a menu of catalogue items for an area, as a draft, to order from day to day."""
    organisation = _own(actor, division_code)
    if closes_on < opens_on or closes_on < clock.today():
        raise InvalidInput(
            _("截止日不能早于开放日，也不能早于今天，请改正。"),
            errors={"closes_on": [_("太早")]},
        )
    chosen = [offer["catalogue_item_id"] for offer in offers]
    if len(chosen) != len(set(chosen)):
        raise InvalidInput(
            _("同一项目录事项选了两次，请合并。"), errors={"offers": [_("填了两次")]}
        )
    menu = Menu(
        title=title,
        organisation_id=organisation.id,
        division_code=division_code,
        opens_on=opens_on,
        closes_on=closes_on,
        state=MENU_DRAFT,
        made_by=actor.user_id,
        offers=[_offer(offer, division_code, opens_on) for offer in offers],
    )
    db.session.add(menu)
    db.session.flush()
    states.begin(MENU, menu)
    audit.about(MENU, menu.id)
    return _said(menu) | {"offer_ids": [offer.id for offer in menu.offers]}


def publish(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Publish a menu; never by who wrote it. From its first day people can order."""
    menu = fetch(Menu, id, actor, PUBLISH)
    four_eyes(actor, menu.made_by, what=_("菜单"))
    states.change(
        MENU,
        menu,
        to=MENU_PUBLISHED,
        allowed=[MENU_DRAFT],
        published_by=actor.user_id,
        published_at=clock.now(),
    )
    return _said(menu)


def withdraw(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Take a menu away, with a reason; what was ordered from it stays ordered."""
    menu = fetch(Menu, id, actor, PUBLISH)
    states.change(
        MENU, menu, to=MENU_WITHDRAWN, allowed=[MENU_DRAFT, MENU_PUBLISHED], reason=reason
    )
    audit.about(MENU, menu.id, reason)
    return _said(menu)


def _offer(offer: dict[str, Any], division_code: str, on: date) -> MenuOffer:
    number = offer["catalogue_item_id"]
    found = next((item for item in items_on(division_code, on) if item.id == number), None)
    if found is None:
        raise InvalidInput(
            _("指导性目录里没有这一项，请从目录中选择。"),
            errors={"offers": [_("请从列出的选项中选择")]},
        )
    return MenuOffer(catalogue_item_id=found.id, name=found.name, words=offer["words"])


def _own(actor: Actor, division_code: str) -> Organisation:
    """Return the unit that makes the menu: one whose area holds the menu's."""
    area = require_division(division_code)
    for grant in actor.holding(MAKE):
        home = grant.organisation_id or actor.organisation_id
        if home is not None and _holds(grant, area):
            return require_organisation(home)
    raise NotPermitted(
        "ROLE_NOT_ALLOWED",
        _("%(name)s不在您的管辖范围内，请选择本单位管辖的区划。", name=area.name),
    )


def _holds(grant: Grant, area: Division) -> bool:
    if ROLES[grant.role].side == "system":
        return True
    top = db.session.get(Division, grant.division_code)
    return top is not None and area.path.startswith(top.path)


def _said(menu: Menu) -> dict[str, Any]:
    return {"id": menu.id, "title": menu.title, "state": menu.state}
