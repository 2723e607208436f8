"""What is read of loans: by their bank, by the purchaser's office, by who watches."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import case, func

from core import clock
from core.access import Actor, fetch, scoped
from core.db import db
from core.parties import Organisation
from plugins.subsidy import rules
from plugins.subsidy.models import BankFile, Loan, LoanEnding, LoanEvent, Scheme
from plugins.subsidy.models import loans as m
from plugins.subsidy.service import borrowers, handling_banks, loan_steps, loans
from plugins.subsidy.service.handling_banks import VIEW
from plugins.subsidy.service.schemes import terms_in_force


def loan_list(
    actor: Actor,
    *,
    scheme_id: int | None = None,
    number: str | None = None,
    ending_waits: bool = False,
    before: int | None = None,
    limit: int = 50,
) -> dict[str, Any]:
    """Return the loans a person may see, newest first; by scheme or the bank's number at will.

    `ending_waits`: only those for which somebody has to decide whether their support ends.
    """
    query = scoped(Loan, actor, VIEW)
    if scheme_id is not None:
        query = query.where(Loan.scheme_id == scheme_id)
    if number:
        query = query.where(Loan.number == number)
    if ending_waits:
        proposed = db.select(LoanEnding.loan_id).where(LoanEnding.state == m.PROPOSED)
        query = query.where(Loan.id.in_(proposed))
    if before is not None:
        query = query.where(Loan.id < before)
    rows = db.session.scalars(query.order_by(Loan.id.desc()).limit(limit + 1)).all()
    shown = rows[:limit]
    return {
        "items": _items(shown),
        "next_before": shown[-1].id if len(rows) > limit else None,
    }


def loan(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Return a loan: its balance by day, what happened to it, what the scheme makes of it."""
    row = fetch(Loan, id, actor, VIEW)
    scheme = db.session.get_one(Scheme, row.scheme_id)
    rule = loans.as_rule(row)
    regime = rules.regime_on(handling_banks.interest_terms(scheme), row.lent_on)
    borrower = regime.class_of(row.class_code)
    ending = loans.live_ending(row.id)
    history = rules.balances(
        loans.contract_of(row), [event for event, _row in loans.principal_events(row.id)]
    )
    return _items([row])[0] | {
        "scheme": scheme.name,
        "class_name": borrower.name if borrower else row.class_code,
        "lpr_ppm": row.lpr_ppm,
        "partners": row.partners,
        "regime_from": regime.from_on.isoformat(),
        "regime_document": regime.document,
        "method": regime.method,
        "subsidised_until": rules.subsidised_until(regime, rule).isoformat(),
        "subsidised_rate_ppm": str(rules.subsidised_rate(regime, rule)),
        "balances": [
            {
                "begin": part.begin.isoformat(),
                "end": part.end.isoformat(),
                "principal_fen": part.principal_fen,
                "overdue_fen": part.overdue_fen,
            }
            for part in history
        ],
        "events": _events(row.id),
        "ending": ending
        and {
            "from_on": ending.from_on.isoformat(),
            "reason": ending.reason,
            "document": ending.document,
            "state": ending.state,
            "state_name": str(loan_steps.ending.names[ending.state]),
            "proposed_by": ending.proposed_by,
        },
    }


def files(actor: Actor, *, before: int | None = None, limit: int = 50) -> dict[str, Any]:
    """Return the files that banks handed in, newest first."""
    query = scoped(BankFile, actor, VIEW)
    if before is not None:
        query = query.where(BankFile.id < before)
    rows = db.session.scalars(query.order_by(BankFile.id.desc()).limit(limit + 1)).all()
    shown = rows[:limit]
    return {
        "items": [
            {
                "id": row.id,
                "scheme_id": row.scheme_id,
                "filename": row.filename,
                "sha256": row.sha256,
                "lines": row.lines,
                "loans": row.loans,
                "events": row.events,
                "taken_at": row.taken_at.isoformat(),
            }
            for row in shown
        ],
        "next_before": shown[-1].id if len(rows) > limit else None,
    }


def classes(scheme_id: int) -> dict[str, str]:
    """Return the classes of borrowers of a scheme's terms in force, by code."""
    version = terms_in_force(db.session.get_one(Scheme, scheme_id))
    terms = rules.read_terms(version.document).interest if version else None
    regimes = terms.regimes if terms else ()
    return {one.code: one.name for regime in regimes for one in regime.classes}


def _events(loan_id: int) -> list[dict[str, Any]]:
    """Return everything that was reported of a loan, also what was undone since."""
    query = db.select(LoanEvent).filter_by(loan_id=loan_id)
    rows = list(db.session.scalars(query.order_by(LoanEvent.on, LoanEvent.id)))
    undone = {row.undoes_id for row in rows}
    by_id = {row.id: row for row in rows}
    return [
        {
            "id": row.id,
            "reference": row.reference,
            "kind": row.kind,
            "on": row.on.isoformat(),
            "amount_fen": row.amount_fen,
            "for_on": row.for_on.isoformat() if row.for_on else None,
            "rate_ppm": row.rate_ppm,
            "undoes": by_id[row.undoes_id].reference if row.undoes_id else None,
            "undone": row.id in undone,
            "file_id": row.file_id,
            "made_at": row.made_at.isoformat(),
        }
        for row in rows
    ]


def _items(rows: Sequence[Loan]) -> list[dict[str, Any]]:
    names, balances = _names(rows), balances_of(rows, clock.today())
    endings = db.select(LoanEnding.loan_id, LoanEnding.from_on).where(
        LoanEnding.loan_id.in_({row.id for row in rows}), LoanEnding.state == m.ENDED
    )
    ended = {row.loan_id: row.from_on.isoformat() for row in db.session.execute(endings)}
    return [
        {
            "id": row.id,
            "number": row.number,
            "scheme_id": row.scheme_id,
            "bank_id": row.bank_id,
            "bank": names[row.bank_id],
            "borrower_id": row.borrower_id,
            "borrower": names[row.borrower_id],
            "class_code": row.class_code,
            "lent_on": row.lent_on.isoformat(),
            "due_on": row.due_on.isoformat(),
            "principal_fen": row.principal_fen,
            "balance_fen": balances[row.id],
            "rate_ppm": row.rate_ppm,
            "ended_on": ended.get(row.id),
        }
        for row in rows
    ]


def balances_of(rows: Sequence[Loan], day: date) -> dict[int, int]:
    """Return what is owed of loans at the end of a day, overdue or not (fen), by loan."""
    ids = {row.id for row in rows}
    undone = db.select(LoanEvent.undoes_id).where(
        LoanEvent.loan_id.in_(ids), LoanEvent.undoes_id.is_not(None)
    )
    signed = case(
        (LoanEvent.kind == "drawn", LoanEvent.amount_fen),
        (LoanEvent.kind.in_(("repaid", "cured")), -LoanEvent.amount_fen),
        else_=0,
    )
    query = (
        db.select(LoanEvent.loan_id, func.sum(signed))
        .where(LoanEvent.loan_id.in_(ids), LoanEvent.on <= day, LoanEvent.id.not_in(undone))
        .group_by(LoanEvent.loan_id)
    )
    found = {number: int(total) for number, total in db.session.execute(query)}
    return {number: found.get(number, 0) for number in ids}


def _names(rows: Sequence[Loan]) -> dict[int, str]:
    found = borrowers.names_of({row.borrower_id for row in rows})
    banks = db.select(Organisation.id, Organisation.name).where(
        Organisation.id.in_({row.bank_id for row in rows})
    )
    return found | {row.id: row.name for row in db.session.execute(banks)}
