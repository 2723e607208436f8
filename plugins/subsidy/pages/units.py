"""Pages of claims per unit: claimed on a phone, verified on the claim's page, periods concluded."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from core.access import Actor, require
from core.errors import NotFound
from core.web import current_actor
from core.web.forms import (
    CHOICE,
    TEXT,
    WHOLE,
    Kind,
    Rows,
    act,
    done_or_again,
    fresh,
    page_of,
    shown_again,
    whole,
)
from core.web.menu import MenuItem, Todo
from plugins.subsidy.pages import claims as claim_pages
from plugins.subsidy.service import unit_queries
from plugins.subsidy.service.claims import CHECK, MAKE, VIEW
from plugins.subsidy.service.units import KIND

blueprint = Blueprint(
    "subsidy_units", __name__, url_prefix="/subsidy/units", template_folder="../templates"
)
_PARTED = re.compile(r"[\s,，、;；]+")
# Certificates are typed in one field, with blanks or commas between them.
CERTIFICATES = Kind(lambda text: [one for one in _PARTED.split(text) if one], "，".join)
ROWS = Rows(
    "units",
    2,
    {"class_code": CHOICE, "units": WHOLE, "in_use_from": TEXT, "certificates": CERTIFICATES},
)


def waiting(actor: Actor) -> list[Todo]:
    """Count the periods that may be concluded: every claim of them is verified."""
    if not actor.may(CHECK):
        return []
    ready = [one for one in unit_queries.rounds(actor)["open"] if not one["unchecked"]]
    return [Todo(len(ready), _("期补贴申报待汇总"), url_for("subsidy_units.rounds"))]


MENU: list[tuple[str, MenuItem]] = [
    (MAKE, MenuItem("how", lazy_gettext("按数量申报补贴"), "subsidy_units.index", 23)),
    (
        VIEW,
        MenuItem("how", lazy_gettext("各期补贴汇总"), "subsidy_units.rounds", 25, waiting=waiting),
    ),
]


@blueprint.get("/")
def index() -> str:
    """Show the schemes in which one may claim by the number, with the periods that are open."""
    actor = current_actor()
    require(actor, MAKE)
    return render_template(
        "subsidy/units/index.html",
        items=unit_queries.claimable(actor)["items"],
        is_resident=actor.resident_id is not None,
    )


@blueprint.get("/<int:id>/claim")
def claiming(id: int) -> str:  # noqa: A002 - the route's name
    """Show the form of a claim of an application: the period, and rows by class."""
    return _claiming(id, fresh())


@blueprint.post("/<int:id>/claim")
def claim(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Claim units of a period."""
    form = request.form
    begins, _mark, ends = form.get("period", "").partition("/")
    fields = {
        "application_id": id,
        "period_from": begins,
        "period_to": ends,
        "units": ROWS.read(form),
    }
    answer = act("units.claim", fields)
    return done_or_again(
        answer,
        done=_("已申报，等主管部门到现场核实。"),
        to=url_for("subsidy_own.show", id=answer.body.get("id", 0)),
        again=lambda one: _claiming(id, shown_again(one)),
    )


@blueprint.post("/claims/<int:id>/verify")
def verify(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Say how many units of each row were found on the spot."""
    form = request.form
    places = sorted(int(name[9:]) for name in form if re.fullmatch(r"verified-\d{1,2}", name))
    fields = {
        "verified": [whole(form.get(f"verified-{place}")) for place in places],
        "document": form.get("document"),
    }
    return claim_pages.after(id, "units.verify", fields, _("已登记核实数量并算出金额。"))


@blueprint.get("/rounds")
def rounds() -> str:
    """Show each period of schemes with a fixed envelope: claimed, verified, concluded."""
    return _rounds(fresh())


@blueprint.post("/rounds")
def conclude() -> ResponseReturnValue:
    """Conclude a period; where the money is too little every claim is reduced alike."""
    form = request.form
    names = ("period_from", "period_to")
    fields = {"scheme_id": whole(form.get("scheme_id"))} | {one: form.get(one) for one in names}
    return done_or_again(
        act("units.reduce", fields),
        done=_("已汇总，可以逐份批准。"),
        to=url_for(".rounds"),
        again=lambda one: _rounds(shown_again(one)),
    )


def _claiming(number: int, form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, MAKE)
    offered = unit_queries.claimable(actor)["items"]
    found = [one for one in offered if one["application_id"] == number]
    if not found:
        raise NotFound("NOT_FOUND", _("没有找到这份申请，或它还不能申报。"))
    return render_template(
        "subsidy/units/claim.html",
        one=found[0],
        rows=ROWS.ready(form["values"]),
        is_resident=actor.resident_id is not None,
        **form,
    )


def _rounds(form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, VIEW)
    scheme = page_of(request.args.get("scheme_id"))
    return render_template(
        "subsidy/units/rounds.html",
        found=unit_queries.rounds(actor, scheme_id=scheme),
        may_conclude=actor.may(CHECK),
        **form,
    )


def _found(claim: dict[str, Any]) -> dict[str, Any]:
    """Give the claim's page the rows that were claimed, and what was found before."""
    before = (claim["inputs"] or {}).get("rows") or []
    counted = {place: row["verified"] for place, row in enumerate(before)}
    return {
        "unit_rows": [
            row | {"place": place, "verified": counted.get(place, row["units"])}
            for place, row in enumerate(claim["claimed"]["units"])
        ],
        "unit_document": (claim["inputs"] or {}).get("document") or "",
    }


claim_pages.FOUND[KIND] = claim_pages.Found("subsidy/units/_verify.html", _found)
