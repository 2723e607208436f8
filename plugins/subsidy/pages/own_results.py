"""What came out for me: my result, my objection during the notice, the agreement I sign."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from core import clock
from core.access import require
from core.web import current_actor
from core.web.forms import act, done_or_again, fresh, page_of, shown_again
from core.web.menu import MenuItem
from plugins.subsidy.models import results as m
from plugins.subsidy.pages import award_words
from plugins.subsidy.service import grant_queries, result_queries
from plugins.subsidy.service.grants import SIGN
from plugins.subsidy.service.result_queries import MINE

blueprint = Blueprint(
    "subsidy_results", __name__, url_prefix="/subsidy/results", template_folder="../templates"
)
MENU: list[tuple[str, MenuItem]] = [
    (MINE, MenuItem("how", lazy_gettext("我的评审结果"), "subsidy_results.index", 23)),
]


@blueprint.get("/")
def index() -> str:
    """List my results."""
    actor = current_actor()
    require(actor, MINE)
    before = page_of(request.args.get("before"))
    found = result_queries.mine(actor, before=before)
    return render_template(
        "subsidy/results/mine.html",
        rows=[award_words.listed(row) for row in found["items"]],
        next_before=found["next_before"],
        before=before,
        is_resident=actor.resident_id is not None,
    )


@blueprint.get("/<int:id>")
def show(id: int) -> str:  # noqa: A002 - the route's name
    """Show my result, and what I may do about it."""
    return _show(id, fresh())


@blueprint.post("/<int:id>/object")
def object_to(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Object to my result."""
    fields = {"id": id, "words": request.form.get("words")}
    return done_or_again(
        act("result.object", fields),
        done=_("已收到您的异议，会由没有打过分的人处理。"),
        to=url_for(".show", id=id),
        again=lambda answer: _show(id, shown_again(answer)),
    )


@blueprint.post("/<int:id>/sign")
def sign(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Sign the agreement I read."""
    answer = act("grant.sign", {"id": id, "text_hash": request.form.get("text_hash")})
    return done_or_again(
        answer,
        done=_("协议已签订。"),
        to=url_for("subsidy_grants.show", id=answer.body.get("id", 0)),
        again=lambda found: _show(id, shown_again(found)),
    )


def _show(number: int, form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, MINE)
    found = award_words.shown(result_queries.own(actor, id=number))
    in_time = found["round_state"] == m.PUBLICISED and (
        clock.today().isoformat() <= (found["notice_until"] or "")
    )
    is_final = found["round_state"] == m.CONCLUDED and bool(found["final_fen"])
    offer = None
    if is_final and not found["grant_id"] and found["stands"] and actor.may(SIGN):
        offer = grant_queries.offer(actor, id=number)
    return render_template(
        "subsidy/results/own.html",
        result=found,
        may_object=in_time,
        offer=offer,
        is_resident=actor.resident_id is not None,
        **form,
    )
