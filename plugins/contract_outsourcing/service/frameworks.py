"""A framework as its orders see it: its unit prices, what was paid before, the ceiling."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask_babel import gettext as _

from core.db import db
from core.errors import InvalidInput, RuleBroken
from core.formats import day
from core.ledger import Owner, balance, gated_balance
from plugins.contract_outsourcing.models import Contract, Milestone, Order
from plugins.contract_outsourcing.models.contracts import FRAMEWORK
from plugins.contract_outsourcing.models.performance import ACCEPTED, PAID
from plugins.contract_outsourcing.rules.bands import Band, Part, days_of
from plugins.contract_outsourcing.rules.terms import read_terms
from plugins.contract_outsourcing.service import postings

BASIS = "政府采购框架协议采购方式管理暂行办法"


@dataclass(frozen=True)
class UnitPrice:
    """A unit price with its bands as they are reckoned with, and the tolerance of claims.

    `tolerance_ppm` of the verified quantity may be claimed beyond it without a penalty.
    """

    code: str
    name: str
    unit: str
    bands: tuple[Band, ...]
    tolerance_ppm: int


def prices(contract: Contract) -> list[UnitPrice]:
    """Return the unit prices that a framework's terms set, in their order."""
    terms = read_terms(contract.terms)
    return [
        UnitPrice(
            row.code,
            row.name,
            row.unit,
            tuple(Band(up_to, unit_fen) for up_to, unit_fen in row.bands),
            terms.overclaim_tolerance_ppm,
        )
        for row in terms.unit_prices
    ]


def require_price(contract: Contract, service: str) -> UnitPrice:
    """Return the unit price of a service; refuse a contract without unit prices, or without it."""
    found = {price.code: price for price in prices(contract)}
    if contract.kind != FRAMEWORK or not found:
        raise RuleBroken(
            "NOT_A_FRAMEWORK",
            _(
                "合同 %(number)s 不是框架协议，没有单价，不能下单。请按合同的节点办理。",
                number=contract.number,
            ),
            basis=BASIS,
        )
    if service not in found:
        raise InvalidInput(
            _("框架协议 %(number)s 没有这项服务。", number=contract.number),
            errors={"service": [_("请从列出的选项中选择")]},
        )
    return found[service]


def require_period(contract: Contract, period: str) -> tuple[date, date]:
    """Return the days of a month that a contract covers; refuse a month outside of its term."""
    first, last = days_of(period)
    from_on, to_on = max(first, contract.starts_on), min(last, contract.ends_on)
    if from_on > to_on:
        raise RuleBroken(
            "PERIOD_OUTSIDE_CONTRACT",
            _(
                "%(period)s 不在合同 %(number)s 的期限内（%(starts)s 至 %(ends)s），不能办理。",
                period=period,
                number=contract.number,
                starts=day(contract.starts_on),
                ends=day(contract.ends_on),
            ),
            basis=BASIS,
        )
    return from_on, to_on


def paid_before(contract_id: int, service: str, quarter: str) -> int:
    """Return the quantity settled so far in a calendar quarter: where the next order begins."""
    total = db.session.scalar(
        db.select(db.func.sum(Order.paid))
        .join(Milestone, Milestone.id == Order.milestone_id)
        .where(Order.contract_id == contract_id, Order.service == service)
        .where(Order.quarter == quarter, Milestone.state.in_((ACCEPTED, PAID)))
    )
    return int(total or 0)


# --- money -------------------------------------------------------------------------------------


def ceiling(purchase_id: int) -> dict[str, int]:
    """Return a framework's ceiling in fen: in all, used by orders, free for more."""
    return {
        "ceiling_fen": balance(postings.CEILING, purchase_id=purchase_id),
        "used_fen": balance(postings.CEILING_USED, purchase_id=purchase_id),
        "free_fen": gated_balance(Owner(postings.CEILING_FREE, purchase_id=purchase_id)),
    }


# --- the report of bands -----------------------------------------------------------------------


def bands_used(contract: Contract) -> list[dict[str, object]]:
    """Return what was paid in each band, by service and calendar quarter, with quantity and fen.

    Every band is listed, also one that nothing has reached; penalties are not taken off.
    """
    rows: list[dict[str, object]] = []
    for price in prices(contract):
        quarters = db.session.execute(
            db.select(Order.quarter, db.func.sum(Order.paid))
            .join(Milestone, Milestone.id == Order.milestone_id)
            .where(Order.contract_id == contract.id, Order.service == price.code)
            .where(Milestone.state.in_((ACCEPTED, PAID)))
            .group_by(Order.quarter)
            .order_by(Order.quarter)
        )
        for quarter, total in quarters:
            rows += _in_bands(price, quarter, int(total))
    return rows


def _in_bands(price: UnitPrice, quarter: str, total: int) -> list[dict[str, object]]:
    rows, below = [], 0
    for place, band in enumerate(price.bands, start=1):
        upper = total if band.up_to is None else min(total, band.up_to)
        part = Part(max(0, upper - below), band.unit_fen)
        below += part.quantity
        rows.append(
            {
                "service": price.code,
                "name": price.name,
                "unit": price.unit,
                "quarter": quarter,
                "band": place,
                "up_to": band.up_to,
                "unit_fen": band.unit_fen,
                "quantity": part.quantity,
                "fen": part.fen,
            }
        )
    return rows
