"""Orders from below: placed, supported once each, withdrawn, declined with a reason, merged."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from core import audit, clock, states
from core.access import ROLES, Actor, fetch
from core.db import db, insert_once
from core.divisions import Division, require_division, within
from core.errors import Conflict, InvalidInput, NotFound, RuleBroken
from core.parties import Resident
from core.purchases import telling
from core.purchases.asked import (
    COMMUNITY,
    DECLINED,
    DESK,
    GROUPED,
    MENU_PUBLISHED,
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

DEMAND = "demand"
ORDER, SUPPORT, OWN, HANDLE = "demand.order", "demand.support", "demand.own", "demand.handle"


def order(
    actor: Actor,
    *,
    words: str,
    people: int,
    offer_id: int | None = None,
    wish: str | None = None,
    division_code: str | None = None,
    community: str | None = None,
    resident_id: int | None = None,
    asker_name: str | None = None,
) -> dict[str, Any]:
    """Order a dish of an open menu, or wish for what is on none.

    A resident orders for where she lives. A clerk orders for a `community`, or at the desk on
    behalf of a resident (`resident_id`) or of somebody who may leave a name. Refuses MENU_CLOSED.
    """
    if (offer_id is None) == (wish is None):
        raise InvalidInput(
            _("请选择菜单上的一项，或写一个菜单上没有的愿望，二者选一。"),
            errors={"wish": [_("与菜单二者选一")]},
        )
    on_behalf = _on_behalf(actor, ORDER)
    if on_behalf:
        resident = fetch(Resident, resident_id, actor, ORDER) if resident_id else None
        asked_by = COMMUNITY if community else DESK
    else:
        resident, asked_by = _self(actor), RESIDENT
        community = asker_name = None
    division = _where(actor, division_code, resident, on_behalf=on_behalf)
    demand = Demand(
        title=_offered(offer_id, division) if offer_id is not None else wish,
        offer_id=offer_id,
        words=words,
        people=people,
        division_code=division.code,
        asked_by=asked_by,
        resident_id=resident.id if resident else None,
        community=community,
        asker_name=asker_name,
        state=OPEN,
        asked_at=clock.now(),
        made_by=actor.user_id,
    )
    db.session.add(demand)
    db.session.flush()
    states.begin(DEMAND, demand)
    return _said(demand)


def support(actor: Actor, *, id: int, resident_id: int | None = None) -> dict[str, Any]:  # noqa: A002 - the field
    """Support an order of the same county, once; a clerk does it for a resident at the desk.

    Refuses ALREADY_SUPPORTED, also to who ordered it herself; DEMAND_TAKEN when it is over.
    """
    if _on_behalf(actor, SUPPORT):
        if resident_id is None:
            raise InvalidInput(_("请指明是哪位居民附议。"), errors={"resident_id": [_("请填写")]})
        resident = fetch(Resident, resident_id, actor, SUPPORT)
    else:
        resident = _self(actor)
    query = db.select(Demand).where(Demand.id == id, near(resident.division_code))
    demand = db.session.scalar(query.with_for_update(of=Demand))
    if demand is None:
        raise NotFound("NOT_FOUND", _("没有找到这项需求，或它不在您所在的县区。"))
    if demand.state not in {OPEN, GROUPED}:
        telling.refuse_taken(demand)
    row = {"demand_id": demand.id, "resident_id": resident.id, "at": clock.now()}
    if demand.resident_id == resident.id or not insert_once(DemandSupport.__table__, row):
        raise Conflict("ALREADY_SUPPORTED", _("每人每项需求只算一次，您已经提出或附议过这一项。"))
    return _said(demand) | {"supporters": supporters(demand.id)}


def withdraw(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Take one's own order back while nobody has planned it."""
    demand = fetch(Demand, id, actor, OWN)
    telling.refuse_taken(demand)
    states.change(DEMAND, demand, to=WITHDRAWN, allowed=[OPEN])
    return _said(demand)


