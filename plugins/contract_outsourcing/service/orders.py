"""Orders of measured quantity under a framework: quoted, placed within its ceiling, cancelled.

An order commits its price by bands and takes it out of the framework's free ceiling, both gated;
its milestone holds the money until residents' confirmations settle it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _

from core import audit, clock
from core.access import Actor, fetch
from core.db import db
from core.errors import Conflict, InvalidInput, RuleBroken
from core.formats import number, yuan
from core.ledger import Owner, gated_balance, locked_balance, post
from plugins.contract_outsourcing.models import (
    Contract,
    Delivery,
    Milestone,
    Order,
)
from plugins.contract_outsourcing.models.contracts import PERFORMING
from plugins.contract_outsourcing.models.performance import (
    ACCEPTED,
    CANCELLED,
    ORDER,
    PAID,
)
from plugins.contract_outsourcing.rules.bands import days_of, largest, quarter_of, split
from plugins.contract_outsourcing.rules.bands import price as price_of
from plugins.contract_outsourcing.service import (
    challenges,
    exclusions,
    frameworks,
    postings,
    signing,
    steps,
    years,
)
from plugins.contract_outsourcing.service.frameworks import BASIS, UnitPrice

PLACE = "order.place"


@dataclass(frozen=True)
class Quote:
    """What a quantity would cost, and the largest quantity that the free ceiling admits."""

    unit: str
    before: int
    parts: list[list[int]]
    required_fen: int
    ceiling_left_fen: int
    largest_quantity: int


def place(
    actor: Actor,
    *,
    contract_id: int,
    service: str,
    period: str,
    quantity: int,
    due_on: date | None = None,
) -> dict[str, Any]:
    """Order a quantity of a service for a month; its price is committed and uses the ceiling.

    Refuses a contract not in force or a month outside of it, PERIOD_OVER, CHALLENGE_OPEN,
    PROVIDER_SUSPENDED, ORDER_UNSETTLED, BUDGET_MISSING, BUDGET_INSUFFICIENT, and with the largest
    order that fits FRAMEWORK_CEILING.
    """
    contract = fetch(Contract, contract_id, actor, PLACE)
    price = frameworks.require_price(contract, service)
    days = _require_in_force(contract, period)
    challenges.refuse_while_challenged(contract.tender_id)
    exclusions.refuse_barred(
        contract.provider_id,
        organisation_id=contract.organisation_id,
        division_code=contract.division_code,
    )
    _refuse_unsettled(contract, price)
    # Locked until the order stands: of two at once the second sees what the first left.
    free = locked_balance(Owner(postings.CEILING_FREE, purchase_id=contract.purchase_id))
    quote = _quote(contract, price, period, quantity, free)
    if quote.required_fen > free:
        raise _over_ceiling(quote)
    years.budgeted_pool(actor, contract, days[0].year)
    milestone = _milestone(contract, price, period, quote.required_fen, due_on or days[1])
    db.session.add(
        Order(
            milestone_id=milestone.id,
            contract_id=contract.id,
            service=service,
            period=period,
            quarter=quarter_of(period),
            ordered=quantity,
            bands=quote.parts,
            placed_by=actor.user_id,
            placed_at=clock.now(),
        )
    )
    moves = [
        *years.raise_year(actor, contract, days[0].year, quote.required_fen),
        postings.use_ceiling(contract.purchase_id, quote.required_fen),
    ]
    milestone.journal_id = post(postings.ORDERED, f"milestone:{milestone.id}/ordered", moves)
    audit.about(steps.MILESTONE, milestone.id, f"{contract.number} {period}")
    return {
        "id": milestone.id,
        "state": milestone.state,
        "amount_fen": quote.required_fen,
        "bands": quote.parts,
        "ceiling_left_fen": free - quote.required_fen,
    }


def cancel(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Cancel an order before anything was delivered: its money and its ceiling are free again.

    Refuses STATE_CHANGED once it is claimed, ORDER_DELIVERED when a resident was served.
    """
    milestone, order = fetch_order(actor, id, PLACE)
    steps.milestone.require(milestone, "order.cancel")
    served = delivered(order)
    if served:
        raise RuleBroken(
            "ORDER_DELIVERED",
            _(
                "这个订单已有 %(count)s 次服务确认，不能撤销。请在当月结束后按实际数量核定。",
                count=number(served),
            ),
            basis=BASIS,
            delivered=served,
        )
    contract = db.session.get_one(Contract, order.contract_id)
    moves = [
        *years.cancel_part(actor, contract, milestone.fiscal_year, milestone.amount_fen),
        postings.free_ceiling(contract.purchase_id, milestone.amount_fen),
    ]
    post(postings.ORDER_CANCELLED, f"milestone:{milestone.id}/cancelled", moves)
    steps.milestone.take(milestone, "order.cancel")
    audit.about(steps.MILESTONE, milestone.id, reason)
    return {"id": milestone.id, "state": milestone.state, "freed_fen": milestone.amount_fen}


