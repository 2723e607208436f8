"""What must hold between payments and the books at every moment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Row, Select, bindparam, literal

from core.db import built_once, db
from core.formats import yuan
from core.ledger import DEBIT, Account, Check, Finding, Journal, Transfer, balances
from core.plugins import registry
from core.settlement import books
from core.settlement.models import (
    APPROVED,
    CANCELLED,
    CLOSED,
    DRAFT,
    EXPORTED,
    IN_TRANSIT,
    PAID,
    PENDING,
    RECEIVED,
    REJECTED,
    REMITTED,
    RESTORED,
    BankResultLine,
    Clawback,
    ClawbackReceipt,
    Payment,
    PaymentBatch,
    PaymentClaim,
    PaymentItem,
)
from core.settlement.service import content_hash

Between = tuple[int, int]  # a pool and a party
DISBURSED = "line.disbursed"

PAYMENT_STATES = {
    DRAFT: {PENDING},
    APPROVED: {PENDING},
    EXPORTED: {IN_TRANSIT, PAID, REJECTED},
    CLOSED: {PAID, REJECTED},
    CANCELLED: {CANCELLED},
}


def check_transit() -> list[Finding]:
    """Find where the account of payments in transit is not the sum of payments in transit."""
    return _compare("支付在途", _items_in(IN_TRANSIT), _book(books.IN_TRANSIT))


def check_payable() -> list[Finding]:
    """Find parties that were sent more than they were owed (a payable below zero)."""
    return [
        Finding(f"应付 pool={pool} party={party}", "不小于 0", yuan(fen))
        for (pool, party), fen in sorted(_book(books.PAYABLE).items())
        if fen < 0
    ]


def check_treasury() -> list[Finding]:
    """Find pools whose treasury account is not what was paid less what came back."""
    expected: dict[Between, int] = defaultdict(int)
    for (pool, _party), fen in _items_in(PAID).items():
        expected[pool, 0] += fen
    came_back = (
        db.select(Clawback.pool_id, db.func.sum(ClawbackReceipt.amount_fen))
        .join(ClawbackReceipt, ClawbackReceipt.clawback_id == Clawback.id)
        .where(ClawbackReceipt.way == RESTORED)
        .group_by(Clawback.pool_id)
    )
    for pool, fen in db.session.execute(came_back):
        expected[pool, 0] -= int(fen)
    for pool, fen in _opening(books.TREASURY).items():
        expected[pool, 0] += fen
    return _compare("国库已付", expected, _book(books.TREASURY))


def check_clawbacks() -> list[Finding]:
    """Find receivables that are not the open claw-backs, and receipts that do not add up."""
    open_fen = db.func.sum(Clawback.amount_fen - Clawback.received_fen)
    rows = db.session.execute(
        db.select(Clawback.pool_id, Clawback.party_id, open_fen)
        .where(Clawback.state.in_([APPROVED, RECEIVED]))
        .group_by(Clawback.pool_id, Clawback.party_id)
    )
    findings = _compare("应追回款", _totals(rows), _book(books.RECEIVABLE))
    received = db.func.coalesce(db.func.sum(ClawbackReceipt.amount_fen), 0)
    wrong = db.session.execute(
        db.select(Clawback.id, Clawback.received_fen, received)
        .outerjoin(ClawbackReceipt, ClawbackReceipt.clawback_id == Clawback.id)
        .group_by(Clawback.id, Clawback.received_fen)
        .having(Clawback.received_fen != received)
    )
    return findings + [
        Finding(f"clawback {number}", yuan(int(receipts)), yuan(stored))
        for number, stored, receipts in wrong
    ]


def check_remitted() -> list[Finding]:
    """Find money that came back after its year's closing and was not handed to the treasury."""
    rows = db.session.execute(
        db.select(Clawback.pool_id, literal(0), db.func.sum(ClawbackReceipt.amount_fen))
        .join(ClawbackReceipt, ClawbackReceipt.clawback_id == Clawback.id)
        .where(ClawbackReceipt.way == REMITTED)
        .group_by(Clawback.pool_id)
    )
    return [
        *_compare("年后收回未上缴", {}, _book(books.CASH_IN)),
        *_compare("年后已上缴国库", _totals(rows), _book(books.REMITTED)),
    ]


