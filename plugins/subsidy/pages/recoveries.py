"""The office's pages of recoveries: the list, one with what the party said, and its decision."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy import func, or_

from core import clock
from core.access import Actor, require, visible
from core.db import db
from core.web import current_actor
from core.web.forms import act, done_or_again, fresh, page_of, shown_again
from core.web.menu import MenuItem, Todo
from plugins.subsidy.models import SubsidyRecovery
from plugins.subsidy.models import recoveries as r
from plugins.subsidy.pages import claim_words
from plugins.subsidy.service import claim_queries, steps
from plugins.subsidy.service.claims import VIEW
from plugins.subsidy.service.recovering import DECIDE

blueprint = Blueprint(
    "subsidy_recoveries", __name__, url_prefix="/subsidy/recoveries", template_folder="../templates"
)
STEPS: dict[str, tuple[str, Any]] = {
    "decide": ("subsidy_recovery.decide", lazy_gettext("已决定追回，等对方缴回、财政登记收款。")),
    "drop": ("subsidy_recovery.drop", lazy_gettext("已决定不再追回。")),
}


def waiting(actor: Actor) -> list[Todo]:
    """Count the recoveries that can be decided now: the party stated its case, or time is over."""
    if not actor.may(DECIDE):
        return []
    heard = or_(
        SubsidyRecovery.state == r.STATED,
        (SubsidyRecovery.state == r.PROPOSED) & (SubsidyRecovery.state_by < clock.today()),
    )
    query = db.select(func.count(SubsidyRecovery.id)).where(
        visible(SubsidyRecovery, actor, DECIDE), heard
    )
    count = int(db.session.scalar(query) or 0)
    return [Todo(count, _("项补贴追回待决定"), url_for("subsidy_recoveries.index"))]


MENU: list[tuple[str, MenuItem]] = [
    (
        VIEW,
        MenuItem("how", lazy_gettext("补贴追回"), "subsidy_recoveries.index", 26, waiting=waiting),
    ),
]


@blueprint.get("/")
def index() -> str:
    """List the recoveries a person may see."""
    actor = current_actor()
    require(actor, VIEW)
    before, state = page_of(request.args.get("before")), request.args.get("state") or None
    found = claim_queries.recoveries(actor, before=before, state=state)
    return render_template(
        "subsidy/recoveries/index.html",
        rows=[claim_words.recovered(row) for row in found["items"]],
        next_before=found["next_before"],
        before=before,
        state=state,
        states=[(one, str(steps.recovery.names[one])) for one in r.STATES],
    )


@blueprint.get("/<int:id>")
def show(id: int) -> str:  # noqa: A002 - the route's name
    """Show a recovery: why, how much, what the party says, what came back."""
    return _show(id, fresh())


@blueprint.post("/<int:id>/steps/<step>")
def take(id: int, step: str) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Decide a recovery, or drop it."""
    if step not in STEPS:
        abort(404)
    operation, done = STEPS[step]
    return done_or_again(
        act(operation, {"id": id, "reason": request.form.get("reason")}),
        done=str(done),
        to=url_for(".show", id=id),
        again=lambda answer: _show(id, shown_again(answer)),
    )


def _show(number: int, form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, VIEW)
    recovery = claim_words.recovered(claim_queries.recovery(actor, id=number))
    open_now = recovery["state"] in {r.PROPOSED, r.STATED}
    heard = recovery["state"] == r.STATED or recovery["state_by"] < clock.today().isoformat()
    return render_template(
        "subsidy/recoveries/show.html",
        recovery=recovery,
        may_decide=actor.may(DECIDE) and open_now and heard and not recovery["i_proposed"],
        may_drop=actor.may(DECIDE) and open_now,
        is_mine=recovery["i_proposed"] and open_now,
        waits=open_now and not heard,
        opened=(request.view_args or {}).get("step", "") if form["refusal"] else "",
        **form,
    )
