"""One sale: scan, see whom and what, confirm, be led to the slip.

Services that are not over at the scan are led to their own pages (`visits`, `enrolments`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core import audit, clock
from core.access import require
from core.acts import Answer
from core.db import transaction
from core.errors import Unavailable
from core.web import current_actor
from core.web.forms import refused
from plugins.voucher.pages import slip_pages, wording
from plugins.voucher.pages.till import sale as sales
from plugins.voucher.pages.till.mount import LOOKUP, REDEEM, ask, start_of_today, unknown
from plugins.voucher.pages.till.mount import blueprint as pages
from plugins.voucher.pages.till.sale import ENROLLED, SCAN, Sale
from plugins.voucher.service import rosters, slips, underway

RECENT = 3


@pages.get("/till")
def scan() -> str:
    """Scan, photograph or type a code."""
    require(current_actor(), LOOKUP)
    return scan_page()


@pages.get("/till/lookup")
@pages.get("/till/choose")
@pages.get("/till/quote")
@pages.get("/till/redeem")
@pages.get("/till/start")
def start_again() -> ResponseReturnValue:
    """Lead whoever opens a step by its address back to the beginning."""
    return redirect(url_for(".scan"))


@pages.post("/till/lookup")
def look_up() -> ResponseReturnValue:
    """Show whom and what; where there is nothing to choose, go straight to the confirmation."""
    sale = sales.sent()
    answer = ask(LOOKUP, {"code": sale.code})
    if answer.refused:
        return not_done(sale, answer)
    sale, found = sales.checked(sale, answer.body), answer.body
    services = found["services"]
    if len(services) == 1 and not _has_fields(services[0], found):
        (only,) = services
        return _confirm(replace(sale, service_code=only["code"], way=only["presence"]), found)
    return _choose(sale, found)


def _has_fields(service: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    """Tell whether anything is to be typed before a service can be confirmed."""
    if service["presence"] == ENROLLED:
        return False
    is_open = service["price_fen"] is None
    is_typed = found["other_payers"] or found["late_days"] or service["measure"] == "minute"
    return is_open or (service["presence"] != "timed" and bool(is_typed))


@pages.post("/till/choose")
def choose() -> ResponseReturnValue:
    """Choose service and amount, also again."""
    sale = sales.sent()
    answer = ask(LOOKUP, {"code": sale.code})
    if answer.refused:
        return not_done(sale, answer)
    return _choose(sales.checked(sale, answer.body), answer.body)


@pages.post("/till/quote")
def quote() -> ResponseReturnValue:
    """Show what the voucher pays and what is left, to be confirmed."""
    return _confirm(sales.sent())


@pages.post("/till/redeem")
def redeem() -> ResponseReturnValue:
    """Redeem, and lead to the slip; the same form again leads to the same slip."""
    sale = sales.sent()
    if sale.check_identity and not sale.identity_checked:
        return _confirm(sale, errors=unchecked())
    answer = ask(REDEEM, sale.use(identity_checked=sale.identity_checked), key=sale.key)
    if answer.status == Unavailable.status:
        return unknown(answer)
    if answer.refused:
        return not_done(sales.after(sale, answer), answer)
    if answer.replayed:
        flash(_("这一单刚才已经核销，没有重复扣款。"), "info")
    return redirect(url_for(".receipt", receipt=answer.body["receipt"]), 303)


def unchecked() -> dict[str, Any]:
    """Return the error of a form whose identity check was not ticked."""
    return {"identity_checked": _("请先核对身份证件，勾选后再确认。")}


def _confirm(
    sale: Sale,
    found: Mapping[str, Any] | None = None,
    errors: Mapping[str, Any] | None = None,
) -> ResponseReturnValue:
    if sale.way != SCAN:
        return begin_page(sale, found, errors)
    # What it would be once the identity was checked; redeeming asks whether it was.
    answer = ask("voucher.quote", sale.use(identity_checked=True))
    if answer.refused:
        return not_done(sale, answer)
    with transaction(readonly=True):
        page = render_template(
            "voucher/till/confirm.html",
            sale=sale,
            quote=answer.body,
            quantity=wording.quantity(answer.body["quantity"], "", answer.body["measure"]).strip(),
            rows=wording.quote_facts(answer.body),
            collect=wording.to_collect(answer.body, answer.body["payee"]),
            today=clock.today().isoformat(),
            used_here=_used_here(answer.body["id"]),
            errors=errors or {},
        )
    return page, 422 if errors else 200


def begin_page(
    sale: Sale,
    found: Mapping[str, Any] | None = None,
    errors: Mapping[str, Any] | None = None,
) -> ResponseReturnValue:
    """Show whom and what, before a service begins or somebody is enrolled."""
    if found is None:
        answer = ask(LOOKUP, {"code": sale.code})
        if answer.refused:
            return not_done(sale, answer)
        found = answer.body
    services = {one["code"]: one for one in found["services"]}
    if sale.service_code not in services:
        return _choose(sales.checked(sale, found), found)
    page = render_template(
        "voucher/till/begin.html",
        sale=replace(sales.checked(sale, found), way=services[sale.service_code]["presence"]),
        found=found,
        service=services[sale.service_code],
        from_on=request.form.get("from_on") or clock.today().isoformat(),
        errors=errors or {},
    )
    return page, 422 if errors else 200


def _choose(
    sale: Sale, found: Mapping[str, Any], refusal: Answer | None = None
) -> ResponseReturnValue:
    payers = [payer["code"] for payer in found["other_payers"]]
    prices = {one["code"]: one["price_fen"] for one in found["services"]}
    is_open = bool(sale.price) or prices.get(sale.service_code) is None
    with transaction(readonly=True):
        page = render_template(
            "voucher/till/choose.html",
            sale=sale,
            found=found,
            last_day=datetime.fromisoformat(found["valid_through"]).date(),
            today=clock.today().isoformat(),
            errors=sales.mended(refusal, price_is_open=is_open, payers=payers),
            used_here=_used_here(found["id"]),
        )
    return page, refusal.status if refusal else 200


def not_done(sale: Sale, answer: Answer) -> ResponseReturnValue:
    """Show a refusal: on the form where it can be mended there, else beside the next scan."""
    # A form that carries a sale comes from a page after the scan.
    is_chosen = bool(sale.service_code or request.form.get("sale"))
    if is_chosen and answer.body["code"] in sales.MENDABLE:
        again = ask(LOOKUP, {"code": sale.code})
        if not again.refused:
            return _choose(sales.checked(sale, again.body), again.body, answer)
        answer = again
    with transaction(readonly=True):
        return scan_page(sale, answer), answer.status


def scan_page(sale: Sale | None = None, answer: Answer | None = None) -> str:
    """Return the page of the next scan, with what was refused before it."""
    since, actor = start_of_today(), current_actor()
    count, fen = slips.provider_total(actor, since=since)
    earlier = ""
    if answer is not None and sale is not None and answer.body["code"] == "KEY_REUSED":
        earlier = slip_pages.receipt_of(audit.stored(actor.scope, sale.key))
    # A mistyped number is shown again to be mended; a scanned code never is.
    typed = sale.code if answer and sale and answer.body["code"] == "CODE_MISTYPED" else ""
    return render_template(
        "voucher/till/scan.html",
        refusal=refused(answer) if answer else None,
        typed=typed,
        earlier=earlier,
        count=count,
        fen=fen,
        underway=underway.count(actor),
        enrolled=rosters.count(actor),
        latest=slips.provider_slips(actor, since=since, limit=RECENT).items,
    )


def _used_here(voucher_id: int) -> list[slips.Slip]:
    return slips.used_here(current_actor(), voucher_id=voucher_id, since=start_of_today())
