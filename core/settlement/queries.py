"""What screens and programs read of settlement: open claims, batches, payments, bank answers."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from core import clock, privacy
from core.access import Actor, User, fetch, scoped
from core.budget import Pool
from core.db import db
from core.formats import yuan_text
from core.settlement.claims import answered, payee, payee_names, set_offs, taken
from core.settlement.models import (
    AMOUNT_DIFFERS,
    APPROVED,
    CANCELLED,
    CLOSED,
    DRAFT,
    EXCEPTION,
    EXPORTED,
    IN_TRANSIT,
    NOT_IN_TRANSIT,
    ORDERED,
    PAID,
    PENDING,
    RECEIVED,
    REFERENCE_USED,
    REJECTED,
    REPEATED,
    UNKNOWN_PAYMENT,
    UNKNOWN_STATUS,
    BankResultFile,
    BankResultLine,
    Clawback,
    Payment,
    PaymentBatch,
    PaymentClaim,
    PaymentItem,
)
from core.settlement.service import is_approver, items_of, payments_of

LIMIT = 50


def open_claims(actor: Actor, *, until: datetime | None = None) -> dict[str, Any]:
    """Return what could be paid now, payee by payee, and who cannot be paid and why."""
    claims = answered(actor, "settlement.view", until=until)
    held, set_off = taken(claims), set_offs(claims)
    groups = defaultdict(list)
    for name in sorted(claims):
        if name not in held:
            groups[claims[name].payee_id].append(claims[name])
    pools = _pool_names({claim.pool_id for group in groups.values() for claim in group})
    payees: list[dict[str, Any]] = []
    for payee_id, group in groups.items():
        found = payee(payee_id)
        payees.append(
            {
                "payee_id": payee_id,
                "payee": found.name,
                "amount_fen": sum(
                    claim.amount_fen - set_off.get((claim.component, claim.source), 0)
                    for claim in group
                ),
                "payable": found.obstacle is None,
                "message": found.obstacle,
                "claims": [
                    {
                        "component": claim.component,
                        "source": claim.source,
                        "pool_id": claim.pool_id,
                        "pool": pools[claim.pool_id],
                        "title": claim.title,
                        "amount_fen": claim.amount_fen,
                        "set_off_fen": set_off.get((claim.component, claim.source), 0),
                        "evidence": dict(claim.evidence),
                    }
                    for claim in group
                ],
            }
        )
    payable = sum(entry["amount_fen"] for entry in payees if entry["payable"])
    return {"payees": payees, "payable_fen": payable, "until": _iso(until or clock.now())}


def batches(actor: Actor, *, before: int | None = None, limit: int = LIMIT) -> dict[str, Any]:
    """Return batches, newest first; `before` is the last number of the page before."""
    query = scoped(PaymentBatch, actor, "settlement.view").order_by(PaymentBatch.id.desc())
    if before is not None:
        query = query.where(PaymentBatch.id < before)
    rows = list(db.session.scalars(query.limit(limit)))
    names = _people(user for row in rows for user in _acting_on(row))
    counts = _payment_counts([row.id for row in rows])
    items = [_batch(row, names) | {"payments_by_state": counts[row.id]} for row in rows]
    return {"items": items, "next_before": rows[-1].id if len(rows) == limit else None}


def batch_detail(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Return a batch with its payments, their claims, and the journals behind each."""
    batch = fetch(PaymentBatch, id, actor, "settlement.view")
    payments = payments_of(batch.id)
    claims = _claims_by_payment(items_of(batch.id))
    return {
        **_batch(batch, _people(_acting_on(batch))),
        "payments_by_state": dict(Counter(payment.state for payment in payments)),
        "may": _may(actor, batch),
        "payments": _payments(payments, claims),
    }


def payments(actor: Actor, *, before: int | None = None, limit: int = LIMIT) -> dict[str, Any]:
    """Return payments with their claims, newest first: a provider's own, an overseer's all."""
    query = scoped(Payment, actor, "payment.view").order_by(Payment.id.desc())
    if before is not None:
        query = query.where(Payment.id < before)
    rows = list(db.session.scalars(query.limit(limit)))
    items = db.session.execute(
        db.select(PaymentItem, PaymentClaim)
        .join(PaymentClaim, PaymentClaim.id == PaymentItem.claim_id)
        .where(PaymentItem.payment_id.in_([row.id for row in rows]))
        .order_by(PaymentClaim.id)
    )
    claims = _claims_by_payment([(item, claim) for item, claim in items])
    return {
        "items": _payments(rows, claims),
        "next_before": rows[-1].id if len(rows) == limit else None,
    }


def results(actor: Actor, *, before: int | None = None, limit: int = LIMIT) -> dict[str, Any]:
    """Return the bank result files taken in, newest first, without their lines."""
    query = scoped(BankResultFile, actor, "settlement.view").order_by(BankResultFile.id.desc())
    if before is not None:
        query = query.where(BankResultFile.id < before)
    rows = list(db.session.scalars(query.limit(limit)))
    items = []
    for row in rows:
        answer = result_answer(row)
        del answer["lines"]
        items.append(answer)
    return {"items": items, "next_before": rows[-1].id if len(rows) == limit else None}


