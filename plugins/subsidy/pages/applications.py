"""The office's pages of applications: the worklist with its clocks, one of them, the desk."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy import func

from core import privacy
from core.access import ROLES, Actor, require, scoped, visible
from core.db import db, transaction
from core.errors import InvalidInput, Refusal
from core.parties import Organisation, Resident
from core.web import current_actor
from core.web.forms import act, done_or_again, fresh, page_of, shown_again, whole
from core.web.menu import MenuItem, Todo
from plugins.subsidy.models import Application, Scheme
from plugins.subsidy.models import applications as a
from plugins.subsidy.models import schemes as s
from plugins.subsidy.pages import application_form, application_words
from plugins.subsidy.service import application_checks, application_queries, applications, steps
from plugins.subsidy.service.applications import APPLIED_FOR, CHECK, DECIDE, VIEW

blueprint = Blueprint(
    "subsidy_applications",
    __name__,
    url_prefix="/subsidy/applications",
    template_folder="../templates",
)
# What one button or a short form does: the act, its fields, what is said when it is done.
STEPS: dict[str, tuple[str, tuple[str, ...], Any]] = {
    "complete": ("application.complete", (), lazy_gettext("已受理，开始计审核期限。")),
    "send-back": ("application.send_back", ("reason",), lazy_gettext("已退回申请人补正。")),
    "judge": ("application.judge", (), lazy_gettext("已按条件审核，结果见下。")),
    "reject": ("application.reject", ("reason",), lazy_gettext("已驳回。")),
    "revoke": (
        "application.revoke",
        ("reason",),
        lazy_gettext("已撤销资格。已付的补贴请在追回里办理。"),
    ),
}
OFFICES = ("purchaser", "overseer", "system")
RESIDENT_ID = 18


def waiting(actor: Actor) -> list[Todo]:
    """Count what waits for the clerk: papers to look at, applications to judge."""
    labels = {
        a.SUBMITTED: _("份补贴申请待核对材料"),
        a.COMPLETE: _("份补贴申请待审核"),
    }
    return [_count(actor, state, label) for state, label in labels.items() if actor.may(CHECK)]


def own_menu(actor: Actor) -> list[MenuItem]:
    """Offer the list to the purchaser and to who watches; applicants have a list of their own."""
    if not any(ROLES[grant.role].side in OFFICES for grant in actor.holding(VIEW)):
        return []
    label = lazy_gettext("补贴申请")
    return [MenuItem("how", label, "subsidy_applications.index", 21, waiting=waiting)]


@blueprint.get("/")
def index() -> str:
    """List the applications in my scope, oldest first, each with the days left."""
    actor = current_actor()
    require(actor, VIEW)
    after, state = page_of(request.args.get("after")), request.args.get("state") or None
    state = state if state in a.STATES else None
    scheme = page_of(request.args.get("scheme"))
    found = application_queries.listed(actor, after=after, state=state, scheme_id=scheme)
    return render_template(
        "subsidy/applications/index.html",
        rows=[application_words.listed(row) for row in found["items"]],
        next_after=found["next_after"],
        after=after,
        state=state,
        scheme=scheme,
        states=[(one, str(steps.application.names[one])) for one in a.STATES],
        schemes=_schemes(actor),
        may_enter=actor.may(CHECK),
    )


@blueprint.get("/<int:id>")
def show(id: int) -> str:  # noqa: A002 - the route's name
    """Show an application with its papers, the clock, and what its reader may do."""
    return _show(id, fresh())


@blueprint.post("/<int:id>/steps/<step>")
def take(id: int, step: str) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Take a step with an application."""
    if step not in STEPS:
        abort(404)
    operation, names, done = STEPS[step]
    fields = {name: request.form.get(name) for name in names}
    return done_or_again(
        act(operation, fields | {"id": id}),
        done=str(done),
        to=url_for(".show", id=id),
        again=lambda answer: _show(id, shown_again(answer)),
    )


@blueprint.get("/desk")
def desk() -> str:
    """Ask for whom the clerk writes an application at the desk."""
    return _desk(fresh())