def check_set_offs() -> list[Finding]:
    """Find claims of which not exactly that is set off which claw-backs received by it."""
    received = db.func.coalesce(db.func.sum(ClawbackReceipt.amount_fen), 0)
    rows = db.session.execute(
        db.select(PaymentClaim.id, PaymentClaim.set_off_fen, received)
        .outerjoin(ClawbackReceipt, ClawbackReceipt.claim_id == PaymentClaim.id)
        .group_by(PaymentClaim.id, PaymentClaim.set_off_fen)
        .having(PaymentClaim.set_off_fen != received)
    )
    return _wrong_sums("payment_claim set_off", rows)


def check_owed() -> list[Finding]:
    """Find pools that do not owe exactly what was charged and not paid, with budget or without."""
    charged, paid = balances("pool.charged", by="pool_id"), balances(DISBURSED, by="pool_id")
    owed: dict[int | None, int] = defaultdict(int)
    for kind in (books.PAYABLE, books.IN_TRANSIT):
        for pool, fen in balances(kind, by="pool_id").items():
            owed[pool] += fen
    found = []
    for pool in sorted(charged.keys() | paid.keys() | owed.keys(), key=str):
        expected = charged.get(pool, 0) - paid.get(pool, 0)
        if expected != owed[pool]:
            where = f"应付与在途 pool={pool}"
            found.append(Finding(where, yuan(expected), yuan(owed[pool])))
    return found


def check_batches() -> list[Finding]:
    """Find batches changed after they were made, or whose payments are in an impossible state."""
    findings = []
    for batch in db.session.scalars(db.select(PaymentBatch).order_by(PaymentBatch.id)):
        actual = content_hash(batch)
        if actual != batch.content_hash:
            findings.append(Finding(f"payment_batch {batch.id}", batch.content_hash, actual))
    rows = db.session.execute(
        db.select(Payment.id, Payment.state, PaymentBatch.state)
        .join(PaymentBatch, PaymentBatch.id == Payment.batch_id)
        .order_by(Payment.id)
    )
    return findings + [
        Finding(f"payment {number}", "/".join(sorted(PAYMENT_STATES[of_batch])), state)
        for number, state, of_batch in rows
        if state not in PAYMENT_STATES[of_batch]
    ]


def check_sums() -> list[Finding]:
    """Find payments that are not the sum of their claims, and batches not that of payments."""
    items = db.func.coalesce(db.func.sum(PaymentItem.amount_fen), 0)
    payments = db.session.execute(
        db.select(Payment.id, Payment.amount_fen, items)
        .outerjoin(PaymentItem, PaymentItem.payment_id == Payment.id)
        .group_by(Payment.id, Payment.amount_fen)
        .having(Payment.amount_fen != items)
    )
    total = db.func.coalesce(db.func.sum(Payment.amount_fen), 0)
    batches = db.session.execute(
        db.select(PaymentBatch.id, PaymentBatch.total_fen, total)
        .outerjoin(Payment, Payment.batch_id == PaymentBatch.id)
        .group_by(PaymentBatch.id, PaymentBatch.total_fen)
        .having(PaymentBatch.total_fen != total)
    )
    return [
        *_wrong_sums("payment", payments),
        *_wrong_sums("payment_batch", batches),
    ]


