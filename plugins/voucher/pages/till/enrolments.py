"""Holders enrolled with a provider: enrolled once, attendance entered for a day, ended.

Each attendance is an act of its own. Its key is made from the form's and from what was entered, so
the same form sent again records nobody twice, and what was mended is a new request.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core import clock, privacy
from core.access import require
from core.acts import Answer
from core.db import transaction
from core.errors import Unavailable
from core.formats import yuan_text
from core.web import current_actor
from core.web.forms import act, fen_of
from plugins.voucher.pages import slip_pages, wording
from plugins.voucher.pages.till import sale as sales
from plugins.voucher.pages.till import selling
from plugins.voucher.pages.till.mount import REDEEM, ask, unknown
from plugins.voucher.pages.till.mount import blueprint as pages
from plugins.voucher.service import rosters
from plugins.voucher.service.rosters import Enrolled


@pages.post("/till/enrolments")
def enrol_holder() -> ResponseReturnValue:
    """Enrol whose code was scanned, once, and lead to the list."""
    sale, from_on = sales.sent(), request.form.get("from_on", "").strip()
    if sale.check_identity and not sale.identity_checked:
        return selling.begin_page(sale, errors=selling.unchecked())
    asked = {
        "code": sale.code,
        "service_code": sale.service_code,
        "identity_checked": sale.identity_checked,
    }
    if from_on:
        asked["from_on"] = from_on
    answer = ask("enrolment.enrol", asked, key=sale.key)
    if answer.status == Unavailable.status:
        return unknown(answer)
    if answer.refused and "from_on" in (answer.body.get("errors") or {}):
        wrong = {"from_on": _("请选择一天，例如 2026-02-01。")}
        return selling.begin_page(sales.after(sale, answer), errors=wrong)
    if answer.refused:
        return selling.not_done(sales.after(sale, answer), answer)
    told = {"holder": answer.body["holder"], "service": answer.body["service"]}
    done = _("刚才已经登记，没有重复登记。") if answer.replayed else ""
    flash(
        done or _("已登记：%(holder)s的“%(service)s”。以后按出勤登记，不用再扫码。", **told), "good"
    )
    return redirect(url_for(".enrolments"), 303)


@pages.get("/till/enrolments")
def enrolments() -> str:
    """List who is enrolled, to enter a day's attendance."""
    require(current_actor(), REDEEM)
    return _roster_page(_day(request.args.get("on", "")))


def _day(text: str) -> date:
    """Return the day that was asked for, today where it is none or yet to come."""
    try:
        return min(date.fromisoformat(text), clock.today())
    except ValueError:
        return clock.today()


def _roster_page(
    day: date, errors: Mapping[str, Any] | None = None, key: str = "", done: int = 0
) -> str:
    found = rosters.roster(current_actor(), day)
    yesterday = day - timedelta(days=1)
    return render_template(
        "voucher/till/enrolments.html",
        day=day,
        today=clock.today(),
        yesterday=yesterday,
        items=found,
        late_days=max((one.terms.late_days for one in found), default=0),
        values=request.form,
        ticked=set(request.form.getlist("who")),
        errors=errors or {},
        names={f"{name}{one.id}": one.holder for one in found for name in _names(one)},
        done=done,
        key=key,
    )


def _names(one: Enrolled) -> list[str]:
    return ["who.", "quantity.", "price.", *(f"others.{code}." for code in one.terms.other_payers)]


# --- attendance --------------------------------------------------------------------------------


