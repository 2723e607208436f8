"""Overpayments (多付额度) on screen: withheld from the next allotment, claimed in cash, waived."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Select

from core.access import Actor, fetch, require, scoped
from core.acts import Answer
from core.db import db
from core.formats import yuan
from core.parties import Resident
from core.settlement import Clawback
from core.web import current_actor
from core.web.forms import act, done_or_again
from plugins.voucher.models import Lot, Recovery, Voucher
from plugins.voucher.pages import wording
from plugins.voucher.pages.staff import lists, people, words
from plugins.voucher.pages.staff.answers import reason_page, refusal_page
from plugins.voucher.pages.staff.mount import vouchers as pages
from plugins.voucher.service.changes import ORDERED
from plugins.voucher.service.granting import OPEN


@pages.get("/vouchers/recoveries")
def recoveries() -> str:
    """List overpayments, those that are not settled unless `?all=1`."""
    actor = current_actor()
    require(actor, "voucher.view")
    everything = request.args.get("all") == "1"
    query = scoped(Recovery, actor, "voucher.view")
    if not everything:
        query = query.where(Recovery.state.in_([OPEN, ORDERED]))
    page = lists.page(query, Recovery)
    return render_template(
        "voucher/staff/recoveries.html",
        rows=described(actor, [row[0] for row in page.rows]),
        page=page,
        everything=everything,
    )


def of_voucher(actor: Actor, voucher: Voucher) -> list[dict[str, Any]]:
    """Return a voucher's overpayments, the newest first."""
    query: Select[Any] = db.select(Recovery).filter_by(voucher_id=voucher.id)
    return described(actor, list(db.session.scalars(query.order_by(Recovery.id.desc()))))


def described(actor: Actor, rows: list[Recovery]) -> list[dict[str, Any]]:
    """Return overpayments as a table shows them, each with what this person may do."""
    about = {
        row.id: (number, name, unit)
        for row, number, name, unit in db.session.execute(
            db.select(Recovery, Voucher.number, Resident.name, Lot.unit)
            .join(Voucher, Voucher.id == Recovery.voucher_id)
            .join(Resident, Resident.id == Voucher.resident_id)
            .join(Lot, Lot.id == Recovery.lot_id)
            .where(Recovery.id.in_([row.id for row in rows]))
        )
    }
    return [_described(actor, row, *about[row.id]) for row in rows]


def _described(actor: Actor, row: Recovery, number: str, holder: str, unit: str) -> dict[str, Any]:
    left = row.quantity - row.recovered
    clawback = db.session.get(Clawback, row.clawback_id) if row.clawback_id else None
    mine = clawback is not None and clawback.ordered_by == actor.user_id
    unsettled = row.state in {OPEN, ORDERED}
    return {
        "id": row.id,
        "voucher": (number, url_for("voucher_staff.vouchers.show", number=row.voucher_id)),
        "holder": people.holder_name(actor, holder),
        "quantity": wording.in_unit(row.quantity, unit),
        "left": wording.in_unit(left, unit) if unsettled else "",
        "amount": row.amount_fen,
        "reason": row.reason,
        "found_at": row.found_at,
        "state": words.RECOVERY[row.state],
        "may_order": row.state == OPEN and actor.may("recovery.order"),
        "may_approve": row.state == ORDERED and actor.may("recovery.approve") and not mine,
        "may_waive": unsettled and actor.may("recovery.approve") and row.found_by != actor.user_id,
    }


# --- what may be done ----------------------------------------------------------------------------


@pages.get("/vouchers/recoveries/<int:number>/cash")
def claiming_cash(number: int) -> str:
    """Ask why an overpayment is claimed in cash."""
    require(current_actor(), "recovery.order")
    return _cash_form(number, None)


@pages.post("/vouchers/recoveries/<int:number>/cash")
def claim_cash(number: int) -> ResponseReturnValue:
    """Order an overpayment back in cash."""
    fields = {"id": number, "reason": request.form.get("reason", "")}
    answer = act("recovery.in_cash", fields)
    return done_or_again(
        answer,
        done=_("申请已提出，等另一人批准后向居民追回现金。"),
        to=_back(answer),
        again=lambda again: _cash_form(number, again),
    )


@pages.post("/vouchers/recoveries/<int:number>/approve")
def approve_cash(number: int) -> ResponseReturnValue:
    """Approve that an overpayment is claimed in cash."""
    answer = act("recovery.approve", {"id": number})
    back = _back(answer)
    return done_or_again(
        answer,
        done=_("已批准，由财政登记收回的现金。"),
        to=back,
        again=lambda again: refusal_page(again, back_url=back, back_label=_("多付额度")),
    )


@pages.get("/vouchers/recoveries/<int:number>/waive")
def waiving(number: int) -> str:
    """Ask why an overpayment is waived."""
    require(current_actor(), "recovery.approve")
    return _waive_form(number, None)


@pages.post("/vouchers/recoveries/<int:number>/waive")
def waive(number: int) -> ResponseReturnValue:
    """Waive what is left of an overpayment."""
    fields = {"id": number, "reason": request.form.get("reason", "")}
    answer = act("recovery.waive", fields)
    return done_or_again(
        answer,
        done=_("已豁免，不再扣回，也不追回。"),
        to=_back(answer),
        again=lambda again: _waive_form(number, again),
    )


def _back(answer: Answer) -> str:
    """Return the page of the voucher an act was about; of a refused one, the list."""
    if answer.refused:
        return url_for("voucher_staff.vouchers.recoveries")
    return url_for("voucher_staff.vouchers.show", number=answer.body["voucher_id"])


def _cash_form(number: int, answer: Answer | None) -> str:
    return _form(
        number,
        answer,
        title=_("现金追回多付额度"),
        consequence=_("不再从下次发放里扣；另一人批准后，向居民追回这笔钱。"),
        button=_("提出申请"),
    )


def _waive_form(number: int, answer: Answer | None) -> str:
    return _form(
        number,
        answer,
        title=_("豁免多付额度"),
        consequence=_("剩下的不再扣回，也不追回现金。不能恢复。"),
        button=_("豁免"),
    )


def _form(number: int, answer: Answer | None, *, title: str, consequence: str, button: str) -> str:
    actor = current_actor()
    row: Recovery = fetch(Recovery, number, actor, "voucher.view")
    told = described(actor, [row])[0]
    return reason_page(
        answer,
        title=title,
        consequence=_(
            "%(voucher)s 多用了 %(quantity)s，合 %(fen)s 元。%(consequence)s",
            voucher=told["voucher"][0],
            quantity=told["quantity"],
            fen=yuan(row.amount_fen),
            consequence=consequence,
        ),
        button=button,
        tone="danger",
        back_url=told["voucher"][1],
        back_label=told["voucher"][0],
    )
