"""Opening balances: a file reconciled to the old trial balance, proposed, and approved."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core.access import require
from core.plugins import registry
from core.web import current_actor
from core.web.forms import act, done_or_again, fresh, page_of, shown_again
from core.years import takeon
from core.years.opening import encode
from core.years.tables import gather

blueprint = Blueprint("takeon", __name__, url_prefix="/takeon")

VIEW, PROPOSE = "year.view", "takeon.propose"
TONES = {"proposed": "wait", "approved": "good", "declined": "plain"}


@blueprint.get("/")
def index() -> str:
    """List the files of opening balances and offer to hand one in."""
    return _index(fresh())


@blueprint.post("/")
def propose() -> ResponseReturnValue:
    """Reconcile a file and propose it."""
    require(current_actor(), PROPOSE)
    given = [one for one in request.files.getlist("file") if one.filename]
    payload: dict[str, Any] = {}
    if given:
        filename, data = gather([(str(one.filename), one.read()) for one in given])
        payload = {"filename": filename, "content": encode(data)}
    return _done(act(PROPOSE, payload), _("与旧账相符，已提出建账，等待复核。"))


@blueprint.post("/<int:id>/approve")
def approve(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Open the books."""
    return _done(act("takeon.approve", {"id": id}), _("期初已建账。"))


@blueprint.post("/<int:id>/decline")
def decline(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Send a file back."""
    payload = {"id": id, "reason": request.form.get("reason")}
    return _done(act("takeon.decline", payload), _("已退回。"))


def _done(answer: Any, done: str) -> ResponseReturnValue:
    return done_or_again(
        answer,
        done=done,
        to=url_for(".index"),
        again=lambda one: _index(shown_again(one)),
    )


def _index(form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, VIEW)
    before = page_of(request.args.get("before"))
    found = takeon.listed(actor, before=before)
    words = {"proposed": _("待批准"), "approved": _("已建账"), "declined": _("已退回")}
    refusal = form["refusal"]
    differences = refusal.facts.get("differences", []) if refusal is not None else []
    return render_template(
        "takeon/index.html",
        rows=[
            row | {"badge": (words[row["state"]], TONES[row["state"]])} for row in found["items"]
        ],
        next_before=found["next_before"],
        before=before,
        faults=refusal.facts.get("faults", []) if refusal is not None else [],
        differences=[row | {"name": _account_name(row["account"])} for row in differences],
        may={name: actor.may(f"takeon.{name}") for name in ("propose", "approve")},
        **form,
    )


def _account_name(code: str) -> str:
    kind = registry().account_kinds[code]
    return _(kind.name)
