"""The public register of subsidies: the list, its table as a file, the sums of residents.

The file has the columns of the 360Giving Data Standard (threesixtygiving.org/standard/reference,
sheet "grants"), so that it can be read beside other funders' data; what the standard has no column
for follows in Chinese. Amounts are plain numbers of yuan.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, render_template, request, stream_with_context, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from core import clock
from core.db import transaction
from core.files import Cell, csv_stream
from core.web import current_actor
from core.web.forms import page_of
from core.web.menu import DOOR, MenuItem
from plugins.subsidy.pages import claim_words
from plugins.subsidy.pages.form_words import KINDS
from plugins.subsidy.service import register, scheme_queries

blueprint = Blueprint(
    "subsidy_register", __name__, url_prefix="/public/subsidies", template_folder="../templates"
)
MENU: list[tuple[str, MenuItem]] = [
    (
        "",
        MenuItem(
            DOOR,
            lazy_gettext("补贴公示"),
            "subsidy_register.index",
            48,
            hint=lazy_gettext("哪家单位拿了哪项补贴、多少钱、依据什么，收回了多少，不用登录。"),
        ),
    ),
]
SEARCH_MOST, SCHEMES_MOST = 80, 200
COLUMNS = (
    "Identifier",
    "Title",
    "Description",
    "Currency",
    "Amount Applied For",
    "Amount Awarded",
    "Amount Disbursed",
    "Award Date",
    "Planned Dates:Start Date",
    "Planned Dates:End Date",
    "Recipient Org:Identifier",
    "Recipient Org:Name",
    "Funding Org:Identifier",
    "Funding Org:Name",
    "Grant Programme:Code",
    "Grant Programme:Title",
    "Grant Programme:URL",
)
OWN_COLUMNS = (lazy_gettext("依据"), lazy_gettext("决定追回（元）"), lazy_gettext("已收回（元）"))


@blueprint.get("/")
def index() -> str:
    """List what organisations were granted, searched."""
    q, scheme = _asked()
    before = page_of(request.args.get("before"))
    found = register.grants(current_actor(), q=q, scheme_id=scheme, before=before)
    schemes = scheme_queries.public_schemes(current_actor(), limit=SCHEMES_MOST)["items"]
    return render_template(
        "subsidy/register/index.html",
        rows=[_listed(row) for row in found["items"]],
        next_before=found["next_before"],
        before=before,
        q=q or "",
        scheme_id=scheme,
        schemes=[(one["id"], one["name"]) for one in schemes],
    )


@blueprint.get("/subsidies.csv")
def table() -> Response:
    """Send the register as CSV, row by row, in the columns of 360Giving."""
    q, scheme = _asked()
    columns = (*COLUMNS, *(str(one) for one in OWN_COLUMNS))
    rows = stream_with_context(csv_stream(columns, _cells(q, scheme)))
    name = f"subsidies-{clock.today():%Y%m%d}.csv"
    return Response(
        rows,
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@blueprint.get("/residents")
def residents() -> str:
    """Show what residents were granted, by scheme and township, nobody recognisable."""
    found = register.resident_sums(current_actor())
    return render_template("subsidy/register/residents.html", found=found)


def _asked() -> tuple[str | None, int | None]:
    text = request.args.get("q", "").strip()[:SEARCH_MOST]
    return text or None, page_of(request.args.get("scheme_id"))


def _listed(row: dict[str, Any]) -> dict[str, Any]:
    return row | {
        "kind_name": str(KINDS[row["kind"]]),
        "period": claim_words.period(row),
        "badge": (row["state_name"], claim_words.TONES[row["state"]]),
    }


def _cells(q: str | None, scheme: int | None) -> Iterator[list[Cell]]:
    """Yield the file's rows in a transaction of their own: they outlive the request's."""
    with transaction(readonly=True):
        for row in register.every_grant(q, scheme):
            listed = _listed(row)
            about = listed["kind_name"], listed["scheme"], listed["period"]
            yield [
                # No grant of ours has a 360Giving prefix; the funder's code makes it unique.
                f"{row['funder_code']}-{row['number']}",
                row["scheme"],
                " · ".join(part for part in about if part),
                "CNY",
                _yuan(row["asked_fen"]),
                _yuan(row["amount_fen"]),
                _yuan(row["paid_fen"]),
                row["approved_on"],
                row["period_from"],
                row["period_to"],
                row["recipient_code"],
                row["recipient"],
                row["funder_code"],
                row["funder"],
                row["scheme_code"],
                row["scheme"],
                url_for("subsidy_public.show", id=row["scheme_id"], _external=True),
                _("；").join(row["basis"]),
                _yuan(row["recovered_fen"]),
                _yuan(row["received_fen"]),
            ]


def _yuan(fen: int | None) -> Decimal | None:
    return None if fen is None else Decimal(fen) / 100
