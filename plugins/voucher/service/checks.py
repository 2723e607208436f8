"""What must hold between vouchers, statements and the books at every moment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Select, and_, case, func, or_

from core.db import built_once, db
from core.formats import yuan
from core.ledger import Account, Check, Finding, Journal, Transfer, balances
from core.settlement import Clawback
from core.settlement.models import PAID as PAYMENT_PAID
from core.settlement.models import (
    REMITTED,
    ClawbackReceipt,
    Payment,
    PaymentClaim,
    PaymentItem,
)
from plugins.voucher.models import (
    Count,
    Counter,
    HeldLot,
    Hold,
    Lot,
    LotMove,
    Redemption,
    Statement,
    StatementPool,
    Terms,
    Voucher,
)
from plugins.voucher.rules import read_terms
from plugins.voucher.rules.paying import CARRY
from plugins.voucher.service.claiming import COMPONENT, every_claim, reversed_lines
from plugins.voucher.service.corrections import UNPAID, corrections, standing_by, worth
from plugins.voucher.service.membership import (
    EFFECTIVE_STATES,
    LINE_STATES,
    REVERSED,
    VOIDED,
    belongs,
    spans,
)

LOT_STATES = ("held", "redeemed", "expired", "forfeited", "cancelled")
SHOWN = 100  # findings named by one check; a broken book has more than anyone reads


def check_pools() -> list[Finding]:
    """Find pools whose money is not the sum of their lots' money.

    A lot's charged fen stay when money is clawed back, the pool's fall when the cash comes.
    """
    recovered = _sums(_came_back())
    lots = db.session.execute(
        db.select(
            Lot.pool_id,
            func.sum(Lot.committed_fen),
            func.sum(Lot.committed_fen - Lot.charged_fen - Lot.released_fen),
            func.sum(Lot.charged_fen),
            func.sum(Lot.released_fen),
        ).group_by(Lot.pool_id)
    )
    books = {
        name: balances(f"pool.{name}", by="pool_id")
        for name in ("committed", "uncharged", "charged", "released")
    }
    findings = []
    for pool_id, committed, uncharged, charged, released in lots:
        back = recovered.get(pool_id, 0)
        expected = {
            "committed": int(committed),
            "uncharged": int(uncharged),
            "charged": int(charged) - back,
            "released": int(released) + back,
        }
        findings += [
            Finding(f"pool.{name} pool={pool_id}", yuan(fen), yuan(books[name].get(pool_id, 0)))
            for name, fen in expected.items()
            if books[name].get(pool_id, 0) != fen
        ]
    return findings[:SHOWN]


def check_lots() -> list[Finding]:
    """Find lots whose quantities are not the sum of their moves."""
    findings = []
    for number, stored, issued, *rest in db.session.execute(_moved()):
        pairs = zip(
            ("granted", *LOT_STATES),
            (stored, *rest[: len(LOT_STATES)]),
            (issued, *rest[len(LOT_STATES) :]),
            strict=True,
        )
        findings += [
            Finding(f"voucher_lot {number} {name}", str(moves), str(column))
            for name, column, moves in pairs
            if column != moves
        ]
    return findings


def check_charges() -> list[Finding]:
    """Find lots that were not charged exactly what their standing redemptions took."""
    return [
        Finding(f"voucher_lot {number} charged_fen", yuan(int(fen)), yuan(found))
        for number, fen, found in db.session.execute(_mischarged())
    ]


def check_holds() -> list[Finding]:
    """Find lots that do not hold exactly what open holds keep of them."""
    kept = (
        db.select(
            HeldLot.lot_id,
            func.sum(HeldLot.quantity).label("quantity"),
            func.sum(HeldLot.amount_fen).label("amount_fen"),
        )
        .join(Hold, Hold.id == HeldLot.hold_id)
        .where(Hold.state == "open")
        .group_by(HeldLot.lot_id)
        .subquery()
    )
    quantity, fen = func.coalesce(kept.c.quantity, 0), func.coalesce(kept.c.amount_fen, 0)
    rows = db.session.execute(
        db.select(Lot.id, quantity, Lot.held, fen, Lot.held_fen)
        .outerjoin(kept, kept.c.lot_id == Lot.id)
        .where(or_(Lot.held != quantity, Lot.held_fen != fen))
        .order_by(Lot.id)
        .limit(SHOWN)
    )
    return [
        Finding(
            f"voucher_lot {number} held",
            f"{int(due)} {yuan(int(due_fen))}",
            f"{held} {yuan(held_fen)}",
        )
        for number, due, held, due_fen, held_fen in rows
    ]


def check_counters() -> list[Finding]:
    """Find counters that say less than nothing, or more than redemptions ever added."""
    added = (
        db.select(Count.owner, Count.cap, Count.period, Redemption.programme_id)
        .add_columns(func.sum(Count.added).label("added"))
        .join(Redemption, Redemption.id == Count.redemption_id)
        .group_by(Count.owner, Count.cap, Count.period, Redemption.programme_id)
        .subquery()
    )
    rows = db.session.execute(
        db.select(Counter, func.coalesce(added.c.added, 0))
        .outerjoin(
            added,
            and_(
                added.c.programme_id == Counter.programme_id,
                added.c.owner == Counter.owner,
                added.c.cap == Counter.cap,
                added.c.period == Counter.period,
            ),
        )
        .where(Counter.cap != CARRY)
        .where(or_(Counter.used < 0, Counter.used > func.coalesce(added.c.added, 0)))
        .limit(SHOWN)
    )
    return [
        Finding(f"voucher_counter {row.id} {row.cap}", f"0..{int(most)}", str(row.used))
        for row, most in rows
    ]


def check_payable() -> list[Finding]:
    """Find payees that are not owed what was redeemed for them and is not yet paid."""
    expected: dict[tuple[int, int], int] = defaultdict(int)
    for query, sign in ((_redeemed, 1), (_paid_by_payee, -1), (_set_off_by_payee, -1)):
        for pool_id, payee_id, fen in db.session.execute(query()):
            expected[pool_id, payee_id] += sign * int(fen)
    found: dict[tuple[int, int], int] = defaultdict(int)
    for statement, sign in zip(_owed_by_books(), (1, -1), strict=True):
        for pool_id, party_id, fen in db.session.execute(statement):
            found[pool_id, party_id] += sign * int(fen)
    return _differences("应付与在途 pool={} party={}", expected, found)


def check_single_use() -> list[Finding]:
    """Find vouchers of single-use programmes that were used twice."""
    single = [
        terms.id
        for terms in db.session.scalars(db.select(Terms))
        if read_terms(terms.document).single_use
    ]
    rows = db.session.execute(
        db.select(Redemption.voucher_id, func.count())
        .join(Voucher, Voucher.id == Redemption.voucher_id)
        .where(Voucher.terms_id.in_(single), Redemption.state.in_(EFFECTIVE_STATES))
        .group_by(Redemption.voucher_id)
        .having(func.count() > 1)
        .limit(SHOWN)
    )
    return [Finding(f"voucher {number}", "1", str(count)) for number, count in rows]


def check_journals() -> list[Finding]:
    """Find redemptions without exactly one journal of their amount, and the reverse."""
    charges = (
        db.select(Transfer.journal_id, func.sum(Transfer.amount_fen).label("amount_fen"))
        .join(Account, Account.id == Transfer.credit_id)
        .where(Account.kind == "pool.charged")
        .group_by(Transfer.journal_id)
        .subquery()
    )
    charged = func.coalesce(charges.c.amount_fen, 0)
    rows = db.session.execute(
        db.select(Redemption.id, Redemption.amount_fen, charged)
        .outerjoin(
            Journal,
            and_(
                Journal.id == Redemption.journal_id,
                Journal.entry_kind == "voucher.redeemed",
                Journal.act == Redemption.act,
            ),
        )
        .outerjoin(charges, charges.c.journal_id == Journal.id)
        .where(or_(Journal.id.is_(None), charged != Redemption.amount_fen))
        .limit(SHOWN)
    )
    findings = [
        Finding(f"voucher_redemption {number}", yuan(amount), yuan(int(fen)))
        for number, amount, fen in rows
    ]
    uses = func.count(Redemption.id)
    lonely = db.session.execute(
        db.select(Journal.id, uses)
        .outerjoin(Redemption, Redemption.journal_id == Journal.id)
        .where(Journal.entry_kind == "voucher.redeemed")
        .group_by(Journal.id)
        .having(uses != 1)
        .limit(SHOWN)
    )
    return findings + [Finding(f"journal {number}", "1", str(count)) for number, count in lonely]


def check_undone() -> list[Finding]:
    """Find redemptions whose state and reversing journal do not agree."""
    undoing = func.count(Journal.id)
    wanted = case((Redemption.state.in_(EFFECTIVE_STATES), 0), else_=1)
    rows = db.session.execute(
        db.select(Redemption.id, wanted, undoing)
        .outerjoin(Journal, Journal.reverses_id == Redemption.journal_id)
        .group_by(Redemption.id, Redemption.state)
        .having(undoing != wanted)
        .limit(SHOWN)
    )
    return [
        Finding(f"voucher_redemption {number}", str(due), str(count)) for number, due, count in rows
    ]


def check_statements() -> list[Finding]:
    """Find statements whose gross or count is not that of their lines at the lock."""
    lines = db.session.execute(_lines_at_lock())
    expected = {(period, provider): (int(n), int(fen)) for period, provider, n, fen in lines}
    parts = _sums(
        db.select(StatementPool.statement_id, func.sum(StatementPool.amount_fen)).group_by(
            StatementPool.statement_id
        )
    )
    findings = []
    for row in db.session.scalars(db.select(Statement).order_by(Statement.id)):
        count, fen = expected.pop((row.period_id, row.provider_id), (0, 0))
        found = (row.line_count, row.gross_fen, parts.get(row.id, 0))
        if found != (count, fen, fen):
            findings.append(
                Finding(f"voucher_statement {row.id}", str((count, fen, fen)), str(found))
            )
    findings += [
        Finding(f"settlement_period {period} provider {provider}", str(want), "没有对账单")
        for (period, provider), want in expected.items()
    ]
    return findings[:SHOWN]


def check_accrued() -> list[Finding]:
    """Find pools of which the lines' accrued and paid money is not that of their statements."""
    expected: dict[int, int] = defaultdict(int)
    for query, sign in zip(_locked_and_lost(), (1, -1, -1, -1), strict=True):
        for pool_id, fen in _sums(query).items():
            expected[pool_id] += sign * fen
    own = set(db.session.scalars(db.select(Lot.pool_id).distinct()))
    found: dict[int, int] = defaultdict(int)
    for kind in ("line.accrued", "line.disbursed"):
        for pool_id, fen in balances(kind, by="pool_id").items():
            if pool_id in own:
                found[int(pool_id or 0)] += fen
    return [
        Finding(f"应付与已付（预算） pool={pool_id}", yuan(expected[pool_id]), yuan(found[pool_id]))
        for pool_id in sorted(own)
        if expected[pool_id] != found[pool_id]
    ][:SHOWN]


