"""A payment batch from its making to its file at the bank: run, approve, cancel, export."""

from __future__ import annotations

import base64
import hashlib
import json
from collections import defaultdict
from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from core import audit, clock, privacy, states
from core.access import Actor, User, fetch, four_eyes
from core.db import db
from core.errors import Conflict, InvalidInput, NotPermitted, RuleBroken
from core.formats import moment, yuan_text
from core.ledger import post
from core.plugins import registry
from core.settlement import books
from core.settlement.bank import BankFormat, Order, OrderLine
from core.settlement.claims import Payee, answered, payee, record
from core.settlement.models import (
    APPROVED,
    CANCELLED,
    DRAFT,
    EXPORTED,
    IN_TRANSIT,
    PENDING,
    REJECTED,
    Payment,
    PaymentBatch,
    PaymentClaim,
    PaymentItem,
)

BATCH, PAYMENT = "payment_batch", "payment"
# Who decides about a batch; the system stands in for them where work is scheduled.
APPROVERS = frozenset({"finance_approver", "system"})


def run(
    actor: Actor, *, until: datetime | None = None, payee_ids: list[int] | None = None
) -> dict[str, Any]:
    """Make a draft batch of all open claims agreed up to an instant (None: now).

    Payees that cannot be paid are left out and listed with a sentence each. Refuses
    NOTHING_TO_PAY when nobody remains.
    """
    division_code = own_division(actor, "settlement.make")
    until = until or clock.now()
    open_claims = answered(
        actor, "settlement.make", until=until, within_code=division_code, payee_ids=payee_ids
    )
    groups: dict[int, list[PaymentClaim]] = defaultdict(list)
    for claim in record(open_claims):
        groups[claim.payee_id].append(claim)
    payable, skipped = [], []
    for payee_id in sorted(groups):
        found, claims = payee(payee_id), groups[payee_id]
        if found.obstacle is None:
            payable.append((found, claims))
        else:
            skipped.append(_skipped(found, claims))
    if not payable:
        raise RuleBroken(
            "NOTHING_TO_PAY",
            " ".join([_("没有可以支付的款项，未生成批次。"), *(s["message"] for s in skipped)]),
            skipped=skipped,
        )
    batch = _make(actor, division_code, until, payable)
    audit.about(BATCH, batch.id)
    return {
        "id": batch.id,
        "number": batch.number,
        "state": batch.state,
        "total_fen": batch.total_fen,
        "line_count": batch.line_count,
        "content_hash": batch.content_hash,
        "skipped": skipped,
    }


