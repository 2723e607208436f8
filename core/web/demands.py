"""What people ask for, at the office: orders, needs by township, the desk, and the menus."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core import clock
from core.access import Actor, require, visible
from core.acts import Answer
from core.catalogue import items_on
from core.db import db
from core.divisions import Division, within
from core.errors import NotFound
from core.purchases import demand_queries
from core.purchases.asked import DECLINED, GROUPED, MERGED, OPEN, WITHDRAWN, Menu
from core.web import current_actor
from core.web.forms import act, done_or_again, fresh, page_of, shown_again, whole

blueprint = Blueprint("demands", __name__, url_prefix="/demands")

VIEW, ORDER, HANDLE = "demand.view", "demand.order", "demand.handle"
MAKE, PUBLISH, PLAN = "menu.make", "menu.publish", "purchase.plan"
STATES = (OPEN, GROUPED, DECLINED, MERGED, WITHDRAWN)
TONES = {OPEN: "wait", GROUPED: "good", DECLINED: "bad", MERGED: "info", WITHDRAWN: "plain"}
CHOICES, OFFERS_MOST = 300, 100


@blueprint.get("/")
def index() -> str:
    """List the orders of one's area."""
    actor = current_actor()
    require(actor, VIEW)
    chosen = request.args.get("state", OPEN)
    state = chosen if chosen in STATES else None
    before = page_of(request.args.get("before"))
    found = demand_queries.demands(actor, before=before, state=state)
    names = {
        GROUPED: _("已编入计划"),
        **{s: demand_queries.PROGRESS[s] for s in STATES if s != GROUPED},
    }
    return render_template(
        "demands/index.html",
        rows=found["items"],
        next_before=found["next_before"],
        state=state,
        states=[(one, names[one]) for one in STATES],
        tones=TONES,
        may_plan=actor.may(PLAN) and state == OPEN,
        may_order=actor.may(ORDER),
    )


@blueprint.get("/needs")
def needs() -> str:
    """Show what is wanted, township by township."""
    actor = current_actor()
    require(actor, VIEW)
    return render_template("demands/needs.html", rows=demand_queries.needs(actor)["items"])


@blueprint.get("/<int:id>")
def show(id: int) -> str:  # noqa: A002 - the route's name
    """Show an order and what can be done with it."""
    return _show(id, fresh())


