"""What is done on a contract's page: each step is one act, refused on the same page."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core.access import require
from core.acts import Answer
from core.db import db, transaction
from core.web import current_actor
from core.web.forms import act, done_or_again, fen_of, fresh, shown_again, whole
from plugins.contract_outsourcing.models import Amendment, Bond, Ending, ProviderIncome, Subcontract
from plugins.contract_outsourcing.models import Receivable as ReceivableRow
from plugins.contract_outsourcing.models import contracts as c
from plugins.contract_outsourcing.models.contracts import PARTS
from plugins.contract_outsourcing.pages import contract_form, contract_words, contracts
from plugins.contract_outsourcing.service import contract_queries

blueprint = Blueprint(
    "contract_steps", __name__, url_prefix="/contract/steps", template_folder="../templates"
)


@blueprint.post("/<int:id>/<step>")
def take(id: int, step: str) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Do what takes a contract on, or back."""
    form = request.form
    # The step of the address, its act, and what the form says for it.
    reason = {"reason": form.get("reason")}
    known: dict[str, tuple[str, dict[str, Any], str]] = {
        "agree": ("contract.agree", {}, _("已复核，等双方签署。")),
        "send-back": ("contract.send_back", reason, _("已退回修改。")),
        "cancel": ("contract.cancel", reason, _("已作废。")),
        "sign": ("contract.sign", {"text_hash": form.get("text_hash")}, _("已签署。")),
        "publish": ("contract.publish", {}, _("已公告。")),
        "file": ("contract.file", {}, _("已备案。")),
        "suspend": ("contract.suspend", reason, _("已中止。")),
        "resume": ("contract.resume", reason, _("已恢复履行。")),
        "terminate": (
            "contract.terminate",
            reason | {"call_bond": form.get("call_bond") == "1"},
            _("已提出解除，等复核。"),
        ),
        "complete": ("contract.complete", {}, _("已确认履行完毕。")),
        "close": ("contract.close", {}, _("已结清。")),
    }
    if step not in known:
        abort(404)
    operation, fields, done = known[step]
    return _after(id, act(operation, {"id": id} | fields), done)


