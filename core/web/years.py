"""Fiscal years: what stands in the way of closing one, its open pools, and what is carried over."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core import clock
from core.access import ROLES, Actor, require
from core.web import current_actor, figures
from core.web.forms import act, done_or_again, fen_of, fresh, page_of, shown_again, whole
from core.years import carrying, closing, pools

blueprint = Blueprint("years", __name__, url_prefix="/years")

VIEW = "year.view"
YEARS = range(1990, 2200)  # as the acts read them
TONES = {"proposed": "wait", "approved": "good", "declined": "plain"}


@blueprint.get("/")
def index() -> str:
    """Show a year's lines with what must go first, its closing, and the carry-overs."""
    return _index(_year(), fresh())


@blueprint.post("/<int:year>/request-close")
def request_close(year: int) -> ResponseReturnValue:
    """Ask that a year be closed."""
    return _done(act("year.request_close", {"year": year}), _("已提出结账，等待复核。"), year)


@blueprint.post("/<int:year>/close/<int:id>")
def close(year: int, id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Close a year that another person asked to close."""
    done = _("%(year)s 年度已结账。", year=year)
    return _done(act("year.close", {"id": id}), done, year)


@blueprint.post("/<int:year>/carry")
def carry(year: int) -> ResponseReturnValue:
    """Propose a carry-over of a pool, or of a line's unspent money."""
    form = request.form
    codes = [code.strip() for code in form.get("codes", "").replace("，", ",").split(",")]
    payload = {
        "pool_id": whole(form.get("pool_id")),
        "line_id": whole(form.get("line_id")),
        "amount_fen": fen_of(form["amount_fen"]) if form.get("amount_fen") else None,
        "codes": [code for code in codes if code] or None,
        "document": form.get("document"),
    }
    answer = act("budget.carry_over", payload)
    done = _("已提出结转，等待复核。")
    if payload["pool_id"]:
        return done_or_again(
            answer,
            done=done,
            to=url_for(".index", year=year),
            again=lambda one: _pools(year, shown_again(one)),
        )
    return _done(answer, done, year)


@blueprint.post("/<int:year>/carry/<int:id>/approve")
def approve_carry(year: int, id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Approve a carry-over."""
    return _done(act("budget.approve_carry_over", {"id": id}), _("已结转。"), year)


@blueprint.post("/<int:year>/carry/<int:id>/decline")
def decline_carry(year: int, id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Send a carry-over back."""
    payload = {"id": id, "reason": request.form.get("reason")}
    return _done(act("budget.decline_carry_over", payload), _("已退回。"), year)


@blueprint.get("/<int:year>/pools")
def open_pools(year: int) -> str:
    """List the open pools of a year, what keeps each from closing, and who must act."""
    return _pools(year, fresh())


def _done(answer: Any, done: str, year: int) -> ResponseReturnValue:
    return done_or_again(
        answer,
        done=done,
        to=url_for(".index", year=year),
        again=lambda one: _index(year, shown_again(one)),
    )


def _year() -> int:
    """Return the year asked for, else the last one that is over, if there are lines of it."""
    asked = whole(request.args.get("year"))
    if isinstance(asked, int) and asked in YEARS:
        return asked
    years = figures.years(current_actor())
    last = clock.today().year - 1
    return last if last in years else max(years, default=clock.today().year)


def _refuse_strange(year: int) -> None:
    if year not in YEARS:
        abort(404)


def _index(year: int, form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, VIEW)
    _refuse_strange(year)
    before = page_of(request.args.get("before"))
    found = closing.checklist(actor, year=year)
    carried = carrying.listed(actor, before=before)
    return render_template(
        "years/index.html",
        year=year,
        years=figures.years(actor),
        is_over=clock.today().year > year,
        lines=[_line(line) for line in found["lines"]],
        closings=found["closings"],
        may_close=found["may_close"],
        carries=carried["items"],
        surplus=[_surplus(one) for one in carried["surplus"]],
        next_before=carried["next_before"],
        before=before,
        tones=TONES,
        names=figures.room_names(),
        may=_may(actor),
        **form,
    )


def _pools(year: int, form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, VIEW)
    _refuse_strange(year)
    after = page_of(request.args.get("after"))
    found, more = pools.open_pools(actor, year, after=after)
    return render_template(
        "years/pools.html",
        year=year,
        rows=[_pool(one, actor) for one in found],
        next_after=more,
        after=after,
        may=_may(actor),
        **form,
    )


def _may(actor: Actor) -> dict[str, bool]:
    return {
        "request": actor.may("year.request_close"),
        "close": actor.may("year.close"),
        "carry": actor.may("budget.carry_over"),
        "approve_carry": actor.may("budget.approve_carry_over"),
    }


def _line(line: dict[str, Any]) -> dict[str, Any]:
    """Return a line of the checklist, every figure with its journals."""
    number = line["line_id"]
    rooms = {room: (line[f"{room}_fen"], figures.room_url(number, room)) for room in figures.ROOMS}
    return (
        line
        | rooms
        | {
            "line": (line["code"], url_for("budget.show", id=number)),
            "state": (_("可以结账"), "good") if line["may_close"] else (_("有未了的钱"), "wait"),
            "in_transit": line["in_transit_fen"],
            "clawback": line["clawback_fen"],
        }
    )


def _surplus(one: dict[str, Any]) -> dict[str, Any]:
    return one | {
        "line": (f"{one['code']} {one['name']}", url_for("budget.show", id=one["line_id"])),
        "available": (one["available_fen"], figures.room_url(one["line_id"], "available")),
    }


def _page_of(obstacle: pools.Obstacle, actor: Actor) -> str:
    """Return the address of the page on which an obstacle is dealt with, if this person may."""
    is_open = not obstacle.permission or actor.may(obstacle.permission)
    return url_for(obstacle.endpoint, **obstacle.values) if obstacle.endpoint and is_open else ""


def _pool(one: pools.OpenPool, actor: Actor) -> dict[str, Any]:
    """Return an open pool as a row: its figures with their journals, its obstacles with pages."""
    kinds = {"uncharged": "pool.uncharged", "charged": "pool.charged", "accrued": "line.accrued"}
    figures_of = {
        name: (one.totals[name], url_for("audit.journals", pool=one.pool.id, kind=kind))
        for name, kind in kinds.items()
    }
    return {
        "id": one.pool.id,
        "name": one.pool.name,
        "next_on": one.next_on,
        "obstacles": [
            {
                "what": obstacle.what,
                "fen": obstacle.amount_fen,
                "on": obstacle.on,
                "who": _(ROLES[obstacle.who].name) if obstacle.who else "",
                "url": _page_of(obstacle, actor),
            }
            for obstacle in one.obstacles
        ],
        "may_carry": actor.may("budget.carry_over"),
        **figures_of,
    }