def check_results() -> list[Finding]:
    """Find payments paid or rejected without exactly one line of a bank's file that says so."""
    lines = db.func.count(BankResultLine.line)
    rows = db.session.execute(
        db.select(Payment.id, lines)
        .outerjoin(
            BankResultLine,
            (BankResultLine.payment_id == Payment.id) & (BankResultLine.outcome == Payment.state),
        )
        .where(Payment.state.in_([PAID, REJECTED]))
        .group_by(Payment.id)
        .having(lines != 1)
    )
    return [Finding(f"payment {number}", "1", str(count)) for number, count in rows]


CHECKS = [
    Check("支付在途等于在途支付", check_transit),
    Check("应付不为负", check_payable),
    Check("国库已付等于已付减收回", check_treasury),
    Check("应追回款等于未收回的追回", check_clawbacks),
    Check("年后收回款均已上缴", check_remitted),
    Check("抵扣与追回相等", check_set_offs),
    Check("应付与在途等于已用未付（含待落实预算）", check_owed),
    Check("支付批次自制单后未变", check_batches),
    Check("批次、支付与款项金额相等", check_sums),
    Check("每笔支付结果有银行依据", check_results),
]


def _items_in(state: str) -> dict[Between, int]:
    """Return what payments in a state pay, by pool and payee, in fen."""
    return _totals(db.session.execute(_items(), {"state": state}))


@built_once
def _items() -> Select[Any]:
    query: Select[Any] = (
        db.select(PaymentClaim.pool_id, PaymentClaim.payee_id, db.func.sum(PaymentItem.amount_fen))
        .join(PaymentItem, PaymentItem.claim_id == PaymentClaim.id)
        .join(Payment, Payment.id == PaymentItem.payment_id)
        .where(Payment.state == bindparam("state"))
        .group_by(PaymentClaim.pool_id, PaymentClaim.payee_id)
    )
    return query


def _book(kind: str) -> dict[Between, int]:
    """Return an account kind's balances by pool and party (0: none), on its normal side."""
    side = 1 if registry().account_kinds[kind].side == DEBIT else -1
    totals: dict[Between, int] = defaultdict(int)
    for statement, sign in zip(_both_sides(), (side, -side), strict=True):
        for pool, party, fen in db.session.execute(statement, {"kind": kind}):
            totals[pool, party or 0] += sign * int(fen)
    return totals


@built_once
def _both_sides() -> list[Select[Any]]:
    """Return what sums an account kind's debits and its credits, by pool and party."""
    return [
        db.select(Account.pool_id, Account.party_id, db.func.sum(Transfer.amount_fen))
        .join(Transfer, column == Account.id)
        .where(Account.kind == bindparam("kind"))
        .group_by(Account.pool_id, Account.party_id)
        for column in (Transfer.debit_id, Transfer.credit_id)
    ]


def _opening(kind: str) -> dict[int, int]:
    """Return what accounts of a kind brought with them when the books were taken on, by pool."""
    rows = db.session.execute(
        db.select(Account.pool_id, db.func.sum(Transfer.amount_fen))
        .join(Transfer, Transfer.credit_id == Account.id)
        .join(Journal, Journal.id == Transfer.journal_id)
        .where(Account.kind == kind, Journal.entry_kind == books.OPENED)
        .group_by(Account.pool_id)
    )
    return {pool: int(fen) for pool, fen in rows}


def _totals(rows: Iterable[Row[int, int, int]]) -> dict[Between, int]:
    return {(pool, party): int(fen) for pool, party, fen in rows}


def _compare(name: str, expected: dict[Between, int], found: dict[Between, int]) -> list[Finding]:
    return [
        Finding(
            f"{name} pool={key[0]} party={key[1] or '-'}",
            yuan(expected.get(key, 0)),
            yuan(found.get(key, 0)),
        )
        for key in sorted(expected.keys() | found.keys())
        if expected.get(key, 0) != found.get(key, 0)
    ]


def _wrong_sums(what: str, rows: Iterable[Row[int, int, int]]) -> list[Finding]:
    return [
        Finding(f"{what} {number}", yuan(int(parts)), yuan(whole)) for number, whole, parts in rows
    ]
