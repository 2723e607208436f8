"""The rule pack: figures as they hold on a day, where they come from, and changing one."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import false, or_

from core import clock
from core.access import Actor, require
from core.db import db
from core.divisions import Division, within
from core.rulepack import areas, figures
from core.rulepack.declared import FEN, TEXT, unit_name
from core.rulepack.queries import VIEW, figure_history, figures_on, proposal, proposed
from core.rulepack.reading import chain_of
from core.web import current_actor
from core.web.forms import fen_of, fresh, page_of, saved, shown_again, whole
from core.web.proposing import PROPOSE, STEPS, TONES, dated, may, stepped, steps

blueprint = Blueprint("rulepack", __name__, url_prefix="/rulepack")

CHOICES = 500


@blueprint.get("/")
def index() -> str:
    """List the figures of an area as they hold on a day in a division."""
    actor = current_actor()
    require(actor, VIEW)
    asked = request.args
    day, area = _day(asked.get("on")), asked.get("area", next(iter(areas())))
    divisions = _divisions(actor)
    home = next(iter(_homes(actor, VIEW)), "")
    division = asked.get("division", home)
    chosen = area if area in areas() else None
    found = figures_on(
        actor,
        on=day,
        division_code=division if division in dict(divisions) else None,
        area=chosen,
    )
    return render_template(
        "rulepack/index.html",
        items=found["items"],
        on=day,
        area=area,
        areas=list(areas().items()),
        division=division,
        divisions=divisions,
    )


@blueprint.get("/figure")
def figure() -> ResponseReturnValue:
    """Show where a figure comes from: every row, the country's and the divisions'."""
    actor = current_actor()
    require(actor, VIEW)
    code = request.args.get("code", "")
    if code not in figures():
        return redirect(url_for(".index"))
    found = figure_history(actor, code=code)
    rows = [
        row | {"from_day": _date(row["from_on"]), "until_day": _date(row["read_until"])}
        for row in found["rows"]
    ]
    return render_template(
        "rulepack/figure.html", figure=found, rows=rows, may_propose=actor.may(PROPOSE)
    )


@blueprint.get("/proposals")
def proposals() -> str:
    """List the changes that offices proposed, the newest first."""
    actor = current_actor()
    require(actor, VIEW)
    before = page_of(request.args.get("before"))
    found = proposed(actor, before=before)
    return render_template(
        "rulepack/proposals.html",
        rows=[_listed(row) for row in found["items"]],
        next_before=found["next_before"],
        before=before,
    )


@blueprint.get("/new")
def new() -> ResponseReturnValue:
    """Show the form for another value of a figure."""
    code = request.args.get("code", "")
    require(current_actor(), PROPOSE)
    if code not in figures():
        return redirect(url_for(".index"))
    return _new(code, fresh())


@blueprint.post("/new")
def create() -> ResponseReturnValue:
    """Draft another value of a figure; amounts are typed in yuan."""
    form = request.form
    code = form.get("code", "")
    known = figures().get(code)
    names = ("code", "from_on", "to_on", "division_code", "law", "article", "note", "permit")
    payload: dict[str, Any] = {name: form.get(name) for name in names}
    if known is not None and known.unit == TEXT:
        payload["text"] = form.get("value")
    elif known is not None and known.unit == FEN:
        payload["number"] = fen_of(form.get("value", ""))
    else:
        payload["number"] = whole(form.get("value"))
    return saved(
        "rulepack.propose",
        payload,
        done=_("已存为草稿。核对无误后请提交。"),
        again=lambda form: _new(code, _beside_value(form)),
    )


@blueprint.get("/<int:id>")
def show(id: int) -> str:  # noqa: A002 - the route's name
    """Show a proposed figure beside what holds now."""
    return _show(id, fresh())


@blueprint.post("/<int:id>/<step>")
def take(id: int, step: str) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Submit, approve, return or withdraw a proposed figure."""
    if step not in STEPS:
        abort(404)
    return stepped(
        "rulepack",
        id,
        step,
        to=url_for(".show", id=id),
        again=lambda answer: _show(id, shown_again(answer)),
    )


def _show(number: int, form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, VIEW)
    found = dated(proposal(actor, id=number))
    now = figures_on(
        actor, on=date.fromisoformat(found["from_on"]), division_code=found["division_code"]
    )
    (held,) = [one["held"] for one in now["items"] if one["code"] == found["code"]]
    return render_template(
        "rulepack/show.html",
        proposal=found,
        from_day=_date(found["from_on"]),
        to_day=_date(found["to_on"]),
        held=held,
        steps=steps(found),
        may=may(actor, found),
        **form,
    )


def _new(code: str, form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, PROPOSE)
    known = figures()[code] if code in figures() else next(iter(figures().values()))
    return render_template(
        "rulepack/new.html",
        figure=figure_history(actor, code=known.code),
        unit="" if known.unit == TEXT else unit_name(known.unit),
        divisions=_divisions(actor, own=True),
        **form,
    )


def _beside_value(form: dict[str, Any]) -> dict[str, Any]:
    """Put what is wrong with the value beside the one field in which it is typed."""
    errors = form["errors"]
    wrong = [text for name in ("number", "text") for text in errors.pop(name, [])]
    return form | {"errors": ({"value": wrong} if wrong else {}) | errors}


def _listed(row: dict[str, Any]) -> dict[str, Any]:
    return row | {
        "figure": (row["name"], url_for(".show", id=row["id"])),
        "from_day": _date(row["from_on"]),
        "state": (row["state_name"], TONES[row["state"]]),
    }


def _divisions(actor: Actor, *, own: bool = False) -> list[tuple[str, str]]:
    """Return the divisions of the actor's subtree, and (unless `own`) those above, top down."""
    homes = _homes(actor, PROPOSE if own else VIEW)
    wanted = [within(Division.code, home) for home in homes]
    if not own:
        wanted.append(Division.code.in_(code for home in homes for code in chain_of(home)))
    query = db.select(Division.code, Division.name).where(or_(false(), *wanted))
    rows = db.session.execute(query.order_by(Division.path).limit(CHOICES))
    return [(row.code, row.name) for row in rows]


def _homes(actor: Actor, permission: str) -> list[str]:
    """Return the divisions for which an actor holds a permission."""
    return list(
        dict.fromkeys(one.division_code for one in actor.holding(permission) if one.division_code)
    )


def _day(text: str | None) -> date:
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return clock.today()
    return day if clock.FIRST_DAY <= day <= clock.LAST_DAY else clock.today()


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
