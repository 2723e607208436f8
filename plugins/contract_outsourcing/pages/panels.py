"""Pages of panels: what an expert judges on, what the staff sees of it, and the pool of experts."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from core.access import Actor, require, scoped
from core.acts import Answer
from core.db import db
from core.divisions import Division
from core.errors import NotFound
from core.parties import Organisation, directory
from core.web import current_actor
from core.web.forms import act, done_or_again, fen_of, fresh, page_of, shown_again, whole
from core.web.menu import MenuItem, Todo
from plugins.contract_outsourcing.models import Tender
from plugins.contract_outsourcing.models import tenders as t
from plugins.contract_outsourcing.service import experts, panel_queries, panels

blueprint = Blueprint(
    "contract_panels", __name__, url_prefix="/contract/panels", template_folder="../templates"
)
CHOICES = 500
VIEW = panel_queries.VIEW


# --- a member's own ----------------------------------------------------------------------------


@blueprint.get("/mine")
def mine() -> str:
    """List the panels one sits on."""
    actor = current_actor()
    require(actor, panels.SERVE)
    return render_template("contract/panels/mine.html", found=panel_queries.mine(actor))


@blueprint.get("/mine/<int:id>")
def work(id: int) -> str:  # noqa: A002 - the route's name
    """Show what a member has to do on a panel."""
    return _work(id, fresh())


@blueprint.post("/mine/<int:id>/<step>")
def take(id: int, step: str) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Take a step on a panel: confirm, stand down, hand in, ask, call, report."""
    form = request.form
    steps: dict[str, tuple[str, dict[str, Any], str]] = {
        "confirm": ("panel.declare", {"confirms": True}, _("已确认参加评审。")),
        "stand-down": (
            "panel.declare",
            {"confirms": False, "reason": form.get("reason")},
            _("已退出评审组，采购人会另行抽取。"),
        ),
        "finish": ("panel.finish", {}, _("已提交评审，不能再改。")),
        "ask": ("panel.ask_explanation", {}, _("已要求异常低价的投标人说明。")),
        "quotes": ("panel.call_quotes", {"until": form.get("until")}, _("已请最后报价。")),
        "report": ("panel.report", {}, _("评审报告已提交。")),
    }
    if step not in steps:
        raise NotFound("NOT_FOUND", _("没有这一步。"))
    operation, fields, done = steps[step]
    to = url_for(".mine") if step == "stand-down" else url_for(".work", id=id)
    return done_or_again(
        act(operation, {"id": id} | fields),
        done=done,
        to=to,
        again=lambda one: _work(id, shown_again(one)),
    )


@blueprint.get("/mine/<int:id>/bids/<int:bid>")
def bid(id: int, bid: int) -> str:  # noqa: A002 - the route's names
    """Show one bid to a member: conditions, points, a low price."""
    return _bid(id, bid, fresh())


@blueprint.post("/mine/<int:id>/bids/<int:bid>/<step>")
def judge(id: int, bid: int, step: str) -> ResponseReturnValue:  # noqa: A002 - the route's names
    """Judge a condition, give points, or judge the explanation of a low price."""
    form = request.form
    chosen = form.get("condition") if step == "check" else None
    if step == "check":
        answer = act(
            "panel.check",
            {"bid_id": bid, "condition": chosen, "reason": form.get("reason")} | _choice("passed"),
        )
    elif step == "score":
        answer = act("panel.score", {"bid_id": bid, "scores": _points()})
    elif step == "low":
        answer = act(
            "panel.judge_low_bid",
            {"bid_id": bid, "reason": form.get("reason")} | _choice("accepted"),
        )
    else:
        raise NotFound("NOT_FOUND", _("没有这一步。"))
    return done_or_again(
        answer,
        done=_("已保存。"),
        to=url_for(".bid", id=id, bid=bid),
        again=lambda one: _bid(id, bid, _by_indicator(one), chosen=chosen),
    )


def _choice(name: str) -> dict[str, bool]:
    """Return a yes or no as typed; nothing where nothing was chosen, which the act asks for."""
    said = request.form.get(name)
    return {name: said == "yes"} if said else {}


