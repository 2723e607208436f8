"""Pages of awards: the report, the decision, public notices, a provider's own, challenges, bars."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from core import clock
from core.access import Actor, fetch, require, scoped
from core.db import db
from core.errors import NotFound
from core.parties import Organisation, directory
from core.web import current_actor
from core.web.forms import act, done_or_again, fen_of, fresh, page_of, shown_again, whole
from core.web.menu import DOOR, MenuItem, Todo
from plugins.contract_outsourcing.models import Challenge, Tender
from plugins.contract_outsourcing.models import awards as a
from plugins.contract_outsourcing.models import tenders as t
from plugins.contract_outsourcing.pages import paper
from plugins.contract_outsourcing.service import (
    award_queries,
    awards,
    challenges,
    exclusions,
    negotiating,
    panel_queries,
)

blueprint = Blueprint(
    "contract_awards", __name__, url_prefix="/contract/awards", template_folder="../templates"
)
CHOICES = 500
SEE_CHALLENGES = "challenge.view"


# --- the report and the decision ---------------------------------------------------------------


@blueprint.get("/<int:id>")
def ranking(id: int) -> str:  # noqa: A002 - the route's name
    """Show the panel's report with every sum, and what is decided on it."""
    return _ranking(id, fresh())


@blueprint.post("/<int:id>/<step>")
def decide(id: int, step: str) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Decide the award, publish it, or take the next one."""
    steps = {
        "decide": ("award.decide", _("已确定，请经办人公告结果。")),
        "publish": ("award.publish", _("结果已公告。")),
        "next": ("award.next", _("已办理。")),
    }
    if step not in steps:
        raise NotFound("NOT_FOUND", _("没有这一步。"))
    operation, done = steps[step]
    return done_or_again(
        act(operation, {"id": id}),
        done=done,
        to=url_for(".ranking", id=id),
        again=lambda one: _ranking(id, shown_again(one)),
    )


def _ranking(number: int, form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, panel_queries.VIEW)
    found = award_queries.ranking(actor, id=number)
    refused = any(one["state"] == a.DECLINED for one in found["awards"])
    may = {
        "decide": actor.may(awards.DECIDE) and found["state"] == t.EVALUATED,
        "publish": actor.may(awards.PUBLISH) and found["state"] == t.DECIDED,
        "next": actor.may(awards.DECIDE) and found["state"] == t.AWARDED and refused,
    }
    return render_template("contract/awards/ranking.html", found=found, may=may, **form)


@blueprint.get("/<int:id>/report.pdf")
def report_pdf(id: int) -> Response:  # noqa: A002 - the route's name
    """Print the panel's report with every sum."""
    actor = current_actor()
    require(actor, panel_queries.VIEW)
    with paper.in_chinese():
        found = award_queries.ranking(actor, id=id)
        if not found["items"]:
            raise NotFound("NOT_FOUND", _("评审报告还没有提交。"))
        return paper.printed(paper.report(found), f"{found['number']}-report")


@blueprint.get("/<int:id>/negotiate")
def negotiating_form(id: int) -> str:  # noqa: A002 - the route's name
    """Show the form for what was agreed with the one provider."""
    return _negotiating(id, fresh())