def check_claims() -> list[Finding]:
    """Find claims in live payments whose statement part is no longer what it was."""
    now = {claim.source: claim.amount_fen for claim in every_claim()}
    held = db.session.execute(
        db.select(PaymentClaim.source, PaymentItem.amount_fen + PaymentClaim.set_off_fen)
        .join(PaymentItem, and_(PaymentItem.claim_id == PaymentClaim.id, PaymentItem.live))
        .where(PaymentClaim.component == COMPONENT)
    )
    return [
        Finding(source, yuan(now.get(source, 0)), yuan(fen))
        for source, fen in held
        if now.get(source, 0) != fen
    ][:SHOWN]


CHECKS = [
    Check("额度池等于其额度批之和", check_pools),
    Check("额度批等于其变动之和", check_lots),
    Check("额度批已用等于有效核销", check_charges),
    Check("额度批占用等于未结的预占", check_holds),
    Check("限额计数不超过核销所计", check_counters),
    Check("应付等于未付的核销", check_payable),
    Check("一次性凭单只用一次", check_single_use),
    Check("每笔核销一张等额凭证", check_journals),
    Check("每笔撤销一张冲销凭证", check_undone),
    Check("对账单等于锁定时的核销", check_statements),
    Check("预算应付等于对账单", check_accrued),
    Check("在付款项等于对账单应付", check_claims),
]


