"""What is paid to me: my claims, each with its calculation, and what I am asked to give back."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy import func

from core import clock
from core.access import Actor, require, visible
from core.db import db
from core.errors import SignInRequired
from core.web import current_actor, menu
from core.web.forms import act, done_or_again, fresh, lines_of, page_of, shown_again
from core.web.menu import DOOR, MenuItem, Todo
from plugins.subsidy.models import SubsidyRecovery
from plugins.subsidy.models import claims as c
from plugins.subsidy.models import recoveries as r
from plugins.subsidy.pages import claim_words
from plugins.subsidy.service import claim_queries
from plugins.subsidy.service.claims import MAKE
from plugins.subsidy.service.recovering import STATE

blueprint = Blueprint(
    "subsidy_own", __name__, url_prefix="/subsidy/mine", template_folder="../templates"
)
RECOVERIES_MOST = 20


def waiting(actor: Actor) -> list[Todo]:
    """Count the recoveries on which this person may still state a case."""
    if not actor.may(STATE):
        return []
    query = db.select(func.count(SubsidyRecovery.id)).where(
        visible(SubsidyRecovery, actor, STATE),
        SubsidyRecovery.state == r.PROPOSED,
        SubsidyRecovery.state_by >= clock.today(),
    )
    count = int(db.session.scalar(query) or 0)
    return [Todo(count, _("项追回可以陈述申辩"), url_for("subsidy_own.index"))]


MENU: list[tuple[str, MenuItem]] = [
    (MAKE, MenuItem("how", lazy_gettext("我的补贴"), "subsidy_own.index", 22, waiting=waiting)),
    (
        "",
        MenuItem(
            DOOR,
            lazy_gettext("我的补贴"),
            "subsidy_own.index",
            47,
            hint=lazy_gettext("看申报到哪一步、怎么算的、什么时候付；要退回的，在这里说明情况。"),
        ),
    ),
]


@blueprint.errorhandler(SignInRequired)
def ask_to_sign_in(refusal: SignInRequired) -> ResponseReturnValue:
    """Ask a visitor whom she comes for: residents and organisations sign in at different doors."""
    if request.method == "POST":
        flash(refusal.message, "wait")
    return redirect(url_for("subsidy_own.sign_in"))


@blueprint.get("/sign-in")
def sign_in() -> str:
    """Offer both doors."""
    starts = [door for door in menu.doors() if "resident" in door.start_of]
    return render_template(
        "subsidy/own/sign_in.html", resident_door=starts[0].endpoint if starts else "web.sign_in"
    )


@blueprint.get("/")
def index() -> str:
    """Show my claims, and what I am asked to give back first."""
    actor = current_actor()
    require(actor, MAKE)
    before = page_of(request.args.get("before"))
    found = claim_queries.mine(actor, before=before)
    asked = [] if before else claim_queries.recoveries(actor, limit=RECOVERIES_MOST)["items"]
    return render_template(
        "subsidy/own/index.html",
        rows=[claim_words.listed(row) for row in found["items"]],
        recoveries=[claim_words.recovered(row) for row in asked],
        next_before=found["next_before"],
        before=before,
        is_resident=actor.resident_id is not None,
    )


@blueprint.get("/<int:id>")
def show(id: int) -> str:  # noqa: A002 - the route's name
    """Show one claim of mine: how it is reckoned, and when it was or will be paid."""
    return _show(id, fresh())


@blueprint.post("/<int:id>/withdraw")
def withdraw(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Take a claim of mine back."""
    return done_or_again(
        act("claim.withdraw", {"id": id, "reason": request.form.get("reason")}),
        done=_("已撤回。改正后可以重新申报。"),
        to=url_for(".show", id=id),
        again=lambda answer: _show(id, shown_again(answer)),
    )


@blueprint.get("/recoveries/<int:id>")
def recovery(id: int) -> str:  # noqa: A002 - the route's name
    """Show what I am asked to give back, why, and until when I may state my case."""
    return _recovery(id, fresh())


@blueprint.post("/recoveries/<int:id>")
def state(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """State my case."""
    return done_or_again(
        # Written in paragraphs, kept as one.
        act(
            "subsidy_recovery.state",
            {"id": id, "statement": " ".join(lines_of(request.form.get("statement")))},
        ),
        done=_("已收到您的陈述，决定之前会有人读它。"),
        to=url_for(".recovery", id=id),
        again=lambda answer: _recovery(id, shown_again(answer)),
    )


def _show(number: int, form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, MAKE)
    claim = claim_words.shown(claim_queries.own_claim(actor, id=number))
    open_now = claim["state"] in {c.SUBMITTED, c.COMPUTED}
    return render_template(
        "subsidy/own/claim.html",
        claim=claim,
        when=_when(claim),
        is_resident=actor.resident_id is not None,
        may_withdraw=open_now and claim["grant_id"] is None,
        **form,
    )


def _when(claim: dict[str, Any]) -> str:
    """Say when a claim was paid, or what has to happen before it is."""
    if claim["state"] == c.PAID:
        return _("%(day)s 已付到收款账户。", day=claim["paid_on"])
    return {
        c.SUBMITTED: _("等主管部门核验材料，算出金额。"),
        c.COMPUTED: _("金额已算出，等批准后付款。"),
        c.APPROVED: _("已批准，财政会编入下一批付款，付到您登记并核验过的收款账户。"),
    }.get(claim["state"], "")


def _recovery(number: int, form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, STATE)
    found = claim_words.recovered(claim_queries.recovery(actor, id=number))
    in_time = found["state_by"] >= clock.today().isoformat()
    return render_template(
        "subsidy/own/recovery.html",
        recovery=found,
        is_resident=actor.resident_id is not None,
        may_state=found["state"] == r.PROPOSED and in_time,
        is_late=found["state"] == r.PROPOSED and not in_time,
        **form,
    )
