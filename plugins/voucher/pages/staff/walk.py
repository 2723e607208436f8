"""The walk of one redemption's money, station by station, each with its page where there is one."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import gettext as _

from core import privacy
from core.access import Actor
from core.budget import BudgetLine, Pool, PoolShare
from core.db import db
from core.fiscal import past_lines
from core.formats import moment, yuan_text
from core.settlement import state_name
from core.settlement.models import PAID, Payment, PaymentBatch, PaymentClaim, PaymentItem
from plugins.voucher.models import (
    Lot,
    LotMove,
    Objection,
    Redemption,
    Reversal,
    SettlementPeriod,
    Statement,
    Voucher,
)
from plugins.voucher.pages import wording
from plugins.voucher.pages.staff import words
from plugins.voucher.service.claiming import COMPONENT
from plugins.voucher.service.membership import CAPTURED, LINE_STATES, period_of
from plugins.voucher.service.reversing import APPROVED

Step = dict[str, Any]


def steps(actor: Actor, row: Redemption, voucher: Voucher) -> list[Step]:
    """Return the stations from the budget line to the bank; those not yet reached come last."""
    pools = _pools(row)
    period = period_of(row) if row.state in LINE_STATES else None
    statement = _statement(row, period)
    payment = _payments(actor, row, statement)
    reached = [
        *_lines(pools),
        _issued(actor, voucher, pools),
        _redeemed(row),
        *([_on_statement(statement, period)] if statement and period else []),
        *payment,
        *_undone(row),
    ]
    if row.state != CAPTURED or (payment and payment[-1]["state"] == "done"):
        return reached
    coming = [] if statement else [_("进入对账单")]
    coming += [] if payment else [_("列入支付批次")]
    coming.append(_("银行付款"))
    if payment and payment[-1]["state"] == "now":
        coming = []
    return reached + [
        {"label": label, "state": "next" if place else "now", "detail": ""}
        for place, label in enumerate(coming)
    ]


def _undone(row: Redemption) -> list[Step]:
    approved = db.session.scalars(
        db.select(Reversal).filter_by(redemption_id=row.id, state=APPROVED)
    )
    return [
        {
            "label": wording.state(row.state)[0],
            "state": "done",
            "detail": one.reason,
            "url": url_for("audit.journal", id=one.journal_id) if one.journal_id else "",
        }
        for one in approved
    ]


def _pools(row: Redemption) -> list[Pool]:
    drawn = (
        db.select(Lot.pool_id)
        .join(LotMove, LotMove.lot_id == Lot.id)
        .where(LotMove.redemption_id == row.id)
    )
    return list(db.session.scalars(db.select(Pool).where(Pool.id.in_(drawn)).order_by(Pool.id)))


def _lines(pools: list[Pool]) -> list[Step]:
    numbers = [pool.id for pool in pools]
    drawing = db.select(PoolShare.line_id).where(PoolShare.pool_id.in_(numbers))
    ever = BudgetLine.id.in_(drawing) | BudgetLine.id.in_(past_lines(numbers))
    rows = db.session.scalars(db.select(BudgetLine).where(ever).order_by(BudgetLine.id))
    return [
        {
            "label": _("预算指标 %(code)s %(name)s", code=line.code, name=line.name),
            "state": "done",
            "detail": _(
                "%(year)s 年 · %(document)s", year=line.fiscal_year, document=line.document
            ),
            "url": url_for("budget.show", id=line.id),
        }
        for line in rows
    ]


def _issued(actor: Actor, voucher: Voucher, pools: list[Pool]) -> Step:
    return {
        "label": _("发放凭单 %(number)s", number=voucher.number),
        "state": "done",
        "detail": " · ".join([moment(voucher.issued_at), *(pool.name for pool in pools)]),
        "url": url_for("voucher_staff.vouchers.show", number=voucher.id)
        if actor.may("voucher.view")
        else "",
    }


def _redeemed(row: Redemption) -> Step:
    return {
        "label": _("核销，凭证 %(id)s", id=row.journal_id),
        "state": "done",
        "detail": f"{moment(row.redeemed_at)} · {yuan_text(row.amount_fen)}",
        "url": url_for("audit.journal", id=row.journal_id),
    }


def _statement(row: Redemption, period: SettlementPeriod | None) -> Statement | None:
    if period is None:
        return None
    found: Statement | None = db.session.scalar(
        db.select(Statement).filter_by(period_id=period.id, provider_id=row.provider_id)
    )
    return found


def _on_statement(statement: Statement, period: SettlementPeriod) -> Step:
    return {
        "label": _("第 %(n)s 期对账单", n=period.sequence),
        "state": "done",
        "detail": f"{moment(period.locked_at)} · {words.STATEMENT[statement.state][0]}",
        "url": url_for("voucher_staff.statements.show", number=statement.id),
    }


def _payments(actor: Actor, row: Redemption, statement: Statement | None) -> list[Step]:
    """Return every attempt to pay the redemption: batch, payment, what the bank said."""
    if statement is None:
        return []
    objection = db.session.scalar(db.select(Objection.id).filter_by(redemption_id=row.id))
    # A disputed line is paid, if at all, by a claim of its own.
    claim = f"objection:{objection}/" if objection else f"statement:{statement.id}/"
    attempts = db.session.execute(
        db.select(Payment, PaymentBatch)
        .join(PaymentBatch, PaymentBatch.id == Payment.batch_id)
        .join(PaymentItem, PaymentItem.payment_id == Payment.id)
        .join(PaymentClaim, PaymentClaim.id == PaymentItem.claim_id)
        .where(PaymentClaim.component == COMPONENT)
        .where(PaymentClaim.source.startswith(claim, autoescape=True))
        .order_by(Payment.id)
        .distinct()
    )
    return [_attempt(actor, payment, batch) for payment, batch in attempts]


def _attempt(actor: Actor, payment: Payment, batch: PaymentBatch) -> Step:
    told = [state_name(payment.state), yuan_text(payment.amount_fen)]
    told.append(f"{payment.bank} {privacy.mask_account(payment.number)}")
    if payment.bank_reference:
        told.append(_("银行流水号 %(number)s", number=payment.bank_reference))
    if payment.result_at:
        told.append(moment(payment.result_at))
    if payment.reason and payment.state != PAID:
        told.append(payment.reason)
    state = {"paid": "done", "rejected": "refused", "cancelled": "refused"}
    return {
        "label": _("支付批次 %(number)s", number=batch.number),
        "state": state.get(payment.state, "now"),
        "detail": " · ".join(told),
        "url": url_for("settlement.show", id=batch.id) if actor.may("settlement.view") else "",
    }
