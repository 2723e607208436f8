"""A provider's pages of notices: the tenders in which it may bid, and asking about them."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from core.access import require
from core.web import current_actor
from core.web.forms import act, done_or_again, fresh, page_of, shown_again
from core.web.menu import MenuItem
from plugins.contract_outsourcing.pages import tender_words
from plugins.contract_outsourcing.service import tender_queries
from plugins.contract_outsourcing.service.inviting import ASK

blueprint = Blueprint(
    "contract_notices", __name__, url_prefix="/contract/notices", template_folder="../templates"
)
MENU: list[tuple[str, MenuItem]] = [
    (ASK, MenuItem("from_whom", lazy_gettext("采购公告与提问"), "contract_notices.index", 39)),
]


@blueprint.get("/")
def index() -> str:
    """List the tenders in which the provider may bid now."""
    actor = current_actor()
    require(actor, ASK)
    before = page_of(request.args.get("before"))
    found = tender_queries.notices(actor, before=before)
    return render_template(
        "contract/notices/index.html",
        rows=[tender_words.timed(row) for row in found["items"]],
        next_before=found["next_before"],
        before=before,
    )


@blueprint.get("/<int:id>")
def show(id: int) -> str:  # noqa: A002 - the route's name
    """Show a notice with the questions and their answers."""
    return _show(id, fresh())


@blueprint.post("/<int:id>/questions")
def ask(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Ask about the documents."""
    return done_or_again(
        act("tender.ask", {"id": id, "words": request.form.get("words")}),
        done=_("已提问。答复会与提问一起公开，不显示提问单位。"),
        to=url_for(".show", id=id),
        again=lambda one: _show(id, shown_again(one)),
    )


def _show(number: int, form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, ASK)
    notice = tender_queries.notice(actor, id=number)
    return render_template(
        "contract/notices/show.html",
        tender=tender_words.told(notice),
        sections=tender_words.sections(notice),
        tone=tender_words.TONES[notice["state"]],
        may_bid=actor.may("bid.make") and notice["accepts"],
        **form,
    )
