"""What the ledger says of how spending shifts: lines raised and lowered, staff and services."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import aliased

from core import clock
from core.access import Actor, User, scoped
from core.budget import BudgetLine
from core.db import db
from core.ledger import Account, Journal, Transfer, balances
from core.parties import Organisation
from core.virement.models import SOURCES, TRANSFERRED, LineTransfer

LIMIT = 50
VIEW, SEE = "budget.view", "budget.view_transfers"
ADJUSTED = "budget.adjusted"
APPROVED, AVAILABLE = "line.approved", "line.available"
ROOMS = ("approved", "available", "reserved", "encumbered", "accrued", "disbursed")

# How an economic class begins, department side and government side (4.4 of the classification);
# the longest beginning decides.
STAFF, SERVICE, GRANT, OTHER = "staff", "service", "grant", "other"
SPENDING: dict[str, LazyString] = {
    STAFF: _l("人员经费"),
    SERVICE: _l("商品和服务"),
    GRANT: _l("对个人和企业的补助"),
    OTHER: _l("其他"),
}
BY_CLASS = {
    "301": STAFF,
    "501": STAFF,
    "50501": STAFF,
    "302": SERVICE,
    "502": SERVICE,
    "50502": SERVICE,
    "303": GRANT,
    "509": GRANT,
    "312": GRANT,
    "507": GRANT,
}


def spending(economic_code: str) -> str:
    """Return what money of an economic class is spent on: staff, service, grant or other."""
    found = (prefix for prefix in BY_CLASS if economic_code.startswith(prefix))
    return BY_CLASS.get(max(found, key=len, default=""), OTHER)


def transfers(
    actor: Actor, *, state: str | None = None, before: int | None = None, limit: int = LIMIT
) -> dict[str, Any]:
    """Return virements, the newest first."""
    query = scoped(LineTransfer, actor, SEE).order_by(LineTransfer.id.desc())
    if state:
        query = query.where(LineTransfer.state == state)
    if before is not None:
        query = query.where(LineTransfer.id < before)
    rows = list(db.session.scalars(query.limit(limit)))
    codes = _lines({number for row in rows for number in (row.from_line_id, row.to_line_id)})
    people = _people({user for row in rows for user in (row.proposed_by, row.decided_by)})
    return {
        "items": [_transfer(row, codes, people) for row in rows],
        "next_before": rows[-1].id if len(rows) == limit else None,
    }


def shifts(
    actor: Actor, *, from_on: date | None = None, to_on: date | None = None
) -> dict[str, Any]:
    """Return which lines were raised and lowered between two business days (调整结构).

    Virement adds up to zero; adjustments, shown beside it, are what the budget itself gained or
    lost. Figures are sums of the ledger's transfers, in fen.
    """
    first, last = _period(from_on, to_on)
    lines = {line.id: line for line in db.session.scalars(scoped(BudgetLine, actor, VIEW))}
    found: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for kind, line_id, fen in _changes(first, last):
        if line_id in lines:
            name = "adjusted" if kind == ADJUSTED else "raised" if fen > 0 else "lowered"
            found[line_id][f"{name}_fen"] += fen if kind == ADJUSTED else abs(fen)
    columns = ("raised_fen", "lowered_fen", "adjusted_fen")
    names = _organisations({lines[number].organisation_id for number in found})
    items = [
        _named(lines[number], names) | {column: found[number][column] for column in columns}
        for number in sorted(found, key=lambda number: lines[number].code)
    ]
    totals = {column: sum(item[column] for item in items) for column in columns}
    return {
        "from_on": first.isoformat(),
        "to_on": last.isoformat(),
        "items": items,
        "total": totals | {"net_fen": totals["raised_fen"] - totals["lowered_fen"]},
    }


def staff_money(actor: Actor, *, year: int | None = None) -> dict[str, Any]:
    """Return, unit by unit, a year's money for staff, services and grants (养人与办事).

    Approved and disbursed, in fen, from the ledger, by the economic class of the lines.
    """
    chosen = year or clock.today().year
    query = scoped(BudgetLine, actor, VIEW).where(BudgetLine.fiscal_year == chosen)
    lines = list(db.session.scalars(query))
    approved = balances(APPROVED, by="line_id")
    disbursed = balances("line.disbursed", by="line_id")
    sums: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for line in lines:
        part = spending(line.economic_code)
        sums[line.organisation_id][f"{part}_fen"] += approved.get(line.id, 0)
        sums[line.organisation_id][f"{part}_paid_fen"] += disbursed.get(line.id, 0)
    names = _organisations(set(sums))
    columns = [f"{part}{paid}_fen" for part in SPENDING for paid in ("", "_paid")]
    items = [
        {"organisation_id": number, "organisation": names[number]}
        | {column: sums[number][column] for column in columns}
        for number in sorted(sums, key=lambda number: names[number])
    ]
    total = {column: sum(sums[number][column] for number in sums) for column in columns}
    return {"year": chosen, "items": items, "total": total}


def source_money(actor: Actor, *, year: int | None = None) -> dict[str, Any]:
    """Return a year's money source by source (资金来源), from approved to disbursed, in fen.

    Figures are those of the ledger's rooms of the lines of each source.
    """
    chosen = year or clock.today().year
    query = scoped(BudgetLine, actor, VIEW).where(BudgetLine.fiscal_year == chosen)
    source_of = {line.id: line.source for line in db.session.scalars(query)}
    sums: dict[str, dict[str, int]] = {source: dict.fromkeys(ROOMS, 0) for source in SOURCES}
    for room in ROOMS:
        for line_id, fen in balances(f"line.{room}", by="line_id").items():
            if line_id in source_of:
                sums[source_of[line_id]][room] += fen
    lines = Counter(source_of.values())
    items = [
        {"source": source, "name": str(name), "lines": lines[source]}
        | {f"{room}_fen": sums[source][room] for room in ROOMS}
        for source, name in SOURCES.items()
        if lines[source]
    ]
    total = {f"{room}_fen": sum(one[room] for one in sums.values()) for room in ROOMS}
    return {"year": chosen, "items": items, "total": total}


def lowered(line_id: int) -> int:
    """Return how much (fen) was ever taken from a line's approved money, by cut or virement."""
    debit, credit = aliased(Account), aliased(Account)
    total = db.session.scalar(
        db.select(db.func.sum(Transfer.amount_fen))
        .join(debit, debit.id == Transfer.debit_id)
        .join(credit, credit.id == Transfer.credit_id)
        .where(credit.kind == APPROVED, credit.line_id == line_id, debit.kind == AVAILABLE)
    )
    return int(total or 0)


