"""Undoing a redemption on screen: ordered by one person, approved or declined by another."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Select

from core.access import Actor, fetch, require, visible
from core.acts import Answer
from core.db import db, transaction
from core.errors import NotFound
from core.web import current_actor
from core.web.forms import act, done_or_again, fen_of
from plugins.voucher.models import Redemption, Reversal, Voucher
from plugins.voucher.pages import wording
from plugins.voucher.pages.staff import lists, people, words
from plugins.voucher.pages.staff.answers import form_of, reason_page, refusal_page
from plugins.voucher.pages.staff.mount import redemptions as pages
from plugins.voucher.service.cases import taken
from plugins.voucher.service.lives import rules_of
from plugins.voucher.service.reversing import ORDERED
from plugins.voucher.service.undoing import should_be

PART = "part"


@pages.get("/redemptions/<int:number>/reverse")
def ordering(number: int) -> str:
    """Ask why a redemption is to be undone, and what becomes of the voucher."""
    require(current_actor(), "redemption.reverse")
    return _order_form(number, None)


@pages.post("/redemptions/<int:number>/reverse")
def order(number: int) -> ResponseReturnValue:
    """Order that a redemption be undone or corrected; or only calculate the correction."""
    form = request.form
    asked: dict[str, Any] = {
        name: form.get(name, "") for name in ("receipt", "reason", "entitlement")
    }
    correction = _typed_correction() if form.get("kind") == PART else {}
    if form.get("kind") == PART:
        errors = _wrong(correction)
        if errors or form.get("step") == "check":
            with transaction(readonly=True):
                return _order_form(number, None, errors, correction), 422 if errors else 200
    return done_or_again(
        act("redemption.reverse", asked | correction),
        done=_("申请已提出，等另一人批准后生效。"),
        to=url_for("voucher_staff.redemptions.show", number=number),
        again=lambda answer: _order_form(number, answer),
    )


def _typed_correction() -> dict[str, Any]:
    """Return what the use should have said, as typed: quantity in thousandths, unit price in fen.

    What is no number stays text.
    """
    quantity, price = (request.form.get(name, "").strip() for name in ("quantity", "price"))
    found: dict[str, Any] = {"quantity": wording.thousandths_of(quantity)} if quantity else {}
    return found | ({"price_fen": fen_of(price)} if price else {})


def _wrong(correction: dict[str, Any]) -> dict[str, Any]:
    if not correction:
        return {"quantity": _("请填更正后的数量或单价，至少填一项。")}
    errors = {}
    if isinstance(correction.get("quantity", 0), str):
        errors["quantity"] = _("请输入数量，例如 1 或 1.5。")
    if isinstance(correction.get("price_fen", 0), str):
        errors["price"] = _("请按元输入金额，例如 18.50。")
    return errors


def _order_form(
    number: int,
    answer: Answer | None,
    errors: dict[str, Any] | None = None,
    correction: dict[str, Any] | None = None,
) -> str:
    row: Redemption = fetch(Redemption, number, current_actor(), "redemption.view")
    voucher = db.session.get_one(Voucher, row.voucher_id)
    service = rules_of(voucher).services[row.service_code]
    form = form_of(answer)
    if correction is not None:
        form |= {"values": request.form, "errors": errors or {}}
    return render_template(
        "voucher/staff/reverse.html",
        redemption=row,
        state=wording.state(row.state),
        in_minutes=service.measure == "minute",
        unit=service.unit,
        quantity=wording.quantity(row.quantity, "").strip(),
        price=f"{Decimal(row.unit_price_fen).scaleb(-2):.2f}",
        estimate=_estimate(row, voucher, correction) if correction and not errors else None,
        **form,
    )


def _estimate(row: Redemption, voucher: Voucher, correction: dict[str, Any]) -> dict[str, Any]:
    """Return what a correction would take back, in fen and in the voucher's unit."""
    used = taken(row, "redeemed")
    asked = (correction.get("quantity"), correction.get("price_fen"))
    should = should_be(row, voucher, used, asked)
    unit = rules_of(voucher).unit
    return {
        "price_fen": should.price_fen,
        "amount_fen": should.amount_fen,
        "back_fen": sum(one.amount_fen for one in should.back),
        "back": wording.in_unit(sum(one.quantity for one in should.back), unit),
        "is_money": unit == "fen",
    }


