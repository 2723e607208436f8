"""Claw-backs: money paid that must come back, and the cash that came in."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core.access import require
from core.settlement import queries
from core.web import current_actor
from core.web.forms import act, done_or_again, fen_of, fresh, page_of, shown_again

blueprint = Blueprint("clawbacks", __name__, url_prefix="/clawbacks")

VIEW, RECEIVE = "clawback.view", "clawback.receive"
TONES = {"ordered": "wait", "approved": "wait", "received": "good", "cancelled": "plain"}


@blueprint.get("/")
def index() -> str:
    """List claw-backs, the newest first."""
    return _index(fresh(), chosen=None)


@blueprint.post("/<int:id>/receive")
def receive(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Record cash that came back, under the bank's reference."""
    payload = {
        "id": id,
        "amount_fen": fen_of(request.form.get("amount_fen", "")),
        "bank_reference": request.form.get("bank_reference"),
    }
    return done_or_again(
        act("clawback.receive", payload),
        done=_("已登记收款，钱已退回原指标。"),
        to=url_for(".index"),
        again=lambda one: _index(shown_again(one), chosen=id),
    )


def _index(form: dict[str, Any], *, chosen: int | None) -> str:
    actor = current_actor()
    require(actor, VIEW)
    before = page_of(request.args.get("before"))
    found = queries.clawbacks(actor, before=before)
    return render_template(
        "clawbacks/index.html",
        rows=[_row(row, books=actor.may("budget.view")) for row in found["items"]],
        next_before=found["next_before"],
        before=before,
        tones=TONES,
        may_receive=actor.may(RECEIVE),
        chosen=chosen,
        **form,
    )


def _row(row: dict[str, Any], *, books: bool) -> dict[str, Any]:
    """Return a claw-back whose figures lead to their journals, for those who see the books."""
    if not books or not row["journal_id"]:
        return row | {"amount": row["amount_fen"], "open": row["open_fen"]}
    owed = {"pool": row["pool_id"], "party": row["party_id"], "kind": "fin.receivable"}
    return row | {
        "amount": (row["amount_fen"], url_for("audit.journal", id=row["journal_id"])),
        "open": (row["open_fen"], url_for("audit.journals", **owed)),
    }
