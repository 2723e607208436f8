"""Agreements' pages, for the office and the beneficiary: instalments, checks, a broken duty."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext

from core import clock
from core.access import Actor, require
from core.web import current_actor
from core.web.forms import act, done_or_again, fresh, page_of, shown_again, whole
from core.web.menu import MenuItem
from plugins.subsidy import rules
from plugins.subsidy.models import grants as g
from plugins.subsidy.pages import award_words, pencil
from plugins.subsidy.pages.claim_words import TONES
from plugins.subsidy.service import award_steps, grant_queries, recovering
from plugins.subsidy.service.duties import ANSWER, DECIDE
from plugins.subsidy.service.grants import CHECK, VIEW

blueprint = Blueprint(
    "subsidy_grants", __name__, url_prefix="/subsidy/grants", template_folder="../templates"
)
STEPS: dict[str, tuple[str, tuple[str, ...], Any]] = {
    "check": ("grant.check", ("document", "words"), lazy_gettext("已核查，等批准拨付。")),
    "break": ("grant.break_duty", ("closed_from", "reason"), lazy_gettext("已提出，等对方陈述。")),
    "answer": ("grant.answer", ("statement",), lazy_gettext("已收到您的陈述。")),
    "decide": ("grant.decide_breach", ("reason",), lazy_gettext("已决定。")),
    "drop": ("grant.drop_breach", ("reason",), lazy_gettext("不再追究，协议继续履行。")),
    "close": ("grant.close", (), lazy_gettext("协议已办结。")),
}
NUMBERS = {"check": ("instalment",), "break": ("days",)}
MENU: list[tuple[str, MenuItem]] = [
    (VIEW, MenuItem("how", lazy_gettext("补贴协议"), "subsidy_grants.index", 26)),
]


@blueprint.get("/")
def index() -> str:
    """List the agreements a person may see; those due first if asked."""
    actor = current_actor()
    require(actor, VIEW)
    before, state = page_of(request.args.get("before")), request.args.get("state")
    state = state if state in {*g.STATES, grant_queries.DUE} else None
    found = grant_queries.listed(actor, state=state, before=before)
    names = [(one, str(award_steps.grant.names[one])) for one in g.STATES]
    return render_template(
        "subsidy/grants/index.html",
        rows=[award_words.granted(row) for row in found["items"]],
        next_before=found["next_before"],
        before=before,
        state=state,
        states=[(grant_queries.DUE, lazy_gettext("等着办理的")), *names],
        is_resident=actor.resident_id is not None,
    )


@blueprint.get("/<int:id>")
def show(id: int) -> str:  # noqa: A002 - the route's name
    """Show an agreement: its text, its instalments, what was said of its duty."""
    return _show(id, fresh())


@blueprint.post("/<int:id>/steps/<step>")
def take(id: int, step: str) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Take a step with an agreement."""
    if step not in STEPS:
        abort(404)
    operation, names, done = STEPS[step]
    fields: dict[str, Any] = {name: request.form.get(name) for name in names}
    fields |= {name: whole(request.form.get(name)) for name in NUMBERS.get(step, ())}
    return done_or_again(
        act(operation, fields | {"id": id}),
        done=str(done),
        to=url_for(".show", id=id),
        again=lambda answer: _show(id, shown_again(answer)),
    )


def _show(number: int, form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, VIEW)
    found = award_words.granted(grant_queries.show(actor, id=number))
    return render_template(
        "subsidy/grants/show.html",
        grant=found,
        instalments=[_instalment(one) for one in found["instalments"]],
        breach=next((one for one in found["breaches"] if one["state"] == g.PROPOSED), None),
        may=_may(actor, found),
        hearing_days=recovering.HEARD_DAYS,
        today=clock.today().isoformat(),
        opened=(request.view_args or {}).get("step", "") if form["refusal"] else "",
        is_resident=actor.resident_id is not None,
        is_office=actor.may("claim.view"),
        **form,
    )


def _instalment(row: dict[str, Any]) -> dict[str, Any]:
    kept = row["calculation"]
    return row | {
        "badge": (row["state_name"], TONES[row["state"]]),
        "pencil": pencil.rows(rules.read_calculation(kept)) if kept else [],
    }


def _may(actor: Actor, found: dict[str, Any]) -> set[str]:
    state, may = found["state"], set()
    if state == g.SIGNED and actor.may(CHECK):
        if any(one["is_due"] and one["state"] == "submitted" for one in found["instalments"]):
            may.add("check")
        if found["duty_ends_on"]:
            may.add("break")
        if found["duty_is_over"] and all(one["state"] == "paid" for one in found["instalments"]):
            may.add("close")
    if state == g.QUESTIONED and actor.may(ANSWER):
        may.add("answer")
    if state == g.QUESTIONED and actor.may(DECIDE):
        may.add("decide")
    return may