@blueprint.post("/<int:id>/amend")
def amend(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Propose a change."""
    form = request.form
    kind = form.get("kind", "")
    fields: dict[str, Any] = {
        "id": id,
        "kind": kind,
        "words": form.get("words"),
        "reason": form.get("reason"),
        "changes": _changes(kind),
    }
    if form.get("amount_fen"):
        fields["amount_fen"] = fen_of(form["amount_fen"])
    fields["fiscal_year"] = whole(form.get("fiscal_year"))
    return _after(id, act("contract.amend", fields), _("已提出变更，等复核。"))


@blueprint.post("/<int:id>/subcontract")
def subcontract(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Ask to subcontract."""
    form = request.form
    fields = {
        "id": id,
        "organisation_id": whole(form.get("organisation_id")),
        "words": form.get("words"),
        "amount_fen": fen_of(form.get("amount_fen", "")),
    }
    return _after(id, act("contract.subcontract", fields), _("已申请分包，等购买主体同意。"))


@blueprint.post("/<int:id>/income")
def income(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Record what the provider owes the treasury."""
    form = request.form
    fields = {"id": id, "amount_fen": fen_of(form.get("amount_fen", ""))}
    answer = act("income.record", fields | {"reason": form.get("reason")})
    return _after(id, answer, _("已登记应缴款。"))


@blueprint.post("/<int:id>/receivable")
def receivable(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Ask for a receivable to be confirmed."""
    form = request.form
    fields = {"id": id, "amount_fen": fen_of(form.get("amount_fen", ""))}
    answer = act("receivable.ask", fields | {"financier": form.get("financier")})
    return _after(id, answer, _("已申请确认，购买主体须在三十日内答复。"))


# --- on what belongs to a contract -------------------------------------------------------------


@blueprint.post("/amendment/<int:number>/<step>")
def amendment(number: int, step: str) -> ResponseReturnValue:
    """Approve, sign or decline a change."""
    form = request.form
    known: dict[str, tuple[str, dict[str, Any], str]] = {
        "approve": ("amendment.approve", {}, _("已复核，等双方签署。")),
        "sign": ("amendment.sign", {"text_hash": form.get("text_hash")}, _("已签署变更。")),
        "decline": ("amendment.decline", {"reason": form.get("reason")}, _("已退回变更。")),
    }
    if step not in known:
        abort(404)
    operation, fields, done = known[step]
    return _after(_home(Amendment, number), act(operation, {"id": number} | fields), done)


@blueprint.post("/subcontract/<int:number>")
def subcontract_decision(number: int) -> ResponseReturnValue:
    """Consent to a subcontract or decline it."""
    form = request.form
    fields = {"id": number, "consent": form.get("consent") == "1", "reason": form.get("reason")}
    return _after(_home(Subcontract, number), act("subcontract.decide", fields), _("已决定。"))


@blueprint.post("/bond/<int:number>/<step>")
def bond(number: int, step: str) -> ResponseReturnValue:
    """Return or call a bond."""
    known = {
        "return": ("bond.return", _("已退还履约保证金。")),
        "call": ("bond.call", _("已提出兑付，等复核。")),
    }
    if step not in known:
        abort(404)
    operation, done = known[step]
    answer = act(operation, {"id": number, "reason": request.form.get("reason")})
    return _after(_home(Bond, number), answer, done)


@blueprint.post("/ending/<int:number>/<step>")
def ending(number: int, step: str) -> ResponseReturnValue:
    """Approve or decline a proposed end, or a proposed call of a bond."""
    known: dict[str, tuple[str, dict[str, Any], str]] = {
        "approve": ("ending.approve", {}, _("已复核办理。")),
        "decline": ("ending.decline", {"reason": request.form.get("reason")}, _("已退回。")),
    }
    if step not in known:
        abort(404)
    operation, fields, done = known[step]
    return _after(_home(Ending, number), act(operation, {"id": number} | fields), done)


@blueprint.post("/income/<int:number>")
def income_received(number: int) -> ResponseReturnValue:
    """Book what the provider paid to the treasury."""
    form = request.form
    fields = {"id": number, "amount_fen": fen_of(form.get("amount_fen", ""))}
    answer = act("income.receive", fields | {"bank_reference": form.get("bank_reference")})
    return _after(_home(ProviderIncome, number), answer, _("已登记上缴。"))


@blueprint.post("/receivable/<int:number>")
def receivable_decision(number: int) -> ResponseReturnValue:
    """Confirm a receivable or refuse it."""
    form = request.form
    fields = {"id": number, "confirmed": form.get("confirmed") == "1"}
    answer = act("receivable.confirm", fields | {"reason": form.get("reason")})
    return _after(_home(ReceivableRow, number), answer, _("已答复。"))


# --- renewals ----------------------------------------------------------------------------------


@blueprint.get("/<int:id>/renew")
def renewing(id: int) -> str:  # noqa: A002 - the route's name
    """Show the form of a renewal."""
    return _renewal(id, fresh())


@blueprint.post("/<int:id>/renew")
def renew(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Draft the contract that follows."""
    form = request.form
    fields: dict[str, Any] = {
        "id": id,
        "ends_on": form.get("ends_on"),
        "purchase_id": whole(form.get("purchase_id")),
        "milestones": contract_form.MILESTONES.read(form),
        "bond": contract_form.BOND.read(form),
        "index_now": fen_of(form["index_now"]) if form.get("index_now") else None,
        "multi_year_reason": form.get("multi_year_reason"),
    }
    answer = act("contract.renew", fields)
    return done_or_again(
        answer,
        done=_("已起草续签合同，等复核。"),
        to=url_for("contract_contracts.show", id=answer.body.get("id", id)),
        again=lambda one: _renewal(id, shown_again(one)),
    )


def _renewal(number: int, form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, contracts.MAKE)
    return render_template(
        "contract/contracts/renew.html",
        contract=contract_queries.show(actor, id=number),
        kinds=[
            (code, name)
            for code, name in contract_words.milestone_kinds().items()
            if code in {"share", "tail", "advance"}
        ],
        bond_forms=list(contract_words.bond_forms().items()),
        ready=contract_form.MILESTONES.ready(form["values"]),
        labels=contract_words.labels(),
        **form,
    )


def _after(number: int, answer: Answer, done: str) -> ResponseReturnValue:
    return done_or_again(
        answer,
        done=done,
        to=url_for("contract_contracts.show", id=number),
        again=lambda one: contracts.show_again(number, shown_again(one)),
    )


def _home(model: Any, number: int) -> int:
    """Return the contract a row belongs to; its page tells who may not see it."""
    with transaction(readonly=True):
        found = db.session.scalar(db.select(model.contract_id).where(model.id == number))
    if found is None:
        abort(404)
    return int(found)


def _changes(kind: str) -> dict[str, Any]:
    """Return what a change sets, as far as its kind asks for it."""
    form = request.form
    if kind == c.SUPPLEMENT:
        return {"milestone": form.get("milestone"), "due_on": form.get("due_on") or None}
    if kind in {c.PRICE_DOWN, c.VOLUME_DOWN}:
        cuts = [
            {"milestone_id": whole(name.removeprefix("cut-")), "amount_fen": fen_of(text)}
            for name, text in form.items()
            if name.startswith("cut-") and text.strip()
        ]
        return {"cuts": cuts}
    if kind == c.EXTENSION:
        return {"ends_on": form.get("ends_on") or None}
    if kind == c.LEGAL_CHANGE:
        return {"parts": {part: form.get(f"parts-{part}", "").strip() for part in PARTS}}
    return {}
