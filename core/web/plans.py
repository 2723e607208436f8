"""What anybody may read of plans: those filed, those under consultation, and how to comment."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core.purchases import queries
from core.web import current_actor, plan_words
from core.web.forms import act, done_or_again, fresh, page_of, shown_again

blueprint = Blueprint("plans", __name__, url_prefix="/plans")


@blueprint.get("/")
def index() -> str:
    """List the public plans, those one can comment on first."""
    before = page_of(request.args.get("before"))
    found = queries.public_plans(current_actor(), before=before)
    return render_template(
        "plans/index.html",
        plans=found["items"],
        next_before=found["next_before"],
        tones=plan_words.TONES,
    )


@blueprint.get("/<int:id>")
def show(id: int) -> str:  # noqa: A002 - the route's name
    """Show a public plan: what, why, how much, by which measure, and what people said."""
    return _show(id, fresh())


@blueprint.post("/<int:id>/comments")
def comment(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Say something to a plan under consultation."""
    answer = act("purchase.comment", {"id": id, "words": request.form.get("words")})
    return done_or_again(
        answer,
        done=_("谢谢您的意见。购买主体答复后，意见和答复会一起公开。"),
        to=url_for(".show", id=id),
        again=lambda one: _show(id, shown_again(one)),
    )


def _show(number: int, form: dict[str, Any]) -> str:
    plan = queries.public_plan(current_actor(), id=number)
    return render_template(
        "plans/show.html",
        plan=plan,
        sections=plan_words.sections(plan),
        tone=plan_words.TONES[plan["state"]],
        **form,
    )
