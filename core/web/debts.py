"""Debts that law creates, and which of them still await budget (待落实预算)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core.access import Actor, require, visible
from core.budget import BudgetLine
from core.db import db
from core.parties import Organisation
from core.web import current_actor
from core.web.forms import act, done_or_again, fen_of, fresh, page_of, shown_again, whole
from core.years import debts

blueprint = Blueprint("debts", __name__, url_prefix="/debts")

VIEW = "debt.view"
CHOICES = 500
TONES = {
    "recorded": "wait",
    "awaiting": "wait",
    "funded": "info",
    "paid": "good",
    "declined": "plain",
}


@blueprint.get("/")
def index() -> str:
    """List debts, newest first, with the sum that awaits budget."""
    return _index(fresh())


@blueprint.post("/")
def record() -> ResponseReturnValue:
    """Record a debt under its document."""
    form = request.form
    payload: dict[str, Any] = {name: form.get(name) for name in ("kind", "document", "reason")}
    payload |= {name: whole(form.get(name)) for name in ("organisation_id", "party_id")}
    payload["amount_fen"] = fen_of(form.get("amount_fen", ""))
    return _done(act("debt.record", payload), _("已登记，等待复核确认。"))


@blueprint.post("/<int:id>/approve")
def approve(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Recognise a debt."""
    return _done(act("debt.approve", {"id": id}), _("已确认，列入待落实预算。"))


@blueprint.post("/<int:id>/decline")
def decline(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Send a debt back."""
    payload = {"id": id, "reason": request.form.get("reason")}
    return _done(act("debt.decline", payload), _("已退回。"))


@blueprint.post("/<int:id>/fund")
def fund(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Find budget for a debt."""
    payload = {"id": id, "line_id": whole(request.form.get("line_id"))}
    return _done(act("debt.fund", payload), _("已落实预算，可列入支付批次。"))


def _done(answer: Any, done: str) -> ResponseReturnValue:
    return done_or_again(
        answer,
        done=done,
        to=url_for(".index"),
        again=lambda one: _index(shown_again(one)),
    )


def _index(form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, VIEW)
    before = page_of(request.args.get("before"))
    found = debts.listed(actor, before=before)
    words = {
        "recorded": _("待确认"),
        "awaiting": _("待落实预算"),
        "funded": _("已落实，待支付"),
        "paid": _("已支付"),
        "declined": _("已退回"),
    }
    may = {name: actor.may(f"debt.{name}") for name in ("record", "approve", "fund")}
    return render_template(
        "debts/index.html",
        rows=[
            row | {"badge": (words[row["state"]], TONES[row["state"]])} for row in found["items"]
        ],
        awaiting_fen=found["awaiting_fen"],
        next_before=found["next_before"],
        before=before,
        kinds=[(code, debts.kind_name(code)) for code in debts.KINDS],
        purchasers=_organisations(actor, "purchaser") if may["record"] else [],
        creditors=_organisations(actor, "provider") if may["record"] else [],
        lines=_lines(actor) if may["fund"] else [],
        may=may,
        **form,
    )


def _organisations(actor: Actor, kind: str) -> list[tuple[int, str]]:
    rows = db.session.execute(
        db.select(Organisation.id, Organisation.name)
        .where(visible(Organisation, actor, "debt.record"), Organisation.kind == kind)
        .order_by(Organisation.name)
        .limit(CHOICES)
    )
    return [(row.id, row.name) for row in rows]


def _lines(actor: Actor) -> list[tuple[int, str]]:
    query = db.select(BudgetLine).where(visible(BudgetLine, actor, "debt.fund"))
    rows = db.session.scalars(
        query.order_by(BudgetLine.fiscal_year.desc(), BudgetLine.code).limit(CHOICES)
    )
    return [(line.id, f"{line.fiscal_year} {line.code} {line.name}") for line in rows]
