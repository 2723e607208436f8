"""Guiding catalogues for officers: the versions, one version's way to publication, what changed."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import or_

from core import clock
from core.access import Actor, require
from core.acts import Answer
from core.catalogue import base, consulting, queries, reading
from core.catalogue.drafting import EDIT
from core.catalogue.proposals import PROPOSE
from core.db import db
from core.divisions import Division, within
from core.web import current_actor
from core.web.forms import act, done_or_again, fresh, page_of, saved, shown_again, whole

blueprint = Blueprint("catalogues", __name__, url_prefix="/catalogues")

TONES = {
    "draft": "plain",
    "comment": "wait",
    "submitted": "wait",
    "published": "good",
    "withdrawn": "plain",
}


@blueprint.get("/")
def index() -> str:
    """List the versions, the newest first."""
    actor = current_actor()
    require(actor, queries.VIEW)
    before = page_of(request.args.get("before"))
    found = queries.catalogues(actor, before=before)
    return render_template(
        "catalogue/index.html",
        rows=found["items"],
        next_before=found["next_before"],
        before=before,
        tones=TONES,
        may_edit=actor.may(EDIT),
        may_propose=actor.may(PROPOSE),
    )


@blueprint.get("/new")
def new() -> str:
    """Show the form for a place's first draft."""
    return _new(fresh())


@blueprint.post("/new")
def create() -> ResponseReturnValue:
    """Begin a draft from the catalogue above."""
    form = request.form
    fields = ("division_code", "name", "kind", "lower_may")
    payload: dict[str, Any] = {name: form.get(name) for name in fields}
    payload |= {name: whole(form.get(name)) for name in ("year", "batch")}
    done = _("已生成目录草案。请逐项核对，再公开征求意见。")
    return saved("catalogue.adopt", payload, done=done, again=_new)


@blueprint.get("/<int:id>")
def show(id: int) -> str:  # noqa: A002 - the route's name
    """Show a version: where it stands, its items, what changed, and the next step."""
    return _show(id, fresh())


@blueprint.post("/<int:id>/open")
def open_comment(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Put a draft to the public."""
    payload = {"id": id, **_typed("from_on", "to_on")}
    done = _("已公开征求意见。任何人不用登录就能在公开页面提意见。")
    return _after(act("catalogue.open_comment", payload), id, done=done)


@blueprint.post("/<int:id>/submit")
def submit(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Submit a draft for publication."""
    payload = {"id": id, **_typed("consultation", "valid_from", "valid_to")}
    done = _("已提交，由另一位复核人员公布。")
    return _after(act("catalogue.submit", payload), id, done=done)


@blueprint.post("/<int:id>/publish")
def publish(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Publish a submitted version."""
    answer = act("catalogue.publish", {"id": id, **_typed("document")})
    return _after(answer, id, done=_("已公布。这一版不能再改，需要调整时另起一版。"))


@blueprint.post("/<int:id>/send-back")
def send_back(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Send a submitted version back."""
    answer = act("catalogue.send_back", {"id": id, **_typed("reason")})
    return _after(answer, id, done=_("已退回修改。"))


@blueprint.post("/<int:id>/withdraw")
def withdraw(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Give a version up."""
    answer = act("catalogue.withdraw", {"id": id, **_typed("reason")})
    return _after(answer, id, done=_("已撤回这一版。"))


@blueprint.post("/<int:id>/select")
def select(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Take items over from the catalogue above."""
    payload = {"catalogue_id": id, "codes": request.form.getlist("codes")}
    return _after(act("catalogue.select_items", payload), id, done=_("已从上级目录选用。"))


@blueprint.post("/<int:id>/revise")
def revise(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Begin the next version as a copy."""
    payload = {"id": id, **_typed("name"), "year": whole(request.form.get("year"))}
    done = _("已照上一版另起一版，改动会逐项列出。")
    return saved("catalogue.revise", payload, done=done, again=partial(_show, id))


def reach(actor: Actor, permission: str) -> list[tuple[str, str]]:
    """Return the divisions for which a person may act under a permission, for a choice."""
    inside = [within(Division.code, grant.division_code) for grant in actor.holding(permission)]
    rows = db.session.scalars(db.select(Division).where(or_(*inside)).order_by(Division.path))
    return [(one.code, f"{one.code} {one.name}") for one in rows]


def _typed(*names: str) -> dict[str, Any]:
    return {name: request.form.get(name) for name in names}


def _after(answer: Answer, number: int, *, done: str) -> ResponseReturnValue:
    return done_or_again(
        answer,
        done=done,
        to=url_for(".show", id=number),
        again=lambda one: _show(number, shown_again(one)),
    )


def _new(form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, EDIT)
    return render_template(
        "catalogue/new.html",
        divisions=reach(actor, EDIT),
        kinds=list(queries.kind_names().items()),
        year=clock.today().year,
        **form,
    )


def _show(number: int, form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, queries.VIEW)
    found = queries.catalogue(actor, id=number)
    changes = queries.difference(actor, id=number)
    today = clock.today()
    return render_template(
        "catalogue/show.html",
        catalogue=found,
        changes=changes,
        tones=TONES,
        offered=_offered(found) if found["may"]["edit"] else [],
        from_on=today,
        to_on=today + timedelta(consulting.COMMENT_DAYS_LEAST),
        next_year=found["year"] + 1,
        **form,
    )


def _offered(found: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what may still be taken over from above, for a choice."""
    upper = reading.upper_of(found["division_code"], clock.today())
    names = (
        {code: item.name for code, item in upper.items.items()}
        if upper.items
        else {code: leaf.name for code, leaf in base.leaves().items()}
    )
    held = {item["code"] for item in found["items"]}
    return [(code, f"{code} {name}") for code, name in sorted(names.items()) if code not in held]