def result_detail(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Return a bank result file with what became of each of its lines."""
    return result_answer(fetch(BankResultFile, id, actor, "settlement.view"))


def result_answer(file: BankResultFile, *, repeated: bool = False) -> dict[str, Any]:
    """Return a bank result file as JSON; `repeated` when it had been taken in before."""
    lines = db.select(BankResultLine).filter_by(file_id=file.id)
    rows = list(db.session.scalars(lines.order_by(BankResultLine.line)))
    named = db.select(BankResultLine.payment_id).filter_by(file_id=file.id)
    payments = {
        payment.id: payment
        for payment in db.session.scalars(db.select(Payment).where(Payment.id.in_(named)))
    }
    names = payee_names(payment.payee_id for payment in payments.values())
    counts = Counter(row.outcome for row in rows)
    return {
        "id": file.id,
        "filename": file.filename,
        "imported_at": _iso(file.imported_at),
        "imported_by": _people([file.imported_by]).get(file.imported_by),
        "paid": counts[PAID],
        "paid_fen": sum(row.amount_fen or 0 for row in rows if row.outcome == PAID),
        "rejected": counts[REJECTED],
        "rejected_fen": sum(row.amount_fen or 0 for row in rows if row.outcome == REJECTED),
        "already_known": counts[REPEATED],
        "exceptions": counts[EXCEPTION],
        "repeated": repeated,
        "lines": [_line(row, payments.get(row.payment_id or 0), names) for row in rows],
    }


def clawbacks(actor: Actor, *, before: int | None = None, limit: int = LIMIT) -> dict[str, Any]:
    """Return claw-backs, newest first, with what is still to be received."""
    query = scoped(Clawback, actor, "clawback.view").order_by(Clawback.id.desc())
    if before is not None:
        query = query.where(Clawback.id < before)
    rows = list(db.session.scalars(query.limit(limit)))
    people = _people(user for row in rows for user in (row.ordered_by, row.approved_by))
    names = payee_names(row.party_id for row in rows)
    return {
        "items": [_clawback(row, people) | {"party": names[row.party_id]} for row in rows],
        "next_before": rows[-1].id if len(rows) == limit else None,
    }


def state_name(state: str) -> str:
    """Return the word for a state of a batch, payment, result line or claw-back."""
    return {
        DRAFT: _("待批准"),
        APPROVED: _("已批准"),
        EXPORTED: _("支付中"),
        CLOSED: _("已办结"),
        CANCELLED: _("已作废"),
        PENDING: _("待支付"),
        IN_TRANSIT: _("在途"),
        PAID: _("已支付"),
        REJECTED: _("被退回"),
        REPEATED: _("此前已登记"),
        EXCEPTION: _("须人工核对"),
        ORDERED: _("待批准"),
        RECEIVED: _("已收回"),
    }[state]


# --- rows as JSON ------------------------------------------------------------------------------


def _batch(batch: PaymentBatch, names: dict[int | None, str]) -> dict[str, Any]:
    return {
        "id": batch.id,
        "number": batch.number,
        "division_code": batch.division_code,
        "state": batch.state,
        "state_name": state_name(batch.state),
        "until": _iso(batch.until_at),
        "total_fen": batch.total_fen,
        "line_count": batch.line_count,
        "content_hash": batch.content_hash,
        "made_by": names.get(batch.made_by),
        "made_at": _iso(batch.made_at),
        "approved_by": names.get(batch.approved_by),
        "approved_at": _iso(batch.approved_at),
        "exported_by": names.get(batch.exported_by),
        "exported_at": _iso(batch.exported_at),
        "file_sha256": batch.file_hash,
        "cancelled_by": names.get(batch.cancelled_by),
        "cancelled_at": _iso(batch.cancelled_at),
        "cancel_reason": batch.cancel_reason,
        "closed_at": _iso(batch.closed_at),
    }


def _may(actor: Actor, batch: PaymentBatch) -> dict[str, bool]:
    """Say which buttons make sense for this person now; the acts themselves judge again."""
    third = actor.user_id not in {batch.made_by, batch.approved_by}
    return {
        "approve": batch.state == DRAFT and is_approver(actor) and actor.user_id != batch.made_by,
        "cancel": batch.state in {DRAFT, APPROVED} and actor.may("settlement.cancel"),
        "export": actor.may("payment.export")
        and (batch.state in {EXPORTED, CLOSED} or (batch.state == APPROVED and third)),
        "import_result": batch.state == EXPORTED and actor.may("payment.import_result"),
    }


def _payments(
    payments: list[Payment], claims: dict[int, list[dict[str, Any]]]
) -> list[dict[str, Any]]:
    names = payee_names(payment.payee_id for payment in payments)
    return [
        _payment(payment, names[payment.payee_id]) | {"claims": claims[payment.id]}
        for payment in payments
    ]


def _payment(payment: Payment, name: str) -> dict[str, Any]:
    return {
        "id": payment.id,
        "batch_id": payment.batch_id,
        "end_to_end_id": payment.end_to_end_id,
        "payee_id": payment.payee_id,
        "payee": name,
        "bank": payment.bank,
        "account": privacy.mask_account(payment.number),
        "amount_fen": payment.amount_fen,
        "attempt": payment.attempt,
        "state": payment.state,
        "state_name": state_name(payment.state),
        "bank_reference": payment.bank_reference,
        "reason": payment.reason,
        "result_at": _iso(payment.result_at),
    }


def _claims_by_payment(
    items: list[tuple[PaymentItem, PaymentClaim]],
) -> dict[int, list[dict[str, Any]]]:
    pools = _pool_names({claim.pool_id for _item, claim in items})
    claims: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for item, claim in items:
        claims[item.payment_id].append(
            {
                "id": claim.id,
                "component": claim.component,
                "source": claim.source,
                "pool_id": claim.pool_id,
                "pool": pools[claim.pool_id],
                "title": claim.title,
                "amount_fen": item.amount_fen,
                "evidence": json.loads(claim.evidence),
                "sent_journal_id": item.sent_journal_id,
                "result_journal_id": item.result_journal_id,
            }
        )
    return claims


def _line(row: BankResultLine, payment: Payment | None, names: dict[int, str]) -> dict[str, Any]:
    return {
        "line": row.line,
        "end_to_end_id": row.end_to_end_id,
        "amount_fen": row.amount_fen,
        "outcome": row.outcome,
        "outcome_name": state_name(row.outcome),
        "problem": row.problem,
        "message": _explained(row, payment),
        "bank_reference": row.bank_reference,
        "reason": row.reason,
        "payment_id": row.payment_id,
        "batch_id": payment.batch_id if payment else None,
        "payee": names[payment.payee_id] if payment else None,
    }


def _explained(row: BankResultLine, payment: Payment | None) -> str:
    """Say in a sentence what a line did, or why it did nothing and what to do."""
    if payment is None:
        return _("系统中没有这个支付编号,未作处理。请与银行核对是否为本单位的付款。")
    sentences = {
        PAID: _("已支付到账。"),
        REJECTED: _(
            "银行退回（%(reason)s），款项恢复为应付，可列入下一批次。",
            reason=row.reason or _("未说明原因"),
        ),
        REPEATED: _("与此前登记的结果一致，无须处理。"),
        AMOUNT_DIFFERS: _(
            "金额不符：银行为 %(said)s，本系统为 %(known)s，未作处理。请向银行查询。",
            said=yuan_text(row.amount_fen),
            known=yuan_text(payment.amount_fen),
        ),
        UNKNOWN_STATUS: _(
            "处理结果“%(said)s”不明确，仍按在途处理，不会自动重付。请向银行查询后导入新的结果文件。",
            said=row.reason or "",
        ),
        NOT_IN_TRANSIT: _("这笔支付不在途，本行与已登记的结果不一致，未作处理。请人工核对。"),
        REFERENCE_USED: _(
            "银行流水号 %(reference)s 已用于另一笔支付，未作处理。请向银行查询。",
            reference=row.bank_reference or "",
        ),
        UNKNOWN_PAYMENT: "",
    }
    return sentences[row.problem or row.outcome]


def _clawback(row: Clawback, people: dict[int | None, str]) -> dict[str, Any]:
    return {
        "id": row.id,
        "component": row.component,
        "source": row.source,
        "pool_id": row.pool_id,
        "party_id": row.party_id,
        "amount_fen": row.amount_fen,
        "received_fen": row.received_fen,
        "open_fen": row.amount_fen - row.received_fen,
        "reason": row.reason,
        "state": row.state,
        "state_name": state_name(row.state),
        "ordered_by": people.get(row.ordered_by),
        "ordered_at": _iso(row.ordered_at),
        "approved_by": people.get(row.approved_by),
        "approved_at": _iso(row.approved_at),
        "journal_id": row.journal_id,
    }


def _payment_counts(batch_ids: list[int]) -> dict[int, dict[str, int]]:
    counts: dict[int, dict[str, int]] = defaultdict(dict)
    rows = db.session.execute(
        db.select(Payment.batch_id, Payment.state, db.func.count())
        .where(Payment.batch_id.in_(batch_ids))
        .group_by(Payment.batch_id, Payment.state)
    )
    for batch_id, state, count in rows:
        counts[batch_id][state] = count
    return counts


def _acting_on(batch: PaymentBatch) -> tuple[int | None, ...]:
    return batch.made_by, batch.approved_by, batch.exported_by, batch.cancelled_by


def _people(user_ids: Iterable[int | None]) -> dict[int | None, str]:
    wanted = {user_id for user_id in user_ids if user_id is not None}
    rows = db.session.execute(db.select(User.id, User.name).where(User.id.in_(wanted)))
    return {row.id: row.name for row in rows}


def _pool_names(pool_ids: set[int]) -> dict[int, str]:
    rows = db.session.execute(db.select(Pool.id, Pool.name).where(Pool.id.in_(pool_ids)))
    return {row.id: row.name for row in rows}


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