@built_once
def _moved() -> Select[Any]:
    """Return lots whose quantities are not what was moved: both, state by state."""

    def net(state: str) -> Any:
        sign = case((LotMove.to_state == state, 1), (LotMove.from_state == state, -1), else_=0)
        return func.coalesce(func.sum(sign * LotMove.quantity), 0)

    granted = -net("issued")
    moved = [net(state) for state in LOT_STATES]
    stored = [getattr(Lot, state) for state in LOT_STATES]
    return (
        db.select(Lot.id, Lot.granted, granted, *stored, *moved)
        .outerjoin(LotMove, LotMove.lot_id == Lot.id)
        .group_by(Lot.id)
        .having(
            or_(
                Lot.granted != granted,
                *[column != sum_ for column, sum_ in zip(stored, moved, strict=True)],
            )
        )
        .order_by(Lot.id)
        .limit(SHOWN)
    )


@built_once
def _mischarged() -> Select[Any]:
    taken = standing_by("lot_id").subquery()
    expected = func.coalesce(taken.c[1], 0)
    return (
        db.select(Lot.id, expected, Lot.charged_fen)
        .outerjoin(taken, taken.c.lot_id == Lot.id)
        .where(Lot.charged_fen != expected)
        .order_by(Lot.id)
        .limit(SHOWN)
    )


