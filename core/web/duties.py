"""Duties with their posts and money, warnings of double funding, and appropriations converted."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core import clock
from core.access import Actor, require, visible
from core.budget import BudgetLine
from core.db import db
from core.duties import queries
from core.parties import Organisation
from core.web import current_actor
from core.web.forms import act, done_or_again, fen_of, fresh, page_of, shown_again, whole

blueprint = Blueprint("duties", __name__, url_prefix="/duties")

VIEW, RECORD, CHECK, CLEAR, CONVERT = (
    "duty.view",
    "duty.record",
    "duty.check",
    "duty.clear_double_funding",
    "conversion.record",
)
MOVE, PROPOSE = "duty.move", "catalogue.propose"
CHOICES = 500


@blueprint.get("/")
def index() -> str:
    """List the duties that units carry out themselves, and whether their posts rise."""
    actor = current_actor()
    require(actor, VIEW)
    before = page_of(request.args.get("before"))
    return render_template(
        "duties/index.html",
        found=queries.duties(actor, before=before),
        posts=queries.posts(actor)["items"],
        before=before,
        may_record=actor.may(RECORD),
        may_move=actor.may(MOVE),
        may_propose=actor.may(RECORD) and actor.may(PROPOSE),
    )


@blueprint.get("/new")
def new() -> str:
    """Show the form for a duty."""
    return _new(fresh())


@blueprint.post("/new")
def create() -> ResponseReturnValue:
    """Record a duty."""
    form = request.form
    payload: dict[str, Any] = {
        name: form.get(name) for name in ("item_code", "name", "from_on", "document")
    }
    payload |= {name: whole(form.get(name)) for name in ("organisation_id", "posts", "line_id")}
    payload |= {
        "posts_needed": whole(form.get("posts_needed")),
        "institution_reason": form.get("institution_reason"),
    }
    payload["staff_fen"] = fen_of(form["staff_fen"]) if form.get("staff_fen") else None
    return done_or_again(
        act("duty.record", payload),
        done=_("已登记职责事项。"),
        to=url_for(".index"),
        again=lambda one: _new(shown_again(one)),
    )


@blueprint.get("/<int:id>/end")
def ending(id: int) -> str:  # noqa: A002 - the route's name
    """Show the form that ends a duty."""
    return _ending(id, fresh())


@blueprint.post("/<int:id>/end")
def end(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """End a duty after a day."""
    payload = {"id": id, "to_on": request.form.get("to_on")}
    return done_or_again(
        act("duty.end", payload | {"document": request.form.get("document")}),
        done=_("已截止职责事项。"),
        to=url_for(".index"),
        again=lambda one: _ending(id, shown_again(one)),
    )


@blueprint.get("/<int:id>/propose")
def proposing(id: int) -> str:  # noqa: A002 - the route's name
    """Show the form that marks a duty as one to be bought."""
    return _proposing(id, fresh())


@blueprint.post("/<int:id>/propose")
def propose(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Propose a duty for the catalogue."""
    return done_or_again(
        act("duty.propose_buying", {"id": id, "need": request.form.get("need")}),
        done=_("已建议列入目录，等财政部门答复。"),
        to=url_for(".index"),
        again=lambda one: _proposing(id, shown_again(one)),
    )


@blueprint.get("/<int:id>/move")
def moving(id: int) -> str:  # noqa: A002 - the route's name
    """Show the form that moves a duty."""
    return _moving(id, fresh())