@blueprint.post("/desk")
def chosen() -> ResponseReturnValue:
    """Find the organisation or the resident; by POST, so that no address holds an ID number."""
    number = whole(request.form.get("scheme"))
    with transaction(readonly=True):
        try:
            party = _party(request.form.get("who", "").strip())
            scheme = applications.applied_for(number if isinstance(number, int) else 0)
        except Refusal as refusal:
            shown = fresh() | {"values": request.form, "refusal": refusal}
            return _desk(shown | {"errors": refusal.errors or {}}), refusal.status
        return redirect(url_for(".entry", scheme=scheme.id, party=party), 303)


@blueprint.get("/desk/<int:scheme>/<int:party>")
def entry(scheme: int, party: int) -> ResponseReturnValue:
    """Ask what the application of who stands at the desk needs."""
    found = application_form.begun(scheme, party)
    if found.is_sent and found.row is not None:
        return redirect(url_for(".show", id=found.row.id))
    return application_form.page(found, url_for(".enter", scheme=scheme, party=party))


@blueprint.post("/desk/<int:scheme>/<int:party>")
def enter(scheme: int, party: int) -> ResponseReturnValue:
    """Save what was said at the desk; hand it in if that button was pressed."""
    action, to = url_for(".enter", scheme=scheme, party=party), url_for(".show", id=0)
    return application_form.sent(scheme, action, to=to, applicant_id=party)


def _show(number: int, form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, VIEW)
    found = application_queries.show(actor, id=number)
    return render_template(
        "subsidy/applications/show.html",
        found=application_words.listed(found),
        answers=application_words.answers(found),
        history=application_words.history(found),
        may=_may(actor, found),
        **form,
    )


def _may(actor: Actor, found: dict[str, Any]) -> set[str]:
    """Return the steps of the page that this reader may take with the application now."""
    doers = {"complete": CHECK, "send-back": CHECK, "judge": CHECK}
    doers |= {"reject": DECIDE, "revoke": DECIDE}
    table = steps.application.steps
    may = {
        step
        for step, permission in doers.items()
        if actor.may(permission) and found["state"] in table[STEPS[step][0]].allowed
    }
    if found["state"] == a.DRAFT and actor.may(CHECK):
        may.add("edit")
    return may


def _desk(form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, CHECK)
    return render_template("subsidy/applications/desk.html", schemes=_open_schemes(actor), **form)


def _party(text: str) -> int:
    """Return the party that a credit code or an ID number is of."""
    actor = current_actor()
    require(actor, CHECK)
    found: int | None = None
    if len(text) == RESIDENT_ID and text[:-1].isdecimal():
        indexes = privacy.keyring().blind_indexes(text.upper(), "person")
        found = db.session.scalar(
            scoped(Resident, actor, CHECK)
            .with_only_columns(Resident.id)
            .where(Resident.id_number_index.in_(indexes))
        )
    if found is None:
        query = db.select(Organisation.id).where(Organisation.credit_code == text.upper())
        found = db.session.scalar(query)
    if found is None:
        raise InvalidInput(
            _("没有找到这个单位或居民，请核对代码；没有登记的请先登记。"),
            errors={"who": [_("没有找到，请核对")]},
        )
    return found


def _schemes(actor: Actor) -> list[tuple[int, str]]:
    used = db.select(Application.scheme_id).where(visible(Application, actor, VIEW))
    query = db.select(Scheme.id, Scheme.name).where(Scheme.id.in_(used)).order_by(Scheme.id.desc())
    return [(row.id, row.name) for row in db.session.execute(query)]


def _open_schemes(actor: Actor) -> list[tuple[int, str, str]]:
    """Return the schemes in which the clerk may write applications, and who applies in each."""
    query = (
        scoped(Scheme, actor, CHECK)
        .where(Scheme.state == s.PUBLISHED, Scheme.kind.in_(APPLIED_FOR))
        .order_by(Scheme.name, Scheme.id)
    )
    found = []
    for one in db.session.scalars(query):
        for_residents = application_checks.document_today(one)["applicant"] == "resident"
        who = _("居民个人") if for_residents else _("单位")
        found.append((one.id, one.name, who))
    return found


def _count(actor: Actor, state: str, label: str) -> Todo:
    query = db.select(func.count(Application.id)).where(
        visible(Application, actor, CHECK), Application.state == state
    )
    url = url_for("subsidy_applications.index", state=state)
    return Todo(int(db.session.scalar(query) or 0), label, url)
