"""Staff's pages of tenders: the list and what waits, the form in sections, one's next step."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy import and_, func
from werkzeug.datastructures import MultiDict

from core import clock
from core.access import Actor, fetch, require, scoped, visible
from core.db import db
from core.errors import NotFound
from core.parties import Organisation
from core.plugins import registry
from core.purchases import READY, Purchase
from core.web import current_actor
from core.web.forms import act, done_or_again, fresh, page_of, saved, shown_again, whole
from core.web.menu import MenuItem, Todo
from plugins.contract_outsourcing.models import Tender, TenderQuestion
from plugins.contract_outsourcing.models import tenders as t
from plugins.contract_outsourcing.pages import tender_form, tender_words
from plugins.contract_outsourcing.rules.methods import INVITED, methods
from plugins.contract_outsourcing.service import steps, tender_queries
from plugins.contract_outsourcing.service.tenders import AGREE, MAKE

blueprint = Blueprint(
    "contract_tenders", __name__, url_prefix="/contract/tenders", template_folder="../templates"
)
VIEW = tender_queries.VIEW
CHOICES = 200
# What one button or a short form does: the act, its fields, what is said when it is done.
PAGES: dict[str, tuple[str, tuple[str, ...], Any]] = {
    "submit": ("tender.submit", (), lazy_gettext("已提交，等本单位复核岗位发布。")),
    "send-back": ("tender.send_back", ("reason",), lazy_gettext("已退回修改。")),
    "publicise": ("tender.publicise", (), lazy_gettext("已公示，期满后才能谈判。")),
    "prequalify": (
        "tender.prequalify",
        ("until",),
        lazy_gettext("资格预审公告已发布，申请截止后抽取受邀单位。"),
    ),
    "publish": (
        "tender.publish",
        ("closes_at", "documents_until"),
        lazy_gettext("公告已发布，评分表和最高限价不能再改。"),
    ),
    "cancel": ("tender.cancel", ("reason",), lazy_gettext("采购项目已终止，计划的预留不变。")),
}


def waiting(actor: Actor) -> list[Todo]:
    """Count what waits for this person: to correct, to publish, to answer."""
    found = []
    if actor.may(MAKE):
        drafts = Tender.state == t.DRAFT
        found.append(_count(actor, MAKE, drafts, _("个采购项目在编制中"), t.DRAFT))
        asked = (
            db.select(func.count(TenderQuestion.id))
            .join(Tender, Tender.id == TenderQuestion.tender_id)
            .where(visible(Tender, actor, MAKE), Tender.state == t.PUBLISHED)
            .where(TenderQuestion.answered_at.is_(None))
        )
        url = url_for("contract_tenders.index", state=t.PUBLISHED)
        found.append(Todo(int(db.session.scalar(asked) or 0), _("个供应商提问待答复"), url))
    if actor.may(AGREE):
        label = _("个采购项目待复核发布")
        found.append(_count(actor, AGREE, Tender.state == t.SUBMITTED, label, t.SUBMITTED))
    return found


MENU: list[tuple[str, MenuItem]] = [
    (
        VIEW,
        MenuItem(
            "from_whom", lazy_gettext("采购项目"), "contract_tenders.index", 20, waiting=waiting
        ),
    ),
]


@blueprint.get("/")
def index() -> str:
    """List the tenders, and the filed plans that have none yet."""
    actor = current_actor()
    require(actor, VIEW)
    before, state = page_of(request.args.get("before")), request.args.get("state") or None
    found = tender_queries.tenders(actor, before=before, state=state)
    return render_template(
        "contract/tenders/index.html",
        rows=[tender_words.timed(row) for row in found["items"]],
        next_before=found["next_before"],
        before=before,
        state=state,
        states=[(one, str(steps.tender.names[one])) for one in t.STATES],
        plans=_plans(actor) if _may_create(actor) else [],
    )


@blueprint.get("/new")
def new() -> str:
    """Show the empty form for a plan, with what the plan already says."""
    return _form(fresh())


@blueprint.post("/new")
def create() -> ResponseReturnValue:
    """Write a tender."""
    fields = tender_form.payload(request.form)
    fields["purchase_id"] = whole(request.form.get("purchase_id"))
    return saved("tender.create", fields, done=_("已保存采购项目 %(number)s。"), again=_form)


@blueprint.get("/<int:id>/edit")
def edit(id: int) -> str:  # noqa: A002 - the route's name
    """Show a draft in the form."""
    return _form(fresh(), id)


@blueprint.post("/<int:id>/edit")
def revise(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Replace a draft's content."""
    fields = tender_form.payload(request.form) | {"id": id}
    again = partial(_form, number=id)
    return saved("tender.revise", fields, done=_("已保存修改。"), again=again)


