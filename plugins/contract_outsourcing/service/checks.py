"""What must hold between contracts, their milestones and the register at every moment."""

from __future__ import annotations

from sqlalchemy import case, func

from core import rulepack
from core.db import db
from core.formats import yuan
from core.ledger import Check, Finding, balances
from core.settlement.models import RESTORED, SET_OFF, Clawback, ClawbackReceipt
from plugins.contract_outsourcing.models import (
    Amendment,
    Award,
    Contract,
    ContractYear,
    Milestone,
    Tender,
)
from plugins.contract_outsourcing.models import contracts as c
from plugins.contract_outsourcing.models import performance as p
from plugins.contract_outsourcing.rules.splitting import BP
from plugins.contract_outsourcing.service import postings
from plugins.contract_outsourcing.service.terminating import COMPONENT


def check_register() -> list[Finding]:
    """Find pools of which the register does not say where every fen of their value is."""
    kinds = (postings.UNPAID, postings.PAID, postings.DEDUCTED, postings.CANCELLED)
    values = balances(postings.VALUE, by="pool_id")
    rooms = [balances(kind, by="pool_id") for kind in kinds]
    return [
        Finding(f"pool:{pool}", yuan(value), yuan(found))
        for pool, value in values.items()
        if (found := sum(room.get(pool, 0) for room in rooms)) != value
        or any(room.get(pool, 0) < 0 for room in rooms)
    ]


def check_milestones() -> list[Finding]:
    """Find contracts whose milestones do not make what the contract is worth now."""
    worth = _by_contract(postings.VALUE, postings.CANCELLED)
    rows = db.session.execute(
        db.select(Milestone.contract_id, func.sum(Milestone.amount_fen))
        .where(Milestone.kind != p.ADVANCE, Milestone.state != p.CANCELLED)
        .group_by(Milestone.contract_id)
    )
    planned = {number: int(fen) for number, fen in rows}
    for number, fen in _unearned().items():
        planned[number] = planned.get(number, 0) + fen
    return [
        Finding(f"contract:{number}", yuan(worth.get(number, 0)), yuan(planned.get(number, 0)))
        for number in sorted(worth.keys() | planned.keys())
        if worth.get(number, 0) != planned.get(number, 0)
    ]


def check_committed() -> list[Finding]:
    """Find years that are committed or owed by another amount than the register says."""
    value, cancelled, deducted, forward = (
        balances(kind, by="pool_id")
        for kind in (postings.VALUE, postings.CANCELLED, postings.DEDUCTED, postings.FORWARD_DUE)
    )
    committed, released = (
        balances(kind, by="pool_id") for kind in ("pool.committed", "pool.released")
    )
    findings, back = [], came_back()
    for row in db.session.scalars(db.select(ContractYear).order_by(ContractYear.pool_id)):
        pool = row.pool_id
        stands = value.get(pool, 0) - cancelled.get(pool, 0)
        expected = stands - deducted.get(pool, 0) - back.get(pool, 0) if row.committed else stands
        found = forward.get(pool, 0)
        if row.committed:
            found = committed.get(pool, 0) - released.get(pool, 0)
        if expected != found:
            findings.append(Finding(f"pool:{pool}", yuan(expected), yuan(found)))
    return findings


def check_limits() -> list[Finding]:
    """Find contracts above their award, awards above the ceiling, supplements above the tenth."""
    findings = []
    rows = db.session.execute(
        db.select(Contract, Award.amount_fen, Tender.ceiling_fen)
        .join(Award, Award.id == Contract.award_id)
        .join(Tender, Tender.id == Contract.tender_id)
        .where(Contract.signed_at.is_not(None), Contract.renewed_from_id.is_(None))
    )
    for contract, award_fen, ceiling_fen in rows:
        where = f"contract:{contract.id}"
        if contract.value_fen > award_fen:
            findings.append(Finding(where, f"<= {yuan(award_fen)}", yuan(contract.value_fen)))
        if award_fen > ceiling_fen:
            findings.append(Finding(where, f"<= {yuan(ceiling_fen)}", yuan(award_fen)))
    supplements = db.session.execute(
        db.select(Contract, db.func.sum(Amendment.amount_fen))
        .join(Amendment, Amendment.contract_id == Contract.id)
        .where(Amendment.kind == c.SUPPLEMENT, Amendment.state == c.IN_FORCE)
        .group_by(Contract.id)
    )
    for contract, fen in supplements:
        share = rulepack.number(
            "contract.supplement_bp",
            on=contract.starts_on,
            division_code=contract.division_code,
        )
        most = contract.value_fen * share // BP
        if fen > most:
            findings.append(Finding(f"contract:{contract.id}", f"<= {yuan(most)}", yuan(int(fen))))
    return findings


CHECKS = [
    Check("contract.register", check_register),
    Check("contract.milestones", check_milestones),
    Check("contract.committed", check_committed),
    Check("contract.limits", check_limits),
]


def _unearned() -> dict[int, int]:
    """Return what terminated contracts were paid in advance for nothing accepted, in fen."""
    fen = case((Milestone.kind == p.ADVANCE, Milestone.amount_fen), else_=Milestone.advance_fen)
    rows = db.session.execute(
        db.select(Milestone.contract_id, Milestone.kind, func.sum(fen))
        .join(Contract, Contract.id == Milestone.contract_id)
        .where(Contract.end_reason.is_not(None), Milestone.state.in_((p.ACCEPTED, p.PAID)))
        .group_by(Milestone.contract_id, Milestone.kind)
    )
    found: dict[int, int] = {}
    for number, kind, total in rows:
        sign = 1 if kind == p.ADVANCE else -1
        found[number] = found.get(number, 0) + sign * int(total)
    return {number: fen for number, fen in found.items() if fen}


def came_back() -> dict[int, int]:
    """Return what came back to the lines of advances for nothing, fen by pool."""
    rows = db.session.execute(
        db.select(Clawback.pool_id, db.func.sum(ClawbackReceipt.amount_fen))
        .join(ClawbackReceipt, ClawbackReceipt.clawback_id == Clawback.id)
        .where(Clawback.component == COMPONENT, ClawbackReceipt.way.in_([RESTORED, SET_OFF]))
        .group_by(Clawback.pool_id)
    )
    return {pool: int(fen) for pool, fen in rows}


def _by_contract(plus: str, minus: str) -> dict[int, int]:
    """Return the difference of two kinds of the register, fen by contract, zeroes left out."""
    pools = db.session.execute(db.select(ContractYear.pool_id, ContractYear.contract_id))
    owners = {row.pool_id: row.contract_id for row in pools}
    totals: dict[int, int] = {}
    for kind, sign in ((plus, 1), (minus, -1)):
        for pool, fen in balances(kind, by="pool_id").items():
            if pool in owners:
                totals[owners[pool]] = totals.get(owners[pool], 0) + sign * fen
    return totals
