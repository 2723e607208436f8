"""What the government buys, for everybody: searched, compared with last year, commented, as CSV."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core import clock
from core.access import ANONYMOUS
from core.catalogue import base, consulting, public, queries
from core.catalogue.acts import FIRST_YEAR, LAST_YEAR
from core.fields import ID_MAX
from core.files import csv_stream
from core.web.forms import act, done_or_again, fresh, page_of, shown_again, whole

blueprint = Blueprint("public_catalogue", __name__, url_prefix="/catalogue")

SEARCH_MOST = 40


@blueprint.get("/")
def index() -> str:
    """Show the catalogue in force today, searched, and the drafts open for comment."""
    return render_template("catalogue/public.html", **_asked())


@blueprint.get("/catalogue.csv")
def table() -> Response:
    """Give the catalogue in force today as a table."""
    columns = (
        _("编号"),
        _("种类"),
        _("名称"),
        _("性质"),
        _("内容"),
        _("购买层级"),
        _("承接主体类型"),
        _("标记"),
    )
    rows = [
        (
            item["code"],
            item["category_name"],
            item["name"],
            item["nature_name"],
            item["content"],
            "、".join(item["level_names"]),
            item["provider_kind"],
            "、".join(item["flag_names"]),
        )
        for item in _asked()["items"]
    ]
    headers = {"Content-Disposition": "attachment; filename=catalogue.csv"}
    return Response(b"".join(csv_stream(columns, rows)), mimetype="text/csv", headers=headers)


@blueprint.get("/changes")
def changes() -> str:
    """Show what a year's versions changed against the versions before them."""
    division = request.args.get("division") or None
    year = whole(request.args.get("year"))
    known = isinstance(year, int) and FIRST_YEAR <= year <= LAST_YEAR
    wanted = int(year or 0) if known else clock.today().year
    found = public.changes(ANONYMOUS, division_code=division, year=wanted)
    return render_template("catalogue/public_changes.html", found=found, year=wanted)


@blueprint.get("/negative")
def negative() -> str:
    """Show what may not be bought, why, and by which article."""
    division = request.args.get("division") or None
    found = public.negative_list(ANONYMOUS, division_code=division)
    return render_template("catalogue/public_negative.html", found=found)


@blueprint.get("/drafts/<int:id>")
def draft(id: int) -> str:  # noqa: A002 - the route's name
    """Show a draft that is or was open for comment, what was said, and the form."""
    return _draft(id, fresh())


@blueprint.post("/drafts/<int:id>")
def comment(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Take a comment, from anybody."""
    names = ("speaker", "text", "item_code")
    payload = {name: request.form.get(name) for name in names} | {"catalogue_id": id}
    answer = act("catalogue.comment", payload)
    return done_or_again(
        answer,
        done=_("已收到您的意见。征求意见结束前，编制部门会逐条答复并公开。"),
        to=url_for(".draft", id=id),
        again=lambda one: _draft(id, shown_again(one)),
    )


def _draft(number: int, form: dict[str, Any]) -> str:
    before = page_of(request.args.get("before"))
    if before is not None and before > ID_MAX:
        before = None
    found = public.consultation(ANONYMOUS, id=number, before=before)
    return render_template(
        "catalogue/public_draft.html",
        draft=found,
        before=before,
        speakers=list(queries.speaker_names().items()),
        items=[(item["code"], f"{item['code']} {item['name']}") for item in found["items"]],
        names={item["code"]: item["name"] for item in found["items"]},
        least=consulting.COMMENT_LEAST,
        most=consulting.COMMENT_MOST,
        **form,
    )


def _asked() -> dict[str, Any]:
    """Return what the search asks for: place, words, category, and the choices there are."""
    today = clock.today()
    places = public.divisions(today)
    known = {place.code for place in places}
    asked = request.args.get("division", "")
    division = asked if asked in known else public.home(today)
    category = request.args.get("category", "")
    text = request.args.get("q", "").strip()[:SEARCH_MOST]
    found = public.catalogue(
        ANONYMOUS,
        division_code=division,
        text=text or None,
        category=category if category in base.categories() else None,
    )
    return {
        "found": found,
        "items": found["items"],
        "division": division or "",
        "divisions": [(place.code, place.name) for place in places],
        "categories": [(code, f"{code} {name}") for code, name in base.categories().items()],
        "category": category,
        "q": text,
        "open": public.consultations(ANONYMOUS)["items"],
    }
