"""What must hold of closed fiscal years, carry-overs and debts without budget."""

from __future__ import annotations

from collections import defaultdict

from core.budget import BudgetLine, PoolShare
from core.db import db
from core.divisions import within
from core.fiscal import CLOSED, ClosedLine, FiscalYear, PoolCarry
from core.formats import yuan
from core.ledger import Account, Check, Finding, Journal, Transfer, balances
from core.settlement.books import IN_TRANSIT, PAYABLE
from core.years.models import AWAITING, FUNDED, PAID, CarryOver, LegalDebt

ENOUGH = 100
HOLDING = ("line.reserved", "line.encumbered", "line.accrued")


def check_closed_lines() -> list[Finding]:
    """Find closed lines that hold money which had to go first, and open ones of closed years."""
    held: dict[int | None, int] = defaultdict(int)
    for kind in HOLDING:
        for line_id, fen in balances(kind, by="line_id").items():
            held[line_id] += fen
    closed = db.session.scalars(db.select(ClosedLine.line_id).order_by(ClosedLine.line_id)).all()
    findings = [
        Finding(f"budget_line {number}", "预留、承诺、应付均为 0.00", yuan(held[number]))
        for number in closed
        if held[number]
    ]
    for year in db.session.scalars(db.select(FiscalYear).where(FiscalYear.state == CLOSED)):
        missed = db.session.scalars(
            db.select(BudgetLine.id)
            .where(BudgetLine.fiscal_year == year.year)
            .where(within(BudgetLine.division_code, year.division_code))
            .where(BudgetLine.id.not_in(db.select(ClosedLine.line_id)))
        )
        where = [f"budget_line {number}" for number in missed]
        findings += [Finding(one, f"随 {year.year} 年度结账", "仍可使用") for one in where]
    return findings[:ENOUGH]


def check_closed_years() -> list[Finding]:
    """Find transfers that touched a line after its fiscal year was closed."""
    rows = db.session.execute(
        db.select(Account.line_id, db.func.min(Transfer.id), db.func.count())
        .join(Transfer, db.or_(Transfer.debit_id == Account.id, Transfer.credit_id == Account.id))
        .join(Journal, Journal.id == Transfer.journal_id)
        .join(ClosedLine, ClosedLine.line_id == Account.line_id)
        .where(Journal.posted_at > ClosedLine.closed_at)
        .group_by(Account.line_id)
        .order_by(Account.line_id)
        .limit(ENOUGH)
    )
    return [
        Finding(f"transfer {number}", f"指标 {line} 已年终结账", f"结账后 {count} 笔分录")
        for line, number, count in rows
    ]


def check_carries() -> list[Finding]:
    """Find carry-overs that did not bring to the new lines what left the old ones."""
    moved: dict[tuple[int, int], int] = defaultdict(int)
    for column, sign in ((Transfer.debit_id, 1), (Transfer.credit_id, -1)):
        rows = db.session.execute(
            db.select(Transfer.journal_id, BudgetLine.fiscal_year, db.func.sum(Transfer.amount_fen))
            .join(Account, Account.id == column)
            .join(BudgetLine, BudgetLine.id == Account.line_id)
            .join(CarryOver, CarryOver.journal_id == Transfer.journal_id)
            .where(Account.kind == "line.approved")
            .group_by(Transfer.journal_id, BudgetLine.fiscal_year)
        )
        for journal_id, year, fen in rows:
            moved[journal_id, year] += sign * int(fen)
    findings = []
    done = db.select(CarryOver).where(CarryOver.journal_id.is_not(None)).order_by(CarryOver.id)
    for carry in db.session.scalars(done):
        number = carry.journal_id or 0
        gone, come = moved[number, carry.from_year], moved[number, carry.from_year + 1]
        if (-gone, come) != (carry.amount_fen, carry.amount_fen):
            expected = yuan(carry.amount_fen)
            findings.append(
                Finding(f"carry_over {carry.id}", expected, f"{yuan(-gone)} / {yuan(come)}")
            )
    return findings[:ENOUGH]


def check_pointers() -> list[Finding]:
    """Find carried pools that do not draw on the lines to which they were last carried."""
    last: dict[tuple[int, int], int] = {}
    for step in db.session.scalars(db.select(PoolCarry).order_by(PoolCarry.id)):
        last[step.pool_id, step.position] = step.to_line_id
    rows = db.session.execute(db.select(PoolShare.pool_id, PoolShare.position, PoolShare.line_id))
    shares = {(pool, position): line for pool, position, line in rows}
    return [
        Finding(f"pool {key[0]} position {key[1]}", str(line), str(shares.get(key)))
        for key, line in sorted(last.items())
        if shares.get(key) != line
    ][:ENOUGH]


def check_debts() -> list[Finding]:
    """Find debts that are not owed in full before they are paid, or funded without a line."""
    owed: dict[int | None, int] = defaultdict(int)
    for kind in (PAYABLE, IN_TRANSIT):
        for pool, fen in balances(kind, by="pool_id").items():
            owed[pool] += fen
    accrued = balances("line.accrued", by="pool_id")
    query = db.select(LegalDebt).where(LegalDebt.state.in_((AWAITING, FUNDED, PAID)))
    findings = []
    for debt in db.session.scalars(query.order_by(LegalDebt.id)):
        due = 0 if debt.state == PAID else debt.amount_fen
        held = debt.amount_fen if debt.state == FUNDED else 0
        found = (owed[debt.pool_id], accrued.get(debt.pool_id, 0))
        # Of a debt partly set off, what is left stands on both sides alike.
        if found != (due, held) and not (debt.state == FUNDED and found[0] == found[1] < due):
            told = " / ".join(yuan(fen) for fen in found)
            findings.append(Finding(f"legal_debt {debt.id}", f"{yuan(due)} / {yuan(held)}", told))
    return findings[:ENOUGH]


CHECKS = [
    Check("已结账年度的指标不留未了的钱", check_closed_lines),
    Check("年终结账后指标无新增分录", check_closed_years),
    Check("结转前后金额相等", check_carries),
    Check("结转的额度池指向新年度指标", check_pointers),
    Check("法定债务已入账", check_debts),
]
