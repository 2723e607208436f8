"""The bank's answer: line by line paid, rejected and payable again, or kept for a person."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _

from core import audit, clock, states
from core.access import Actor, visible
from core.budget import disburse_moves, lock_pool
from core.db import db, insert_once
from core.errors import InvalidInput
from core.ledger import post
from core.plugins import tell
from core.settlement import books
from core.settlement.bank import ResultLine
from core.settlement.models import (
    AMOUNT_DIFFERS,
    CLOSED,
    EXCEPTION,
    EXPORTED,
    IN_TRANSIT,
    NOT_IN_TRANSIT,
    PAID,
    REFERENCE_USED,
    REJECTED,
    REPEATED,
    UNKNOWN_PAYMENT,
    UNKNOWN_STATUS,
    BankResultFile,
    BankResultLine,
    Payment,
    PaymentBatch,
    PaymentClaim,
    PaymentItem,
)
from core.settlement.queries import result_answer
from core.settlement.service import BATCH, PAYMENT, own_division, require_format
from core.uploads import decode

CHUNK = 500  # names asked for in one statement
OUR_NUMBER = re.compile(r"ZF[0-9]{14,}-[0-9]{4,}")


def import_result(
    actor: Actor,
    *,
    filename: str,
    content: str | None = None,
    text: str | None = None,
    format: str = "treasury_csv",  # noqa: A002 - the field
) -> dict[str, Any]:
    """Take in a bank's result file, given as base64 `content` or as plain `text`.

    The same file again changes nothing.

    A line that says paid posts in transit -> treasury and accrued -> disbursed; one that says
    rejected posts in transit -> payable and frees its claims. Any other line is kept as an
    exception and stops no other. Refuses only a file that cannot be read as a whole.
    """
    data = _data(content, text)
    lines = require_format(format).read(data)
    division_code = own_division(actor, "payment.import_result")
    digest = hashlib.sha256(data).hexdigest()
    row = {
        "sha256": digest,
        "filename": filename,
        "format_code": format,
        "division_code": division_code,
        "imported_by": actor.user_id,
        "imported_at": clock.now(),
    }
    new = insert_once(BankResultFile.__table__, row)
    file = db.session.scalars(
        db.select(BankResultFile).filter_by(sha256=digest, division_code=division_code)
    ).one()
    audit.about("bank_result_file", file.id, digest)
    if new:
        _take_in(actor, file, lines)
    return result_answer(file, repeated=not new)


def _data(content: str | None, text: str | None) -> bytes:
    if content is not None and text is None:
        return decode(content)
    if text is not None and content is None:
        return text.encode()
    raise InvalidInput(
        _("请提供结果文件：内容用 base64(content)或原文（text），二者只填其一。"),
        errors={"content": [_("二者只填其一")]},
    )


@dataclass
class _Sitting:
    """One file being taken in: the payments it may touch and what was decided about them."""

    payments: dict[str, Payment]
    references: set[str]
    decided: list[Payment] = field(default_factory=list)


def _take_in(actor: Actor, file: BankResultFile, lines: list[ResultLine]) -> None:
    payments = _locked_payments(actor, {line.end_to_end_id for line in lines})
    sitting = _Sitting(
        {payment.end_to_end_id: payment for payment in payments}, _used_references(lines)
    )
    for line in lines:
        payment = sitting.payments.get(line.end_to_end_id)
        outcome, problem = _decide(sitting, payment, line)
        db.session.add(_kept(file, line, payment, (outcome, problem)))
    db.session.flush()
    _book(sitting.decided)
    _close(sorted({payment.batch_id for payment in sitting.decided}))


def _decide(sitting: _Sitting, payment: Payment | None, line: ResultLine) -> tuple[str, str | None]:
    """Judge one line and, where it holds, move the payment on; return outcome and problem."""
    if payment is None:
        return EXCEPTION, UNKNOWN_PAYMENT
    if problem := _doubt(payment, line):
        return EXCEPTION, problem
    if (payment.state, payment.bank_reference) == (line.outcome, line.bank_reference):
        # Banks list a day's payments again in the next file.
        return REPEATED, None
    if payment.state != IN_TRANSIT:
        return EXCEPTION, NOT_IN_TRANSIT
    if line.bank_reference in sitting.references:
        return EXCEPTION, REFERENCE_USED
    states.change(
        PAYMENT,
        payment,
        to=PAID if line.outcome == "paid" else REJECTED,
        allowed=[IN_TRANSIT],
        bank_reference=line.bank_reference,
        reason=line.reason,
        result_at=clock.now(),
    )
    if line.bank_reference:
        sitting.references.add(line.bank_reference)
    sitting.decided.append(payment)
    return payment.state, None


def _doubt(payment: Payment, line: ResultLine) -> str | None:
    if line.amount_fen != payment.amount_fen:
        return AMOUNT_DIFFERS
    return UNKNOWN_STATUS if line.outcome == "unknown" else None


def _book(decided: list[Payment]) -> None:
    """Post what was decided, claim by claim in the order of their numbers, then tell of it."""
    states_now = {payment.id: payment.state for payment in decided}
    items = _items(states_now)
    # Every act that shares a pool's money over several lines takes this lock first.
    pools = {pool_id: lock_pool(pool_id) for pool_id in sorted({c.pool_id for _i, c in items})}
    for item, claim in items:
        state = states_now[item.payment_id]
        owed = {
            "pool_id": claim.pool_id,
            "party_id": claim.payee_id,
            "amount_fen": item.amount_fen,
        }
        if state == PAID:
            room_moves = disburse_moves(pools[claim.pool_id], item.amount_fen)
            kind, moves = books.SETTLED, [books.settle_move(**owed), *room_moves]
        else:
            kind, moves = books.RETURNED, [books.return_move(**owed)]
            item.live = False
        item.result_journal_id = post(kind, f"payment_item:{item.id}/{state}", moves)
    db.session.flush()
    # Told when all is booked, so that who hears it finds complete books.
    for item, claim in items:
        if item.live:
            tell(
                "claim_settled",
                claim=claim.as_claim(item.amount_fen),
                journal_id=item.result_journal_id,
            )


def _close(batch_ids: list[int]) -> None:
    """Close the batches of which no payment is in transit any more."""
    waiting = db.select(Payment.batch_id).where(Payment.state == IN_TRANSIT)
    finished = db.select(PaymentBatch).where(
        PaymentBatch.id.in_(batch_ids), PaymentBatch.id.not_in(waiting)
    )
    for batch in db.session.scalars(finished.order_by(PaymentBatch.id)).all():
        states.change(BATCH, batch, to=CLOSED, allowed=[EXPORTED], closed_at=clock.now())


def _locked_payments(actor: Actor, numbers: set[str]) -> list[Payment]:
    """Return the payments of these numbers the actor may see, their batches locked in order."""
    found: list[Payment] = []
    for chunk in _chunks(numbers):
        query = db.select(Payment).where(
            Payment.end_to_end_id.in_(chunk), visible(Payment, actor, "payment.import_result")
        )
        found += db.session.scalars(query)
    batches = db.select(PaymentBatch.id).where(
        PaymentBatch.id.in_({payment.batch_id for payment in found})
    )
    db.session.execute(batches.order_by(PaymentBatch.id).with_for_update())
    for payment in found:
        # What another file decided while this one waited for the lock.
        db.session.refresh(payment)
    return found


def _used_references(lines: list[ResultLine]) -> set[str]:
    used: set[str] = set()
    for chunk in _chunks({line.bank_reference for line in lines if line.bank_reference}):
        query = db.select(Payment.bank_reference).where(Payment.bank_reference.in_(chunk))
        used |= set(db.session.scalars(query))
    return used


def _items(payment_ids: Iterable[int]) -> list[tuple[PaymentItem, PaymentClaim]]:
    rows: list[tuple[PaymentItem, PaymentClaim]] = []
    for chunk in _chunks(payment_ids):
        query = (
            db.select(PaymentItem, PaymentClaim)
            .join(PaymentClaim, PaymentClaim.id == PaymentItem.claim_id)
            .where(PaymentItem.payment_id.in_(chunk))
        )
        rows += [(item, claim) for item, claim in db.session.execute(query)]
    return sorted(rows, key=lambda row: row[1].id)


def _chunks(values: Iterable[Any]) -> Iterable[list[Any]]:
    ordered = sorted(values)
    for start in range(0, len(ordered), CHUNK):
        yield ordered[start : start + CHUNK]


def _kept(
    file: BankResultFile,
    line: ResultLine,
    payment: Payment | None,
    judged: tuple[str, str | None],
) -> BankResultLine:
    number = line.end_to_end_id
    if payment is None and not OUR_NUMBER.fullmatch(number):
        # It may be anything, an account number too, and is stored in plain text.
        number = "****"
    return BankResultLine(
        file_id=file.id,
        line=line.line,
        end_to_end_id=number,
        amount_fen=line.amount_fen,
        bank_reference=line.bank_reference,
        reason=line.reason,
        payment_id=payment.id if payment else None,
        outcome=judged[0],
        problem=judged[1],
    )
