"""What must hold between claims, agreements and the books at every moment."""

from __future__ import annotations

from sqlalchemy import func

from core.db import db
from core.formats import yuan
from core.ledger import Check, Finding, balances
from core.settlement.models import RESTORED, SET_OFF, Clawback, ClawbackReceipt
from plugins.subsidy import rules
from plugins.subsidy.models import SchemeYear, SubsidyClaim
from plugins.subsidy.models import claims as c
from plugins.subsidy.service.years import COMPONENT

WAITING = (c.SUBMITTED, c.COMPUTED)


def check_charged() -> list[Finding]:
    """Find pools whose used money is not what their claims are owed, less what came back."""
    owed = _sums(SubsidyClaim.state.in_(c.OWED), SubsidyClaim.amount_fen - SubsidyClaim.lowered_fen)
    back = _came_back()
    expected = {pool: fen - back.get(pool, 0) for pool, fen in owed.items()}
    return _differences("pool.charged", expected)


def check_committed() -> list[Finding]:
    """Find pools whose unused money is not what agreements still promise of a budgeted year."""
    promised = _sums(
        SubsidyClaim.state.in_(WAITING) & SubsidyClaim.grant_id.is_not(None),
        SubsidyClaim.amount_fen,
    )
    waiting = {
        row.pool_id: row.forward_fen
        for row in db.session.execute(db.select(SchemeYear.pool_id, SchemeYear.forward_fen))
    }
    expected = {pool: fen - waiting.get(pool, 0) for pool, fen in promised.items()}
    expected |= {pool: -fen for pool, fen in waiting.items() if fen and pool not in promised}
    return _differences("pool.uncharged", expected)


def check_calculations() -> list[Finding]:
    """Find claims whose amount is not what their kept calculation says."""
    rows = db.session.execute(
        db.select(SubsidyClaim.id, SubsidyClaim.amount_fen, SubsidyClaim.calculation).where(
            SubsidyClaim.calculation.is_not(None), SubsidyClaim.state != c.SUBMITTED
        )
    )
    found = []
    for number, fen, kept in rows:
        if kept is None:
            continue
        says = rules.read_calculation(kept).result_fen
        if says != fen:
            found.append(Finding(f"subsidy_claim:{number}", yuan(says), yuan(fen)))
    return found


CHECKS = [
    Check("subsidy.charged", check_charged),
    Check("subsidy.committed", check_committed),
    Check("subsidy.calculations", check_calculations),
]


def _sums(which: object, fen: object) -> dict[int, int]:
    rows = db.session.execute(
        db.select(SubsidyClaim.pool_id, func.sum(fen))
        .where(which, SubsidyClaim.pool_id.is_not(None))
        .group_by(SubsidyClaim.pool_id)
    )
    return {pool: int(total) for pool, total in rows}


def _came_back() -> dict[int, int]:
    rows = db.session.execute(
        db.select(Clawback.pool_id, func.sum(ClawbackReceipt.amount_fen))
        .join(ClawbackReceipt, ClawbackReceipt.clawback_id == Clawback.id)
        .where(Clawback.component == COMPONENT, ClawbackReceipt.way.in_([RESTORED, SET_OFF]))
        .group_by(Clawback.pool_id)
    )
    return {pool: int(fen) for pool, fen in rows}


def _differences(kind: str, expected: dict[int, int]) -> list[Finding]:
    held = balances(kind, by="pool_id")
    ours = set(db.session.scalars(db.select(SchemeYear.pool_id)))
    return [
        Finding(f"pool:{pool}", yuan(expected.get(pool, 0)), yuan(held.get(pool, 0)))
        for pool in sorted(ours)
        if expected.get(pool, 0) != held.get(pool, 0)
    ]
