"""Claw-backs: money paid that must come back, and the cash that came in."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core.access import Actor, require
from core.formats import yuan_text
from core.settlement import queries
from core.web import current_actor
from core.web.forms import act, done_or_again, fen_of, fresh, page_of, shown_again

blueprint = Blueprint("clawbacks", __name__, url_prefix="/clawbacks")

VIEW, RECEIVE, SET_OFF = "clawback.view", "clawback.receive", "clawback.set_off"
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
    answer = act("clawback.receive", payload)
    done = {
        "restored": _("已登记收款，钱已退回原指标。"),
        "remitted": _("已登记收款。原年度已结账或已结转，款项上缴国库，指标不变。"),
    }.get(answer.body.get("way", ""), "")
    return done_or_again(
        answer,
        done=done,
        to=url_for(".index"),
        again=lambda one: _index(shown_again(one), chosen=id),
    )


@blueprint.post("/<int:id>/set-off")
def set_off(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Set a claw-back off against a claim of the same payee that waits for payment."""
    component, _bar, source = request.form.get("claim", "").partition("|")
    payload = {
        "id": id,
        "component": component,
        "source": source,
        "amount_fen": fen_of(request.form.get("amount_fen", "")),
    }
    return done_or_again(
        act("clawback.set_off", payload),
        done=_("已抵扣，下一批次只付余下的部分。"),
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
        claims=_claims(actor) if actor.may(SET_OFF) else {},
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


def _claims(actor: Actor) -> dict[int, list[tuple[str, str]]]:
    """Return the claims that wait for payment, by payee, as a form offers them."""
    return {
        payee["payee_id"]: [
            (
                f"{claim['component']}|{claim['source']}",
                f"{claim['title']} {yuan_text(claim['amount_fen'] - claim['set_off_fen'])}",
            )
            for claim in payee["claims"]
        ]
        for payee in queries.open_claims(actor)["payees"]
    }
