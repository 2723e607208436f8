"""What duties, warnings and conversions look like in lists and reports, with ledger figures."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any

from sqlalchemy import or_

from core import clock, spent
from core.access import Actor, User, fetch, scoped
from core.budget import BudgetLine
from core.db import db
from core.duties.models import Conversion, Duty, FundingWarning
from core.duties.planning import RECORD
from core.duties.service import in_year, staff_money
from core.ledger import balances
from core.parties import Organisation
from core.virement import lowered

LIMIT = 50
VIEW = "duty.view"


def duties(
    actor: Actor,
    *,
    year: int | None = None,
    organisation_id: int | None = None,
    before: int | None = None,
    limit: int = LIMIT,
) -> dict[str, Any]:
    """Return the duties of a year with their posts and staff money (fen), the newest first."""
    chosen = year or clock.today().year
    query = scoped(Duty, actor, VIEW).where(in_year(chosen)).order_by(Duty.id.desc())
    if organisation_id is not None:
        query = query.where(Duty.organisation_id == organisation_id)
    if before is not None:
        query = query.where(Duty.id < before)
    rows = list(db.session.scalars(query.limit(limit)))
    names = _names({row.organisation_id for row in rows})
    return {
        "year": chosen,
        "items": [_duty(row, chosen, names) for row in rows],
        "next_before": rows[-1].id if len(rows) == limit else None,
    }


def duty(actor: Actor, number: int, permission: str = RECORD) -> dict[str, Any]:
    """Return one duty of those a person may record, or do something else with."""
    row = fetch(Duty, number, actor, permission)
    return _duty(row, clock.today().year, _names({row.organisation_id}))


def warnings(
    actor: Actor, *, state: str | None = None, before: int | None = None, limit: int = LIMIT
) -> dict[str, Any]:
    """Return warnings of double funding, the newest first."""
    query = scoped(FundingWarning, actor, VIEW).order_by(FundingWarning.id.desc())
    if state:
        query = query.where(FundingWarning.state == state)
    if before is not None:
        query = query.where(FundingWarning.id < before)
    rows = list(db.session.scalars(query.limit(limit)))
    names = _names({row.organisation_id for row in rows})
    people = _people({user for row in rows for user in (row.raised_by, row.cleared_by)})
    known = _duties({row.duty_id for row in rows})
    return {
        "items": [
            {
                "id": row.id,
                "organisation": names[row.organisation_id],
                "duty": known[row.duty_id].name,
                "item_code": row.item_code,
                "fiscal_year": row.fiscal_year,
                "posts": row.posts,
                "staff_fen": row.staff_fen,
                "state": row.state,
                "raised_by_id": row.raised_by,
                "raised_by": people.get(row.raised_by),
                "cleared_by": people.get(row.cleared_by),
                "reason": row.reason,
            }
            for row in rows
        ],
        "next_before": rows[-1].id if len(rows) == limit else None,
    }


def posts(actor: Actor, *, year: int | None = None) -> dict[str, Any]:
    """Return the publicly paid posts of every unit at the end of last year and of this one.

    For the rule that they may fall or stay and never rise (只减不增).
    """
    chosen = year or clock.today().year
    ends = {"before": date(chosen - 1, 12, 31), "now": date(chosen, 12, 31)}
    counts: dict[int, dict[str, int]] = defaultdict(dict)
    for name, day in ends.items():
        held = scoped(Duty, actor, VIEW).where(
            Duty.from_on <= day, or_(Duty.to_on.is_(None), Duty.to_on >= day)
        )
        for row in db.session.scalars(held):
            counts[row.organisation_id][name] = counts[row.organisation_id].get(name, 0) + row.posts
    names = _names(set(counts))
    items = [
        {
            "organisation_id": number,
            "organisation": names[number],
            "posts_before": count.get("before", 0),
            "posts": count.get("now", 0),
            "rises": count.get("now", 0) > count.get("before", 0),
        }
        for number, count in sorted(counts.items(), key=lambda item: names[item[0]])
    ]
    return {"year": chosen, "items": items}


def conversions(actor: Actor, *, before: int | None = None, limit: int = LIMIT) -> dict[str, Any]:
    """Return conversions, the newest first: appropriation ended, purchase, posts not created.

    Beside what was recorded stands what the ledger says of the line: how much of it is approved
    now and how much has been taken away, and what it holds for the purchase (`bought_fen`).
    `funded_twice` where less was taken away than converted.
    """
    query = scoped(Conversion, actor, VIEW).order_by(Conversion.id.desc())
    if before is not None:
        query = query.where(Conversion.id < before)
    rows = list(db.session.scalars(query.limit(limit)))
    names = _names({row.organisation_id for row in rows})
    lines = _lines({row.from_line_id for row in rows})
    approved = balances("line.approved", by="line_id")
    totals = _converted(set(lines))
    taken = {number: lowered(number) for number in lines}
    bought = spent.by_purchase({row.purchase_id for row in rows if row.purchase_id})
    items = [
        {
            "id": row.id,
            "organisation": names[row.organisation_id],
            "line_id": row.from_line_id,
            "line": f"{lines[row.from_line_id].code} {lines[row.from_line_id].name}",
            "fiscal_year": lines[row.from_line_id].fiscal_year,
            "amount_fen": row.amount_fen,
            "posts_not_created": row.posts_not_created,
            "purchase_id": row.purchase_id,
            "bought_fen": bought[row.purchase_id]["total"] if row.purchase_id else 0,
            "document": row.document,
            "approved_fen": approved.get(row.from_line_id, 0),
            "lowered_fen": taken[row.from_line_id],
            "funded_twice": taken[row.from_line_id] < totals[row.from_line_id],
        }
        for row in rows
    ]
    return {
        "items": items,
        "total": _total(actor),
        "next_before": rows[-1].id if len(rows) == limit else None,
    }


def _total(actor: Actor) -> dict[str, int]:
    every = scoped(Conversion, actor, VIEW).subquery()
    row = db.session.execute(
        db.select(db.func.sum(every.c.amount_fen), db.func.sum(every.c.posts_not_created))
    ).one()
    purchases = db.session.scalars(
        db.select(every.c.purchase_id).where(every.c.purchase_id.is_not(None)).distinct()
    )
    bought = spent.by_purchase(purchases)
    return {
        "amount_fen": int(row[0] or 0),
        "posts_not_created": int(row[1] or 0),
        "bought_fen": sum(one["total"] for one in bought.values()),
    }


def _converted(line_ids: set[int]) -> dict[int, int]:
    rows = db.session.execute(
        db.select(Conversion.from_line_id, db.func.sum(Conversion.amount_fen))
        .where(Conversion.from_line_id.in_(line_ids))
        .group_by(Conversion.from_line_id)
    )
    return {row[0]: int(row[1]) for row in rows}


def _duty(row: Duty, year: int, names: dict[int, str]) -> dict[str, Any]:
    return {
        "id": row.id,
        "organisation_id": row.organisation_id,
        "organisation": names[row.organisation_id],
        "item_code": row.item_code,
        "name": row.name,
        "posts": row.posts,
        "posts_needed": row.posts_needed,
        "short": max((row.posts_needed or 0) - row.posts, 0),
        "proposal_id": row.proposal_id,
        "line_id": row.line_id,
        "staff_fen": staff_money(row, year),
        "from_on": row.from_on.isoformat(),
        "to_on": row.to_on.isoformat() if row.to_on else None,
        "document": row.document,
    }


def _names(numbers: set[int]) -> dict[int, str]:
    rows = db.session.execute(
        db.select(Organisation.id, Organisation.name).where(Organisation.id.in_(numbers))
    )
    return {row.id: row.name for row in rows}


def _lines(numbers: set[int]) -> dict[int, BudgetLine]:
    rows = db.session.scalars(db.select(BudgetLine).where(BudgetLine.id.in_(numbers)))
    return {line.id: line for line in rows}


def _duties(numbers: set[int]) -> dict[int, Duty]:
    return {row.id: row for row in db.session.scalars(db.select(Duty).where(Duty.id.in_(numbers)))}


def _people(numbers: set[int | None]) -> dict[int | None, str]:
    rows = db.session.execute(db.select(User.id, User.name).where(User.id.in_(numbers - {None})))
    return {row.id: row.name for row in rows}