@blueprint.post("/<int:id>/negotiate")
def negotiate(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Record what was agreed."""
    form = request.form
    payload: dict[str, Any] = {
        "id": id,
        "provider_id": whole(form.get("provider_id")),
        "price_fen": fen_of(form.get("price_fen", "")),
        "record": form.get("record"),
        "small_firm": form.get("small_firm") == "1",
    }
    return done_or_again(
        act("tender.negotiate", payload),
        done=_("已登记协商结果，请复核人员确定。"),
        to=url_for(".ranking", id=id),
        again=lambda one: _negotiating(id, shown_again(one)),
    )


def _negotiating(number: int, form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, negotiating.NEGOTIATE)
    tender = fetch(Tender, number, actor, negotiating.NEGOTIATE)
    return render_template(
        "contract/awards/negotiate.html", tender=tender, providers=_providers(actor), **form
    )


# --- for everybody -----------------------------------------------------------------------------


@blueprint.get("/notices")
def notices() -> str:
    """List the published results."""
    before = page_of(request.args.get("before"))
    found = award_queries.notices(before=before)
    found["rows"] = [
        one
        | {
            "link": (f"{one['number']} {one['name']}", url_for(".notice", id=one["id"])),
            "state": _("已撤销") if one["is_void"] else _("有效"),
        }
        for one in found["items"]
    ]
    return render_template("contract/awards/notices.html", found=found, before=before)


@blueprint.get("/notices/<int:id>")
def notice(id: int) -> str:  # noqa: A002 - the route's name
    """Show one result with the experts' names."""
    return render_template("contract/awards/notice.html", notice=award_queries.notice(id=id))


@blueprint.get("/notices/<int:id>/notice.pdf")
def notice_pdf(id: int) -> Response:  # noqa: A002 - the route's name
    """Print one result."""
    with paper.in_chinese():
        found = award_queries.notice(id=id)
        if found["is_void"]:
            raise NotFound("NOT_FOUND", _("这个采购结果已经撤销，不能再打印公告。"))
        return paper.printed(paper.result(found), f"{found['number']}-result")


# --- a provider's own --------------------------------------------------------------------------


@blueprint.get("/mine")
def mine() -> str:
    """Show a provider its awards, prices to explain, final quotes, and how to object."""
    return _mine(fresh())


@blueprint.post("/mine/<step>")
def own(step: str) -> ResponseReturnValue:
    """Decline an award, explain a price, quote, ask or object."""
    form = request.form
    bid = {"bid_id": whole(form.get("bid_id"))}
    steps: dict[str, tuple[str, dict[str, Any], str]] = {
        "decline": (
            "award.decline",
            {"id": whole(form.get("id")), "reason": form.get("reason")},
            _("已放弃中标。"),
        ),
        "explain": ("bid.explain", bid | {"words": form.get("words")}, _("说明已送评审组。")),
        "quote": (
            "bid.quote",
            bid | {"price_fen": fen_of(form.get("price_fen", ""))},
            _("最后报价已收到，评审报告提交前没有人能看到。"),
        ),
        "file": (
            "challenge.file",
            {
                "tender_id": whole(form.get("tender_id")),
                "kind": form.get("kind"),
                "about": form.get("about"),
                "words": form.get("words"),
                "may_affect": form.get("may_affect") == "1",
            },
            _("已提交，请等答复。"),
        ),
    }
    if step not in steps:
        raise NotFound("NOT_FOUND", _("没有这一步。"))
    operation, fields, done = steps[step]
    return done_or_again(
        act(operation, fields),
        done=done,
        to=url_for(".challenge_list") if step == "file" else url_for(".mine"),
        again=lambda one: _mine(shown_again(one), chosen=step),
    )


def _mine(form: dict[str, Any], *, chosen: str = "") -> str:
    actor = current_actor()
    require(actor, awards.DECLINE)
    found = award_queries.of_provider(actor)
    found["tender_choices"] = [
        (one["id"], f"{one['number']} {one['name']}") for one in found["tenders"]
    ]
    kinds = [(kind, award_queries.kind_name(kind)) for kind in (a.ENQUIRY, a.CHALLENGE)]
    return render_template(
        "contract/awards/mine.html",
        found=found,
        kinds=kinds,
        about=_about(),
        chosen=chosen,
        **form,
    )


# --- challenges --------------------------------------------------------------------------------


@blueprint.get("/challenges")
def challenge_list() -> str:
    """List enquiries, challenges and complaints."""
    actor = current_actor()
    require(actor, SEE_CHALLENGES)
    before = page_of(request.args.get("before"))
    found = award_queries.challenge_list(actor, before=before)
    return render_template("contract/awards/challenges.html", found=found, before=before)


@blueprint.get("/challenges/<int:id>")
def challenge(id: int) -> str:  # noqa: A002 - the route's name
    """Show one with its answer and what may be done next."""
    return _challenge(id, fresh())


@blueprint.post("/challenges/<int:id>/<step>")
def settle(id: int, step: str) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Answer, decide, suspend, withdraw, or complain."""
    form = request.form
    said = {"id": id, "words": form.get("words"), "remedy": form.get("remedy")}
    outcome = form.get("upheld")
    upheld = {"upheld": outcome == "yes"} if outcome else {}
    steps: dict[str, tuple[str, dict[str, Any], str]] = {
        "answer": ("challenge.answer", said | upheld, _("已答复。")),
        "decide": ("complaint.decide", said | upheld, _("投诉已处理。")),
        "suspend": (
            "complaint.suspend",
            {"id": id, "days": whole(form.get("days"))},
            _("已暂停采购活动。"),
        ),
        "withdraw": (
            "challenge.withdraw",
            {"id": id, "reason": form.get("reason")},
            _("已撤回。"),
        ),
        "complain": ("challenge.file", _complaint(id), _("投诉已提交，由财政监督部门处理。")),
    }
    if step not in steps:
        raise NotFound("NOT_FOUND", _("没有这一步。"))
    operation, fields, done = steps[step]
    return done_or_again(
        act(operation, fields),
        done=done,
        to=url_for(".challenge_list") if step == "complain" else url_for(".challenge", id=id),
        again=lambda one: _challenge(id, shown_again(one), chosen=step),
    )


def _complaint(number: int) -> dict[str, Any]:
    """Return a complaint of the answer to a challenge, about the same."""
    form = request.form
    return {
        "tender_id": whole(form.get("tender_id")),
        "kind": a.COMPLAINT,
        "about": form.get("about"),
        "words": form.get("words"),
        "after_id": number,
    }


def _challenge(number: int, form: dict[str, Any], *, chosen: str = "") -> str:
    actor = current_actor()
    require(actor, SEE_CHALLENGES)
    found = award_queries.challenge(actor, id=number)
    is_open, is_complaint = found["state"] == a.FILED, found["kind"] == a.COMPLAINT
    may = {
        "answer": is_open and not is_complaint and actor.may(challenges.ANSWER),
        "decide": is_open and is_complaint and actor.may(challenges.DECIDE),
        "withdraw": is_open and actor.may(challenges.FILE),
        "complain": found["kind"] == a.CHALLENGE and actor.may(challenges.FILE),
    }
    return render_template(
        "contract/awards/challenge.html",
        one=found,
        may=may,
        may_uphold=actor.may(awards.DECIDE) or is_complaint,
        remedies=[(code, award_queries.remedy_name(code)) for code in challenges.REMEDIES],
        chosen=chosen,
        **form,
    )


def _about() -> list[tuple[str, str]]:
    return [(code, award_queries.about_name(code)) for code in challenges.ABOUT]


# --- providers barred --------------------------------------------------------------------------


@blueprint.get("/exclusions")
def exclusion_list() -> str:
    """List the providers that are or were barred."""
    return _exclusions(fresh())


@blueprint.post("/exclusions")
def bar() -> ResponseReturnValue:
    """Bar a provider."""
    form = request.form
    payload = {name: form.get(name) for name in ("reason", "from_on", "to_on")}
    return done_or_again(
        act("exclusion.record", payload | {"provider_id": whole(form.get("provider_id"))}),
        done=_("已限制，期间不能参加新的采购或接受新的订单。"),
        to=url_for(".exclusion_list"),
        again=lambda one: _exclusions(shown_again(one)),
    )


@blueprint.post("/exclusions/<int:id>/lift")
def lift(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Lift a bar."""
    return done_or_again(
        act("exclusion.lift", {"id": id, "reason": request.form.get("reason")}),
        done=_("已解除限制。"),
        to=url_for(".exclusion_list"),
        again=lambda one: _exclusions(shown_again(one), chosen=id),
    )


def _exclusions(form: dict[str, Any], *, chosen: int | None = None) -> str:
    actor = current_actor()
    require(actor, exclusions.VIEW)
    before = page_of(request.args.get("before"))
    may_record = actor.may(exclusions.RECORD)
    return render_template(
        "contract/awards/exclusions.html",
        found=exclusions.listed(actor, before=before),
        before=before,
        may_record=may_record,
        providers=_providers(actor) if may_record else [],
        today=clock.today(),
        chosen=chosen,
        **form,
    )


def _providers(actor: Actor) -> list[tuple[int, str]]:
    found = directory(actor).where(Organisation.kind == "provider")
    rows = db.session.scalars(found.order_by(Organisation.name).limit(CHOICES))
    return [(row.id, row.name) for row in rows]


# --- the menu ----------------------------------------------------------------------------------


def _waiting_provider(actor: Actor) -> list[Todo]:
    found = award_queries.of_provider(actor)
    unexplained = sum(one["explanation"] is None for one in found["low_bids"])
    unquoted = sum(not one["quoted"] and not one["is_over"] for one in found["quotes"])
    url = url_for("contract_awards.mine")
    return [
        Todo(unexplained, _("份报价要您说明"), url),
        Todo(unquoted, _("个项目请您最后报价"), url),
    ]


def _waiting_challenges(actor: Actor) -> list[Todo]:
    url, found = url_for("contract_awards.challenge_list"), []
    for permission, mine, label in (
        (challenges.ANSWER, Challenge.kind != a.COMPLAINT, _("项询问或质疑待答复")),
        (challenges.DECIDE, Challenge.kind == a.COMPLAINT, _("项投诉待处理")),
    ):
        if actor.may(permission):
            query = scoped(Challenge, actor, permission).where(Challenge.state == a.FILED, mine)
            count = db.session.scalar(query.with_only_columns(db.func.count()))
            found.append(Todo(int(count or 0), label, url))
    return found


MENU: list[tuple[str, MenuItem]] = [
    (
        awards.DECLINE,
        MenuItem(
            "from_whom",
            lazy_gettext("我的中标和质疑"),
            "contract_awards.mine",
            42,
            waiting=_waiting_provider,
        ),
    ),
    (
        SEE_CHALLENGES,
        MenuItem(
            "from_whom",
            lazy_gettext("质疑投诉"),
            "contract_awards.challenge_list",
            43,
            waiting=_waiting_challenges,
        ),
    ),
    (
        exclusions.VIEW,
        MenuItem("from_whom", lazy_gettext("受限承接主体"), "contract_awards.exclusion_list", 44),
    ),
    (
        "",
        MenuItem(
            DOOR,
            lazy_gettext("采购结果公告"),
            "contract_awards.notices",
            46,
            hint=lazy_gettext("谁中标、多少钱、由谁评审，人人可查。"),
        ),
    ),
]
