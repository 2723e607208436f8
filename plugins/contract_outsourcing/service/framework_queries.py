"""What people read of frameworks: ceiling, suppliers, orders and how each came out."""

from __future__ import annotations

from typing import Any

from core import clock
from core.access import Actor, fetch, scoped, visible
from core.db import db
from core.parties import Organisation
from plugins.contract_outsourcing.models import Contract, Deduction, Milestone, Order
from plugins.contract_outsourcing.models.contracts import CANCELLED, FRAMEWORK
from plugins.contract_outsourcing.models.performance import SCHEDULED
from plugins.contract_outsourcing.rules.bands import Band
from plugins.contract_outsourcing.service import frameworks, steps
from plugins.contract_outsourcing.service.order_settling import reckoned, worth
from plugins.contract_outsourcing.service.orders import delivered, fetch_order

VIEW = "framework.view"
PAGE = 50


def listed(actor: Actor, *, before: int | None = None) -> dict[str, Any]:
    """List the frameworks in scope, newest first: one row a supplier's contract."""
    query = (
        scoped(Contract, actor, VIEW)
        .where(Contract.kind == FRAMEWORK, Contract.state != CANCELLED)
        .order_by(Contract.id.desc())
        .limit(PAGE + 1)
    )
    if before is not None:
        query = query.where(Contract.id < before)
    rows = list(db.session.scalars(query))
    names = _names({row.provider_id for row in rows[:PAGE]})
    return {
        "items": [_supplier(row, names) for row in rows[:PAGE]],
        "next_before": rows[PAGE - 1].id if len(rows) > PAGE else None,
    }


def shown(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Return a framework: ceiling, used and free, the suppliers in scope, prices and orders."""
    contract = fetch(Contract, id, actor, VIEW)
    frameworks.require_price(contract, _first_service(contract))
    together = list(
        db.session.scalars(
            scoped(Contract, actor, VIEW)
            .where(Contract.purchase_id == contract.purchase_id, Contract.kind == FRAMEWORK)
            .where(Contract.state != CANCELLED)
            .order_by(Contract.id)
        )
    )
    names = _names({row.provider_id for row in together})
    return {
        **_supplier(contract, names),
        **frameworks.ceiling(contract.purchase_id),
        "suppliers": [_supplier(row, names) for row in together],
        "prices": [
            {
                "service": price.code,
                "name": price.name,
                "unit": price.unit,
                "tolerance_ppm": price.tolerance_ppm,
                "bands": [_band(price.bands, place) for place in range(len(price.bands))],
            }
            for price in frameworks.prices(contract)
        ],
        "orders": _orders(actor, contract),
    }


def bands(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Return what was paid of a framework by supplier, service, quarter and band (units, fen)."""
    contract = fetch(Contract, id, actor, VIEW)
    together = db.session.scalars(
        scoped(Contract, actor, VIEW)
        .where(Contract.purchase_id == contract.purchase_id, Contract.kind == FRAMEWORK)
        .order_by(Contract.id)
    ).all()
    names = _names({row.provider_id for row in together})
    return {
        "items": [
            {"contract_id": one.id, "provider": names[one.provider_id], **row}
            for one in together
            for row in frameworks.bands_used(one)
        ]
    }


def order(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Return an order with its arithmetic: claimed, verified, paid by bands, penalty, payable."""
    milestone, row = fetch_order(actor, id, VIEW)
    contract = db.session.get_one(Contract, row.contract_id)
    price = frameworks.require_price(contract, row.service)
    answer = {
        **_order(milestone, row),
        "contract_id": contract.id,
        "number": contract.number,
        "provider": _names({contract.provider_id})[contract.provider_id],
        "service_name": price.name,
        "unit": price.unit,
        "quarter": row.quarter,
        "verified_so_far": delivered(row),
        "penalty_fen": row.penalty_fen,
        "due_on": _day(milestone.due_on),
        "accepted_on": _day(milestone.accepted_on),
        "pay_by": _day(milestone.pay_by),
        "statement": (milestone.evidence or {}).get("statement"),
        "deductions": [
            {
                "kind": one.kind,
                "clause": one.clause,
                "capped_fen": one.capped_fen,
                "state": one.state,
                "statement_until": str(one.statement_until),
            }
            for one in db.session.scalars(
                db.select(Deduction).filter_by(milestone_id=milestone.id).order_by(Deduction.id)
            )
        ],
    }
    if row.claimed is not None and row.paid is None:
        found = reckoned(row)
        answer |= worth(found) | {"payable_fen": found.net_fen}
    return answer


def waiting_orders(actor: Actor, permission: str, state: str) -> int:
    """Return how many orders in scope are in a state; with `scheduled`, whose month is over."""
    query = (
        db.select(db.func.count())
        .select_from(Order)
        .join(Milestone, Milestone.id == Order.milestone_id)
        .where(visible(Milestone, actor, permission), Milestone.state == state)
    )
    if state == SCHEDULED:
        query = query.where(Order.period < f"{clock.today():%Y-%m}")
    return int(db.session.scalar(query) or 0)


# --- parts -------------------------------------------------------------------------------------


def _first_service(contract: Contract) -> str:
    return next((price.code for price in frameworks.prices(contract)), "")


def _supplier(contract: Contract, names: dict[int, str]) -> dict[str, Any]:
    return {
        "id": contract.id,
        "number": contract.number,
        "name": contract.name,
        "provider_id": contract.provider_id,
        "provider": names[contract.provider_id],
        "state": contract.state,
        "starts_on": str(contract.starts_on),
        "ends_on": str(contract.ends_on),
    }


def _orders(actor: Actor, contract: Contract) -> list[dict[str, Any]]:
    """Return all orders of a framework in scope, newest first: a dozen a supplier and year."""
    together = db.select(Contract.id).where(Contract.purchase_id == contract.purchase_id)
    rows = db.session.execute(
        db.select(Milestone, Order)
        .join(Order, Order.milestone_id == Milestone.id)
        .where(Order.contract_id.in_(together), visible(Milestone, actor, VIEW))
        .order_by(Order.period.desc(), Milestone.id.desc())
    ).all()
    names = _names({milestone.provider_id for milestone, _row in rows})
    return [
        _order(milestone, row) | {"provider": names[milestone.provider_id]}
        for milestone, row in rows
    ]


def _order(milestone: Milestone, row: Order) -> dict[str, Any]:
    return {
        "id": milestone.id,
        "name": milestone.name,
        "state": milestone.state,
        "state_name": str(steps.milestone.names[milestone.state]),
        "service": row.service,
        "period": row.period,
        "ordered": row.ordered,
        "claimed": row.claimed,
        "verified": row.verified,
        "paid": row.paid,
        "bands": row.bands,
        "amount_fen": milestone.amount_fen,
        "payable_fen": milestone.payable_fen if row.paid is not None else None,
        "deducted_fen": milestone.deducted_fen,
    }


def _band(found: tuple[Band, ...], place: int) -> dict[str, Any]:
    above = found[place - 1].up_to if place else 0
    return {
        "from": (above or 0) + 1,
        "up_to": found[place].up_to,
        "unit_fen": found[place].unit_fen,
    }


def _names(numbers: set[int]) -> dict[int, str]:
    rows = db.session.execute(
        db.select(Organisation.id, Organisation.name).where(Organisation.id.in_(numbers))
    )
    return {row.id: row.name for row in rows}


def _day(value: Any) -> str | None:
    return str(value) if value else None
