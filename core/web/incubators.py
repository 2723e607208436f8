"""The register of incubators on three levels."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import or_

from core.access import Actor, require
from core.db import db
from core.divisions import LEVELS, Division, within
from core.parties import Organisation, directory
from core.purchasers import incubators
from core.web import current_actor
from core.web.forms import act, done_or_again, fresh, shown_again, whole

blueprint = Blueprint("incubators", __name__, url_prefix="/incubators")

VIEW = "party.view"
CHOICES = 500


@blueprint.get("/")
def index() -> str:
    """List the incubators, each with the providers it fosters."""
    return _index(fresh())


@blueprint.post("/")
def add() -> ResponseReturnValue:
    """Register an incubator."""
    fields = ("name", "division_code", "since_on", "document")
    payload = {name: request.form.get(name) for name in fields}
    return _after("incubator.add", payload, "add", _("已登记孵化基地。"))


@blueprint.post("/providers")
def foster() -> ResponseReturnValue:
    """Record whom an incubator fosters."""
    payload: dict[str, Any] = {
        name: whole(request.form.get(name)) for name in ("id", "provider_id")
    }
    payload["from_on"] = request.form.get("from_on")
    return _after("incubator.foster", payload, "foster", _("已登记培育的承接主体。"))


def _after(operation: str, payload: dict[str, Any], which: str, done: str) -> ResponseReturnValue:
    return done_or_again(
        act(operation, payload),
        done=done,
        to=url_for(".index"),
        again=lambda one: _index(shown_again(one), which),
    )


def _index(form: dict[str, Any], which: str = "") -> str:
    actor = current_actor()
    require(actor, VIEW)
    may_manage = actor.may(incubators.MANAGE)
    found = incubators.register(actor)
    return render_template(
        "incubators/index.html",
        found=found,
        levels={"province": _("省"), "city": _("市"), "county": _("县区")},
        may_manage=may_manage,
        divisions=_divisions(actor) if may_manage else [],
        providers=_providers(actor) if may_manage else [],
        choices=[(one["id"], one["name"]) for one in found["items"]],
        which=which,
        **form,
    )


def _divisions(actor: Actor) -> list[tuple[str, str]]:
    reach = [
        within(Division.code, grant.division_code) for grant in actor.holding(incubators.MANAGE)
    ]
    query = db.select(Division).where(or_(*reach), Division.level != LEVELS[-1])
    return [
        (one.code, f"{one.code} {one.name}")
        for one in db.session.scalars(query.order_by(Division.path).limit(CHOICES))
    ]


def _providers(actor: Actor) -> list[tuple[int, str]]:
    query = directory(actor).where(Organisation.kind == "provider").order_by(Organisation.name)
    return [(one.id, one.name) for one in db.session.scalars(query.limit(CHOICES))]
