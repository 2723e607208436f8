"""Four bookshops of the demo: one objects and is right, one gets nothing, one has to sign."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _

from plugins.subsidy.demo import applying, newcomers
from plugins.subsidy.demo.publishing import STEP
from plugins.subsidy.demo.schemes import CARE, COUNTY

if TYPE_CHECKING:
    from core.demo import World

EVALUATOR = "evaluator"


@dataclass(frozen=True)
class Shop:
    """A bookshop, how it was scored (hundredths of a point), how many readers answered."""

    name: str
    login: str
    floor_m2: int
    purchaser: int
    readers: int
    third_party: int
    answers: int


SHOPS = (
    Shop("望城书香社区书店", "book01", 180, 9_200, 9_420, 9_350, 412),
    # With the third party's slip corrected it is in the first tier.
    Shop("湘江边书店", "book02", 120, 9_000, 9_000, 8_998, 305),
    Shop("老街口书屋", "book03", 85, 7_800, 7_800, 7_100, 88),
    Shop("小巷书店", "book04", 66, 7_000, 7_000, 6_998, 64),
)


def load(world: World, scheme: int) -> list[newcomers.Newcomer]:
    """Let the shops apply, be scored, object, and all but the third sign; return them."""
    shops = []
    for place, shop in enumerate(SHOPS):
        shops.append(
            newcomers.register(world, shop.name, shop.login, lot=30 + place, tag="bookshop")
        )
        declared = {
            "org.trade": "书店",
            "org.nature": "个体工商户",
            "org.place": COUNTY,
            "org.floor_m2": shop.floor_m2,
            "org.registered_on": f"{world.today.year - 4}-05-06",
        }
        number = applying.submitted(
            world,
            shop.login,
            scheme,
            days=34,
            papers=["licence", "events", "invested"],
            declared=declared,
            words="全年开门，每月办读书活动。",
        )
        applying.eligible(world, CARE, number, days=31)
        _promise(world, scheme, shop)
    opened = world.do(
        CARE.clerk,
        "result.open",
        at=world.before(28, "09:00"),
        scheme_id=scheme,
        evaluator_id=world.organisations["evaluator"],
    )["id"]
    shown = world.do(CARE.clerk, "result.round", at=world.before(28, "09:30"), id=opened)
    results = [one["id"] for one in shown["results"]]
    for result, shop in zip(results, SHOPS, strict=True):
        _score(world, result, shop)
    world.do(CARE.approver, "result.publicise", at=world.before(24, "09:00"), id=opened)
    _object(world, results[1])
    _conclude(world, opened)
    for place in (0, 1):
        _sign(world, results[place], SHOPS[place].login)
    world.say(_("以奖代补：4 家书店申请，2 家已签协议，1 家待签"))
    return shops


def _promise(world: World, scheme: int, shop: Shop) -> None:
    """Promise what a reader pays for a seat: nothing, all year long."""
    world.do(
        shop.login,
        "promise.make",
        at=world.before(33, "16:00"),
        scheme_id=scheme,
        service="阅览座位",
        unit="位",
        price_fen=0,
        from_on=world.month(2).isoformat(),
        to_on=f"{world.month(2).year}-12-31",
    )


def _score(world: World, result: int, shop: Shop) -> None:
    at = world.before(26, "10:00")
    given: dict[str, Any] = {"id": result}
    world.do(
        CARE.clerk,
        "result.score",
        at=at,
        **given,
        party="purchaser",
        centipoints=shop.purchaser,
    )
    world.do(
        CARE.clerk,
        "result.score",
        at=at + STEP,
        **given,
        party="recipients",
        centipoints=shop.readers,
        answers=shop.answers,
        document="读者问卷汇总表",
    )
    world.do(
        EVALUATOR,
        "result.score",
        at=at + 2 * STEP,
        **given,
        party="third_party",
        centipoints=shop.third_party,
    )


def _object(world: World, result: int) -> None:
    """Let the second shop point to a reading club that was not counted."""
    words = "第三方漏计了一次读者活动，请复核。"
    objected = world.do(
        SHOPS[1].login, "result.object", at=world.before(20, "10:00"), id=result, words=words
    )
    upheld = {"upheld": True, "about": "third_party", "reason": "漏计属实"}
    number = objected["id"]
    at = world.before(19, "10:00")
    world.do(CARE.approver, "result.decide_objection", at=at, id=number, **upheld)
    corrected = {"centipoints": 9_000, "reason": "补计一次读者活动"}
    world.do(EVALUATOR, "result.correct", at=world.before(18, "10:00"), id=number, **corrected)


def _conclude(world: World, opened: int) -> None:
    at = world.before(14, "09:00")
    world.do(CARE.clerk, "result.conclude", at=at, id=opened)
    answer = world.do(CARE.approver, "result.approve", at=at + STEP, id=opened)
    if answer["state"] != "concluded":
        world.do("approver", "result.approve", at=at + 2 * STEP, id=opened)


def _sign(world: World, result: int, login: str) -> None:
    at = world.before(12, "10:00")
    text = world.do(login, "grant.offer", at=at, id=result)["text_hash"]
    world.do(login, "grant.sign", at=at + STEP, id=result, text_hash=text)
