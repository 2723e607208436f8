"""What anybody may read of procurement: the list of notices and one notice, without signing in."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request
from flask_babel import lazy_gettext

from core.web import current_actor
from core.web.forms import page_of
from core.web.menu import DOOR, MenuItem
from plugins.contract_outsourcing.pages import paper, tender_words
from plugins.contract_outsourcing.service import prequalifying, tender_queries

blueprint = Blueprint(
    "contract_public", __name__, url_prefix="/contract/public", template_folder="../templates"
)
MENU: list[tuple[str, MenuItem]] = [
    (
        "",
        MenuItem(
            DOOR,
            lazy_gettext("采购公告"),
            "contract_public.index",
            45,
            hint=lazy_gettext("政府正在采购什么服务，条件、限价和评分标准，不用登录。"),
        ),
    ),
]


@blueprint.get("/")
def index() -> str:
    """List the public notices, newest first."""
    before = page_of(request.args.get("before"))
    found = tender_queries.public_tenders(current_actor(), before=before)
    return render_template(
        "contract/public/index.html",
        rows=[tender_words.timed(row) for row in found["items"]],
        next_before=found["next_before"],
        before=before,
        prequalifications=prequalifying.listed(current_actor())["items"],
    )


@blueprint.get("/<int:id>")
def show(id: int) -> str:  # noqa: A002 - the route's name
    """Show a notice as anybody may read it."""
    notice = tender_queries.public_tender(current_actor(), id=id)
    return render_template(
        "contract/public/show.html",
        tender=tender_words.told(notice),
        sections=tender_words.sections(notice),
        tone=tender_words.TONES[notice["state"]],
    )


@blueprint.get("/<int:id>/notice.pdf")
def printed(id: int) -> Response:  # noqa: A002 - the route's name
    """Print a notice with its documents, as anybody may read it."""
    with paper.in_chinese():
        notice = tender_queries.public_tender(current_actor(), id=id)
        return paper.printed(paper.notice(notice), f"{notice['number']}-notice")
