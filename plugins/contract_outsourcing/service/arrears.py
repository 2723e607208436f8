"""What small firms are owed beyond the last day of payment, and what was paid too late.

The first is published by 31 March for the end of the year before, the second is what an
inspection asks for (保障中小企业款项支付条例第十八条).
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Select, or_

from core import clock
from core.access import Actor, visible
from core.db import db
from core.parties import Organisation
from core.settlement.claims import payee_names
from plugins.contract_outsourcing.models import Contract, Milestone
from plugins.contract_outsourcing.models import performance as p
from plugins.contract_outsourcing.rules import paying

BASIS = "保障中小企业款项支付条例第十八条"
PAGE = 200


def listed(actor: Actor, *, on: date | None = None) -> dict[str, Any]:  # noqa: ARG001 - public
    """Return by purchaser how many payments to small firms were overdue at a day's end, and fen.

    `on` None: the last day of the year before, which is what is published by 31 March.
    """
    day = on or date(clock.today().year - 1, 12, 31)
    rows = db.session.execute(
        db.select(
            Milestone.organisation_id,
            Organisation.name,
            db.func.count(),
            db.func.sum(Milestone.payable_fen - Milestone.advance_fen),
        )
        .join(Contract, Contract.id == Milestone.contract_id)
        .join(Organisation, Organisation.id == Milestone.organisation_id)
        .where(
            Contract.small_firm,
            Milestone.accepted_on <= day,
            Milestone.pay_by < day,
            Milestone.payable_fen > Milestone.advance_fen,
            Milestone.state.in_({p.ACCEPTED, p.PAID}),
            or_(Milestone.paid_on.is_(None), Milestone.paid_on > day),
        )
        .group_by(Milestone.organisation_id, Organisation.name)
        .order_by(Organisation.name)
    )
    items = [
        {"organisation_id": number, "organisation": name, "count": count, "amount_fen": int(fen)}
        for number, name, count, fen in rows
    ]
    return {
        "on": day.isoformat(),
        "items": items,
        "count": sum(one["count"] for one in items),
        "amount_fen": sum(one["amount_fen"] for one in items),
    }


def late_payments(
    actor: Actor, *, year: int | None = None, before: int | None = None, limit: int = PAGE
) -> dict[str, Any]:
    """Return the payments made after their last day in a year (this one), with the days of each."""
    wanted = year or clock.today().year
    query = (
        _late(actor)
        .where(Milestone.paid_on.between(date(wanted, 1, 1), date(wanted, 12, 31)))
        .order_by(Milestone.id.desc())
    )
    if before is not None:
        query = query.where(Milestone.id < before)
    rows = list(db.session.execute(query.limit(limit)))
    names = payee_names(
        number for one, _contract in rows for number in (one.provider_id, one.organisation_id)
    )
    return {
        "year": wanted,
        "items": [_row(milestone, contract, names) for milestone, contract in rows],
        "next_before": rows[-1][0].id if len(rows) == limit else None,
    }


def _late(actor: Actor) -> Select[Any]:
    return (
        db.select(Milestone, Contract)
        .join(Contract, Contract.id == Milestone.contract_id)
        .where(visible(Milestone, actor, "contract.view"))
        .where(Milestone.state == p.PAID, Milestone.paid_on > Milestone.pay_by)
    )


def _row(milestone: Milestone, contract: Contract, names: dict[int, str]) -> dict[str, Any]:
    assert milestone.pay_by and milestone.paid_on  # noqa: S101, PT018 - its state says so
    return {
        "milestone_id": milestone.id,
        "contract": contract.number,
        "name": milestone.name,
        "provider": names[milestone.provider_id],
        "organisation": names[milestone.organisation_id],
        "amount_fen": milestone.payable_fen - milestone.advance_fen,
        "pay_by": milestone.pay_by.isoformat(),
        "paid_on": milestone.paid_on.isoformat(),
        "days": paying.late_days(milestone.pay_by, milestone.paid_on),
        "small_firm": contract.small_firm,
    }