@blueprint.post("/<int:id>/move")
def move(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Move a duty to another unit, its money with it."""
    form = request.form
    payload: dict[str, Any] = {name: form.get(name) for name in ("from_on", "document")}
    payload |= {"id": id, "organisation_id": whole(form.get("organisation_id"))}
    payload["to_line_id"] = whole(form.get("to_line_id"))
    answer = act("duty.move", payload)
    done = (
        _("职责已转，经费调剂已提出，等另一人批准。")
        if answer.body.get("transfer_id")
        else _("职责已转。")
    )
    return done_or_again(
        answer,
        done=done,
        to=url_for(".index"),
        again=lambda one: _moving(id, shown_again(one)),
    )


@blueprint.get("/warnings")
def warnings() -> str:
    """List the warnings of double funding; who may, clears them or checks another item."""
    return _warnings(fresh())


@blueprint.post("/warnings")
def check() -> ResponseReturnValue:
    """Check whether an item to be bought is already funded as a duty."""
    form = request.form
    payload = {
        "organisation_id": whole(form.get("organisation_id")),
        "item_code": form.get("item_code"),
        "fiscal_year": whole(form.get("fiscal_year")),
    }
    answer = act("duty.check_double_funding", payload)
    count = len(answer.body.get("warnings", ()))
    done = _("发现 %(count)s 项重复安排的疑点，见下表。", count=count)
    return done_or_again(
        answer,
        done=done if count else _("没有发现重复安排。"),
        to=url_for(".warnings"),
        again=lambda one: _warnings(shown_again(one)),
    )


@blueprint.post("/warnings/<int:id>/clear")
def clear(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Clear a warning with a reason."""
    answer = act("duty.clear_double_funding", {"id": id, "reason": request.form.get("reason")})
    return done_or_again(
        answer,
        done=_("已核销疑点，可以继续办理购买计划。"),
        to=url_for(".warnings"),
        again=lambda one: _warnings(shown_again(one), chosen=id),
    )


@blueprint.get("/conversions")
def conversions() -> str:
    """List appropriations that ended, and the purchases in their place."""
    return _conversions(fresh())


@blueprint.post("/conversions")
def convert() -> ResponseReturnValue:
    """Record that an appropriation ends and a purchase takes its place."""
    form = request.form
    names = ("from_line_id", "posts_not_created", "purchase_id")
    payload: dict[str, Any] = {name: whole(form.get(name)) for name in names}
    payload |= {"amount_fen": fen_of(form.get("amount_fen", "")), "document": form.get("document")}
    return done_or_again(
        act("conversion.record", payload),
        done=_("已登记转换。请同时调减原指标，否则同一件事仍有两份钱。"),
        to=url_for(".conversions"),
        again=lambda one: _conversions(shown_again(one)),
    )


@blueprint.post("/conversions/<int:id>/link")
def link(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Name the purchase that takes the place of an ended appropriation."""
    answer = act("conversion.link", {"id": id, "purchase_id": whole(request.form.get("purchase"))})
    return done_or_again(
        answer,
        done=_("已对应购买项目。"),
        to=url_for(".conversions"),
        again=lambda one: _conversions(shown_again(one), chosen=id),
    )


def _new(form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, RECORD)
    return render_template(
        "duties/new.html",
        organisations=_organisations(actor, RECORD),
        lines=_lines(actor, RECORD),
        **form,
    )


def _ending(number: int, form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, RECORD)
    return render_template("duties/end.html", duty=queries.duty(actor, number), **form)


def _proposing(number: int, form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, PROPOSE)
    return render_template("duties/propose.html", duty=queries.duty(actor, number), **form)


def _moving(number: int, form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, MOVE)
    return render_template(
        "duties/move.html",
        duty=queries.duty(actor, number, MOVE),
        organisations=_organisations(actor, MOVE),
        lines=_lines(actor, MOVE),
        **form,
    )


def _warnings(form: dict[str, Any], chosen: int | None = None) -> str:
    actor = current_actor()
    require(actor, VIEW)
    before = page_of(request.args.get("before"))
    return render_template(
        "duties/warnings.html",
        found=queries.warnings(actor, before=before),
        before=before,
        organisations=_organisations(actor, CHECK) if actor.may(CHECK) else [],
        may_check=actor.may(CHECK),
        may_clear=actor.may(CLEAR),
        year=clock.today().year,
        chosen=chosen,
        **form,
    )


def _conversions(form: dict[str, Any], chosen: int | None = None) -> str:
    actor = current_actor()
    require(actor, VIEW)
    before = page_of(request.args.get("before"))
    return render_template(
        "duties/conversions.html",
        found=queries.conversions(actor, before=before),
        before=before,
        lines=_lines(actor, CONVERT) if actor.may(CONVERT) else [],
        may_convert=actor.may(CONVERT),
        sees_lines=actor.may("budget.view"),
        chosen=chosen,
        **form,
    )


def _organisations(actor: Actor, permission: str) -> list[tuple[int, str]]:
    rows = db.session.execute(
        db.select(Organisation.id, Organisation.name)
        .where(visible(Organisation, actor, permission), Organisation.kind == "purchaser")
        .order_by(Organisation.name)
        .limit(CHOICES)
    )
    return [(row.id, row.name) for row in rows]


def _lines(actor: Actor, permission: str) -> list[tuple[int, str]]:
    query = db.select(BudgetLine).where(visible(BudgetLine, actor, permission))
    newest = query.order_by(BudgetLine.fiscal_year.desc(), BudgetLine.code).limit(CHOICES)
    return [
        (line.id, f"{line.fiscal_year} {line.code} {line.name}")
        for line in db.session.scalars(newest)
    ]