@pages.post("/till/enrolments/attend")
def attend() -> ResponseReturnValue:
    """Record the attendance of everybody ticked; who is refused stays to be mended in place."""
    day = _day(request.form.get("on", ""))
    with transaction(readonly=True):
        require(current_actor(), REDEEM)
        known = {str(one.id): one for one in rosters.roster(current_actor(), day)}
    chosen = [known[who] for who in request.form.getlist("who") if who in known]
    answers = [(one, _attend(one, day)) for one in chosen]
    accepted = [answer for _one, answer in answers if not answer.refused]
    errors: dict[str, Any] = {}
    for one, answer in answers:
        if answer.refused:
            errors |= _errors(one, answer)
    if not answers:
        errors = {"who": _("还没有勾选任何人。")}
    if not errors:
        fen = yuan_text(sum(answer.body["amount_fen"] for answer in accepted))
        flash(_("已登记 %(n)s 人的出勤，凭单支付 %(fen)s。", n=len(accepted), fen=fen), "good")
        return redirect(url_for(".enrolments", on=day.isoformat()), 303)
    unknown = any(answer.status == Unavailable.status for _one, answer in answers)
    with transaction(readonly=True):
        key = request.form.get("request_key", "") if unknown else ""
        return _roster_page(day, errors, key, done=len(accepted)), 422


def _attend(one: Enrolled, day: date) -> Answer:
    form, mark = request.form, f".{one.id}"
    price = form.get(f"price{mark}", "").strip()
    asked: dict[str, Any] = {
        "id": one.id,
        "service_on": day.isoformat(),
        "quantity": wording.thousandths_of(form.get(f"quantity{mark}", "")),
        "others_fen": sales.others_fen(sales.typed_others(mark)),
    }
    if price:
        asked["price_fen"] = fen_of(price)
    seed = f"{form.get('request_key', '')}\n{sorted(asked.items())}"
    return ask("enrolment.attend", asked, key=privacy.keyring().mac("attend", seed))


def _errors(one: Enrolled, answer: Answer) -> dict[str, Any]:
    """Return what was refused about one person, at the field where it is mended."""
    errors, code = answer.body.get("errors") or {}, answer.body["code"]
    payers = list(one.terms.other_payers)
    told: dict[str, Any] = {}
    if "price_fen" in errors or code in {"PRICE_MISSING", "PRICE_CHANGED"}:
        amount = _("请按元输入金额，例如 18.50。")
        told[f"price.{one.id}"] = amount if errors else answer.body["detail"]
    if "quantity" in errors:
        told[f"quantity.{one.id}"] = _("请输入数量，例如 1 或 1.5。")
    if "others_fen" in errors:
        for payer in sales.wrong_payers(errors["others_fen"], payers):
            told[f"others.{payer}.{one.id}"] = _("请按元输入金额，例如 18.50。")
    if code == "OTHERS_EXCEED_PRICE" and payers:
        told[f"others.{payers[0]}.{one.id}"] = answer.body["detail"]
    return told or {f"who.{one.id}": answer.body["detail"]}


# --- ending ------------------------------------------------------------------------------------


@pages.get("/till/enrolments/<int:number>/end")
def ending(number: int) -> str:
    """Ask when and why an enrolment ends."""
    require(current_actor(), REDEEM)
    return _end_form(number)


@pages.post("/till/enrolments/<int:number>/end")
def end(number: int) -> ResponseReturnValue:
    """End an enrolment; what was attended before may still be recorded."""
    fields = {"id": number} | {name: request.form.get(name, "") for name in ("reason", "to_on")}
    answer = act("enrolment.end", fields)
    if not answer.refused:
        flash(_("已终止。终止日及以前的出勤仍可登记。"), "good")
        return redirect(url_for(".enrolments"), 303)
    errors = dict(answer.body.get("errors") or {"reason": answer.body["detail"]})
    if "reason" in errors and not request.form.get("reason"):
        errors["reason"] = _("请写原因。")
    with transaction(readonly=True):
        return _end_form(number, errors, slip_pages.kept_key(answer)), answer.status


def _end_form(number: int, errors: Mapping[str, Any] | None = None, key: str = "") -> str:
    return render_template(
        "voucher/till/enrolment_end.html",
        one=rosters.enrolled(current_actor(), number, clock.today()),
        values=request.form,
        today=clock.today().isoformat(),
        errors=errors or {},
        key=key,
    )
