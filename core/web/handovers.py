"""Functions handed over: the register with its figures, and the staffing office's confirmation."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core import clock
from core.access import Actor, require, visible
from core.catalogue import handed_over_on
from core.db import db
from core.parties import Organisation
from core.purchasers import kind_name
from core.purchases import handovers
from core.web import current_actor
from core.web.forms import act, done_or_again, fresh, shown_again, whole, year_of

blueprint = Blueprint("handovers", __name__, url_prefix="/handovers")

CHOICES = 500


@blueprint.get("/")
def index() -> str:
    """List the functions handed over, how many a year, and what was bought of them."""
    return _index(fresh())


@blueprint.post("/")
def confirm() -> ResponseReturnValue:
    """Confirm that a function is handed over."""
    form = request.form
    payload: dict[str, Any] = {name: form.get(name) for name in ("from_on", "document")}
    numbers = ("organisation_id", "catalogue_item_id", "to_organisation_id")
    payload |= {name: whole(form.get(name)) for name in numbers}
    payload["to_kind"] = form.get("to_kind")
    return done_or_again(
        act("handover.confirm", payload),
        done=_("已确认职能转移。"),
        to=url_for(".index"),
        again=lambda one: _index(shown_again(one)),
    )


def _index(form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, handovers.VIEW)
    may_confirm = actor.may(handovers.CONFIRM)
    units = _organisations(actor, "purchaser") if may_confirm else []
    return render_template(
        "handovers/index.html",
        found=handovers.handovers(actor, year=year_of(request.args.get("year"))),
        may_confirm=may_confirm,
        organisations=[(one.id, one.name) for one in units],
        listed=_listed({one.division_code for one in units}),
        receivers=[(one.id, one.name) for one in _organisations(actor, "provider")]
        if may_confirm
        else [],
        receiver_kinds=[(code, kind_name(code)) for code in handovers.RECEIVING],
        sees_plans=actor.may("purchase.view"),
        **form,
    )


def _organisations(actor: Actor, kind: str) -> list[Organisation]:
    query = db.select(Organisation).where(
        visible(Organisation, actor, handovers.CONFIRM), Organisation.kind == kind
    )
    return list(db.session.scalars(query.order_by(Organisation.name).limit(CHOICES)))


def _listed(divisions: set[str]) -> list[tuple[int, str]]:
    found = {
        item.id: f"{item.code} {item.name}"
        for code in sorted(divisions)
        for item in handed_over_on(code, clock.today())
    }
    return list(found.items())
