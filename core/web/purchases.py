"""Plans at the office: the list, the form in sections, each plan with its next step, filing."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from werkzeug.datastructures import MultiDict

from core import clock, formats
from core.access import Actor, require, visible
from core.budget import BudgetLine
from core.catalogue import items_on
from core.db import db
from core.documents import pdf
from core.ledger import Owner, gated_balance
from core.parties import Organisation, require_organisation
from core.plugins import registry
from core.purchases import demand_queries, handovers, queries
from core.purchases import statistics as figures
from core.purchases.asked import OPEN
from core.purchases.models import STATES, Purchase
from core.purchases.steps import STATE_NAMES, STEPS
from core.web import current_actor, plan_words, purchase_form
from core.web.forms import act, done_or_again, fresh, page_of, saved, shown_again, whole, year_of

blueprint = Blueprint("purchases", __name__, url_prefix="/purchases")

VIEW, PLAN = "purchase.view", "purchase.plan"
CHOICES = 300
TEMPLATES = Path(__file__).parents[1] / "templates" / "purchases"
# What a form on a plan's page asks beside the plan's number, and what is said when it is done.
PAGES: dict[str, tuple[str, tuple[str, ...], Any]] = {
    "consult": ("purchase.consult", (), lazy_gettext("已发布征求意见。")),
    "recall": ("purchase.recall", ("reason",), lazy_gettext("已撤回，可以修改。")),
    "submit": ("purchase.submit", (), lazy_gettext("已提交，请本单位复核人办理。")),
    "agree": ("purchase.agree", (), lazy_gettext("已同意，请财政部门备案。")),
    "send-back": ("purchase.send_back", ("reason",), lazy_gettext("已退回。")),
    "countersign": ("purchase.countersign", (), lazy_gettext("已会签承接主体条件。")),
    "file": ("purchase.file", (), lazy_gettext("已备案，指标已预留。")),
    "cancel": ("purchase.cancel", ("reason",), lazy_gettext("已撤销。")),
    "close": ("purchase.close", ("reason",), lazy_gettext("已办结。")),
    "give-back": ("purchase.give_back", ("reason",), lazy_gettext("已退回以前年度的预留。")),
    "report": ("purchase.report_emergency", ("report",), lazy_gettext("已提交事后报告。")),
}


@blueprint.get("/")
def index() -> str:
    """List the plans one may read, of one state where asked."""
    actor = current_actor()
    require(actor, VIEW)
    chosen = request.args.get("state")
    state = chosen if chosen in STATES else None
    before = page_of(request.args.get("before"))
    found = queries.purchases(actor, before=before, state=state)
    return render_template(
        "purchases/index.html",
        rows=found["items"],
        next_before=found["next_before"],
        state=state,
        states=[(one, STATE_NAMES[one]) for one in STATES],
        tones=plan_words.TONES,
    )


@blueprint.get("/statistics")
def statistics() -> str:
    """Show a year's purchases beside what doing it oneself would cost."""
    actor = current_actor()
    require(actor, VIEW)
    found = figures.statistics(actor, year=year_of(request.args.get("year")))
    return render_template("purchases/statistics.html", found=found)


@blueprint.get("/new")
def new() -> str:
    """Show the empty form, with the orders it is to answer where some were chosen."""
    return _form(fresh() | {"values": MultiDict(request.args)})


@blueprint.post("/new")
def create() -> ResponseReturnValue:
    """Write a plan."""
    fields = purchase_form.payload(request.form)
    fields["organisation_id"] = whole(request.form.get("organisation_id"))
    return saved("purchase.create", fields, done=_("已保存购买计划 %(number)s。"), again=_form)


@blueprint.get("/<int:id>/edit")
def edit(id: int) -> str:  # noqa: A002 - the route's name
    """Show a draft in the form."""
    return _form(fresh(), id)