def _points() -> list[dict[str, Any]]:
    """Return the points typed, in hundredths; indicators left empty are left for later."""
    prefix = "points-"
    return [
        {"indicator": name.removeprefix(prefix), "centipoints": fen_of(text)}
        for name, text in request.form.items()
        if name.startswith(prefix) and text.strip()
    ]


def _by_indicator(answer: Answer) -> dict[str, Any]:
    shown = shown_again(answer)
    given = [name for name in request.form if name.startswith("points-")]
    known = {name.removeprefix("points-"): name for name in given}
    shown["errors"] = {known.get(name, name): said for name, said in shown["errors"].items()}
    return shown


def _work(number: int, form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, panels.SERVE)
    found = panel_queries.work(actor, id=number)
    return render_template("contract/panels/work.html", work=found, **form)


def _bid(number: int, bid_id: int, form: dict[str, Any], *, chosen: str | None = None) -> str:
    actor = current_actor()
    require(actor, panels.SERVE)
    found = panel_queries.work(actor, id=number)
    one = next((row for row in found["bids"] if row["id"] == bid_id), None)
    if one is None:
        raise NotFound("NOT_FOUND", _("没有找到这份投标，请核对编号。"))
    return render_template(
        "contract/panels/bid.html",
        work=found,
        bid=one,
        answers=_answers(found, one),
        chosen=chosen,
        **form,
    )


