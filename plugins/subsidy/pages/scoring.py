"""One application's page for who scores it: its papers, my score, what was said against it."""

from __future__ import annotations

import base64
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core.access import Actor, require
from core.acts import Answer
from core.web import current_actor
from core.web.forms import act, done_or_again, fen_of, fresh, shown_again, whole
from core.web.uploads import download
from plugins.subsidy.models import results as m
from plugins.subsidy.pages import award_words
from plugins.subsidy.service import result_queries
from plugins.subsidy.service.objecting import WHOSE
from plugins.subsidy.service.results import DECIDE, SETTLE, VIEW

blueprint = Blueprint(
    "subsidy_scoring", __name__, url_prefix="/subsidy/scoring", template_folder="../templates"
)


@blueprint.get("/<int:id>")
def show(id: int) -> str:  # noqa: A002 - the route's name
    """Show a result to the office and to who scores."""
    return _show(id, fresh())


@blueprint.post("/<int:id>/score/<party>")
def score(id: int, party: str) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Enter one party's score."""
    fields = _texts("document", "reason") | {"party": party} | _points()
    return _after(id, act("result.score", fields | {"id": id}), _("已记下评分。"))


@blueprint.post("/<int:id>/verify")
def verify(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Keep the verified own investment."""
    fields = _texts("document") | {"investment_fen": _fen("investment_fen"), "id": id}
    return _after(id, act("result.verify", fields), _("已登记核实的自有投入。"))


@blueprint.post("/<int:id>/veto")
def veto(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Veto an application."""
    fields = _texts("reason") | {"id": id}
    return _after(id, act("result.veto", fields), _("已否决，理由会公示。"))


@blueprint.post("/<int:id>/object")
def object_for(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Enter what a third person objects."""
    fields = _texts("words", "by_name") | {"id": id}
    return _after(id, act("result.object", fields), _("已登记异议，等复核人处理。"))


@blueprint.post("/<int:id>/objections/<int:objection>/decide")
def decide(id: int, objection: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Uphold or reject an objection."""
    upheld = {"yes": True, "no": False}.get(request.form.get("upheld", ""))
    fields = _texts("reason", "about") | {"id": objection, "upheld": upheld}
    if upheld is False:
        fields.pop("about")
    return _after(id, act("result.decide_objection", fields), _("已决定这份异议。"))


@blueprint.post("/<int:id>/objections/<int:objection>/correct")
def correct(id: int, objection: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Correct what an upheld objection is about."""
    fields = _texts("document", "reason") | _points() | {"id": objection}
    fields["investment_fen"] = _fen("investment_fen")
    return _after(id, act("result.correct", fields), _("已更正，更正前后的结果都会公示。"))


@blueprint.get("/papers/<int:id>")
def paper(id: int) -> Response:  # noqa: A002 - the route's name
    """Give out a paper of the application."""
    actor = current_actor()
    require(actor, VIEW)
    found = result_queries.paper(actor, id=id)
    return download(base64.b64decode(found["content"]), name=found["name"], kind=found["kind"])


def _after(number: int, answer: Answer, done: str) -> ResponseReturnValue:
    return done_or_again(
        answer,
        done=done,
        to=url_for(".show", id=number),
        again=lambda found: _show(number, shown_again(found)),
    )


def _show(number: int, form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, VIEW)
    found = award_words.shown(result_queries.result(actor, id=number))
    return render_template(
        "subsidy/results/result.html",
        result=found,
        parties={who: str(name) for who, name in award_words.PARTIES.items()},
        about=[(who, str(name)) for who, name in award_words.ABOUT.items()],
        may_score=_may_score(actor, found),
        may=_may(actor, found),
        may_correct=[
            one["id"]
            for one in found["objections"]
            if one["state"] == m.UPHELD and actor.may(WHOSE.get(one["about"], DECIDE))
        ],
        opened=_opened() if form["refusal"] else "",
        **form,
    )


def _may_score(actor: Actor, found: dict[str, Any]) -> list[str]:
    """Return the parties whose score this person may enter now."""
    if found["round_state"] != m.OPEN or not found["stands"]:
        return []
    return [who for who in m.PARTIES if who in found["weights"] and actor.may(WHOSE[who])]


def _may(actor: Actor, found: dict[str, Any]) -> set[str]:
    state, may = found["round_state"], set()
    if state == m.OPEN and actor.may(SETTLE) and found["investment_bp"]:
        may.add("verify")
    if state == m.OPEN and actor.may(DECIDE) and not found["veto"]:
        may.add("veto")
    if state == m.PUBLICISED and actor.may(SETTLE):
        may.add("object")
    if state == m.PUBLICISED and actor.may(DECIDE):
        may.add("decide")
    return may


def _opened() -> str:
    """Return which form of the page was refused."""
    values = request.view_args or {}
    last = (request.endpoint or "").rpartition(".")[2]
    return f"{last}-{values.get('party') or values.get('objection') or ''}".rstrip("-")


def _texts(*names: str) -> dict[str, Any]:
    return {name: request.form.get(name) for name in names}


def _points() -> dict[str, Any]:
    """Return what was typed as points and answers; points are typed with two decimals."""
    return {
        "centipoints": _fen("centipoints"),
        "answers": whole(request.form.get("answers")),
    }


def _fen(name: str) -> Any:
    text = request.form.get(name, "").strip()
    return fen_of(text) if text else None
