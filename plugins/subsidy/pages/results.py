"""The office's and the assessor's pages of rounds: who is scored, what is public, who concludes."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy import func

from core.access import Actor, require, scoped, visible
from core.db import db
from core.parties import Organisation
from core.web import current_actor
from core.web.forms import act, done_or_again, fresh, page_of, shown_again, whole
from core.web.menu import MenuItem, Todo
from plugins.subsidy.models import Scheme, ScoringRound
from plugins.subsidy.models import results as m
from plugins.subsidy.models import schemes as s
from plugins.subsidy.pages import award_words
from plugins.subsidy.rules import awards
from plugins.subsidy.service import result_queries
from plugins.subsidy.service.concluding import APPROVE
from plugins.subsidy.service.results import DECIDE, SETTLE, VIEW

blueprint = Blueprint(
    "subsidy_rounds", __name__, url_prefix="/subsidy/rounds", template_folder="../templates"
)
STEPS: dict[str, tuple[str, tuple[str, ...], Any]] = {
    "publicise": ("result.publicise", (), lazy_gettext("已公示，任何人都能看到。")),
    "conclude": ("result.conclude", (), lazy_gettext("已算出最后金额，等批准。")),
    "approve": ("result.approve", (), lazy_gettext("已批准。")),
    "send_back": ("result.send_back", ("reason",), lazy_gettext("已退回。")),
}
MANY = 200


def waiting(actor: Actor) -> list[Todo]:
    """Count the rounds that wait for this person."""
    found = []
    if actor.may("result.evaluate"):
        found.append(_count(actor, "result.evaluate", m.OPEN, _("次评审等您打分")))
    if actor.may(APPROVE):
        found.append(_count(actor, APPROVE, m.SETTLED, _("次奖励评审待批准")))
    return found


MENU: list[tuple[str, MenuItem]] = [
    (VIEW, MenuItem("how", lazy_gettext("奖励评审"), "subsidy_rounds.index", 25, waiting=waiting)),
]


@blueprint.get("/")
def index() -> str:
    """List the rounds a person may see."""
    return _index(fresh())


@blueprint.post("/")
def begin() -> ResponseReturnValue:
    """Open a scheme's round of this year, or take in who became eligible since."""
    fields = {name: whole(request.form.get(name)) for name in ("scheme_id", "evaluator_id")}
    answer = act("result.open", fields)
    return done_or_again(
        answer,
        done=_("评审已开始，请各方打分。"),
        to=url_for(".show", id=answer.body.get("id", 0)),
        again=lambda found: _index(shown_again(found)),
    )


@blueprint.get("/<int:id>")
def show(id: int) -> str:  # noqa: A002 - the route's name
    """Show a round: every application with its scores, and what is mine to do."""
    return _show(id, fresh())


@blueprint.post("/<int:id>/steps/<step>")
def take(id: int, step: str) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Take a step with a round."""
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


def _index(form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, VIEW)
    before = page_of(request.args.get("before"))
    found = result_queries.rounds(actor, before=before)
    return render_template(
        "subsidy/results/index.html",
        rows=[award_words.listed_round(row) for row in found["items"]],
        next_before=found["next_before"],
        before=before,
        schemes=_schemes(actor) if actor.may(SETTLE) else [],
        evaluators=_evaluators() if actor.may(SETTLE) else [],
        **form,
    )


def _show(number: int, form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, VIEW)
    found = award_words.listed_round(result_queries.scoring_round(actor, id=number))
    rows = [award_words.listed(row) for row in found["results"]]
    return render_template(
        "subsidy/results/round.html",
        round=found,
        rows=rows,
        weights=award_words.weights(found["weights"]),
        may=_may(actor, found),
        opened=(request.view_args or {}).get("step", "") if form["refusal"] else "",
        **form,
    )


def _may(actor: Actor, found: dict[str, Any]) -> set[str]:
    state, may = found["state"], set()
    if state == m.OPEN and actor.may(DECIDE):
        may.add("publicise")
    if state == m.OPEN and actor.may(SETTLE):
        may.add("take_in")
    if state == m.PUBLICISED and actor.may(SETTLE):
        may.add("conclude")
    if state == m.SETTLED and actor.may(APPROVE):
        may.add("not_mine" if found["i_scored"] or found["i_approved"] else "approve")
        may.add("send_back")
    return may


def _schemes(actor: Actor) -> list[tuple[int, str]]:
    query = scoped(Scheme, actor, SETTLE).where(
        Scheme.kind == awards.KIND, Scheme.state.in_((s.PUBLISHED, s.CLOSED))
    )
    rows = db.session.scalars(query.order_by(Scheme.id.desc()).limit(MANY))
    return [(row.id, row.name) for row in rows]


def _evaluators() -> list[tuple[int, str]]:
    query = db.select(Organisation).filter_by(kind="evaluator").order_by(Organisation.id)
    return [(row.id, row.name) for row in db.session.scalars(query.limit(MANY))]


def _count(actor: Actor, permission: str, state: str, label: str) -> Todo:
    query = db.select(func.count(ScoringRound.id)).where(
        visible(ScoringRound, actor, permission), ScoringRound.state == state
    )
    return Todo(int(db.session.scalar(query) or 0), label, url_for("subsidy_rounds.index"))
