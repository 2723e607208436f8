"""What anybody reads of awards: every round's results, with both versions after an objection."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from core.files import csv_stream
from core.web import current_actor
from core.web.forms import page_of
from core.web.menu import DOOR, MenuItem
from core.web.uploads import download
from plugins.subsidy.pages import award_words
from plugins.subsidy.service import result_queries

blueprint = Blueprint(
    "subsidy_awards", __name__, url_prefix="/subsidy/awards", template_folder="../templates"
)
MENU: list[tuple[str, MenuItem]] = [
    (
        "",
        MenuItem(
            DOOR,
            lazy_gettext("奖励评审公示"),
            "subsidy_awards.index",
            48,
            hint=lazy_gettext("以奖代补谁得了多少分、哪一档、多少钱，公示期内可以提出异议。"),
        ),
    ),
]


@blueprint.get("/")
def index() -> str:
    """List the rounds that are public."""
    before = page_of(request.args.get("before"))
    found = result_queries.public_rounds(current_actor(), before=before)
    return render_template(
        "subsidy/results/public_index.html",
        rows=[award_words.listed_round(row) for row in found["items"]],
        next_before=found["next_before"],
        before=before,
    )


@blueprint.get("/<int:id>")
def show(id: int) -> str:  # noqa: A002 - the route's name
    """Show a round's results."""
    found = result_queries.public_round(current_actor(), id=id)
    return render_template(
        "subsidy/results/public.html",
        round=award_words.listed_round(found),
        rows=[_row(one) for one in found["results"]],
    )


@blueprint.get("/<int:id>/results.csv")
def table(id: int) -> Response:  # noqa: A002 - the route's name
    """Give out a round's results as a table."""
    found = result_queries.public_round(current_actor(), id=id)
    columns = [
        _("申请人"),
        _("购买主体评分"),
        _("服务对象评分"),
        _("第三方评分"),
        _("综合得分"),
        _("档次"),
        _("奖励（分）"),
        _("最后金额（分）"),
        _("说明"),
    ]
    content = b"".join(csv_stream(columns, _cells(found)))
    return download(content, name=f"award-round-{id}.csv", kind="text/csv")


def _cells(found: dict[str, Any]) -> Iterator[list[Any]]:
    for one in map(award_words.listed, found["results"]):
        yield [
            one["applicant"],
            one["score_purchaser"],
            one["score_recipients"],
            one["score_third_party"],
            one["composite_text"] or "",
            one["tier_text"],
            one["award_fen"],
            one["final_fen"] if one["final_fen"] is not None else "",
            one["remark"],
        ]


def _row(one: dict[str, Any]) -> dict[str, Any]:
    return award_words.listed(one) | {
        "versions": [award_words.version(each) for each in one["versions"]],
        "objections": [award_words.objection(each) for each in one["objections"]],
    }
