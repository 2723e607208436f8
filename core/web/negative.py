"""The negative list for officers: what may not be bought and why; additions and cleared phrases."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core import clock
from core.access import Actor, require
from core.acts import Answer
from core.catalogue import queries
from core.catalogue.restricting import ASK
from core.web import current_actor
from core.web.catalogue import reach
from core.web.forms import act, done_or_again, fresh, shown_again, whole

blueprint = Blueprint("negative", __name__, url_prefix="/negative-list")

TONES = {"asked": "wait", "confirmed": "good", "rejected": "plain"}


@blueprint.get("/")
def index() -> str:
    """Show the list in force today, and what waits for a second person."""
    return _index(fresh(), which="")


@blueprint.post("/entries")
def add_entry() -> ResponseReturnValue:
    """Ask for an entry of a place's own."""
    form = request.form
    names = ("division_code", "text", "reason", "basis", "from_on", "to_on")
    payload: dict[str, Any] = {name: form.get(name) for name in names}
    payload["words"] = form.get("words", "").replace("、", " ").split()
    done = _("已提交增补，由另一位复核人员确认后生效。")
    return _after(act("negative.add_entry", payload), "entry", done=done)


@blueprint.post("/entries/decide")
def decide_entry() -> ResponseReturnValue:
    """Confirm or reject an addition."""
    return _after(act("negative.decide_entry", _decision()), "", done=_("已复核。"))


@blueprint.post("/clearances")
def ask_clearance() -> ResponseReturnValue:
    """Ask for a phrase to be cleared."""
    names = ("division_code", "entry", "phrase", "reason", "document")
    payload = {name: request.form.get(name) for name in names}
    done = _("已提交放行申请，由另一位复核人员确认后生效。")
    return _after(act("negative.ask_clearance", payload), "clearance", done=done)


@blueprint.post("/clearances/decide")
def decide_clearance() -> ResponseReturnValue:
    """Confirm or reject a clearance."""
    return _after(act("negative.decide_clearance", _decision()), "", done=_("已复核。"))


def _decision() -> dict[str, Any]:
    agree = {"yes": True, "no": False}.get(request.form.get("agree", ""))
    return {"id": whole(request.form.get("id")), "agree": agree}


def _after(answer: Answer, which: str, *, done: str) -> ResponseReturnValue:
    return done_or_again(
        answer,
        done=done,
        to=url_for(".index"),
        again=lambda one: _index(shown_again(one), which=which),
    )


def _index(form: dict[str, Any], *, which: str) -> str:
    actor = current_actor()
    require(actor, queries.NEGATIVE_VIEW)
    found = queries.negative_list(actor, division_code=_home(actor))
    return render_template(
        "catalogue/negative.html",
        found=found,
        tones=TONES,
        which=which,
        divisions=reach(actor, ASK) if actor.may(ASK) else [],
        entries=[(one["code"], one["text"]) for one in found["entries"] if one["words"]],
        today=clock.today(),
        forms={name: form if name == which else fresh() for name in ("entry", "clearance")},
        refusal=form["refusal"],
        errors=form["errors"],
    )


def _home(actor: Actor) -> str | None:
    """Return the division whose list an officer sees: the one of her office."""
    grants = actor.holding(queries.NEGATIVE_VIEW)
    return grants[0].division_code if grants else None
