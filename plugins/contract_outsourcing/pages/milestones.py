"""Milestones: delivered by providers, accepted line by line, decided with the arithmetic shown."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from core import clock
from core.access import Actor, require
from core.acts import Answer
from core.errors import NotFound, RuleBroken
from core.web import current_actor
from core.web.forms import act, done_or_again, fresh, lines_of, page_of, shown_again, whole, year_of
from core.web.menu import DOOR, MenuItem, Todo
from core.web.uploads import download, sent
from plugins.contract_outsourcing.models import performance as p
from plugins.contract_outsourcing.pages import certificates, paper
from plugins.contract_outsourcing.service import arrears, evidence, performance_queries

blueprint = Blueprint(
    "contract_milestones",
    __name__,
    url_prefix="/contract/milestones",
    template_folder="../templates",
)

VIEW = "contract.view"
TEMPLATES = Path(__file__).parents[1] / "templates" / "contract" / "milestones"
# What each desk has to do next, by the filter of the list.
WAITING = {
    "deliver": (p.SCHEDULED, p.REFUSED),
    "accept": (p.SUBMITTED,),
    "approve": (p.RECORDED,),
    "pay": (p.ACCEPTED,),
    "paid": (p.PAID,),
}
TYPED_MOST = 6  # characters of a score: 100.00
# What an answer says as text and a page shows as a time.
TIMES = ("given_at", "recorded_at", "decided_at")
MAY = (
    "milestone.deliver",
    "opinion.record",
    "opinion.answer",
    "deduction.propose",
    "deduction.state",
    "deduction.decide",
    "deduction.drop",
    "acceptance.record",
    "acceptance.approve",
)


@blueprint.get("/")
def index() -> str:
    """List milestones in my scope; `waiting` limits them to those that wait for one step."""
    actor = current_actor()
    require(actor, VIEW)
    waiting = request.args.get("waiting", "")
    before = page_of(request.args.get("before"))
    found = performance_queries.listed(actor, before=before, states=WAITING.get(waiting, ()))
    return render_template(
        "contract/milestones/index.html",
        found=found,
        before=before,
        waiting=waiting,
        filters=_filters(),
    )


@blueprint.get("/<int:id>")
def show(id: int) -> str:  # noqa: A002 - the route's name
    """Show a milestone with everything said of it, and the step that is mine."""
    return _show(id, fresh())


@blueprint.post("/<int:id>/deliver")
def deliver(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Say that it was delivered."""
    form = request.form
    links = lines_of(form.get("links"))
    fields = {"id": id, "delivered_on": form.get("delivered_on"), "words": form.get("words")}
    fields |= {"links": links, "files": sent()}
    return _after(id, act("milestone.deliver", fields), _("已申报交付，等验收。"))


@blueprint.get("/<int:id>/files/<int:file_id>")
def file(id: int, file_id: int) -> Response:  # noqa: A002 - the route's name
    """Give a file of a delivery to who may see the milestone; never to be run by a browser."""
    actor = current_actor()
    require(actor, VIEW)
    found = evidence.file(actor, id, file_id)
    return download(found.content, name=found.name, kind=found.kind)