def _changes(first: date, last: date) -> Iterable[tuple[str, int, int]]:
    """Yield every change of a line's approved money in a period: entry kind, line, fen (+ or -)."""
    for column, sign in ((Transfer.debit_id, 1), (Transfer.credit_id, -1)):
        yield from (
            (row.entry_kind, row.line_id, sign * int(row.fen))
            for row in db.session.execute(
                db.select(
                    Journal.entry_kind,
                    Account.line_id,
                    db.func.sum(Transfer.amount_fen).label("fen"),
                )
                .join(Account, Account.id == column)
                .join(Journal, Journal.id == Transfer.journal_id)
                .where(Account.kind == APPROVED, Journal.entry_kind.in_((TRANSFERRED, ADJUSTED)))
                .where(Journal.business_date >= first, Journal.business_date <= last)
                .group_by(Journal.entry_kind, Account.line_id)
            )
        )


def _period(from_on: date | None, to_on: date | None) -> tuple[date, date]:
    today = clock.today()
    last = to_on or today
    return from_on or date(last.year, 1, 1), last


def _transfer(
    row: LineTransfer, lines: dict[int, BudgetLine], people: dict[int | None, str]
) -> dict[str, Any]:
    source, target = lines[row.from_line_id], lines[row.to_line_id]
    return {
        "id": row.id,
        "fiscal_year": row.fiscal_year,
        "from_line_id": source.id,
        "from_line": f"{source.code} {source.name}",
        "to_line_id": target.id,
        "to_line": f"{target.code} {target.name}",
        "amount_fen": row.amount_fen,
        "document": row.document,
        "reason": row.reason,
        "state": row.state,
        "proposed_by_id": row.proposed_by,
        "proposed_by": people.get(row.proposed_by),
        "proposed_at": row.proposed_at.isoformat(),
        "decided_by": people.get(row.decided_by),
        "decline_reason": row.decline_reason,
        "journal_id": row.journal_id,
    }


def _named(line: BudgetLine, names: dict[int, str]) -> dict[str, Any]:
    return {
        "line_id": line.id,
        "line": f"{line.code} {line.name}",
        "organisation": names[line.organisation_id],
        "spending": spending(line.economic_code),
    }


def _lines(numbers: set[int]) -> dict[int, BudgetLine]:
    rows = db.session.scalars(db.select(BudgetLine).where(BudgetLine.id.in_(numbers)))
    return {line.id: line for line in rows}


def _organisations(numbers: set[int]) -> dict[int, str]:
    rows = db.session.execute(
        db.select(Organisation.id, Organisation.name).where(Organisation.id.in_(numbers))
    )
    return {row.id: row.name for row in rows}


def _people(numbers: set[int | None]) -> dict[int | None, str]:
    rows = db.session.execute(db.select(User.id, User.name).where(User.id.in_(numbers - {None})))
    return {row.id: row.name for row in rows}
