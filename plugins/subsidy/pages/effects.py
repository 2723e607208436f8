"""What subsidies achieve, for office, finance and audit: money per result, with bars, as CSV."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from core import clock
from core.access import require
from core.files import Cell, csv_stream
from core.formats import number
from core.web import current_actor
from core.web.forms import page_of, year_of
from core.web.menu import MenuItem
from plugins.subsidy.pages import pencil
from plugins.subsidy.pages.form_words import KINDS
from plugins.subsidy.service import effects
from plugins.subsidy.service.schemes import VIEW

blueprint = Blueprint(
    "subsidy_effects", __name__, url_prefix="/subsidy/effects", template_folder="../templates"
)
MENU: list[tuple[str, MenuItem]] = [
    (VIEW, MenuItem("worth", lazy_gettext("补贴效果"), "subsidy_effects.index", 60)),
]
BARS = 20
FILE_MOST = 200


@blueprint.get("/")
def index() -> str:
    """Show by scheme and year what was granted, paid and recovered, and what a result cost."""
    actor = current_actor()
    require(actor, VIEW)
    before, year = page_of(request.args.get("before")), year_of(request.args.get("year"))
    found = effects.effects(actor, year=year, before=before)
    most = max((row["granted_fen"] for one in found["items"] for row in one["years"]), default=0)
    return render_template(
        "subsidy/effects/index.html",
        items=[_told(one, most) for one in found["items"]],
        next_before=found["next_before"],
        before=before,
        year=year,
    )


@blueprint.get("/effects.csv")
def table() -> Response:
    """Give the same as a table, every scheme in view."""
    actor = current_actor()
    require(actor, VIEW)
    year = year_of(request.args.get("year"))
    columns = (
        _("项目"),
        _("方式"),
        _("购买主体"),
        _("资金总额（元）"),
        _("年度"),
        _("已批准（元）"),
        _("已支付（元）"),
        _("已收回（元）"),
        _("受益户数"),
        _("核实的数量"),
        _("每个结果花多少（元）"),
    )
    rows = [cells for one in _all(year) for cells in _cells(one)]
    name = f"effects-{clock.today():%Y%m%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(b"".join(csv_stream(columns, rows)), mimetype="text/csv", headers=headers)


def _all(year: int | None) -> Iterator[dict[str, Any]]:
    before: int | None = None
    while True:
        found = effects.effects(current_actor(), year=year, before=before, limit=FILE_MOST)
        yield from found["items"]
        before = found["next_before"]
        if before is None:
            return


def _cells(one: dict[str, Any]) -> Iterator[list[Cell]]:
    for row in one["years"]:
        yield [
            one["name"],
            str(KINDS[one["kind"]]),
            one["organisation"],
            _yuan(one["envelope_fen"]),
            row["year"],
            _yuan(row["granted_fen"]),
            _yuan(row["paid_fen"]),
            _yuan(row["recovered_fen"]),
            row["beneficiaries"],
            row["units"],
            _yuan(row["unit_fen"]),
        ]


def _told(one: dict[str, Any], most: int) -> dict[str, Any]:
    reach = one["reach_bp"]
    granted = sum(row["granted_fen"] for row in one["years"])
    return one | {
        "kind_name": str(KINDS[one["kind"]]),
        "granted_fen": granted,
        "reach": _(
            "%(applied)s 家申请，%(got)s 家受益（%(part)s）",
            applied=number(one["applicants"]),
            got=number(one["beneficiaries"]),
            part=pencil.share_text(reach),
        )
        if reach is not None
        else _("%(got)s 家受益", got=number(one["beneficiaries"])),
        "years": [row | {"bar": _bar(row, most)} for row in one["years"]],
    }


def _bar(row: dict[str, Any], most: int) -> str:
    """Draw what was granted as a bar of text, the paid part full; the longest has twenty places."""
    if not most:
        return ""
    whole = -(-row["granted_fen"] * BARS // most)
    full = row["paid_fen"] * BARS // most
    return "█" * full + "░" * (whole - full)


def _yuan(fen: int | None) -> Decimal | None:
    return None if fen is None else Decimal(fen) / 100
