"""Pages of guarantors: the register, one with its figures and its room, what may be done next."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy import func

from core.access import Actor, require, visible
from core.db import db
from core.parties import Organisation, directory
from core.web import current_actor
from core.web.forms import (
    HUNDREDTHS,
    act,
    done_or_again,
    fresh,
    page_of,
    saved,
    shown_again,
    whole,
)
from core.web.menu import MenuItem, Todo
from plugins.subsidy.models import Guarantor, GuarantorFigure
from plugins.subsidy.models import guarantors as g
from plugins.subsidy.service import guarantee_queries
from plugins.subsidy.service import guarantee_steps as steps
from plugins.subsidy.service.guarantees import KEEP
from plugins.subsidy.service.guarantors import APPROVE, GOVERNMENT_SIDE, NAME, VIEW

blueprint = Blueprint(
    "subsidy_guarantors", __name__, url_prefix="/subsidy/guarantors", template_folder="../templates"
)
CHOICES = 500
TONES = {g.NAMED: "wait", g.APPROVED: "good", g.ENDED: "plain"}
LIMITS: dict[str, Any] = {
    "single": lazy_gettext("对同一债务人"),
    "group": lazy_gettext("对同一债务人及其关联方"),
    "multiple": lazy_gettext("全部在保余额"),
}
FIGURES = ("as_of", "licence_until", "document")
# What one button or a short form does: the act, its fields, what is said when it is done.
STEPS: dict[str, tuple[str, tuple[str, ...], Any]] = {
    "approve": ("guarantor.approve", (), lazy_gettext("已复核，从现在起按这些数字计算。")),
    "end": ("guarantor.end", ("reason",), lazy_gettext("已终止，不再登记新的担保。")),
}
BAR = 10


def waiting(actor: Actor) -> list[Todo]:
    """Count the guarantors whose naming or new figures wait for this person's approval."""
    if not actor.may(APPROVE):
        return []
    # The figures reported last decide: earlier ones are passed over.
    newest = db.select(func.max(GuarantorFigure.id)).group_by(GuarantorFigure.guarantor_id)
    query = (
        db.select(func.count(Guarantor.id))
        .join(GuarantorFigure, GuarantorFigure.guarantor_id == Guarantor.id)
        .where(GuarantorFigure.id.in_(newest), GuarantorFigure.approved_at.is_(None))
        .where(visible(Guarantor, actor, APPROVE), Guarantor.state != g.ENDED)
    )
    count = int(db.session.scalar(query) or 0)
    return [Todo(count, _("家担保公司的登记或净资产待复核"), url_for("subsidy_guarantors.index"))]


# The company itself begins with its guarantees; see `guarantees.own_menu`.
MENU: list[tuple[str, MenuItem]] = [
    (
        "scheme.view",
        MenuItem(
            "from_whom",
            lazy_gettext("担保公司"),
            "subsidy_guarantors.index",
            70,
            waiting=waiting,
        ),
    ),
]


@blueprint.get("/")
def index() -> str:
    """List the guarantors a person may see."""
    return _index(fresh())


@blueprint.post("/new")
def add() -> ResponseReturnValue:
    """Name a guarantor."""
    fields = _figures() | {
        "organisation_id": whole(request.form.get("organisation_id")),
        "controller_id": whole(request.form.get("controller_id")),
        "licence_no": request.form.get("licence_no"),
    }
    return saved("guarantor.name", fields, done=_("已登记，等另一人复核。"), again=_index)


@blueprint.get("/<int:id>")
def show(id: int) -> str:  # noqa: A002 - the route's name
    """Show a guarantor: its figures, its room, its next step."""
    return _show(id, fresh())


@blueprint.post("/<int:id>/figures")
def report(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Report new figures."""
    return saved(
        "guarantor.report",
        _figures() | {"id": id},
        done=_("已登记新的数字，等另一人复核。"),
        again=lambda form: _show(id, form),
    )


@blueprint.post("/<int:id>/steps/<step>")
def take(id: int, step: str) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Take a step with a guarantor."""
    if step not in STEPS:
        abort(404)
    operation, names, done = STEPS[step]
    fields = {name: request.form.get(name) for name in names}
    return done_or_again(
        act(operation, fields | {"id": id}),
        done=str(done),
        to=url_for(".show", id=id),
        again=lambda answer: _show(id, shown_again(answer)),
    )


def bar(used_fen: int, most_fen: int) -> str:
    """Return how much of a limit is used as a bar of signs; something used shows at least one."""
    if most_fen <= 0:
        return "█" * BAR
    full = min(BAR, -(-used_fen * BAR // most_fen))
    return "█" * full + "░" * (BAR - full)


def _figures() -> dict[str, Any]:
    """Return what a form says of a guarantor's figures."""
    fields: dict[str, Any] = {name: request.form.get(name) for name in FIGURES}
    for name in ("net_assets_fen", "small_rural_bp"):
        text = request.form.get(name, "").strip()
        fields[name] = HUNDREDTHS.read(text) if text else None
    return fields


def _index(form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, VIEW)
    before, state = page_of(request.args.get("before")), request.args.get("state") or None
    found = guarantee_queries.list_guarantors(actor, before=before, state=state)
    return render_template(
        "subsidy/guarantors/index.html",
        rows=[row | {"badge": (row["state_name"], TONES[row["state"]])} for row in found["items"]],
        next_before=found["next_before"],
        before=before,
        state=state,
        states=[(one, str(steps.guarantor.names[one])) for one in g.STATES],
        companies=_companies(actor) if actor.may(NAME) else None,
        **form,
    )


def _show(number: int, form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, VIEW)
    found = guarantee_queries.show_guarantor(actor, id=number)
    return render_template(
        "subsidy/guarantors/show.html",
        guarantor=found,
        tone=TONES[found["state"]],
        room=[
            one
            | {
                "name": str(LIMITS[one["limit"]]),
                "bar": bar(one["used_fen"], one["most_fen"]),
            }
            for one in found["room"]
        ],
        may=_may(actor, found),
        **form,
    )


def _may(actor: Actor, found: dict[str, Any]) -> set[str]:
    """Return the steps of the page that this reader may take with the guarantor now."""
    open_to: set[str] = set()
    if actor.may(APPROVE) and found["state"] != g.ENDED:
        open_to |= {"end", "approve"} if found["is_waiting"] else {"end"}
    if found["state"] == g.APPROVED:
        open_to |= {
            step for step, need in (("report", NAME), ("register", KEEP)) if actor.may(need)
        }
    return open_to


def _companies(actor: Actor) -> list[tuple[int, str]]:
    """Return the organisations that could be named: none of the government's side."""
    query = directory(actor).where(Organisation.kind.not_in(GOVERNMENT_SIDE))
    named = query.order_by(Organisation.name).limit(CHOICES)
    return [(one.id, one.name) for one in db.session.scalars(named)]
