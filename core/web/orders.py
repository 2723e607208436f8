"""Residents order: the menu, their own wishes, what others want, and what became of all of it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core.access import Actor, require
from core.acts import Answer
from core.db import db
from core.divisions import Division
from core.errors import SignInRequired
from core.parties import Resident
from core.purchases import demand_queries
from core.web import current_actor, menu
from core.web.forms import act, done_or_again, fresh, shown_again, whole

blueprint = Blueprint("orders", __name__, url_prefix="/orders")

OWN = "demand.own"


@blueprint.errorhandler(SignInRequired)
def ask_to_sign_in(refusal: SignInRequired) -> ResponseReturnValue:
    """Lead a visitor to where residents begin, which asks them to sign in."""
    if request.method == "POST":
        flash(refusal.message, "wait")
    starts = [door for door in menu.doors() if "resident" in door.start_of]
    return redirect(url_for(starts[0].endpoint if starts else "web.sign_in"))


@blueprint.get("/menu")
def menu_page() -> str:
    """Show what can be ordered today; nobody need be signed in to read it."""
    actor = current_actor()
    resident = _resident(actor)
    code = resident.division_code if resident else None
    return render_template(
        "orders/menu.html",
        menus=demand_queries.public_menus(actor, division_code=code)["items"],
        may_order=resident is not None,
    )


@blueprint.get("/new")
def new() -> str:
    """Ask what is wanted: a dish of the menu, or what is on none."""
    return _new(fresh() | {"values": {"offer_id": request.args.get("offer", "")}})


@blueprint.post("/new")
def create() -> ResponseReturnValue:
    """Order."""
    form = request.form
    fields: dict[str, Any] = {name: form.get(name) for name in ("wish", "words")}
    fields |= {name: whole(form.get(name)) for name in ("offer_id", "people")}
    return done_or_again(
        act("demand.order", fields),
        done=_("已收到。有了结果会在这一页告诉您。"),
        to=url_for(".mine"),
        again=lambda one: _new(shown_again(one)),
    )


@blueprint.get("/")
def mine() -> str:
    """Show my orders, how far each has come, and what I was told."""
    actor = current_actor()
    require(actor, OWN)
    return _mine(actor, fresh())


@blueprint.get("/near")
def near() -> str:
    """Show what others of my county want, to support it."""
    return _near(fresh())


@blueprint.post("/<int:id>/support")
def support(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Support somebody else's order."""
    return done_or_again(
        act("demand.support", {"id": id}),
        done=_("已附议。有了结果会一起告诉您。"),
        to=url_for(".near"),
        again=lambda one: _near(shown_again(one)),
    )


@blueprint.post("/<int:id>/withdraw")
def withdraw(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Take my order back."""
    return _after(act("demand.withdraw", {"id": id}), _("已撤回。"))


@blueprint.post("/read")
def read() -> ResponseReturnValue:
    """Mark what I was told as read."""
    return _after(act("demand.read_notices", {}), _("已标为看过。"))


def _after(answer: Answer, done: str) -> ResponseReturnValue:
    return done_or_again(
        answer,
        done=done,
        to=url_for(".mine"),
        again=lambda one: _mine(current_actor(), shown_again(one)),
    )


def _mine(actor: Actor, form: dict[str, Any]) -> str:
    told = demand_queries.mine(actor)
    unread = [one for one in told["notices"] if not one["is_read"]]
    return render_template(
        "orders/mine.html", orders=told["items"], notices=told["notices"], unread=unread, **form
    )


def _near(form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, OWN)
    resident = _resident(actor)
    found = demand_queries.to_support(resident) if resident else []
    return render_template("orders/near.html", demands=found, **form)


def _new(form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, OWN)
    resident = _resident(actor)
    code = resident.division_code if resident else None
    offers = [
        (offer["id"], offer["name"], offer["words"])
        for one in demand_queries.public_menus(actor, division_code=code)["items"]
        for offer in one["offers"]
    ]
    home = db.session.get(Division, code) if code else None
    return render_template("orders/new.html", offers=offers, home=home.name if home else "", **form)


def _resident(actor: Actor) -> Resident | None:
    if not actor.may(OWN) or actor.resident_id is None:
        return None
    found: Resident | None = db.session.get(Resident, actor.resident_id)
    return found
