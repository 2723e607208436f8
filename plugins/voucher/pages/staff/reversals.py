"""Undoing a redemption on screen: ordered by one person, approved or declined by another."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Select

from core.access import Actor, fetch, require, visible
from core.acts import Answer
from core.db import db
from core.errors import NotFound
from core.web import current_actor
from core.web.forms import act, done_or_again
from plugins.voucher.models import Redemption, Reversal, Voucher
from plugins.voucher.pages import wording
from plugins.voucher.pages.staff import lists, people, words
from plugins.voucher.pages.staff.answers import form_of, reason_page, refusal_page
from plugins.voucher.pages.staff.mount import redemptions as pages
from plugins.voucher.service.reversing import ORDERED


@pages.get("/redemptions/<int:number>/reverse")
def ordering(number: int) -> str:
    """Ask why a redemption is to be undone, and what becomes of the voucher."""
    require(current_actor(), "redemption.reverse")
    return _order_form(number, None)


@pages.post("/redemptions/<int:number>/reverse")
def order(number: int) -> ResponseReturnValue:
    """Order that a redemption be undone."""
    form = request.form
    asked = {name: form.get(name, "") for name in ("receipt", "reason", "entitlement")}
    return done_or_again(
        act("redemption.reverse", asked),
        done=_("申请已提出，等另一人批准后生效。"),
        to=url_for("voucher_staff.redemptions.show", number=number),
        again=lambda answer: _order_form(number, answer),
    )


def _order_form(number: int, answer: Answer | None) -> str:
    row: Redemption = fetch(Redemption, number, current_actor(), "redemption.view")
    return render_template(
        "voucher/staff/reverse.html",
        redemption=row,
        state=wording.state(row.state),
        **form_of(answer),
    )


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
        "amount": redemption.amount_fen,
        "effect": words.EFFECT.get(reversal.effect or "", ""),
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