def decline(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Answer that an order is not going to be bought, with the reason they will read."""
    demand = fetch(Demand, id, actor, HANDLE)
    telling.refuse_taken(demand)
    states.change(DEMAND, demand, to=DECLINED, allowed=[OPEN], reason=reason)
    telling.tell(demand, telling.REFUSED, reason)
    return _said(demand)


def merge(actor: Actor, *, id: int, into_id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Merge an order into another that asks for the same; its people support that one from now."""
    if id == into_id:
        raise InvalidInput(
            _("一项需求不能并入自己，请另选一项。"), errors={"into_id": [_("请另选一项")]}
        )
    # In order of their numbers, so that two clerks cannot wait for each other.
    found = {number: fetch(Demand, number, actor, HANDLE) for number in sorted((id, into_id))}
    demand, target = found[id], found[into_id]
    telling.refuse_taken(demand)
    if target.state not in {OPEN, GROUPED}:
        telling.refuse_taken(target)
    telling.tell(demand, telling.JOINED, target.title)
    residents = db.session.scalars(
        db.select(DemandSupport.resident_id).where(DemandSupport.demand_id == demand.id)
    )
    for number in sorted({*residents, demand.resident_id} - {None, target.resident_id}):
        row = {"demand_id": target.id, "resident_id": number, "at": clock.now()}
        insert_once(DemandSupport.__table__, row)
    states.change(DEMAND, demand, to=MERGED, allowed=[OPEN], merged_into_id=target.id)
    return _said(demand) | {"into_id": target.id, "supporters": supporters(target.id)}


def read_notices(actor: Actor) -> dict[str, Any]:
    """Mark everything one was told of one's orders as read."""
    done = db.session.execute(
        db.update(DemandNotice)
        .where(DemandNotice.resident_id == actor.resident_id, DemandNotice.read_at.is_(None))
        .values(read_at=clock.now())
        .returning(DemandNotice.id)
        .execution_options(synchronize_session=False)
    )
    return {"read": len(done.all())}


def supporters(demand_id: int) -> int:
    """Return how many residents support an order beside who placed it."""
    query = db.select(db.func.count()).where(DemandSupport.demand_id == demand_id)
    return int(db.session.scalar(query) or 0)


def near(division_code: str) -> Any:
    """Return the condition of the orders in the county that a division is or lies in."""
    return within(Demand.division_code, county_of(division_code))


def county_of(division_code: str) -> str:
    """Return the county in which a division lies; what lies above counties is its own."""
    division = require_division(division_code)
    counties = db.select(Division.code).where(
        Division.code.in_(division.path.strip("/").split("/")), Division.level == "county"
    )
    return str(db.session.scalar(counties) or division.code)


def _on_behalf(actor: Actor, permission: str) -> bool:
    """Tell whether somebody orders for others: by office, not as a resident."""
    return any(ROLES[grant.role].side != "resident" for grant in actor.holding(permission))


def _self(actor: Actor) -> Resident:
    resident = db.session.get(Resident, actor.resident_id) if actor.resident_id else None
    if resident is None:
        raise RuleBroken(
            "RESIDENT_ONLY", _("点菜和附议要用居民本人的账号。请登录，或到社区服务台代办。")
        )
    return resident


def _where(
    actor: Actor, division_code: str | None, resident: Resident | None, *, on_behalf: bool
) -> Division:
    """Return the division an order is for: a resident's own, or one in the clerk's area."""
    home = resident.division_code if resident else None
    code = division_code or home
    if code is None:
        raise InvalidInput(
            _("请选择是哪个乡镇、街道或村的需求。"), errors={"division_code": [_("请选择")]}
        )
    division = require_division(code)
    if not on_behalf:
        if code != home:
            raise InvalidInput(
                _("只能为自己居住的地方点菜。"), errors={"division_code": [_("须是居住地")]}
            )
        return division
    inside = [
        db.session.scalar(
            db.select(Division.code).where(
                Division.code == code, within(Division.code, grant.division_code)
            )
        )
        for grant in actor.holding(ORDER)
        if grant.division_code
    ]
    if not any(inside) and not any(grant.role == "system" for grant in actor.grants):
        raise NotFound("NOT_FOUND", _("这个区划不在您的管辖范围内，请改选。"))
    return division


def _offered(offer_id: int, division: Division) -> str:
    """Return what an offer is called; refuse one that cannot be ordered here today."""
    found = db.session.execute(
        db.select(MenuOffer.name, Menu)
        .join(Menu, Menu.id == MenuOffer.menu_id)
        .where(MenuOffer.id == offer_id, Menu.state == MENU_PUBLISHED)
    ).first()
    if found is None:
        raise NotFound("NOT_FOUND", _("菜单上没有这一项，请刷新后重新选择。"))
    name, menu = found
    if menu.division_code not in division.path.split("/"):
        raise RuleBroken(
            "MENU_CLOSED",
            _(
                "“%(title)s”不是%(name)s的菜单，请选择当地的菜单。",
                title=menu.title,
                name=division.name,
            ),
        )
    if not menu.opens_on <= clock.today() <= menu.closes_on:
        raise RuleBroken(
            "MENU_CLOSED",
            _(
                "“%(title)s”只在 %(first)s 至 %(last)s（含当日）点菜，现在不能点。"
                "可以写一个愿望，下次编菜单时一并考虑。",
                title=menu.title,
                first=menu.opens_on,
                last=menu.closes_on,
            ),
        )
    return str(name)


def _said(demand: Demand) -> dict[str, Any]:
    audit.about(DEMAND, demand.id)
    return {"id": demand.id, "title": demand.title, "state": demand.state}
