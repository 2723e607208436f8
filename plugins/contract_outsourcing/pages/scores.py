"""The score of a contract's performance: the purchaser's, the recipients', the third party's."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from core.access import require
from core.acts import Answer
from core.web import current_actor
from core.web.forms import act, done_or_again, fen_of, fresh, page_of, shown_again
from core.web.menu import MenuItem
from plugins.contract_outsourcing.service import performance_queries

blueprint = Blueprint(
    "contract_scores", __name__, url_prefix="/contract/scores", template_folder="../templates"
)

VIEW, SCORE, EVALUATE = "contract.view", "contract.score", "contract.evaluate"


@blueprint.get("/")
def index() -> str:
    """List the contracts in my scope with their scores."""
    actor = current_actor()
    require(actor, VIEW)
    before = page_of(request.args.get("before"))
    found = performance_queries.scores(actor, before=before)
    return render_template("contract/scores/index.html", found=found, before=before)


@blueprint.get("/<int:id>")
def show(id: int) -> str:  # noqa: A002 - the route's name
    """Show a contract's scores, and the form of the one that is mine to give."""
    return _show(id, fresh())


@blueprint.post("/<int:id>/score")
def score(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Score the contract for the purchaser or its recipients."""
    return _after(id, act(SCORE, _typed(id) | {"side": request.form.get("side")}))


@blueprint.post("/<int:id>/evaluate")
def evaluate(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Score the contract as the third party."""
    return _after(id, act(EVALUATE, _typed(id)))


def _typed(number: int) -> dict[str, Any]:
    """Return the score that was typed, in hundredths; what is none is left to the act."""
    points = request.form.get("centipoints")
    return {
        "id": number,
        # Points are typed like an amount, with two decimals at most.
        "centipoints": fen_of(points) if points else None,
        "words": request.form.get("words"),
    }


def _after(number: int, answer: Answer) -> ResponseReturnValue:
    return done_or_again(
        answer,
        done=_("已记录得分。"),
        to=url_for(".show", id=number),
        again=lambda one: _show(number, shown_again(one)),
    )


def _show(number: int, form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, VIEW)
    return render_template(
        "contract/scores/show.html",
        found=performance_queries.scored(actor, id=number),
        may_score=actor.may(SCORE),
        may_evaluate=actor.may(EVALUATE),
        **form,
    )


MENU: list[tuple[str, MenuItem]] = [
    (VIEW, MenuItem("worth", lazy_gettext("合同履行评价"), "contract_scores.index", 40)),
]