@pages.get("/redemptions/reversals")
def reversals() -> str:
    """List orders to undo redemptions, those that wait for approval unless `?all=1`."""
    actor = current_actor()
    require(actor, "programme.view")
    everything = request.args.get("all") == "1"
    query = _seen(actor).add_columns(Redemption, Voucher.number)
    if not everything:
        query = query.where(Reversal.state == ORDERED)
    page = lists.page(query, Reversal)
    names = people.users(row[0].ordered_by for row in page.rows)
    providers = people.organisations(row[1].provider_id for row in page.rows)
    return render_template(
        "voucher/staff/reversals.html",
        rows=[
            _described(reversal, redemption, number)
            | {
                "ordered_by": names.get(reversal.ordered_by, ""),
                "provider": providers[redemption.provider_id],
                "mine": reversal.ordered_by == actor.user_id,
            }
            for reversal, redemption, number in page.rows
        ],
        page=page,
        everything=everything,
    )


def _seen(actor: Actor) -> Select[Any]:
    return (
        db.select(Reversal)
        .join(Redemption, Redemption.id == Reversal.redemption_id)
        .join(Voucher, Voucher.id == Redemption.voucher_id)
        .where(visible(Redemption, actor, "redemption.view"))
    )


def _described(reversal: Reversal, redemption: Redemption, number: str) -> dict[str, Any]:
    return {
        "id": reversal.id,
        "receipt": redemption.receipt,
        "url": url_for("voucher_staff.redemptions.show", number=redemption.id),
        "voucher": number,
        "amount": reversal.amount_fen or redemption.amount_fen,
        "effect": words.effect(reversal),
        "reason": reversal.reason,
        "at": reversal.ordered_at,
        "state": words.REVERSAL[reversal.state],
        "waits": reversal.state == ORDERED,
    }


@pages.post("/redemptions/reversals/<int:number>/approve")
def approve(number: int) -> ResponseReturnValue:
    """Approve an ordered reversal or claw-back."""
    back = url_for("voucher_staff.redemptions.reversals")
    return done_or_again(
        act("redemption.approve_reversal", {"id": number}),
        done=_("已批准，账已更正。"),
        to=back,
        again=lambda answer: refusal_page(answer, back_url=back, back_label=_("返回申请列表")),
    )


@pages.get("/redemptions/reversals/<int:number>/decline")
def declining(number: int) -> str:
    """Ask why an order is sent back."""
    require(current_actor(), "redemption.approve_reversal")
    return _decline_form(number, None)


@pages.post("/redemptions/reversals/<int:number>/decline")
def decline(number: int) -> ResponseReturnValue:
    """Send an order back; nothing is undone."""
    return done_or_again(
        act(
            "redemption.decline_reversal",
            {"id": number, "reason": request.form.get("reason", "")},
        ),
        done=_("已退回，这笔核销不变。"),
        to=url_for("voucher_staff.redemptions.reversals"),
        again=lambda answer: _decline_form(number, answer),
    )


def _decline_form(number: int, answer: Answer | None) -> str:
    found = db.session.execute(
        _seen(current_actor()).where(Reversal.id == number).add_columns(Redemption.receipt)
    ).first()
    if found is None:
        raise NotFound("NOT_FOUND", _("没有这份申请，或它不在您的管辖范围内。请核对编号。"))
    return reason_page(
        answer,
        title=_("退回第 %(n)s 号申请", n=number),
        consequence=_("小票 %(receipt)s 的核销保持不变；申请人可以重新提出。", receipt=found[1]),
        button=_("退回申请"),
        tone="danger",
        back_url=url_for("voucher_staff.redemptions.reversals"),
        back_label=_("冲正与追回申请"),
    )
