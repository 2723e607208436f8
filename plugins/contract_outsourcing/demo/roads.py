"""The upkeep of village roads: openly tendered, one part paid, one that a villager disputes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from plugins.contract_outsourcing.demo import contracting
from plugins.contract_outsourcing.demo.people import ROADS, TRANSPORT, Market
from plugins.contract_outsourcing.demo.procuring import (
    awarded,
    bid,
    opened,
    plan,
    published,
    ranked,
)

if TYPE_CHECKING:
    from core.demo import World

NAME = "农村公路日常养护"
PRICES = (96_000_000, 98_500_000, 99_900_000)
CEILING, PLANNED = 100_000_000, 110_000_000
STANDARD = ("potholes", "ditches", "signs")
PARTS = {
    "scope": "全区 16 个镇街农村公路 320 公里的日常养护。",
    "subject": "路面坑槽修补、边沟清理、标志标线维护。",
    "quantity": "320 公里，每期全线一遍。",
    "quality": "坑槽七日内修补，边沟畅通，标志完好。",
    "period": "十二个月。",
    "payment": "按期验收后三十日内支付。",
    "rights": "甲方监督检查，乙方按约提供服务。",
    "liability": "逾期按日万分之五，漏修一处扣 500 元。",
}
HEARD = (
    (92, "村口的坑补好了，路好走多了。"),
    (88, "边沟清了，下雨不再漫水。"),
    (90, "标志牌换了新的。"),
)
MISSING = "组上到学校那一段没有来修，坑还在。"


def tell(market: Market) -> int:
    """Let the roads be tendered, contracted and kept until today; return the contract's number."""
    world, firms = market.world, market.road_firms
    purchase = plan(world, TRANSPORT, days=47, **_plan())
    found = published(
        world,
        TRANSPORT,
        purchase,
        at=world.before(45, "09:30"),
        name=f"{NAME}采购",
        ceiling_fen=CEILING,
        project="全区农村公路日常养护一年",
        service="坑槽修补、边沟清理、标志标线维护，每期全线一遍。",
        evaluation="每期由验收人员逐项检查，沿线村民评价，满意度 90% 以上为优。",
    )
    for place, (firm, price) in enumerate(zip(firms, PRICES, strict=True)):
        bid(found, firm, price, at=world.before(30, f"{10 + place}:20"))
    opened(found, at=world.before(24, "09:30"))
    ranked(found, ROADS, at=world.before(24, "10:00"))
    (award,) = awarded(found, at=world.before(22, "15:00"))
    number = contracting.signed(
        world,
        TRANSPORT,
        firms[0],
        award,
        at=world.before(15, "10:00"),
        name=f"{NAME}合同",
        parts=PARTS,
        terms=_terms(world),
        value_fen=PRICES[0],
    )
    _perform(market, contracting.milestones(number))
    return number


def _plan() -> dict[str, Any]:
    return {
        "item": "A17",
        "name": NAME,
        "need": "农村公路坑槽多、边沟堵，雨天出行难。",
        "standard": "坑槽七日内修补，边沟畅通，标志标线完好。",
        "quantity": 320,
        "unit": "公里",
        "goal": "农村公路好路率达到 90%。",
        "money": {"ROAD": PLANNED},
        "is_open_tender": True,
    }


def _terms(world: World) -> dict[str, Any]:
    first = world.month(2)
    days = (
        first + timedelta(24),
        world.today - timedelta(10),
        world.today + timedelta(40),
    )
    parts = zip(
        ("第一期养护", "第二期养护", "第三期养护"), (3_000, 4_000, 3_000), days, strict=True
    )
    return {
        "milestones": [
            contracting.part(f"M{place}", name, share, due, fiscal_year=first.year)
            for place, (name, share, due) in enumerate(parts, start=1)
        ],
        "funding": [{"line_id": world.lines["ROAD"]}],
        "standard": [
            {"code": code, "name": name, "required": True}
            for code, name in zip(
                STANDARD, ("坑槽修补到位", "边沟畅通", "标志标线完好"), strict=True
            )
        ],
        "recipients_min": 2,
        "late": {"ppm_per_day": 500, "cap_bp": 1_000},
        "quality": [{"code": "missed", "name": "漏修坑槽", "unit": "处", "unit_fen": 50_000}],
        "bond": {
            "form": "guarantee",
            "issuer": "长沙望城农商银行高塘岭支行",
            "document": f"保函 {first.year}-17",
            "amount_fen": 4_800_000,
            "expires_on": (first + timedelta(500)).isoformat(),
        },
        "payment_days": 30,
        "renewal": {"most_times": 1, "min_centipoints": 8_500},
    }


def _perform(market: Market, parts: list[int]) -> None:
    world, firm = market.world, market.road_firms[0]
    done, disputed, _later = parts
    villagers = world.adults[1:5]
    day = world.month(2) + timedelta(24)
    contracting.deliver(
        world, firm, done, "全线修补坑槽 214 处，清理边沟 86 公里。", at=world.at(day, "16:00")
    )
    heard = [(who, *said) for who, said in zip(villagers, HEARD, strict=False)]
    contracting.hear(world, TRANSPORT, done, heard, at=world.at(day + timedelta(1), "09:30"))
    contracting.accept(world, TRANSPORT, done, STANDARD, at=world.at(day + timedelta(2), "15:00"))
    delivered = world.today - timedelta(4)
    contracting.deliver(
        world,
        firm,
        disputed,
        "全线修补坑槽 187 处，补标志 23 块。",
        at=world.at(delivered, "16:30"),
        files=[contracting.plate("养护点位牌.png", "乡道 Y017 K3+200")],
    )
    said = [(villagers[0], 91, "坑补了。"), (villagers[3], None, MISSING)]
    contracting.hear(
        world, TRANSPORT, disputed, said, at=world.at(delivered + timedelta(2), "10:00")
    )
    world.refused(
        TRANSPORT.accepter,
        "acceptance.record",
        "ACCEPTANCE_DISPUTED",
        at=world.at(delivered + timedelta(3), "11:00"),
        id=disputed,
        results=[{"line": code, "found": "met"} for code in STANDARD],
    )