@blueprint.post("/<int:id>/decline")
def decline(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Answer that an order is not going to be bought."""
    answer = act("demand.decline", {"id": id, "reason": request.form.get("reason")})
    return _after(id, answer, _("已答复，提出和附议的居民会收到通知。"))


@blueprint.post("/<int:id>/merge")
def merge(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Merge an order into another."""
    answer = act("demand.merge", {"id": id, "into_id": whole(request.form.get("into_id"))})
    return _after(id, answer, _("已合并，提出和附议的居民会收到通知。"))


@blueprint.post("/<int:id>/support")
def support(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Support an order for a resident at the desk."""
    fields = {"id": id, "resident_id": whole(request.form.get("resident_id"))}
    return _after(id, act("demand.support", fields), _("已记下附议。"))


@blueprint.get("/new")
def new() -> str:
    """Show the desk's form for an order."""
    return _new(fresh())


@blueprint.post("/new")
def create() -> ResponseReturnValue:
    """Order for a community, or for somebody at the desk."""
    form = request.form
    names = ("wish", "words", "division_code", "community", "asker_name")
    fields: dict[str, Any] = {name: form.get(name) for name in names}
    fields |= {name: whole(form.get(name)) for name in ("offer_id", "people", "resident_id")}
    answer = act("demand.order", fields)
    return done_or_again(
        answer,
        done=_("已记下。编号 %(id)s，可以据此查询。", id=answer.body.get("id")),
        to=url_for(".index"),
        again=lambda one: _new(shown_again(one)),
    )


# --- menus ---------------------------------------------------------------------------------------


@blueprint.get("/menus")
def menus() -> str:
    """List the menus of one's unit or area."""
    actor = current_actor()
    require(actor, VIEW)
    before = page_of(request.args.get("before"))
    found = demand_queries.menus(actor, before=before)
    return render_template(
        "demands/menus.html",
        rows=found["items"],
        next_before=found["next_before"],
        may_make=actor.may(MAKE),
    )


@blueprint.get("/menus/new")
def new_menu() -> str:
    """Show the form for a menu."""
    return _new_menu(fresh())


@blueprint.post("/menus/new")
def create_menu() -> ResponseReturnValue:
    """Write a menu."""
    form = request.form
    names = ("title", "division_code", "opens_on", "closes_on")
    fields: dict[str, Any] = {name: form.get(name) for name in names}
    chosen = [whole(one) for one in form.getlist("items")]
    fields["offers"] = [
        {"catalogue_item_id": one, "words": form.get(f"words-{one}", "").strip() or None}
        for one in chosen
    ]
    answer = act("menu.create", fields)
    return done_or_again(
        answer,
        done=_("已保存菜单，请由另一人发布。"),
        to=url_for(".menu", id=answer.body.get("id", 0)),
        again=lambda one: _new_menu(shown_again(one)),
    )


@blueprint.get("/menus/<int:id>")
def menu(id: int) -> str:  # noqa: A002 - the route's name
    """Show a menu and its next step."""
    return _menu(id, fresh())


@blueprint.post("/menus/<int:id>/publish")
def publish(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Publish a menu."""
    return _after_menu(id, act("menu.publish", {"id": id}), _("已发布，居民可以点菜了。"))


@blueprint.post("/menus/<int:id>/withdraw")
def withdraw(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Take a menu away."""
    fields = {"id": id, "reason": request.form.get("reason")}
    return _after_menu(id, act("menu.withdraw", fields), _("已撤下。"))


def _after(number: int, answer: Answer, done: str) -> ResponseReturnValue:
    return done_or_again(
        answer,
        done=done,
        to=url_for(".show", id=number),
        again=lambda one: _show(number, shown_again(one)),
    )


def _after_menu(number: int, answer: Answer, done: str) -> ResponseReturnValue:
    return done_or_again(
        answer,
        done=done,
        to=url_for(".menu", id=number),
        again=lambda one: _menu(number, shown_again(one)),
    )


def _show(number: int, form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, VIEW)
    demand = demand_queries.demand(actor, number)
    if demand is None:
        raise _not_there()
    others = demand_queries.demands(actor, state=OPEN)["items"] if actor.may(HANDLE) else []
    return render_template(
        "demands/show.html",
        demand=demand,
        tone=TONES[demand["state"]],
        others=[
            (one["id"], f"{one['id']} · {one['division']} · {one['title']}")
            for one in others
            if one["id"] != number
        ],
        may_handle=actor.may(HANDLE) and demand["state"] == OPEN,
        may_plan=actor.may(PLAN) and demand["state"] == OPEN,
        may_order=actor.may(ORDER) and demand["state"] in {OPEN, GROUPED},
        may_open_plan=actor.may("purchase.view"),
        **form,
    )


def _new(form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, ORDER)
    offers = [
        (offer["id"], f"{menu['title']}：{offer['name']}")
        for menu in demand_queries.public_menus(actor)["items"]
        for offer in menu["offers"]
    ]
    return render_template(
        "demands/new.html", offers=offers, divisions=_divisions(actor, ORDER), **form
    )


def _new_menu(form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, MAKE)
    divisions = _divisions(actor, MAKE)
    codes = dict.fromkeys(grant.division_code for grant in actor.holding(MAKE))
    items = {item.id: item for code in codes for item in items_on(code, clock.today())}
    values = form["values"]
    chosen = values.getlist("items") if hasattr(values, "getlist") else []
    return render_template(
        "demands/new_menu.html",
        divisions=divisions,
        items=list(items.values())[:OFFERS_MOST],
        chosen=chosen,
        today=clock.today(),
        **form,
    )


def _menu(number: int, form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, VIEW)
    found = db.session.scalar(db.select(Menu).where(Menu.id == number, visible(Menu, actor, VIEW)))
    if found is None:
        raise _not_there()
    (told,) = demand_queries.told_menus([found])
    may = actor.may(PUBLISH) and found.state != "withdrawn"
    return render_template(
        "demands/menu.html",
        shown=told,
        may_publish=may and found.state == "draft" and found.made_by != actor.user_id,
        may_withdraw=may,
        **form,
    )


def _divisions(actor: Actor, permission: str) -> list[tuple[str, str]]:
    """Return the divisions in which somebody may act, the upper ones first."""
    found: dict[str, str] = {}
    for grant in actor.holding(permission):
        rows = db.session.execute(
            db.select(Division.code, Division.name)
            .where(within(Division.code, grant.division_code))
            .order_by(Division.path)
            .limit(CHOICES)
        )
        found |= {row.code: row.name for row in rows}
    return list(found.items())


def _not_there() -> NotFound:
    return NotFound("NOT_FOUND", _("没有找到这条记录，或它不在您的管辖范围内。请核对编号。"))
