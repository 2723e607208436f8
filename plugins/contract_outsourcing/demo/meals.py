"""Meals for the old: a framework with two canteens, orders, sheets, claims, settlements."""

from __future__ import annotations

import base64
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from plugins.contract_outsourcing.demo import contracting, procuring
from plugins.contract_outsourcing.demo.people import CARE, CIVIL_AFFAIRS, Firm, Market

if TYPE_CHECKING:
    from core.demo import Resident, World

NAME = "社区助餐框架协议"
CEILING = 30_000_000
PRICES, MEAL = (29_200_000, 29_600_000, 30_000_000), (1_180, 1_200, 1_240)
ORDERED, EATERS = 400, 16
LAST_DAY = 24  # of a month on which the sheets name a meal
CLAIMED_TOO_MUCH = 30
PARTS = {
    "scope": "全区老年人社区助餐。",
    "subject": "午餐和晚餐，两荤一素，热链送达。",
    "quantity": "按月下单，按居民确认的餐数结算。",
    "quality": "食品留样，餐温不低于 60 度。",
    "period": "十二个月。",
    "payment": "按订单核定后三十日内支付。",
    "rights": "甲方按月下单，乙方按单供餐。",
    "liability": "申报数量超过核实数量的，超出部分再扣一次。",
}


def tell(market: Market) -> None:
    """Let the framework be tendered and signed, and meals be ordered, eaten and paid."""
    world, firms = market.world, market.canteens[:3]
    purchase = procuring.plan(world, CIVIL_AFFAIRS, days=46, **_plan())
    found = procuring.published(
        world,
        CIVIL_AFFAIRS,
        purchase,
        at=world.before(45, "10:30"),
        name=f"{NAME}采购",
        method="framework",
        ceiling_fen=CEILING,
        project="全区社区助餐一年",
        service="午餐和晚餐，两荤一素，热链送达，按居民确认的餐数结算。",
        priced_services=[{"code": "meal", "name": "助餐", "unit": "餐"}],
        evaluation="每月抽查食品安全，满意度 90% 以上为优。",
    )
    offers = zip(firms, PRICES, MEAL, strict=True)
    for place, (firm, price, meal) in enumerate(offers):
        at = world.before(29, f"{10 + place}:40")
        procuring.bid(found, firm, price, at=at, unit_prices={"meal": meal})
    procuring.opened(found, at=world.before(24, "10:30"))
    procuring.ranked(found, CARE, at=world.before(24, "11:00"))
    awards = procuring.awarded(found, at=world.before(22, "16:00"))
    for place, (firm, award) in enumerate(zip(firms, awards, strict=False)):
        number = contracting.signed(
            world,
            CIVIL_AFFAIRS,
            firm,
            award,
            at=world.before(14, "10:00"),
            name=NAME,
            parts=PARTS,
            terms=_terms(world, MEAL[place]),
            value_fen=0,
        )
        eaters = world.elders[10 + place * EATERS : 10 + (place + 1) * EATERS]
        _first_month(world, firm, number, eaters, overclaims=place == 1)
        _later_months(world, firm, number, eaters, is_claimed=place == 1)


def _plan() -> dict[str, Any]:
    return {
        "item": "A07",
        "name": NAME,
        "need": "独居和高龄老人做饭难，想就近吃上热饭。",
        "standard": "两荤一素，热链送达，食品留样。",
        "quantity": 25_000,
        "unit": "餐",
        "goal": "有需要的老人每天吃上一顿热饭。",
        "money": {"MEAL": CEILING},
        "is_open_tender": True,
    }


def _terms(world: World, meal_fen: int) -> dict[str, Any]:
    return {
        "unit_prices": [
            {
                "code": "meal",
                "name": "助餐",
                "unit": "餐",
                "bands": [
                    {"up_to": 5_000, "unit_fen": meal_fen},
                    {"up_to": 10_000, "unit_fen": meal_fen - 50},
                    {"up_to": None, "unit_fen": meal_fen - 90},
                ],
            }
        ],
        "ceiling_fen": CEILING,
        "overclaim_tolerance_ppm": 20_000,
        "funding": [{"line_id": world.lines["MEAL"]}],
    }


def _first_month(
    world: World, firm: Firm, contract: int, eaters: list[Resident], *, overclaims: bool
) -> None:
    """Order, serve, claim and settle the first month; one claims more than was confirmed."""
    first, following = world.month(2), world.month(1)
    order = _order(world, contract, first, at=world.at(first, "11:00"))
    served = _serve(
        world,
        firm,
        contract,
        eaters,
        (first, LAST_DAY),
        at=world.at(following - timedelta(1), "17:00"),
    )
    claim: dict[str, Any] = {"id": order, "quantity": served}
    if overclaims:
        claim["quantity"] += CLAIMED_TOO_MUCH
        claim["statement"] = "有 30 餐没有签字，没有其他凭证，同意按核实数结算。"
    world.do(firm.manager, "order.claim", at=world.at(following, "10:00"), **claim)
    settled_at = world.at(following + timedelta(2), "15:00")
    world.do(CIVIL_AFFAIRS.approver, "order.settle", at=settled_at, id=order)


def _later_months(
    world: World, firm: Firm, contract: int, eaters: list[Resident], *, is_claimed: bool
) -> None:
    """Leave one canteen's last month to be settled, and this month's order of the other open.

    A month of another year than the line's is not ordered: next year's budget comes later.
    """
    month, year = world.month(1 if is_claimed else 0), world.month(2).year
    if month.year != year:
        return
    placed = world.at(month + timedelta(3), "09:00") if is_claimed else world.began
    order = _order(world, contract, month, at=placed)
    last = LAST_DAY if is_claimed else min(LAST_DAY, world.today.day)
    at = world.at(world.month(0) - timedelta(1), "17:00") if is_claimed else world.began
    served = _serve(world, firm, contract, eaters, (month, last), at=at)
    if is_claimed:
        world.do(firm.manager, "order.claim", at=world.began, id=order, quantity=served)


def _order(world: World, contract: int, month: date, *, at: datetime) -> int:
    made = world.do(
        CIVIL_AFFAIRS.clerk,
        "order.place",
        at=at,
        contract_id=contract,
        service="meal",
        period=f"{month:%Y-%m}",
        quantity=ORDERED,
    )
    return int(made["id"])


def _serve(
    world: World,
    firm: Firm,
    contract: int,
    eaters: list[Resident],
    days: tuple[date, int],
    *,
    at: datetime,
) -> int:
    """Hand in the signed sheet of a month up to a day of it; return the count of its meals."""
    month, last = days
    lines = ["居民身份证号,餐次,日期"]
    lines += [f"{who.person.id_number},午餐,1-{last}" for who in eaters]
    taken = world.do(
        firm.manager,
        "delivery.import",
        at=at,
        contract_id=contract,
        service="meal",
        period=f"{month:%Y-%m}",
        filename=f"{month:%Y-%m}签到表.csv",
        content=base64.b64encode("\n".join(lines).encode()).decode(),
    )
    return int(taken["recorded"])