@blueprint.post("/<int:id>/edit")
def revise(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Replace a draft's content."""
    fields = purchase_form.payload(request.form) | {"id": id}
    del fields["demand_ids"]
    again = partial(_form, number=id)
    return saved("purchase.revise", fields, done=_("已保存修改。"), again=again)


@blueprint.get("/<int:id>")
def show(id: int) -> str:  # noqa: A002 - the route's name
    """Show a plan: what it says, where it stands, what its reader may do now."""
    return _show(id, fresh())


@blueprint.post("/<int:id>/steps/<step>")
def take(id: int, step: str) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Take a step with a plan."""
    if step not in PAGES:
        abort(404)
    operation, names, done = PAGES[step]
    fields = {name: request.form.get(name) for name in names}
    return _after(id, act(operation, fields | {"id": id}), str(done))


@blueprint.post("/<int:id>/cosign")
def cosign(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Sign a plan for one's own department."""
    fields = {"id": whole(request.form.get("id")), "remark": request.form.get("remark")}
    return _after(id, act("purchase.cosign", fields), _("已会签。"))


@blueprint.post("/<int:id>/answers")
def answer_comment(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Answer what somebody of the public said."""
    fields = {"id": whole(request.form.get("id")), "answer": request.form.get("answer")}
    return _after(id, act("purchase.answer_comment", fields), _("已答复，意见和答复已公开。"))


@blueprint.post("/<int:id>/demands")
def group(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Group orders into a draft."""
    chosen = [whole(one) for one in request.form.getlist("demand_ids")]
    answer = act("purchase.group_demands", {"id": id, "demand_ids": chosen})
    return _after(id, answer, _("已编入，提出和附议的居民会收到通知。"))


@blueprint.post("/<int:id>/demands/release")
def release(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Take an order out of a draft."""
    fields = {
        "demand_id": whole(request.form.get("demand_id")),
        "reason": request.form.get("reason"),
    }
    answer = act("purchase.release_demand", fields | {"id": id})
    return _after(id, answer, _("已取出，居民会收到通知。"))


@blueprint.get("/<int:id>/filing.pdf")
def filing(id: int) -> Response:  # noqa: A002 - the route's name
    """Print the filing statement (备案表)."""
    actor = current_actor()
    require(actor, VIEW)
    plan = queries.purchase_detail(actor, id=id)
    document = pdf(TEMPLATES / "filing.typ", _paper(plan))
    headers = {"Content-Disposition": f'inline; filename="{plan["number"]}.pdf"'}
    return Response(document, mimetype="application/pdf", headers=headers)


def _after(number: int, answer: Any, done: str) -> ResponseReturnValue:
    return done_or_again(
        answer,
        done=done,
        to=url_for(".show", id=number),
        again=lambda one: _show(number, shown_again(one)),
    )


def _show(number: int, form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, VIEW)
    plan = queries.purchase_detail(actor, id=number)
    # Who was only asked to sign takes no other step.
    is_own = bool(
        db.session.scalar(
            db.select(Purchase.id).where(Purchase.id == number, visible(Purchase, actor, VIEW))
        )
    )
    return render_template(
        "purchases/show.html",
        plan=plan,
        sections=plan_words.sections(plan),
        tone=plan_words.TONES[plan["state"]],
        may=_may(actor, plan) if is_own else set(),
        signing=_signing(actor, plan),
        waiting=_waiting(actor) if actor.may(PLAN) and plan["state"] == "draft" else [],
        **form,
    )


def _may(actor: Actor, plan: dict[str, Any]) -> set[str]:
    """Return the steps of the page that this reader may take with the plan now."""
    acts = registry().acts
    found = {
        page
        for page, (operation, _names, _done) in PAGES.items()
        if plan["state"] in STEPS[operation].allowed and actor.may(str(acts[operation].permission))
    }
    roles = {grant.role for grant in actor.grants}
    left_to = {"submitted": "purchaser_approver", "agreed": "finance_budget"}
    if left_to.get(plan["state"]) not in roles:
        found.discard("send-back")
    if plan["state"] == "filed" and "purchaser_approver" not in roles:
        found.discard("cancel")
    has_conditions = plan["hard_conditions"] or plan["preferred_conditions"]
    if not has_conditions or plan["countersigned_at"]:
        found.discard("countersign")
    if not plan["emergency_reason"] or plan["emergency_report"]:
        found.discard("report")
    if not plan["unused_fen"]:
        found.discard("give-back")
    if not plan["needs_consultation"]:
        found.discard("consult")
    if plan["state"] in STEPS["purchase.revise"].allowed and actor.may(PLAN):
        found.add("edit")
    return found


def _signing(actor: Actor, plan: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the signatures of the plan that this reader may give."""
    own = {grant.organisation_id for grant in actor.holding("purchase.cosign")}
    if plan["state"] not in STEPS["purchase.cosign"].allowed:
        return []
    return [
        one
        for one in plan["cosignatures"]
        if one["organisation_id"] in own and not one["signed_at"]
    ]


def _form(form: dict[str, Any], number: int | None = None) -> str:
    """Show the form of a new plan, or of the draft of this number."""
    actor = current_actor()
    require(actor, PLAN)
    plan = queries.purchase_detail(actor, id=number) if number else None
    homes = [grant.organisation_id for grant in actor.holding(PLAN) if grant.organisation_id]
    own = [require_organisation(one) for one in dict.fromkeys(homes)]
    values = form["values"] or (purchase_form.typed(plan) if plan else MultiDict())
    year = clock.today().year
    return render_template(
        "purchases/form.html",
        plan=plan,
        own=[(one.id, one.name) for one in own],
        items=_items(own),
        lines=_lines(actor),
        forms=[(one.code, _(one.name)) for one in registry().forms.values()],
        handovers=handovers.of_unit(homes),
        cosigners=_cosigners(homes),
        waiting=[] if plan else _waiting(actor),
        ready=purchase_form.ready(values),
        words=plan_words,
        labels=plan_words.labels(),
        year=year,
        **(form | {"values": values}),
    )


def _items(own: list[Organisation]) -> list[tuple[int, str]]:
    found = {
        item.id: f"{item.code} {item.name}"
        for one in own
        for item in items_on(one.division_code, clock.today())
    }
    return list(found.items())


def _lines(actor: Actor) -> list[tuple[int, str]]:
    """Return the lines of one's unit with what each has available."""
    query = (
        db.select(BudgetLine)
        .where(visible(BudgetLine, actor, "budget.view"))
        .where(BudgetLine.fiscal_year >= clock.today().year)
        .order_by(BudgetLine.fiscal_year, BudgetLine.code)
        .limit(CHOICES)
    )
    return [
        (
            line.id,
            _(
                "%(code)s %(name)s（%(year)s 年，可用 %(available)s）",
                code=line.code,
                name=line.name,
                year=line.fiscal_year,
                available=formats.yuan_text(
                    gated_balance(Owner("line.available", line_id=line.id))
                ),
            ),
        )
        for line in db.session.scalars(query)
    ]


def _cosigners(own: list[int]) -> list[tuple[int, str]]:
    rows = db.session.execute(
        db.select(Organisation.id, Organisation.name)
        .where(Organisation.kind == "purchaser", Organisation.id.not_in(own))
        .order_by(Organisation.name)
        .limit(CHOICES)
    )
    return [(row.id, row.name) for row in rows]


def _waiting(actor: Actor) -> list[tuple[int, str]]:
    """Return the orders that wait, to be grouped into a plan."""
    found = demand_queries.demands(actor, state=OPEN)["items"]
    return [
        (
            one["id"],
            _(
                "%(division)s：%(title)s（%(people)s 人，%(supporters)s 人附议）",
                division=one["division"],
                title=one["title"],
                people=one["people"],
                supporters=one["supporters"],
            ),
        )
        for one in found
    ]


def _paper(plan: dict[str, Any]) -> dict[str, Any]:
    return {
        "title": _("政府购买服务计划备案表"),
        "number": plan["filed_number"] or _("%(number)s（未备案）", number=plan["number"]),
        "sections": [
            {
                "title": section["title"],
                "facts": [
                    {"label": str(label), "value": str(value)} for label, value in section["facts"]
                ],
            }
            for section in plan_words.sections(plan)
        ],
        "signatures": [
            {"label": _("经办"), "value": plan["made_by"] or ""},
            {"label": _("本单位复核"), "value": plan["agreed_by"] or ""},
            {"label": _("财政备案"), "value": plan["filed_by"] or ""},
        ],
    }