def quote(
    actor: Actor, *, contract_id: int, service: str, period: str, quantity: int
) -> dict[str, Any]:
    """Return what an order would cost band by band, and the largest that fits the ceiling now."""
    contract = fetch(Contract, contract_id, actor, PLACE)
    price = frameworks.require_price(contract, service)
    frameworks.require_period(contract, period)
    free = gated_balance(Owner(postings.CEILING_FREE, purchase_id=contract.purchase_id))
    found = _quote(contract, price, period, quantity, free)
    return {
        "service": service,
        "unit": found.unit,
        "quantity": quantity,
        "paid_before": found.before,
        "bands": found.parts,
        "required_fen": found.required_fen,
        "ceiling_left_fen": found.ceiling_left_fen,
        "largest_quantity": found.largest_quantity,
    }


# --- what the other verbs of orders need -------------------------------------------------------


def fetch_order(actor: Actor, number_: int, permission: str) -> tuple[Milestone, Order]:
    """Return an order and its milestone in an actor's scope, locked in a writing act."""
    milestone = fetch(Milestone, number_, actor, permission)
    order = db.session.get(Order, milestone.id)
    if order is None:
        raise InvalidInput(
            _("这个节点不是框架协议的订单，请按合同节点办理。"), errors={"id": [_("不是订单")]}
        )
    return milestone, order


def delivered(order: Order) -> int:
    """Return how many distinct deliveries residents confirmed in an order's month."""
    first, last = days_of(order.period)
    total = db.session.scalar(
        db.select(db.func.count())
        .select_from(Delivery)
        .where(Delivery.contract_id == order.contract_id, Delivery.service == order.service)
        .where(Delivery.served_on.between(first, last))
    )
    return int(total or 0)


# --- parts -------------------------------------------------------------------------------------


def _quote(contract: Contract, price: UnitPrice, period: str, quantity: int, free: int) -> Quote:
    before = frameworks.paid_before(contract.id, price.code, quarter_of(period))
    return Quote(
        price.unit,
        before,
        [[part.quantity, part.unit_fen] for part in split(price.bands, before, quantity)],
        price_of(price.bands, before, quantity),
        free,
        largest(price.bands, before, free),
    )


def _require_in_force(contract: Contract, period: str) -> tuple[date, date]:
    if contract.state != PERFORMING:
        raise Conflict(
            "STATE_CHANGED",
            _(
                "合同 %(number)s 现在是“%(state)s”，不能下单。",
                number=contract.number,
                state=str(steps.contract.names[contract.state]),
            ),
            object_type=steps.CONTRACT,
            object_id=contract.id,
            state=contract.state,
        )
    days = frameworks.require_period(contract, period)
    if days[1] < clock.today():
        raise RuleBroken(
            "PERIOD_OVER",
            _("%(period)s 已经结束，不能补下订单。请为当月或以后的月份下单。", period=period),
            basis=BASIS,
        )
    return days


def _refuse_unsettled(contract: Contract, price: UnitPrice) -> None:
    open_order = db.session.execute(
        db.select(Order.milestone_id, Order.period)
        .join(Milestone, Milestone.id == Order.milestone_id)
        .where(Order.contract_id == contract.id, Order.service == price.code)
        .where(Milestone.state.not_in((ACCEPTED, PAID, CANCELLED)))
    ).first()
    if open_order is not None:
        raise RuleBroken(
            "ORDER_UNSETTLED",
            _(
                "%(period)s 的“%(service)s”订单还没有核定，档次和可用上限都还定不下来。"
                "请先核定上一个订单，再下新的订单。",
                period=open_order.period,
                service=price.name,
            ),
            basis=BASIS,
            order_id=open_order.milestone_id,
            period=open_order.period,
        )


def _over_ceiling(quote: Quote) -> RuleBroken:
    """Return the refusal of an order that does not fit, with the largest one that does."""
    left, required = yuan(quote.ceiling_left_fen), yuan(quote.required_fen)
    if quote.largest_quantity:
        message = _(
            "框架协议上限还剩 %(left)s 元，这个订单需要 %(required)s 元，超过上限。"
            "最多可以下单 %(largest)s %(unit)s，请减少数量。",
            left=left,
            required=required,
            largest=number(quote.largest_quantity),
            unit=quote.unit,
        )
    else:
        message = _(
            "框架协议上限还剩 %(left)s 元，这个订单需要 %(required)s 元，"
            "剩下的不够一%(unit)s，不能再下单。如仍有需要，请另行采购。",
            left=left,
            required=required,
            unit=quote.unit,
        )
    return RuleBroken(
        "FRAMEWORK_CEILING",
        message,
        basis=BASIS,
        ceiling_left_fen=quote.ceiling_left_fen,
        required_fen=quote.required_fen,
        largest_quantity=quote.largest_quantity,
    )


def _milestone(
    contract: Contract, price: UnitPrice, period: str, amount_fen: int, due_on: date
) -> Milestone:
    first, _last = days_of(period)
    if not first <= due_on <= contract.ends_on:
        raise InvalidInput(
            _("完成日期须在当月第一天之后、合同期满之前。"),
            errors={"due_on": [_("不在合同期限内")]},
        )
    highest = db.select(db.func.max(Milestone.sequence)).filter_by(contract_id=contract.id)
    return signing.add_milestone(
        contract,
        sequence=(db.session.scalar(highest) or 0) + 1,
        name=f"{price.name} {period}",
        kind=ORDER,
        fiscal_year=first.year,
        amount_fen=amount_fen,
        due_on=due_on,
    )