def approve(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Approve a draft batch as it was made; never by its maker, only by an approver.

    Refuses FOUR_EYES_REQUIRED, ROLE_NOT_ALLOWED, STATE_CHANGED, CONTENT_CHANGED, PAYEE_CHANGED.
    """
    batch = fetch(PaymentBatch, id, actor, "settlement.approve")
    # A maker may ask, so that the answer to approving one's own batch says why it is refused.
    four_eyes(actor, batch.made_by, what=_("支付批次"))
    if not is_approver(actor):
        raise NotPermitted(
            "ROLE_NOT_ALLOWED", _("支付批次须由财政复核岗位批准，请交由复核人员办理。")
        )
    _refuse_unless(batch, DRAFT)
    _refuse_changed(batch, batch.content_hash)
    _refuse_stale(batch)
    states.change(
        BATCH,
        batch,
        to=APPROVED,
        allowed=[DRAFT],
        approved_by=actor.user_id,
        approved_at=clock.now(),
        approved_hash=batch.content_hash,
    )
    audit.about(BATCH, batch.id, batch.content_hash)
    return {
        "id": batch.id,
        "number": batch.number,
        "state": APPROVED,
        "total_fen": batch.total_fen,
        "line_count": batch.line_count,
    }


def is_approver(actor: Actor) -> bool:
    """Tell whether a person decides about batches; a maker may only ask."""
    return any(grant.role in APPROVERS for grant in actor.holding("settlement.approve"))


def cancel(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Cancel a batch before its export; its claims are free for another one."""
    batch = fetch(PaymentBatch, id, actor, "settlement.cancel")
    _refuse_unless(batch, DRAFT, APPROVED)
    states.change(
        BATCH,
        batch,
        to=CANCELLED,
        allowed=[DRAFT, APPROVED],
        cancelled_by=actor.user_id,
        cancelled_at=clock.now(),
        cancel_reason=reason,
    )
    for payment in payments_of(batch.id):
        states.change(PAYMENT, payment, to=CANCELLED, allowed=[PENDING])
    for item, _claim in items_of(batch.id):
        item.live = False
    db.session.flush()
    audit.about(BATCH, batch.id, reason)
    return {"id": batch.id, "number": batch.number, "state": CANCELLED}


def export(
    actor: Actor,
    *,
    id: int,  # noqa: A002 - the field
    format: str = "treasury_csv",  # noqa: A002 - the field
) -> dict[str, Any]:
    """Return the bank file of an approved batch (base64); again, the same bytes.

    The first export posts payable -> in transit, claim by claim, and is done by a third person.
    Refuses FOUR_EYES_REQUIRED, STATE_CHANGED, CONTENT_CHANGED, PAYEE_CHANGED.
    """
    batch = fetch(PaymentBatch, id, actor, "payment.export")
    bank_format = require_format(format)
    repeated = batch.bank_file is not None
    if not repeated:
        four_eyes(actor, batch.made_by, batch.approved_by, what=_("支付指令的发出"))
        _refuse_unless(batch, APPROVED)
        _refuse_changed(batch, batch.approved_hash)
        _refuse_stale(batch)
        _send(actor, batch, bank_format)
    elif batch.format_code != bank_format.code:
        raise Conflict(
            "STATE_CHANGED",
            _(
                "批次 %(number)s 已按“%(name)s”格式导出，不能换格式再导出，以免重复支付。",
                number=batch.number,
                name=registry().bank_formats[str(batch.format_code)].name,
            ),
        )
    audit.about(BATCH, batch.id, batch.file_hash)
    return {
        "id": batch.id,
        "number": batch.number,
        "state": batch.state,
        "filename": f"{batch.number}.{bank_format.extension}",
        "content_base64": batch.bank_file,
        "sha256": batch.file_hash,
        "total_fen": batch.total_fen,
        "line_count": batch.line_count,
        "repeated": repeated,
    }


def require_format(code: str) -> BankFormat:
    """Return a bank file format; refuse an unknown one."""
    found = registry().bank_formats.get(code)
    if found is None:
        names = "、".join(sorted(registry().bank_formats))
        raise InvalidInput(
            _("没有“%(code)s”这种银行文件格式，可用：%(names)s。", code=code, names=names),
            errors={"format": [_("未知格式")]},
        )
    return found


def own_division(actor: Actor, permission: str) -> str:
    """Return the division for which an actor acts under a permission."""
    for grant in actor.holding(permission):
        if grant.division_code:
            return grant.division_code
    raise NotPermitted("ROLE_NOT_ALLOWED", _("须由有管辖区划的财政人员办理。"))


def payments_of(batch_id: int) -> list[Payment]:
    """Return a batch's payments in the order of their numbers."""
    query = db.select(Payment).where(Payment.batch_id == batch_id).order_by(Payment.id)
    return list(db.session.scalars(query))


def items_of(batch_id: int) -> list[tuple[PaymentItem, PaymentClaim]]:
    """Return a batch's items, each with its claim, in the order of the claims' numbers."""
    rows = db.session.execute(
        db.select(PaymentItem, PaymentClaim)
        .join(Payment, Payment.id == PaymentItem.payment_id)
        .join(PaymentClaim, PaymentClaim.id == PaymentItem.claim_id)
        .where(Payment.batch_id == batch_id)
        .order_by(PaymentClaim.id)
    )
    return [(item, claim) for item, claim in rows]


# --- making ------------------------------------------------------------------------------------


def _skipped(found: Payee, claims: list[PaymentClaim]) -> dict[str, Any]:
    return {
        "payee_id": found.id,
        "payee": found.name,
        "amount_fen": sum(claim.due_fen for claim in claims),
        "message": found.obstacle,
    }


def _make(
    actor: Actor,
    division_code: str,
    until: datetime,
    payable: list[tuple[Payee, list[PaymentClaim]]],
) -> PaymentBatch:
    batch = PaymentBatch(
        number=audit.current().act,
        division_code=division_code,
        state=DRAFT,
        until_at=until,
        total_fen=sum(claim.due_fen for _payee, claims in payable for claim in claims),
        line_count=len(payable),
        content_hash="",
        made_by=actor.user_id,
        made_at=clock.now(),
    )
    db.session.add(batch)
    db.session.flush()
    # The number that people read holds the row's own, which is known only now.
    batch.number = f"ZF{clock.today():%Y%m%d}{batch.id:06d}"
    for place, (found, claims) in enumerate(payable, start=1):
        _pay(batch, place, found, claims)
    db.session.flush()
    batch.content_hash = content_hash(batch)
    db.session.flush()
    states.begin(BATCH, batch)
    return batch


def _pay(batch: PaymentBatch, place: int, found: Payee, claims: list[PaymentClaim]) -> None:
    account = found.account
    assert account is not None  # noqa: S101 - a payee without account is an obstacle
    payment = Payment(
        batch_id=batch.id,
        division_code=batch.division_code,
        payee_id=found.id,
        amount_fen=sum(claim.due_fen for claim in claims),
        end_to_end_id=f"{batch.number}-{place:04d}",
        attempt=_attempts(claims) + 1,
        bank_account_id=account.id,
        bank=account.bank,
        holder=account.holder,
        number=account.number,
        number_index=account.number_index,
        state=PENDING,
    )
    db.session.add(payment)
    db.session.flush()
    states.begin(PAYMENT, payment)
    db.session.add_all(
        PaymentItem(payment_id=payment.id, claim_id=claim.id, amount_fen=claim.due_fen, live=True)
        for claim in claims
    )


def _attempts(claims: list[PaymentClaim]) -> int:
    """Return how often the bank has already rejected a payment of these claims."""
    query = (
        db.select(db.func.max(Payment.attempt))
        .join(PaymentItem, PaymentItem.payment_id == Payment.id)
        .where(PaymentItem.claim_id.in_([claim.id for claim in claims]))
        .where(Payment.state == REJECTED)
    )
    return int(db.session.scalar(query) or 0)


# --- what was made is what is approved and sent ------------------------------------------------


def content_hash(batch: PaymentBatch) -> str:
    """Return SHA-256 over what a batch pays: to whom, to which account, how much, for what.

    The account number enters as its blind index, so that the hash gives no account away.
    """
    claims: dict[int, list[list[Any]]] = defaultdict(list)
    for item, claim in items_of(batch.id):
        claims[item.payment_id].append([claim.component, claim.source, item.amount_fen])
    payments = [
        [
            payment.end_to_end_id,
            payment.payee_id,
            payment.amount_fen,
            payment.bank_account_id,
            payment.bank,
            payment.holder,
            payment.number_index,
            claims[payment.id],
        ]
        for payment in payments_of(batch.id)
    ]
    content = [batch.number, batch.division_code, batch.total_fen, batch.line_count, payments]
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _refuse_changed(batch: PaymentBatch, expected: str | None) -> None:
    keyring = privacy.keyring()
    genuine = all(
        payment.number_index in keyring.blind_indexes(payment.number, "bank_account")
        for payment in payments_of(batch.id)
    )
    if not genuine or content_hash(batch) != expected:
        raise RuleBroken(
            "CONTENT_CHANGED",
            _(
                "批次 %(number)s 的内容与制单时不一致，不能继续。"
                "请作废本批次，并报告审计人员核查。",
                number=batch.number,
            ),
        )


def _refuse_stale(batch: PaymentBatch) -> None:
    """Refuse a batch in which a payee was suspended or has another account since it was made."""
    for payment in payments_of(batch.id):
        found = payee(payment.payee_id)
        if found.account is None or found.account.id != payment.bank_account_id or found.obstacle:
            raise RuleBroken(
                "PAYEE_CHANGED",
                _(
                    "%(name)s 的收款账户或付款状态在制单后有变动，批次 %(number)s 不能继续。"
                    "请作废本批次后重新制作。",
                    name=found.name,
                    number=batch.number,
                ),
                payee_id=payment.payee_id,
            )


# --- sending -----------------------------------------------------------------------------------


def _send(actor: Actor, batch: PaymentBatch, bank_format: BankFormat) -> None:
    now = clock.now()
    payments, items = payments_of(batch.id), items_of(batch.id)
    titles: dict[int, list[str]] = defaultdict(list)
    for item, claim in items:
        titles[item.payment_id].append(claim.title)
    content = bank_format.write(
        Order(
            batch.number,
            now,
            [
                OrderLine(
                    payment.end_to_end_id,
                    payment.holder,
                    payment.number,
                    payment.bank,
                    payment.amount_fen,
                    _purpose(titles[payment.id]),
                )
                for payment in payments
            ],
        )
    )
    states.change(
        BATCH,
        batch,
        to=EXPORTED,
        allowed=[APPROVED],
        exported_by=actor.user_id,
        exported_at=now,
        format_code=bank_format.code,
        file_hash=hashlib.sha256(content).hexdigest(),
        bank_file=base64.b64encode(content).decode(),
    )
    for item, claim in items:
        move = books.send_move(
            pool_id=claim.pool_id, party_id=claim.payee_id, amount_fen=item.amount_fen
        )
        item.sent_journal_id = post(books.SENT, f"payment_item:{item.id}/sent", [move])
    for payment in payments:
        states.change(PAYMENT, payment, to=IN_TRANSIT, allowed=[PENDING])
    db.session.flush()


def _purpose(titles: list[str]) -> str:
    if len(titles) == 1:
        return titles[0]
    return _("%(title)s 等 %(count)s 项", title=titles[0], count=len(titles))


# --- states ------------------------------------------------------------------------------------


def _refuse_unless(batch: PaymentBatch, *allowed: str) -> None:
    """Refuse when a batch is in none of these states, saying who moved it on and when."""
    if batch.state in allowed:
        return
    if batch.state == DRAFT:
        raise Conflict(
            "STATE_CHANGED",
            _("批次 %(number)s 尚未批准，请先由复核人员批准。", number=batch.number),
            state=batch.state,
        )
    exported = (_("导出付款"), batch.exported_by, batch.exported_at)
    step, user_id, at = {
        APPROVED: (_("批准"), batch.approved_by, batch.approved_at),
        CANCELLED: (_("作废"), batch.cancelled_by, batch.cancelled_at),
    }.get(batch.state, exported)
    raise Conflict(
        "STATE_CHANGED",
        _(
            "批次 %(number)s(%(total)s)已由%(name)s于 %(at)s %(step)s，不能再办理本步骤。"
            "请刷新后查看最新状态。",
            number=batch.number,
            total=yuan_text(batch.total_fen),
            name=person(user_id),
            at=moment(at),
            step=step,
        ),
        state=batch.state,
    )


def person(user_id: int | None) -> str:
    """Return how a user is called; nobody is the system."""
    if user_id is None:
        return _("系统")
    return str(db.session.scalar(db.select(User.name).where(User.id == user_id)))
