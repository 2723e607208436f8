"""What the demo county procures at this moment, each at another stage, and what came to nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from plugins.contract_outsourcing.demo import procuring
from plugins.contract_outsourcing.demo.people import CARE, CIVIL_AFFAIRS, Market
from plugins.contract_outsourcing.demo.procuring import BIDDING, Watch

AGENT = "agent"
PLANNED = 90_000_000
VISITS, COMPANY, ASSESSING, BUDDIES, RAMPS = (
    "困境儿童入户探访",
    "留守儿童周末陪伴",
    "老年人能力评估",
    "孤独症儿童康复陪护",
    "残疾人家庭无障碍改造评估",
)
FINISHED = 2  # members of the panel who have handed in


def tell(market: Market) -> None:
    """Leave a tender at every stage that somebody has to go on with today."""
    world = market.world
    purchase = procuring.plan(world, CIVIL_AFFAIRS, days=45, **_plan())
    _fail(market, purchase)
    _invite_bids(market, purchase)
    _score(market, purchase)
    yesterday = world.at(world.today - timedelta(1), "15:30")
    procuring.submitted(
        world,
        CIVIL_AFFAIRS,
        purchase,
        at=yesterday,
        closes_at=(yesterday + timedelta(BIDDING + 9)).isoformat(),
        **_content(BUDDIES, 12_000_000),
    )
    procuring.written(
        world, CIVIL_AFFAIRS, purchase, at=yesterday, by=AGENT, **_content(RAMPS, 8_000_000)
    )
    # A plan for which nobody has written a tender yet.
    procuring.plan(world, CIVIL_AFFAIRS, days=43, **_untendered())


def _plan() -> dict[str, Any]:
    return {
        "item": "A06",
        "name": "特殊群体关爱服务",
        "need": "困境儿童、留守儿童和失能老人需要有人定期上门。",
        "standard": "持证社工上门，逐次登记，隐私保密。",
        "quantity": 900,
        "unit": "人",
        "goal": "重点对象每月至少探访一次。",
        "money": {"HELP": PLANNED},
        "is_open_tender": True,
    }


def _untendered() -> dict[str, Any]:
    return {
        "item": "A15",
        "name": "残疾人居家康复指导",
        "need": "重度残疾人出门难，康复训练中断。",
        "standard": "康复师每月上门两次，训练有记录。",
        "quantity": 120,
        "unit": "人",
        "goal": "重度残疾人有康复指导。",
        "money": {"HELP": 9_000_000},
        "is_open_tender": True,
    }


def _content(name: str, ceiling_fen: int) -> dict[str, Any]:
    return {
        "name": name,
        "ceiling_fen": ceiling_fen,
        "project": f"{name}一年",
        "service": "持证人员上门，逐次登记，遇险情即报。",
        "evaluation": "每季度抽查回访，满意度 90% 以上为优。",
    }


def _fail(market: Market, purchase: int) -> None:
    """Let too few bid: their envelopes go back unopened."""
    world = market.world
    found = procuring.published(
        world,
        CIVIL_AFFAIRS,
        purchase,
        at=world.before(40, "11:30"),
        **_content(COMPANY, 15_000_000),
    )
    for place, firm in enumerate(market.canteens[1:3]):
        at = world.before(25, f"{14 + place}:00")
        procuring.bid(found, firm, 14_500_000 - place * 200_000, at=at)
    over = world.before(40 - BIDDING, "11:40")
    world.do("supervisor", "opening.return_bids", at=over, id=found.number)


def _invite_bids(market: Market, purchase: int) -> None:
    """Leave a tender open for bids, with questions, a challenge, and a complaint of an answer."""
    world, firms = market.world, market.canteens
    day = world.today - timedelta(8)
    found = procuring.published(
        world,
        CIVIL_AFFAIRS,
        purchase,
        at=world.at(day, "09:30"),
        by=AGENT,
        **_content(VISITS, 18_000_000),
    )
    asked = world.do(
        firms[1].manager,
        "tender.ask",
        at=world.at(day + timedelta(2), "10:00"),
        id=found.number,
        words="入户探访的交通费是否包含在报价内？",
    )
    world.do(
        AGENT,
        "tender.answer",
        at=world.at(day + timedelta(3), "10:00"),
        id=asked["id"],
        answer="包含在报价内，不另行支付。",
    )
    world.do(
        firms[0].manager,
        "tender.ask",
        at=world.at(day + timedelta(7), "16:00"),
        id=found.number,
        words="探访记录可以用手机填报吗？",
    )
    for place, firm in enumerate(firms[:2]):
        at = world.at(day + timedelta(5), f"{10 + place}:15")
        procuring.bid(found, firm, 17_000_000 + place * 300_000, at=at)
    _challenge(market, found)


def _challenge(market: Market, found: procuring.Procurement) -> None:
    world, day = market.world, market.world.today - timedelta(7)
    documents = {"tender_id": found.number, "kind": "challenge", "about": "documents"}
    first = world.do(
        market.canteens[2].manager,
        "challenge.file",
        at=world.at(day, "10:00"),
        words="评分标准中“持证 10 人以上”与服务规模不相称。",
        **documents,
    )
    world.do(
        CIVIL_AFFAIRS.approver,
        "challenge.answer",
        at=world.at(day + timedelta(3), "10:00"),
        id=first["id"],
        words="服务对象 600 人，每名持证人员每月探访 60 人次，10 人是最低配置。",
        upheld=False,
    )
    world.do(
        market.canteens[2].manager,
        "challenge.file",
        at=world.at(day + timedelta(5), "10:00"),
        after_id=first["id"],
        words="答复没有说明月均工作量的依据，请财政部门处理。",
        **documents | {"kind": "complaint"},
    )
    world.do(
        market.canteens[3].manager,
        "challenge.file",
        at=world.at(day + timedelta(6), "15:00"),
        words="采购文件没有写明探访记录的保存期限。",
        **documents,
    )


def _score(market: Market, purchase: int) -> None:
    """Leave a tender to its panel: some have handed in, the others have still to score."""
    world, opened_on = market.world, market.world.today - timedelta(2)
    found = procuring.published(
        world,
        CIVIL_AFFAIRS,
        purchase,
        at=world.at(opened_on - timedelta(BIDDING), "10:00"),
        **_content(ASSESSING, 20_000_000),
    )
    for place, firm in enumerate(market.canteens[:3]):
        at = world.at(opened_on - timedelta(4), f"{10 + place}:30")
        procuring.bid(found, firm, 18_800_000 + place * 400_000, at=at)
    procuring.opened(found, at=world.at(opened_on, "10:00"))
    procuring.seated(found, CARE, at=world.at(opened_on, "10:30"))
    watch = Watch(world.at(opened_on, "14:00"))
    procuring.checked(found, watch)
    for login in found.panel[-FINISHED:]:
        procuring.scored(found, watch, login)
