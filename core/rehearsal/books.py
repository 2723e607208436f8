"""What the books say during a rehearsal: figures by name, and marks that must not move."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import func

from core.audit import AuditEntry
from core.db import db, transaction
from core.errors import Refusal
from core.ledger import Check, Finding, GatedBalance, Journal, PendingIncrease, Transfer
from core.plugins import ask, registry
from core.rehearsal.names import Names
from core.rehearsal.script import Expected


@dataclass(frozen=True)
class Mark:
    """The state of the books at one moment, as far as a refusal must leave it alone."""

    figures: dict[str, int | None]
    totals: dict[str, int]
    audited: int


def figure(expected: Expected, names: Names) -> int | None:
    """Return what a figure says now; None while its owner is not known yet."""
    wanted = registry().figures[expected.code]
    owner = None if expected.dimension is None else names.dimension(expected.dimension)
    try:
        with transaction(readonly=True):
            return wanted.run(owner)
    except Refusal:
        return None


def mark(expected: Iterable[Expected], names: Names) -> Mark:
    """Return the present state of the given figures, of all balances and of the trail."""
    figures = {one.figure: figure(one, names) for one in expected}
    with transaction(readonly=True):
        totals = {
            "凭证数": _number(func.count(Journal.id)),
            "分录数": _number(func.count(Transfer.id)),
            "分录合计": _number(func.sum(Transfer.amount_fen)),
            "受控余额合计": _number(func.sum(GatedBalance.balance_fen)),
            "待并入合计": _number(func.sum(PendingIncrease.amount_fen)),
        }
        return Mark(figures, totals, _number(func.count(AuditEntry.id)))


def row_counts() -> dict[str, int]:
    """Return how many rows every table holds."""
    with transaction(readonly=True):
        return {
            table.name: _number(func.count(), source=table) for table in db.metadata.sorted_tables
        }


def findings() -> list[tuple[Check, Finding]]:
    """Return what the integrity checks of all components find wrong."""
    found = []
    for check in ask("integrity_checks"):
        with transaction(readonly=True):
            found += [(check, finding) for finding in check.run()]
    return found


def _number(what: object, *, source: object = None) -> int:
    query = db.select(what) if source is None else db.select(what).select_from(source)
    return int(db.session.scalar(query) or 0)
