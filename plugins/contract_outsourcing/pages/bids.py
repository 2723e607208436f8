"""A provider's pages: tenders to bid in, the bid's form, its receipt, and how to take it back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from core import clock, formats
from core.access import Actor, require
from core.db import db
from core.errors import NotFound
from core.parties import Organisation
from core.web import current_actor
from core.web.forms import act, done_or_again, fen_of, fresh, shown_again
from core.web.menu import MenuItem, Todo
from core.web.uploads import sent
from plugins.contract_outsourcing.pages import paper
from plugins.contract_outsourcing.service import bidders, bids

blueprint = Blueprint(
    "contract_bids", __name__, url_prefix="/contract/bids", template_folder="../templates"
)
MAKE = bidders.MAKE
UNIT = "unit-"
TEMPLATES = Path(__file__).parents[1] / "templates" / "contract" / "bids"
STATES = {
    "received": (lazy_gettext("已密封收存"), "good"),
    "replaced": (lazy_gettext("已被新的投标替换"), "plain"),
    "withdrawn": (lazy_gettext("已撤回"), "plain"),
    "opened": (lazy_gettext("已开标"), "info"),
    "excluded": (lazy_gettext("开标时未通过"), "bad"),
    "returned": (lazy_gettext("已原封退回"), "wait"),
}


def waiting(actor: Actor) -> list[Todo]:
    """Count the tenders in which the provider may still bid and has not."""
    if not any(grant.organisation_id for grant in actor.holding(MAKE)):
        return []
    count = sum(one["is_open"] and not one["has_bid"] for one in bids.listed(actor)["items"])
    return [Todo(count, _("个项目可以投标"), url_for("contract_bids.index"))]


MENU: list[tuple[str, MenuItem]] = [
    (
        MAKE,
        MenuItem("from_whom", lazy_gettext("投标"), "contract_bids.index", 40, waiting=waiting),
    ),
]


@blueprint.get("/")
def index() -> str:
    """List the tenders a provider may bid in."""
    actor = current_actor()
    require(actor, MAKE)
    rows = [_timed(one) for one in bids.listed(actor)["items"]]
    return render_template("contract/bids/index.html", rows=rows)


@blueprint.get("/<int:id>")
def show(id: int) -> str:  # noqa: A002 - the route's name
    """Show a tender to its bidder, with the own receipts and the form of a bid."""
    return _show(id, fresh())


@blueprint.post("/<int:id>")
def submit(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Hand in a bid, sealed."""
    answer = act("bid.submit", {"tender_id": id} | _payload())
    return done_or_again(
        answer,
        done=_("投标已密封收存。请保存或打印回执。"),
        to=url_for(".receipt", id=id),
        again=lambda one: _show(id, shown_again(one)),
    )


@blueprint.post("/<int:id>/withdraw")
def withdraw(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Take the bid back."""
    answer = act("bid.withdraw", {"tender_id": id})
    return done_or_again(
        answer,
        done=_("投标已撤回。截止前可以重新投标。"),
        to=url_for(".show", id=id),
        again=lambda one: _show(id, shown_again(one)),
    )


@blueprint.get("/<int:id>/receipt")
def receipt(id: int) -> str:  # noqa: A002 - the route's name
    """Show the receipt of the newest bid, for keeping."""
    tender, own = _receipt(id)
    return render_template("contract/bids/receipt.html", tender=tender, bid=own, bidder=_bidder())


@blueprint.get("/<int:id>/receipt.pdf")
def receipt_pdf(id: int) -> Response:  # noqa: A002 - the route's name
    """Print the receipt."""
    with paper.in_chinese():
        tender, own = _receipt(id)
        data = {
            "title": _("投标回执"),
            "number": tender["number"],
            "facts": [
                {"label": _("采购项目"), "value": tender["name"]},
                {"label": _("投标人"), "value": _bidder()},
                {"label": _("收到时间"), "value": formats.moment(own["received_at"])},
                {"label": _("截止时间"), "value": formats.moment(tender["closes_at"])},
            ],
            "receipt": own["receipt"],
            "note": _(
                "回执是两个密封信封密文的 SHA-256 值。开标时将重新计算，不一致即为密封不完好。"
            ),
        }
        return paper.printed(data, f"{tender['number']}-receipt", TEMPLATES / "receipt.typ")


def _show(number: int, form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, MAKE)
    tender = _mine(actor, number)
    return render_template(
        "contract/bids/show.html",
        tender=tender,
        standing=next((one for one in tender["bids"] if one["state"] == "received"), None),
        states=STATES,
        bond_forms=[(code, str(name)) for code, name in bids.BOND_FORMS.items()],
        megabytes=bids.BYTES_MOST // 10**6,
        **form,
    )


def _receipt(number: int) -> tuple[dict[str, Any], dict[str, Any]]:
    actor = current_actor()
    require(actor, MAKE)
    tender = _mine(actor, number)
    if not tender["bids"]:
        raise NotFound("NOT_FOUND", _("您在本项目还没有投标，没有回执。"))
    return tender, tender["bids"][0]


def _mine(actor: Actor, number: int) -> dict[str, Any]:
    tender = _timed(bids.mine(actor, tender_id=number))
    for one in tender["bids"]:
        one["received_at"] = clock.instant(one["received_at"])
    return tender


def _timed(tender: dict[str, Any]) -> dict[str, Any]:
    closes_at = tender["closes_at"]
    return tender | {"closes_at": clock.instant(closes_at) if closes_at else None}


def _bidder() -> str:
    return db.session.get_one(Organisation, bidders.bidder_of(current_actor())).name


def _payload() -> dict[str, Any]:
    """Return what the form says; files go as the API takes them."""
    form = request.form
    answers = {
        name.removeprefix("answer-"): words
        for name, words in form.items()
        if name.startswith("answer-") and words.strip()
    }
    technical: dict[str, Any] = {"answers": answers}
    if form.get("words", "").strip():
        technical["words"] = form["words"]
    return {
        "technical": technical,
        "files": sent(),
        "small_firm": form.get("small_firm") == "1",
        "bond": _bond(),
        "price_fen": fen_of(form["price_fen"]) if form.get("price_fen") else None,
        "unit_prices": _unit_prices(),
    }


def _bond() -> dict[str, Any] | None:
    form = request.form
    given = {name: form.get(f"bond_{name}", "").strip() for name in ("form", "issuer", "document")}
    amount = form.get("bond_fen", "").strip()
    if not amount and not given["issuer"] and not given["document"]:
        return None
    return given | {"amount_fen": fen_of(amount)}


def _unit_prices() -> dict[str, Any] | None:
    """Return the typed unit prices by the service's code; what is left blank is left out."""
    found = {
        name.removeprefix(UNIT): fen_of(price)
        for name, price in request.form.items()
        if name.startswith(UNIT) and price.strip()
    }
    return found or None
