"""Slips at the till and the day: shown, printed, voided; what was done today and what was not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core.access import require
from core.db import transaction
from core.formats import yuan_text
from core.plugins import registry
from core.web import current_actor
from core.web.forms import act
from plugins.voucher.pages import slip_pages, wording
from plugins.voucher.pages.till.mount import REDEEM, start_of_today
from plugins.voucher.pages.till.mount import blueprint as pages
from plugins.voucher.service import attempts, slips


@pages.get("/till/receipts/<receipt>")
def receipt(receipt: str) -> str:
    """Show a redemption's slip, to be printed; loading it again changes nothing."""
    require(current_actor(), "redemption.view")
    slip = slips.provider_slip(current_actor(), receipt)
    return render_template(
        "voucher/till/receipt.html",
        slip=slip,
        rows=wording.slip_facts(slip),
        undone=slips.undone(slip),
        corrections=slips.corrections(slip),
    )


@pages.get("/till/receipts/<receipt>.pdf")
def receipt_pdf(receipt: str) -> Response:
    """Return the slip for an 80 mm till printer."""
    require(current_actor(), "redemption.view")
    return slip_pages.till_paper(slips.provider_slip(current_actor(), receipt))


@pages.get("/till/receipts/<receipt>/void")
def void(receipt: str) -> ResponseReturnValue:
    """Ask why a redemption is voided."""
    require(current_actor(), "redemption.void")
    slip = slips.provider_slip(current_actor(), receipt)
    if slip.state != "captured":
        return redirect(url_for(".receipt", receipt=receipt))
    return _void_form(slip)


@pages.post("/till/receipts/<receipt>/void")
def voided(receipt: str) -> ResponseReturnValue:
    """Void a redemption; the voucher gets back what it paid."""
    reason = slip_pages.VOID_REASONS.get(request.form.get("why", ""))
    answer = act("redemption.void", {"receipt": receipt, "reason": reason and str(reason)})
    if not answer.refused:
        flash(_("已撤销，凭单没有扣款。请收回小票。"), "good")
        return redirect(url_for(".receipt", receipt=receipt), 303)
    with transaction(readonly=True):
        slip = slips.provider_slip(current_actor(), receipt)
        unknown = "errors" in answer.body
        errors = {"why": _("请选择原因。") if unknown else answer.body["detail"]}
        return _void_form(slip, errors, slip_pages.kept_key(answer)), answer.status


def _void_form(slip: slips.Slip, errors: Mapping[str, Any] | None = None, key: str = "") -> str:
    return render_template(
        "voucher/till/void.html",
        slip=slip,
        back=wording.in_unit(slips.drawn(slip), slip.voucher_unit)
        if slip.voucher_unit != "fen"
        else yuan_text(slip.paid_fen),
        reasons=list(slip_pages.VOID_REASONS.items()),
        errors=errors or {},
        key=key,
    )


@pages.get("/till/today")
def today() -> str:
    """Show today's redemptions with their sum, and what was refused and why."""
    require(current_actor(), REDEEM)
    since, before = start_of_today(), request.args.get("before", type=int)
    count, fen = slips.provider_total(current_actor(), since=since)
    return render_template(
        "voucher/till/today.html",
        found=slips.provider_slips(current_actor(), since=since, before=before),
        before=before,
        count=count,
        fen=fen,
        refusals=attempts.refused_attempts(current_actor(), since=since),
        actions={name: _(registry().acts[name].summary) for name in attempts.ACTIONS},
    )