@built_once
def _redeemed() -> Select[Any]:
    rows = worth(*UNPAID)
    return (
        db.select(rows.c.pool_id, Redemption.payee_id, func.sum(rows.c.amount_fen))
        .join(Redemption, Redemption.id == rows.c.redemption_id)
        .where(Redemption.state.in_(EFFECTIVE_STATES))
        .group_by(rows.c.pool_id, Redemption.payee_id)
    )


@built_once
def _owed_by_books() -> list[Select[Any]]:
    """Return what sums the credits and the debits of what vouchers' pools owe, by payee."""
    pools = db.select(Lot.pool_id).distinct()
    return [
        db.select(Account.pool_id, Account.party_id, func.sum(Transfer.amount_fen))
        .join(Transfer, column == Account.id)
        .where(Account.kind.in_(("fin.payable", "fin.in_transit")), Account.pool_id.in_(pools))
        .group_by(Account.pool_id, Account.party_id)
        for column in (Transfer.credit_id, Transfer.debit_id)
    ]


@built_once
def _lines_at_lock() -> Select[Any]:
    """Return what periods' lines were when they were locked: their count and fen by provider."""
    span = spans()
    less = corrections(VOIDED).subquery()
    before = (
        db.select(less.c.redemption_id, func.sum(less.c.amount_fen).label("fen"))
        .group_by(less.c.redemption_id)
        .subquery()
    )
    worth_then = Redemption.amount_fen - func.coalesce(before.c.fen, 0)
    return (
        db.select(span.c.id, Redemption.provider_id, func.count(), func.sum(worth_then))
        .join(Redemption, belongs(span))
        .outerjoin(before, before.c.redemption_id == Redemption.id)
        .where(Redemption.state.in_(LINE_STATES))
        .group_by(span.c.id, Redemption.provider_id)
    )


@built_once
def _locked_and_lost() -> list[Select[Any]]:
    """Return what was locked by pool, and of it reversed, corrected, and come back."""
    since, rows, less = reversed_lines(), worth(*UNPAID), corrections(REVERSED).subquery()
    locked = db.select(StatementPool.pool_id, func.sum(StatementPool.amount_fen))
    undone = db.select(rows.c.pool_id, func.sum(rows.c.amount_fen)).join(
        since, since.c.redemption_id == rows.c.redemption_id
    )
    corrected = db.select(less.c.pool_id, func.sum(less.c.amount_fen))
    return [
        locked.group_by(StatementPool.pool_id),
        undone.group_by(rows.c.pool_id),
        corrected.group_by(less.c.pool_id),
        _came_back(),
    ]


@built_once
def _paid_by_payee() -> Select[Any]:
    return (
        db.select(PaymentClaim.pool_id, PaymentClaim.payee_id, func.sum(PaymentItem.amount_fen))
        .join(PaymentItem, PaymentItem.claim_id == PaymentClaim.id)
        .join(Payment, Payment.id == PaymentItem.payment_id)
        .where(PaymentClaim.component == COMPONENT, Payment.state == PAYMENT_PAID)
        .group_by(PaymentClaim.pool_id, PaymentClaim.payee_id)
    )


@built_once
def _set_off_by_payee() -> Select[Any]:
    return (
        db.select(PaymentClaim.pool_id, PaymentClaim.payee_id, func.sum(PaymentClaim.set_off_fen))
        .where(PaymentClaim.component == COMPONENT)
        .group_by(PaymentClaim.pool_id, PaymentClaim.payee_id)
    )


@built_once
def _came_back() -> Select[Any]:
    """Return what came back to pools; after the year's closing it goes to the treasury instead."""
    return (
        db.select(Clawback.pool_id, func.sum(ClawbackReceipt.amount_fen))
        .join(ClawbackReceipt, ClawbackReceipt.clawback_id == Clawback.id)
        .where(Clawback.component == COMPONENT, ClawbackReceipt.way != REMITTED)
        .group_by(Clawback.pool_id)
    )


def _sums(query: Select[Any]) -> dict[int, int]:
    return {key: int(fen) for key, fen in db.session.execute(query)}


def _differences(
    where: str, expected: Mapping[tuple[int, int], int], found: Mapping[tuple[int, int], int]
) -> list[Finding]:
    keys: Iterable[tuple[int, int]] = sorted({*expected, *found})
    return [
        Finding(where.format(*key), yuan(expected.get(key, 0)), yuan(found.get(key, 0)))
        for key in keys
        if expected.get(key, 0) != found.get(key, 0)
    ][:SHOWN]