def _answers(found: dict[str, Any], bid: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what a bid answered, each with the condition or indicator it answers."""
    names = {f"condition-{one['code']}": one["words"] for one in found["conditions"]}
    names |= {one["code"]: one["name"] for one in found["indicators"]}
    names["general"] = _("总体说明")
    return [(names.get(code, code), words) for code, words in bid["answers"].items()]


# --- the staff's -------------------------------------------------------------------------------


@blueprint.get("/")
def index() -> str:
    """List the procurements that are or were evaluated."""
    actor = current_actor()
    require(actor, VIEW)
    before = page_of(request.args.get("before"))
    return render_template(
        "contract/panels/index.html",
        found=panel_queries.procurements(actor, before=before),
        before=before,
    )


@blueprint.get("/<int:id>")
def panel(id: int) -> str:  # noqa: A002 - the route's name
    """Show how far a panel is; nobody's name or points."""
    return _panel(id, fresh())


@blueprint.post("/<int:id>/<step>")
def hold(id: int, step: str) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Draw experts, send one's own, or replace a member."""
    form = request.form
    steps: dict[str, tuple[str, dict[str, Any], str]] = {
        "draw": (
            "panel.draw",
            {"count": whole(form.get("count")), "fields": _listed(form.get("fields", ""))},
            _("已抽取。系统通知到专家本人，名单在结果公告前保密。"),
        ),
        "own": (
            "panel.add_representative",
            {"user_id": whole(form.get("user_id"))},
            _("已派采购人代表。"),
        ),
        "replace": (
            "panel.replace",
            {"member_id": whole(form.get("member_id")), "reason": form.get("reason")},
            _("已更换，请补抽一名。"),
        ),
    }
    if step not in steps:
        raise NotFound("NOT_FOUND", _("没有这一步。"))
    operation, fields, done = steps[step]
    return done_or_again(
        act(operation, {"id": id} | fields),
        done=done,
        to=url_for(".panel", id=id),
        again=lambda one: _panel(id, shown_again(one), chosen=step),
    )


def _panel(number: int, form: dict[str, Any], *, chosen: str = "") -> str:
    actor = current_actor()
    require(actor, VIEW)
    found = panel_queries.panel(actor, id=number)
    may_hold = actor.may(panels.HOLD) and found["state"] == t.OPENED and found["has_panel"]
    own = panel_queries.representatives(actor, number) if may_hold else []
    return render_template(
        "contract/panels/panel.html",
        panel=found,
        may_hold=may_hold,
        representatives=own,
        chosen=chosen,
        **form,
    )


# --- the pool ----------------------------------------------------------------------------------


@blueprint.get("/experts")
def pool() -> str:
    """List the experts with what ties them."""
    return _pool(fresh())


@blueprint.post("/experts/<step>")
def keep(step: str) -> ResponseReturnValue:
    """Add or retire an expert, or record a tie."""
    form = request.form
    plain = {name: form.get(name) for name in ("login", "division_code", "employer")}
    number = {"id": whole(form.get("id"))}
    steps: dict[str, tuple[str, dict[str, Any], str]] = {
        "add": (
            "expert.add",
            plain | {"fields": _listed(form.get("fields", ""))},
            _("已列入专家库。"),
        ),
        "retire": (
            "expert.retire",
            number | {"reason": form.get("reason")},
            _("已移出专家库。"),
        ),
        "tie": (
            "expert.record_tie",
            number
            | {
                "organisation_id": whole(form.get("organisation_id")),
                "kind": form.get("kind"),
                "ended_on": form.get("ended_on"),
            },
            _("已登记利害关系，抽取时自动回避。"),
        ),
    }
    if step not in steps:
        raise NotFound("NOT_FOUND", _("没有这一步。"))
    operation, fields, done = steps[step]
    chosen = f"retire-{form.get('id')}" if step == "retire" else step
    return done_or_again(
        act(operation, fields),
        done=done,
        to=url_for(".pool"),
        again=lambda one: _pool(shown_again(one), chosen=chosen),
    )


def _pool(form: dict[str, Any], *, chosen: str = "") -> str:
    actor = current_actor()
    require(actor, experts.VIEW)
    before = page_of(request.args.get("before"))
    may_make = actor.may(experts.MAKE)
    return render_template(
        "contract/panels/experts.html",
        found=experts.pool(actor, before=before),
        before=before,
        may_make=may_make,
        organisations=_organisations(actor) if may_make else [],
        divisions=_divisions(actor) if may_make else [],
        ties=[(kind, experts.tie_name(kind)) for kind in experts.TIES],
        chosen=chosen,
        **form,
    )


def _organisations(actor: Actor) -> list[tuple[int, str]]:
    rows = db.session.scalars(directory(actor).order_by(Organisation.name).limit(CHOICES))
    return [(row.id, row.name) for row in rows]


def _divisions(actor: Actor) -> list[tuple[str, str]]:
    codes = {grant.division_code for grant in actor.holding(experts.MAKE)}
    rows = db.session.execute(
        db.select(Division.code, Division.name)
        .where(Division.code.in_(codes))
        .order_by(Division.code)
    )
    return [(row.code, row.name) for row in rows]


def _listed(text: str) -> list[str]:
    """Return the words of a line, parted by commas or blanks."""
    return [word for word in re.split(r"[\s,，、；;]+", text) if word]


# --- the menu ----------------------------------------------------------------------------------


def _waiting_member(actor: Actor) -> list[Todo]:
    rows = [
        row
        for row in panel_queries.mine(actor)["items"]
        if row["state"] == t.OPENED and not row["finished"]
    ]
    return [Todo(len(rows), _("个项目等您评审"), url_for("contract_panels.mine"))]


def _waiting_staff(actor: Actor) -> list[Todo]:
    if not actor.may(panels.HOLD):
        return []
    count = db.session.scalar(
        scoped(Tender, actor, panels.HOLD)
        .where(Tender.state == t.OPENED)
        .with_only_columns(db.func.count())
    )
    return [Todo(int(count or 0), _("个项目在评审中"), url_for("contract_panels.index"))]


MENU: list[tuple[str, MenuItem]] = [
    (
        panels.SERVE,
        MenuItem(
            "from_whom",
            lazy_gettext("我的评审"),
            "contract_panels.mine",
            40,
            waiting=_waiting_member,
        ),
    ),
    (
        VIEW,
        MenuItem(
            "from_whom",
            lazy_gettext("评审与定标"),
            "contract_panels.index",
            41,
            waiting=_waiting_staff,
        ),
    ),
    (experts.VIEW, MenuItem("from_whom", lazy_gettext("评审专家库"), "contract_panels.pool", 45)),
]
