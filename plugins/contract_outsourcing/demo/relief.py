"""Help at once: bought without competition, in performance, with decisions to be taken."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from plugins.contract_outsourcing.demo import contracting, procuring
from plugins.contract_outsourcing.demo.people import CIVIL_AFFAIRS, Market
from plugins.contract_outsourcing.rules.periods import last_day

if TYPE_CHECKING:
    from core.demo import World

NAME = "独居老人应急送餐送水"
CEILING, PRICE = 24_000_000, 20_000_000
PLANNED = 42_000_000
# What follows: one is agreed and waits for its contract, of the other nothing is agreed yet.
LIGHT, WATER = ("停电期间困难家庭照明取暖", 9_000_000), ("汛期独居老人转移安置照料", 7_000_000)
MONTHS, YEAR = 6, 12
STANDARD = ("served", "records")
PARTS = {
    "scope": "停水停电期间全区独居老人的应急送餐送水。",
    "subject": "每日送餐两次、送水一次，上门察看。",
    "quantity": "约 380 户。",
    "quality": "接到通知两小时内送达，逐户登记。",
    "period": "六个月。",
    "payment": "按期验收后三十日内支付。",
    "rights": "甲方通知和检查，乙方按约送达。",
    "liability": "漏送一户一次扣 150 元。",
}
EMERGENCY = {"method": "emergency", "reason_code": "emergency"}
REASON = "水厂抢修造成连片停水，须在两小时内组织送水送餐，来不及招标。"


def tell(market: Market) -> None:
    """Let help be negotiated, contracted and delivered, and leave what waits for somebody."""
    world, firm = market.world, market.canteens[0]
    purchase = procuring.plan(world, CIVIL_AFFAIRS, days=44, **_plan())
    award = _agreed(market, purchase, NAME, (CEILING, PRICE), at=world.before(40, "10:00"))
    number = contracting.signed(
        world,
        CIVIL_AFFAIRS,
        firm,
        award,
        at=world.before(30, "10:00"),
        months=MONTHS,
        name=f"{NAME}合同",
        parts=PARTS,
        terms=_terms(world),
        value_fen=PRICE,
    )
    _perform(market, contracting.milestones(number))
    _leave(market, number)
    name, fen = LIGHT
    at = world.at(world.today - timedelta(8), "10:00")
    following = _agreed(market, purchase, name, (fen, fen), at=at)
    contracting.drafted(
        world,
        CIVIL_AFFAIRS,
        following,
        at=at + timedelta(4),
        months=YEAR,
        name=f"{name}合同",
        parts=PARTS,
        terms=_terms(world) | {"tail": None, "milestones": [_whole(world, name)]},
        value_fen=fen,
    )
    name, fen = WATER
    content = _content(firm.id) | {"name": name, "ceiling_fen": fen}
    at = world.at(world.today - timedelta(2), "10:00")
    procuring.submitted(world, CIVIL_AFFAIRS, purchase, at=at, **content)


def _agreed(
    market: Market, purchase: int, name: str, money: tuple[int, int], *, at: datetime
) -> int:
    """Agree with the canteen on a price below a ceiling (fen); return the published award."""
    world, firm = market.world, market.canteens[0]
    ceiling, price = money
    content = _content(firm.id) | {"name": name, "ceiling_fen": ceiling}
    found = procuring.submitted(world, CIVIL_AFFAIRS, purchase, at=at, **content)
    world.do(
        found.writer,
        "tender.negotiate",
        at=at + timedelta(hours=5),
        id=found.number,
        provider_id=firm.id,
        price_fen=price,
        record="按上一年同类服务单价商定，双方无异议。",
        small_firm=True,
    )
    (award,) = procuring.awarded(found, at=at + timedelta(1))
    return award


def _plan() -> dict[str, Any]:
    return {
        "item": "A05",
        "name": NAME,
        "need": "停水停电时独居老人没有人照应。",
        "standard": "两小时内送达，逐户登记。",
        "quantity": 380,
        "unit": "户",
        "goal": "停水停电期间独居老人有饭吃、有水喝。",
        "money": {"HELP": PLANNED},
        "emergency_reason": REASON,
    }


def _content(provider: int) -> dict[str, Any]:
    return EMERGENCY | {
        "method_reason": REASON,
        "provider_id": provider,
        "sheet": None,
        "project": "独居老人应急服务",
        "service": "接到通知两小时内送达，逐户登记，上门察看。",
        "evaluation": "按登记和回访考核。",
    }


def _terms(world: World) -> dict[str, Any]:
    year, today = world.month(2).year, world.today
    days = (world.month(2) + timedelta(20), today + timedelta(5), today + timedelta(60))
    names = (
        ("首期服务", 5_000, "share"),
        ("二期服务", 3_000, "share"),
        ("绩效尾款", 2_000, "tail"),
    )
    return {
        "milestones": [
            contracting.part(f"M{place}", name, share, due, kind=kind, fiscal_year=year)
            for place, ((name, share, kind), due) in enumerate(
                zip(names, days, strict=True), start=1
            )
        ],
        "funding": [{"line_id": world.lines["HELP"]}],
        "standard": [
            {"code": "served", "name": "按时送达", "required": True},
            {"code": "records", "name": "逐户登记", "required": True},
        ],
        "quality": [{"code": "missed", "name": "漏送", "unit": "户次", "unit_fen": 15_000}],
        "tail": {
            "tiers": [
                {"from_centipoints": 9_000, "factor_bp": 10_000},
                {"from_centipoints": 8_000, "factor_bp": 9_000},
                {"from_centipoints": 7_000, "factor_bp": 7_000},
            ],
            "weights": {"purchaser": 3_000, "recipients": 3_000, "third_party": 4_000},
        },
        "payment_days": 30,
        "renewal": {"most_times": 1, "min_centipoints": 8_500},
    }


def _whole(world: World, name: str) -> dict[str, Any]:
    due_on, year = world.today + timedelta(30), world.month(2).year
    return contracting.part("M1", name, 10_000, due_on, fiscal_year=year)


def _perform(market: Market, parts: list[int]) -> None:
    """Have the first part paid, and the second found as it should be but for two households."""
    world, firm, office = market.world, market.canteens[0], CIVIL_AFFAIRS
    people = world.elders[3:6]
    day = world.month(2) + timedelta(19)
    contracting.deliver(
        world, firm, parts[0], "送餐 512 份、送水 256 桶。", at=world.at(day, "17:00")
    )
    heard = [(people[0], 95, "水送到了家门口。"), (people[1], 90, "饭是热的。")]
    contracting.hear(world, office, parts[0], heard, at=world.at(day + timedelta(1), "09:00"))
    contracting.accept(world, office, parts[0], STANDARD, at=world.at(day + timedelta(2), "10:00"))
    day = world.today - timedelta(6)
    contracting.deliver(
        world, firm, parts[1], "送餐 430 份、送水 215 桶。", at=world.at(day, "17:00")
    )
    heard = [(people[2], 86, "第一天晚到了一会儿。")]
    contracting.hear(world, office, parts[1], heard, at=world.at(day + timedelta(1), "09:00"))
    world.do(
        office.accepter,
        "deduction.propose",
        at=world.at(day + timedelta(3), "10:00"),
        milestone_id=parts[1],
        kind="quality",
        clause="missed",
        units=2,
        evidence="登记表缺 2 户，回访确认漏送。",
    )
    contracting.record(world, office, parts[1], STANDARD, at=world.at(day + timedelta(4), "10:00"))


def _leave(market: Market, contract: int) -> None:
    """Leave the evaluator a score to give, the approver a change, a subcontract and a claim."""
    world, office, firm = market.world, CIVIL_AFFAIRS, market.canteens[0]
    at = world.at(world.today - timedelta(1), "14:00")
    for side, points in (("purchaser", 8_800), ("recipients", None)):
        given = {} if points is None else {"centipoints": points}
        world.do(office.clerk, "contract.score", at=at, id=contract, side=side, **given)
    world.do(
        office.clerk,
        "contract.amend",
        at=at,
        id=contract,
        kind="extension",
        words="服务期限延长六个月，单价和总额不变。",
        reason="管网改造工期延长",
        changes={"ends_on": last_day(world.month(2), YEAR).isoformat()},
    )
    world.do(
        firm.manager,
        "contract.subcontract",
        at=at,
        id=contract,
        organisation_id=market.canteens[3].id,
        words="铜官片区的送水",
        amount_fen=PRICE // 10,
    )
    world.do(
        firm.manager,
        "receivable.ask",
        at=at,
        id=contract,
        amount_fen=PRICE // 5,
        financier="长沙望城农商银行高塘岭支行",
    )
