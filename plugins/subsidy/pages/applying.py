"""The applicant's pages, made for a phone: my applications, the form, one with what comes next."""

from __future__ import annotations

import base64
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy import func

from core.access import Actor, require
from core.db import db
from core.errors import SignInRequired
from core.web import current_actor, menu
from core.web.forms import act, done_or_again, fresh, page_of, shown_again
from core.web.menu import MenuItem, Todo
from plugins.subsidy.models import Application, Scheme
from plugins.subsidy.models import applications as a
from plugins.subsidy.pages import application_form, application_words
from plugins.subsidy.service import (
    application_checks,
    application_papers,
    application_queries,
    applications,
)
from plugins.subsidy.service.applications import MAKE, VIEW

blueprint = Blueprint(
    "subsidy_applying", __name__, url_prefix="/subsidy/my", template_folder="../templates"
)


def waiting(actor: Actor) -> list[Todo]:
    """Count what an applicant has to complete."""
    query = db.select(func.count(Application.id)).where(
        Application.applicant_id.in_(applications.own_parties(actor)),
        Application.state == a.DRAFT,
        Application.sent_back_reason.is_not(None),
    )
    count = int(db.session.scalar(query) or 0)
    return [Todo(count, _("份补贴申请被退回补正"), url_for("subsidy_applying.index"))]


def own_menu(actor: Actor) -> list[MenuItem]:
    """Offer the list to whoever applies for an organisation of her own, or for herself."""
    if not applications.own_parties(actor):
        return []
    label = lazy_gettext("我的补贴申请")
    return [MenuItem("how", label, "subsidy_applying.index", 21, waiting=waiting)]


@blueprint.errorhandler(SignInRequired)
def ask_to_sign_in(refusal: SignInRequired) -> ResponseReturnValue:
    """Lead a visitor to where whoever applies signs in, and back here afterwards."""
    if request.method == "POST":
        flash(refusal.message, "wait")
    back = request.full_path.rstrip("?") if request.method == "GET" else url_for(".index")
    starts = [door for door in menu.doors() if "resident" in door.start_of]
    if starts and _is_for_residents((request.view_args or {}).get("scheme")):
        return redirect(url_for(starts[0].endpoint, next=back))
    return redirect(url_for("web.sign_in", next=back))


@blueprint.get("/")
def index() -> str:
    """List my applications, newest first."""
    actor = current_actor()
    require(actor, MAKE)
    before = page_of(request.args.get("before"))
    found = application_queries.mine(actor, before=before)
    return render_template(
        "subsidy/applying/index.html",
        is_resident=actor.resident_id is not None,
        rows=[application_words.listed(row) for row in found["items"]],
        next_before=found["next_before"],
        before=before,
    )


@blueprint.get("/apply/<int:scheme>")
def form(scheme: int) -> ResponseReturnValue:
    """Ask what an application in a scheme needs, or show the one that was handed in."""
    found = application_form.begun(scheme)
    if found.is_sent and found.row is not None:
        return redirect(url_for(".show", id=found.row.id))
    return application_form.page(found, url_for(".send", scheme=scheme))


@blueprint.post("/apply/<int:scheme>")
def send(scheme: int) -> ResponseReturnValue:
    """Save the draft with its files; hand it in if that button was pressed."""
    action, to = url_for(".send", scheme=scheme), url_for(".show", id=0)
    return application_form.sent(scheme, action, to=to)


@blueprint.get("/<int:id>")
def show(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Show my application: where it stands, what to do next, why, and its papers."""
    return _show(id, fresh())


@blueprint.post("/<int:id>/withdraw")
def withdraw(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Take my application back."""
    return done_or_again(
        act("application.withdraw", {"id": id}),
        done=_("已撤回。"),
        to=url_for(".show", id=id),
        again=lambda answer: _show(id, shown_again(answer)),
    )


@blueprint.get("/papers/<int:id>")
def paper(id: int) -> Response:  # noqa: A002 - the route's name
    """Give a paper to the applicant or to the office; never to be run by a browser."""
    actor = current_actor()
    require(actor, VIEW)
    found = application_papers.paper(actor, id=id)
    response = Response(base64.b64decode(found["content"]), mimetype=found["kind"])
    response.headers.set("Content-Disposition", "attachment", filename=found["name"])
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _show(number: int, form: dict[str, Any]) -> ResponseReturnValue:
    actor = current_actor()
    require(actor, VIEW)
    found = application_queries.show(actor, id=number)
    if not found["is_mine"]:
        return redirect(url_for("subsidy_applications.show", id=number))
    return render_template(
        "subsidy/applying/show.html",
        is_resident=actor.resident_id is not None,
        found=application_words.listed(found),
        next_words=application_words.next_words(found),
        answers=application_words.answers(found),
        history=application_words.history(found),
        may_withdraw=found["state"] in (a.DRAFT, a.SUBMITTED, a.COMPLETE, a.ELIGIBLE),
        **form,
    )


def _is_for_residents(number: int | None) -> bool:
    scheme = db.session.get(Scheme, number) if number is not None else None
    if scheme is None:
        return False
    document = application_checks.document_today(scheme)
    return bool(document["applicant"] == applications.RESIDENT)
