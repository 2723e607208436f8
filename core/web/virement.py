"""Virement between lines, and what it did to the structure of spending."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core import clock
from core.access import Actor, require
from core.formats import yuan
from core.virement import reports
from core.virement.models import APPROVED, DECLINED, PROPOSED
from core.web import current_actor, figures
from core.web.forms import act, done_or_again, fen_of, fresh, page_of, shown_again, whole

blueprint = Blueprint("virement", __name__, url_prefix="/virement")

VIEW, SEE = "budget.view", "budget.view_transfers"
PROPOSE, DECIDE = "budget.transfer", "budget.approve_transfer"
TONES = {PROPOSED: "wait", APPROVED: "good", DECLINED: "plain"}


def state_names() -> dict[str, str]:
    """Return the words for the states of a virement."""
    return {PROPOSED: _("待批准"), APPROVED: _("已调剂"), DECLINED: _("已退回")}


@blueprint.get("/")
def index() -> str:
    """List virements, the newest first; who may, decides here."""
    return _index(fresh(), chosen=None)


@blueprint.get("/new")
def new() -> str:
    """Show the form that proposes a virement."""
    return _new(fresh())


@blueprint.post("/new")
def propose() -> ResponseReturnValue:
    """Propose a virement."""
    form = request.form
    payload: dict[str, Any] = {name: form.get(name) for name in ("document", "reason")}
    payload |= {name: whole(form.get(name)) for name in ("from_line_id", "to_line_id")}
    payload["amount_fen"] = fen_of(form.get("amount_fen", ""))
    return done_or_again(
        act("budget.transfer", payload),
        done=_("已提出调剂，等另一人批准。"),
        to=url_for(".index"),
        again=lambda one: _new(shown_again(one)),
    )


@blueprint.post("/<int:id>/approve")
def approve(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Approve a virement; the money moves."""
    return done_or_again(
        act("budget.approve_transfer", {"id": id}),
        done=_("已批准，两条指标已按凭证调整。"),
        to=url_for(".index"),
        again=lambda one: _index(shown_again(one), chosen=None),
    )


@blueprint.post("/<int:id>/decline")
def decline(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Decline a virement with a reason."""
    return done_or_again(
        act("budget.decline_transfer", {"id": id, "reason": request.form.get("reason")}),
        done=_("已退回，没有动钱。"),
        to=url_for(".index"),
        again=lambda one: _index(shown_again(one), chosen=id),
    )


@blueprint.get("/shifts")
def shifts() -> str:
    """Show which lines were raised and lowered between two days."""
    actor = current_actor()
    require(actor, VIEW)
    first, last = (_day(request.args.get(name)) for name in ("from_on", "to_on"))
    found = reports.shifts(actor, from_on=first, to_on=last)
    return render_template("virement/shifts.html", found=found, spending=reports.SPENDING)


@blueprint.get("/staff")
def staff() -> str:
    """Show, unit by unit, what a year spends on staff and on services."""
    actor = current_actor()
    require(actor, VIEW)
    years = figures.years(actor)
    typed = whole(request.args.get("year"))
    year = typed if isinstance(typed, int) and typed in years else figures.newest_year(actor)
    return render_template(
        "virement/staff.html",
        found=reports.staff_money(actor, year=year),
        years=[one for one in years if one != year],
        spending=reports.SPENDING,
    )


def _index(form: dict[str, Any], *, chosen: int | None) -> str:
    actor = current_actor()
    require(actor, SEE)
    before = page_of(request.args.get("before"))
    found = reports.transfers(actor, before=before)
    return render_template(
        "virement/index.html",
        found=found,
        before=before,
        names=state_names(),
        tones=TONES,
        may_propose=actor.may(PROPOSE),
        may_decide=actor.may(DECIDE),
        chosen=chosen,
        **form,
    )


def _new(form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, PROPOSE)
    return render_template("virement/new.html", lines=_choices(actor), **form)


def _choices(actor: Actor) -> list[tuple[int, str]]:
    """Return the lines of this year and later with what is free on each."""
    this = clock.today().year
    later = [year for year in figures.years(actor) if year >= this]
    lines = [line for year in later for line in figures.lines_of_year(actor, year)]
    rooms = figures.rooms_by_line(lines)
    return [
        (
            line.id,
            _(
                "%(year)s %(code)s %(name)s（可用 %(free)s 元）",
                year=line.fiscal_year,
                code=line.code,
                name=line.name,
                free=yuan(rooms[line.id]["available"]),
            ),
        )
        for line in lines
    ]


def _day(text: str | None) -> date | None:
    """Return a typed day, None for what is none."""
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return None
    return day if clock.FIRST_DAY <= day <= clock.LAST_DAY else None
