"""Services with a beginning and an end: check-in, what is under way, check-out or result.

What the end comes to is calculated anew when it is confirmed; where it is no longer what the page
said (a visit grows by the minute), the page is shown again instead. The form's request key makes
a double tap one end.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from core import clock
from core.access import require
from core.acts import Answer
from core.db import transaction
from core.errors import NotFound, Unavailable
from core.formats import moment
from core.web import current_actor
from core.web.forms import act, refused
from plugins.voucher.pages import slip_pages, wording
from plugins.voucher.pages.till import sale as sales
from plugins.voucher.pages.till import selling
from plugins.voucher.pages.till.mount import REDEEM, ask, unknown
from plugins.voucher.pages.till.mount import blueprint as pages
from plugins.voucher.service import underway
from plugins.voucher.service.underway import Underway

RELEASE_REASONS = {
    "not_served": lazy_gettext("服务没有做成"),
    "too_short": lazy_gettext("时间太短，不计费"),
    "mistake": lazy_gettext("选错服务或人"),
    "holder": lazy_gettext("居民要求取消"),
}
# What the confirmation showed, and what must still be so when it is sent.
SHOWN = ("price_fen", "others_fen", "amount_fen", "self_pay_fen")


# --- beginning ---------------------------------------------------------------------------------


@pages.post("/till/start")
def start() -> ResponseReturnValue:
    """Begin what was scanned, once, and lead to what is under way."""
    sale = sales.sent()
    if sale.check_identity and not sale.identity_checked:
        return selling.begin_page(sale, errors=selling.unchecked())
    asked = sale.use(identity_checked=sale.identity_checked)
    answer = ask("voucher.start", asked, key=sale.key)
    if answer.status == Unavailable.status:
        return unknown(answer)
    if answer.refused:
        return selling.not_done(sales.after(sale, answer), answer)
    flash(_begun(answer), "info" if answer.replayed else "good")
    return redirect(url_for(".services"), 303)


def _begun(answer: Answer) -> str:
    body = answer.body
    told = {"holder": body["holder"], "service": body["service"]}
    if answer.replayed:
        return _("%(holder)s的“%(service)s”刚才已经开始，没有重复登记。", **told)
    if body["is_visit"]:
        at = moment(clock.instant(body["started_at"]))
        return _("已签到：%(holder)s的“%(service)s”从 %(at)s 起计时。", at=at, **told)
    held = wording.in_unit(body["held"], body["unit"])
    return _("已预占 %(held)s：%(holder)s的“%(service)s”。", held=held, **told)


# --- under way ---------------------------------------------------------------------------------


@pages.get("/till/services")
def services() -> str:
    """List what was begun and not ended, the oldest first."""
    require(current_actor(), REDEEM)
    return _list_page()


def _list_page(answer: Answer | None = None) -> str:
    return render_template(
        "voucher/till/services.html",
        items=underway.open_services(current_actor()),
        refusal=refused(answer) if answer else None,
        today=clock.today(),
    )


@pages.get("/till/services/<int:number>")
def service(number: int) -> ResponseReturnValue:
    """Ask how a service ended; show what became of one that is over."""
    require(current_actor(), REDEEM)
    one = underway.service(current_actor(), number)
    if one.state == "open":
        return _end_form(one)
    if one.receipt:
        return redirect(url_for(".receipt", receipt=one.receipt))
    return render_template("voucher/till/service_over.html", one=one)


def _end_form(
    one: Underway, answer: Answer | None = None, errors: Mapping[str, Any] | None = None
) -> str:
    payers = list(one.terms.other_payers)
    if answer is not None:
        errors = _errors(answer, payers)
    return render_template(
        "voucher/till/end.html",
        one=one,
        values=request.form,
        typed_others=sales.typed_others(),
        refusal=refused(answer) if answer is not None and not errors else None,
        errors=errors or {},
    )


def _errors(answer: Answer, payers: list[str]) -> dict[str, Any]:
    """Return what is wrong with how a service ended, at its field."""
    code, errors = answer.body["code"], answer.body.get("errors") or {}
    if code == "RESULT_MISSING" or "result" in errors:
        return {"result": _("请选择结果。")}
    if "others_fen" in errors:
        wrong = sales.wrong_payers(errors["others_fen"], payers)
        return {sales.OTHERS + each: _("请按元输入金额，例如 18.50。") for each in wrong}
    if code == "OTHERS_EXCEED_PRICE" and payers:
        return {sales.OTHERS + payers[0]: answer.body["detail"]}
    return {}


# --- ending ------------------------------------------------------------------------------------


@pages.post("/till/services/<int:number>/quote")
def quote_end(number: int) -> ResponseReturnValue:
    """Show what an end now comes to, to be confirmed."""
    answer = ask("voucher.quote_finish", _end(number))
    return _confirm_end(number, answer)


@pages.post("/till/services/<int:number>/finish")
def finish(number: int) -> ResponseReturnValue:
    """End a service as it was shown, once, and lead to the slip or to what was given back."""
    asked, form = _end(number), request.form
    now = ask("voucher.quote_finish", asked)
    # Refused: it may have ended under this very key, which the act itself knows.
    if not now.refused and any(form.get(name) != str(now.body[name]) for name in SHOWN):
        return _confirm_end(number, now, changed=bool(form.get("price_fen")))
    answer = ask("voucher.finish", asked, key=form.get("request_key") or None)
    if answer.status == Unavailable.status:
        return unknown(answer)
    if answer.refused:
        return _not_ended(number, answer)
    if answer.replayed:
        flash(_("这次服务刚才已经登记，没有重复扣款。"), "info")
    if answer.body["receipt"]:
        return redirect(url_for(".receipt", receipt=answer.body["receipt"]), 303)
    return redirect(url_for(".service", number=number), 303)


def _end(number: int) -> dict[str, Any]:
    others = sales.others_fen(sales.typed_others())
    result = request.form.get("result", "")
    asked: dict[str, Any] = {"id": number}
    return (
        asked | ({"result": result} if result else {}) | ({"others_fen": others} if others else {})
    )


def _confirm_end(number: int, answer: Answer, *, changed: bool = False) -> ResponseReturnValue:
    if answer.refused:
        return _not_ended(number, answer)
    quote = answer.body
    with transaction(readonly=True):
        one = underway.service(current_actor(), number)
        return render_template(
            "voucher/till/end_confirm.html",
            one=one,
            quote=quote,
            quantity=wording.quantity(quote["quantity"], one.service.unit, one.service.measure),
            rows=wording.quote_facts(quote),
            collect=wording.to_collect(quote, one.terms.payee),
            now=clock.now(),
            result=next((r for r in one.service.results if r.code == quote["result"]), None),
            typed_others=sales.typed_others(),
            shown=SHOWN,
            changed=changed,
        )


def _not_ended(number: int, answer: Answer) -> ResponseReturnValue:
    """Show why a service could not be ended: on its form while it is open, else on the list."""
    with transaction(readonly=True):
        try:
            one = underway.service(current_actor(), number)
        except NotFound:
            return _list_page(answer), answer.status
        page = _end_form(one, answer) if one.state == "open" else _list_page(answer)
        return page, answer.status


@pages.get("/till/services/<int:number>/release")
def release(number: int) -> ResponseReturnValue:
    """Ask why what was begun is called off."""
    require(current_actor(), REDEEM)
    one = underway.service(current_actor(), number)
    if one.state != "open":
        return redirect(url_for(".service", number=number))
    return _release_form(one)


@pages.post("/till/services/<int:number>/release")
def released(number: int) -> ResponseReturnValue:
    """Call off what was begun; everything it held is given back."""
    reason = RELEASE_REASONS.get(request.form.get("why", ""))
    answer = act("voucher.release", {"id": number, "reason": reason and str(reason)})
    if not answer.refused:
        flash(_("已取消，没有扣款，预占的额度已全部退回。"), "good")
        return redirect(url_for(".services"), 303)
    with transaction(readonly=True):
        one = underway.service(current_actor(), number)
        missing = "errors" in answer.body
        errors = {"why": _("请选择原因。") if missing else answer.body["detail"]}
        return _release_form(one, errors, slip_pages.kept_key(answer)), answer.status


def _release_form(one: Underway, errors: Mapping[str, Any] | None = None, key: str = "") -> str:
    return render_template(
        "voucher/till/release.html",
        one=one,
        reasons=list(RELEASE_REASONS.items()),
        errors=errors or {},
        key=key,
    )
