"""What must hold between milestones and the books at every moment."""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import case, func

from core.db import db
from core.formats import yuan
from core.ledger import Check, Finding, balances
from plugins.contract_outsourcing.models import ContractYear, Deduction, Milestone
from plugins.contract_outsourcing.models import performance as p
from plugins.contract_outsourcing.service import postings
from plugins.contract_outsourcing.service.checks import came_back

DONE = (p.ACCEPTED, p.PAID)


def check_amounts() -> list[Finding]:
    """Find accepted milestones of which payable and deducted are not the amount."""
    rows = db.session.scalars(
        db.select(Milestone).where(
            Milestone.state.in_(DONE),
            (Milestone.payable_fen + Milestone.deducted_fen != Milestone.amount_fen)
            | (Milestone.advance_fen > Milestone.payable_fen),
        )
    )
    return [
        Finding(
            f"milestone:{row.id}",
            yuan(row.amount_fen),
            f"{yuan(row.payable_fen)} + {yuan(row.deducted_fen)}",
        )
        for row in rows
    ]


def check_register() -> list[Finding]:
    """Find contracts' pools of which other was paid or deducted than their milestones say.

    So nothing is paid beyond what was accepted; late interest is not the contract's.
    """
    expected = _expected()
    names = {"paid": postings.PAID, "deducted": postings.DEDUCTED}
    books = {name: balances(kind, by="pool_id") for name, kind in names.items()}
    findings = []
    for pool_id, fen in expected.items():
        found = {name: book.get(pool_id, 0) for name, book in books.items()}
        findings += [
            Finding(f"pool:{pool_id} {name}", yuan(fen[name]), yuan(found[name]))
            for name in found
            if found[name] != fen[name]
        ]
    return findings


def check_owed() -> list[Finding]:
    """Find contracts' pools that owe, or were charged, other than accepted milestones say."""
    expected = _expected()
    charged = balances("pool.charged", by="pool_id")
    owed = balances("fin.payable", by="pool_id")
    transit = balances("fin.in_transit", by="pool_id")
    back = came_back()
    findings = []
    for pool_id, fen in expected.items():
        in_books = owed.get(pool_id, 0) + transit.get(pool_id, 0)
        still_charged = fen["charged"] - back.get(pool_id, 0)
        pairs = ((charged.get(pool_id, 0), still_charged), (in_books, fen["owed"]))
        findings += [
            Finding(f"pool:{pool_id}", yuan(wanted), yuan(found))
            for found, wanted in pairs
            if found != wanted
        ]
    return findings


def check_deductions() -> list[Finding]:
    """Find accepted milestones that lost more than was decided, or with a deduction undecided."""
    decided = case((Deduction.state == p.DECIDED, Deduction.capped_fen), else_=0)
    waiting = case((Deduction.state.in_((p.PROPOSED, p.STATED)), 1), else_=0)
    rows = db.session.execute(
        db.select(Milestone.id, Milestone.deducted_fen, func.sum(decided), func.sum(waiting))
        .join(Deduction, Deduction.milestone_id == Milestone.id)
        .where(Milestone.state.in_(DONE), Milestone.kind != p.ORDER)
        .group_by(Milestone.id, Milestone.deducted_fen)
    )
    return [
        Finding(f"milestone:{number}", f"<= {yuan(int(total))}", yuan(fen))
        for number, fen, total, open_ones in rows
        if fen > total or open_ones
    ]


CHECKS = [
    Check("合同节点：应付加扣减等于金额", check_amounts),
    Check("合同节点与合同台账相符", check_register),
    Check("合同节点与应付账款相符", check_owed),
    Check("合同扣减都有决定", check_deductions),
]


def _expected() -> dict[int, dict[str, int]]:
    """Return what milestones say of each pool, in fen."""
    rows = db.session.execute(
        db.select(Milestone, ContractYear.pool_id)
        .join(
            ContractYear,
            (ContractYear.contract_id == Milestone.contract_id)
            & (ContractYear.fiscal_year == Milestone.fiscal_year),
        )
        .where(Milestone.state.in_(DONE))
    )
    found: dict[int, dict[str, int]] = defaultdict(
        lambda: dict.fromkeys(("paid", "deducted", "charged", "owed"), 0)
    )
    for milestone, pool_id in rows:
        sums, net = found[pool_id], milestone.payable_fen - milestone.advance_fen
        sums["charged"] += net
        sums["deducted"] += milestone.deducted_fen
        sums["paid" if milestone.state == p.PAID else "owed"] += net
    return found
