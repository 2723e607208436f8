"""Special funds: their purposes and balances, set up by finance."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core.access import Actor, require, visible
from core.budget import BudgetLine
from core.db import db
from core.divisions import Division, within
from core.purchases import funds
from core.web import current_actor
from core.web.forms import act, done_or_again, fresh, shown_again, whole

blueprint = Blueprint("funds", __name__, url_prefix="/funds")

CHOICES = 300


@blueprint.get("/")
def index() -> str:
    """Show the funds of one's area, and to finance the forms for more."""
    return _index(fresh())


@blueprint.post("/")
def create() -> ResponseReturnValue:
    """Set up a fund."""
    form = request.form
    fields: dict[str, Any] = {
        name: form.get(name) for name in ("name", "document", "division_code")
    }
    fields["purposes"] = form.getlist("purposes")
    return _after(fields, "fund.create", _("已设立专项资金。"))


@blueprint.post("/lines")
def add_line() -> ResponseReturnValue:
    """Count a line as a fund's money."""
    fields = {name: whole(request.form.get(name)) for name in ("id", "line_id")}
    return _after(fields, "fund.add_line", _("已归入专项资金。"))


def _after(fields: dict[str, Any], operation: str, done: str) -> ResponseReturnValue:
    return done_or_again(
        act(operation, fields),
        done=done,
        to=url_for(".index"),
        again=lambda one: _index(shown_again(one)),
    )


def _index(form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, funds.VIEW)
    may_make = actor.may(funds.MAKE)
    values = form["values"]
    told = funds.funds(actor)["items"]
    return render_template(
        "funds/index.html",
        funds=told,
        fund_choices=[(one["id"], one["name"]) for one in told],
        may_make=may_make,
        divisions=_divisions(actor) if may_make else [],
        lines=_lines(actor) if may_make else [],
        purposes=[
            (code, f"{funds.GROUPS[group]}：{name}")
            for code, (group, name) in funds.PURPOSES.items()
        ],
        chosen=values.getlist("purposes") if hasattr(values, "getlist") else [],
        **form,
    )


def _divisions(actor: Actor) -> list[tuple[str, str]]:
    found: dict[str, str] = {}
    for grant in actor.holding(funds.MAKE):
        rows = db.session.execute(
            db.select(Division.code, Division.name)
            .where(within(Division.code, grant.division_code))
            .order_by(Division.path)
            .limit(CHOICES)
        )
        found |= {row.code: row.name for row in rows}
    return list(found.items())


def _lines(actor: Actor) -> list[tuple[int, str]]:
    taken = db.select(funds.SpecialFundLine.line_id)
    query = (
        db.select(BudgetLine)
        .where(visible(BudgetLine, actor, funds.MAKE), BudgetLine.id.not_in(taken))
        .order_by(BudgetLine.id.desc())
        .limit(CHOICES)
    )
    return [
        (line.id, f"{line.fiscal_year} {line.code} {line.name}")
        for line in db.session.scalars(query)
    ]