@blueprint.get("/<int:id>")
def show(id: int) -> str:  # noqa: A002 - the route's name
    """Show a tender: what it says, where it stands, what its reader may do now."""
    return _show(id, fresh())


@blueprint.post("/<int:id>/steps/<step>")
def take(id: int, step: str) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Take a step with a tender."""
    if step not in PAGES:
        abort(404)
    operation, names, done = PAGES[step]
    fields = {name: request.form.get(name) for name in names}
    return _after(id, act(operation, fields | {"id": id}), str(done))


@blueprint.post("/<int:id>/amendments")
def amend(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Publish a clarification or a change of the documents."""
    form = request.form
    fields = {"id": id, "words": form.get("words"), "closes_at": form.get("closes_at")}
    answer = act("tender.amend", fields | {"affects_bids": form.get("affects_bids") == "1"})
    extended = answer.body.get("extended")
    done = _("已发布，投标截止时间已顺延。") if extended else _("已发布。")
    return _after(id, answer, done)


@blueprint.post("/<int:id>/answers")
def answer_question(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Answer a question, for everybody to read."""
    fields = {"id": whole(request.form.get("id")), "answer": request.form.get("answer")}
    return _after(id, act("tender.answer", fields), _("已答复，提问和答复已公开。"))


@blueprint.post("/<int:id>/invitations")
def invite(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Draw whom to invite."""
    fields = {
        "id": id,
        "candidate_ids": [whole(one) for one in request.form.getlist("candidate_ids")],
        "count": whole(request.form.get("count")),
    }
    return _after(id, act("tender.invite", fields), _("已随机抽取，名单在开标前保密。"))


@blueprint.post("/<int:id>/rerun")
def rerun(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Write a failed tender anew."""
    names = ("method", "reason_code", "method_reason", "method_approval")
    fields = {name: request.form.get(name) for name in names} | {"id": id}
    done = _("已重新编制，请补充时间后提交。")
    return saved("tender.rerun", fields, done=done, again=partial(_show, id))


@blueprint.get("/questions/<int:id>")
def questions(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Go to the tender about which a question was asked."""
    actor = current_actor()
    require(actor, VIEW)
    question = db.session.get(TenderQuestion, id)
    if question is None:
        raise NotFound("NOT_FOUND", _("没有找到这个提问，请核对编号。"))
    tender = fetch(Tender, question.tender_id, actor, VIEW)
    return redirect(url_for(".show", id=tender.id, _anchor="questions"))


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
    tender = tender_queries.tender_detail(actor, id=number)
    may = _may(actor, tender)
    return render_template(
        "contract/tenders/show.html",
        tender=tender_words.told(tender),
        sections=tender_words.sections(tender),
        tone=tender_words.TONES[tender["state"]],
        may=may,
        candidates=_organisations("provider") if "invite" in may else [],
        methods=tender_words.method_choices(),
        reasons=tender_words.reason_choices(),
        moment=_moment,
        **form,
    )


def _may(actor: Actor, tender: dict[str, Any]) -> set[str]:
    """Return the steps of the page that this reader may take with the tender now."""
    more = {
        "edit": "tender.revise",
        "amend": "tender.amend",
        "answer": "tender.answer",
        "invite": "tender.invite",
        "negotiate": "tender.negotiate",
        "rerun": "tender.rerun",
    }
    acts = {page: operation for page, (operation, _names, _done) in PAGES.items()} | more
    found = {
        page
        for page, operation in acts.items()
        if tender["state"] in steps.tender.steps[operation].allowed
        and actor.may(str(registry().acts[operation].permission))
    }
    method = methods()[tender["method"]]
    if not method.envelopes:
        found -= {"publish"}
    if method.publicity is None:
        found -= {"publicise"}
    # What has to be made public first is negotiated afterwards; what competes, never.
    if method.is_competitive or (method.publicity and tender["state"] != t.PUBLICITY):
        found -= {"negotiate"}
    if method.calls != INVITED:
        found -= {"invite"}
    if not method.prequalification:
        found -= {"prequalify"}
    if tender["rerun_id"]:
        found -= {"rerun"}
    if tender["state"] not in {t.DRAFT, t.SUBMITTED} and not actor.may(AGREE):
        found -= {"cancel"}
    return found


def _form(form: dict[str, Any], number: int | None = None) -> str:
    """Show the form of a new tender, or of the draft of this number."""
    actor = current_actor()
    require(actor, MAKE)
    tender = tender_queries.tender_detail(actor, id=number) if number else None
    plan_id = page_of(request.args.get("purchase") or request.form.get("purchase_id"))
    values = form["values"] or MultiDict()
    if not values and tender:
        values = tender_form.typed(tender)
    elif not values and plan_id:
        values = _from_plan(fetch(Purchase, plan_id, actor, MAKE))
    return render_template(
        "contract/tenders/form.html",
        tender=tender,
        plans=[tender_words.plan_choice(one) for one in _plans(actor)],
        plan_id=plan_id,
        methods=tender_words.method_choices(),
        reasons=tender_words.reason_choices(),
        reserved=[(code, str(name)) for code, name in tender_words.RESERVED.items()],
        ties=[(code, str(name)) for code, name in tender_words.TIES.items()],
        agencies=_organisations("agency"),
        providers=_organisations("provider"),
        ready=tender_form.INDICATORS.ready(values),
        labels=tender_words.labels(),
        **form | {"values": values},
    )


def _from_plan(plan: Purchase) -> MultiDict[str, str]:
    """Return the form as a plan fills it in: its need, standard, conditions and goal."""
    values: MultiDict[str, str] = MultiDict()
    values["name"] = plan.name
    values["project"] = plan.need or ""
    values["service"] = plan.standard or ""
    values["conditions"] = "\n".join(plan.content.get("hard_conditions") or ())
    values["evaluation"] = plan.goal or ""
    values["method"] = "open_tender" if plan.is_open_tender else ""
    return values


def _may_create(actor: Actor) -> bool:
    return any(grant.role == "purchaser_clerk" for grant in actor.holding(MAKE))


def _plans(actor: Actor) -> list[Purchase]:
    """Return the filed plans for contracts that may be tendered, newest first."""
    query = scoped(Purchase, actor, MAKE).where(
        and_(Purchase.form == "contract", Purchase.state.in_(READY))
    )
    return list(db.session.scalars(query.order_by(Purchase.id.desc()).limit(CHOICES)))


def _organisations(kind: str) -> list[tuple[int, str]]:
    """Return the organisations of a kind; who is registered is public."""
    rows = db.session.execute(
        db.select(Organisation.id, Organisation.name)
        .where(Organisation.kind == kind)
        .order_by(Organisation.name)
        .limit(CHOICES)
    )
    return [(row.id, row.name) for row in rows]


def _count(actor: Actor, permission: str, condition: Any, label: str, state: str) -> Todo:
    query = db.select(func.count(Tender.id)).where(visible(Tender, actor, permission), condition)
    url = url_for("contract_tenders.index", state=state)
    return Todo(int(db.session.scalar(query) or 0), label, url)


def _moment(text: str | None) -> Any:
    return clock.instant(text) if text else None