@blueprint.post("/<int:id>/accept")
def record(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Record an acceptance line by line."""
    form = request.form
    prefix = "found-"
    lines = [name.removeprefix(prefix) for name in form if name.startswith(prefix)]
    results = [
        {"line": line, "found": form[f"{prefix}{line}"]}
        | ({"words": words} if (words := form.get(f"words-{line}", "").strip()) else {})
        for line in lines
    ]
    fields = {"id": id, "results": results, "words": form.get("words")}
    return _after(id, act("acceptance.record", fields), _("已记录验收，等复核。"))


@blueprint.post("/<int:id>/approve")
def approve(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Approve an acceptance."""
    answer = act("acceptance.approve", {"id": id})
    done = _("已通过验收，最晚 %(day)s 付款。", day=answer.body.get("pay_by"))
    return _after(id, answer, done)


@blueprint.post("/<int:id>/send-back")
def send_back(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Have the accepter look again."""
    fields = {"id": id, "reason": request.form.get("reason")}
    return _after(id, act("acceptance.send_back", fields), _("已退回重新验收。"))


@blueprint.post("/<int:id>/refuse")
def refuse(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Refuse what does not meet the contract."""
    fields = {"id": id, "reason": request.form.get("reason")}
    return _after(id, act("acceptance.refuse", fields), _("已退回承接主体重新交付。"))


@blueprint.post("/<int:id>/deductions")
def propose(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Propose a deduction: lateness, or a clause of the contract with its units."""
    form = request.form
    clause = form.get("clause", "")
    fields: dict[str, Any] = {"milestone_id": id, "evidence": form.get("evidence")}
    if clause == p.LATE:
        fields["kind"] = p.LATE
    else:
        # An empty choice is left for the act to refuse.
        code = clause.removeprefix("quality:")
        fields |= {"kind": p.QUALITY, "clause": code, "units": whole(form.get("units"))}
    return _after(id, act("deduction.propose", fields), _("已提出扣减，等承接主体陈述。"))


@blueprint.post("/<int:id>/deductions/<int:deduction>/state")
def state(id: int, deduction: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Say what there is to say to a deduction."""
    fields = {"id": deduction, "words": request.form.get("words")}
    return _after(id, act("deduction.state", fields), _("已收到您的陈述，等购买主体决定。"))


@blueprint.post("/<int:id>/deductions/<int:deduction>/decide")
def decide(id: int, deduction: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Decide a deduction."""
    fields = {"id": deduction, "reason": request.form.get("reason")}
    return _after(id, act("deduction.decide", fields), _("已决定扣减。"))


@blueprint.post("/<int:id>/deductions/<int:deduction>/drop")
def drop(id: int, deduction: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Give a deduction up."""
    fields = {"id": deduction, "reason": request.form.get("reason")}
    return _after(id, act("deduction.drop", fields), _("已撤回扣减。"))


@blueprint.get("/<int:id>/certificate.pdf")
def certificate(id: int) -> Response:  # noqa: A002 - the route's name
    """Print the certificate of acceptance (验收单), in Chinese."""
    actor = current_actor()
    require(actor, VIEW)
    with paper.in_chinese():
        milestone = performance_queries.shown(actor, id=id)
        if milestone["accepted_on"] is None:
            raise RuleBroken(
                "NOT_ACCEPTED", _("这个节点还没有通过验收，没有验收单。请先完成验收。")
            )
        data = certificates.paper(milestone)
        return paper.printed(data, f"acceptance-{id}", TEMPLATES / "certificate.typ")


@blueprint.get("/<int:id>/deductions/<int:deduction>/decision.pdf")
def deduction_paper(id: int, deduction: int) -> Response:  # noqa: A002 - the route's name
    """Print the decision on a deduction (扣减决定书)."""
    actor = current_actor()
    require(actor, VIEW)
    with paper.in_chinese():
        milestone = performance_queries.shown(actor, id=id)
        decided = [
            one
            for one in milestone["deductions"]
            if one["id"] == deduction and one["state"] == p.DECIDED
        ]
        if not decided:
            raise NotFound("NOT_FOUND", _("没有找到这项扣减，或还没有决定。"))
        return paper.printed(paper.deduction(milestone, decided[0]), f"deduction-{deduction}")


@blueprint.get("/results")
def results() -> str:
    """Show the public what became of public services: the results of their acceptance."""
    before = page_of(request.args.get("before"))
    found = performance_queries.results(current_actor(), before=before)
    return render_template("contract/milestones/results.html", found=found, before=before)


@blueprint.get("/arrears")
def overdue() -> str:
    """Show the public what small firms were owed beyond its day, at the end of a year."""
    year = year_of(request.args.get("year"))
    found = arrears.listed(current_actor(), on=date(year, 12, 31) if year else None)
    return render_template("contract/milestones/arrears.html", found=found)


@blueprint.get("/late")
def late() -> str:
    """List what was paid too late, for inspection."""
    actor = current_actor()
    require(actor, VIEW)
    year, before = year_of(request.args.get("year")), page_of(request.args.get("before"))
    found = arrears.late_payments(actor, year=year, before=before)
    return render_template("contract/milestones/late.html", found=found, before=before)


# --- parts -------------------------------------------------------------------------------------


def _after(number: int, answer: Answer, done: str) -> ResponseReturnValue:
    return done_or_again(
        answer,
        done=done,
        to=url_for(".show", id=number),
        again=lambda one: _show(number, shown_again(one)),
    )


def _show(number: int, form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, VIEW)
    found = performance_queries.shown(actor, id=number)
    for row in (*found["opinions"], *found["acceptances"]):
        row |= {name: clock.instant(row[name]) for name in TIMES if row.get(name)}
    return render_template(
        "contract/milestones/show.html",
        found=found,
        may={name: actor.may(name) for name in MAY},
        clauses=_clauses(found),
        results=_found_words(),
        # What was typed belongs to the form that was sent.
        sent=request.endpoint if form["refusal"] else "",
        **form,
    )


def _clauses(found: dict[str, Any]) -> list[tuple[str, str]]:
    late_one = [(p.LATE, _("逾期交付（天数按两个日期算）"))] if found["due_on"] else []
    return late_one + [
        (
            f"quality:{one['code']}",
            _("%(name)s（每%(unit)s扣减）", name=one["name"], unit=one["unit"]),
        )
        for one in found["clauses"]
    ]


def _found_words() -> list[tuple[str, str]]:
    return [(p.MET, _("合格")), (p.PARTLY, _("部分合格")), (p.NOT_MET, _("不合格"))]


def _filters() -> list[tuple[str, str]]:
    return [
        ("deliver", _("待交付")),
        ("accept", _("待验收")),
        ("approve", _("待复核")),
        ("pay", _("待付款")),
        ("paid", _("已付款")),
    ]


def _waiting(actor: Actor) -> list[Todo]:
    """Return what of milestones waits for a person: by the step that is theirs."""
    mine = [
        ("acceptance.record", "accept", _("待验收的节点")),
        ("acceptance.approve", "approve", _("待复核的验收")),
    ]
    found = [
        Todo(
            performance_queries.count(actor, permission, *WAITING[waiting]),
            label,
            url_for("contract_milestones.index", waiting=waiting),
        )
        for permission, waiting, label in mine
        if actor.may(permission)
    ]
    if actor.may("deduction.state"):
        count = performance_queries.count_to_state(actor)
        found.append(Todo(count, _("可以陈述的扣减"), url_for("contract_milestones.index")))
    if actor.may("milestone.deliver"):
        count = performance_queries.count_due(actor)
        url = url_for("contract_milestones.index", waiting="deliver")
        found.append(Todo(count, _("到期应交付的节点"), url))
    return found


MENU: list[tuple[str, MenuItem]] = [
    (
        VIEW,
        MenuItem(
            "how", lazy_gettext("交付与验收"), "contract_milestones.index", 50, waiting=_waiting
        ),
    ),
    (VIEW, MenuItem("worth", lazy_gettext("逾期付款"), "contract_milestones.late", 50)),
    (
        "",
        MenuItem(
            DOOR,
            lazy_gettext("买来的服务怎么样"),
            "contract_milestones.results",
            60,
            hint=lazy_gettext("公共服务项目的验收结果，和政府拖欠企业账款的情况。"),
        ),
    ),
]
