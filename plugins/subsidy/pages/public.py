"""What anybody may read of subsidies without signing in: the schemes, each with all its terms."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask_babel import lazy_gettext

from core import clock
from core.web import current_actor
from core.web.forms import page_of
from core.web.menu import DOOR, MenuItem
from plugins.subsidy import rules
from plugins.subsidy.pages import amount_words, examples, scheme_words
from plugins.subsidy.service import closing, promise_queries, scheme_queries

blueprint = Blueprint(
    "subsidy_public", __name__, url_prefix="/subsidy/public", template_folder="../templates"
)
MENU: list[tuple[str, MenuItem]] = [
    (
        "",
        MenuItem(
            DOOR,
            lazy_gettext("补贴项目"),
            "subsidy_public.index",
            46,
            hint=lazy_gettext("政府有哪些补贴、贴息和奖励，给谁、给多少、到什么时候，不用登录。"),
        ),
    ),
]


@blueprint.get("/")
def index() -> str:
    """List the published schemes, newest first."""
    before = page_of(request.args.get("before"))
    found = scheme_queries.public_schemes(current_actor(), before=before)
    return render_template(
        "subsidy/public/index.html",
        rows=[scheme_words.listed(row) for row in found["items"]],
        next_before=found["next_before"],
        before=before,
    )


@blueprint.get("/<int:id>")
def show(id: int) -> str:  # noqa: A002 - the route's name
    """Show a scheme with all its terms in words, and a worked example."""
    scheme = scheme_queries.public_scheme(current_actor(), id=id)
    terms = rules.read_terms(scheme["terms"])
    before = page_of(request.args.get("before"))
    return render_template(
        "subsidy/public/show.html",
        scheme=scheme_words.listed(scheme),
        sections=scheme_words.sections(scheme),
        example=examples.example(terms, amount_words.party_names(), on=clock.today()),
        closed_at=closing.closed_at(id),
        is_open=scheme_words.is_open(scheme, scheme["terms"]),
        promises=promise_queries.public_promises(current_actor(), scheme_id=id, before=before),
        before=before,
    )
