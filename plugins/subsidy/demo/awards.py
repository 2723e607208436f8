"""The demo county's bookshops: scored by three parties, an objection that was right, agreements."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from flask_babel import gettext as _

from core.demo.people import Inventor
from plugins.subsidy.demo import applying, firms
from plugins.subsidy.demo.schemes import CARE

if TYPE_CHECKING:
    from core.demo import World
    from plugins.subsidy.demo.firms import Firm

BANK = "长沙望城农商银行高塘岭支行"
# The purchaser's, the readers', the third party's score in hundredths; how many readers answered.
SHOPS = (
    ("望城区临江书店", (9_200, 9_420, 9_350, 212)),
    ("望城区槐荫书屋", (9_000, 9_000, 8_998, 105)),
    ("望城区铜官书吧", (7_800, 7_800, 7_100, 64)),
    ("望城区巷尾书店", (7_000, 6_900, 6_500, 41)),
)
OBJECTS, RIGHT = 1, 9_000  # the second shop, one event of which was not counted
SIGNED = 2  # so many have signed; the third may
EVALUATOR = "evaluator"


def load(world: World, scheme: int) -> list[Firm]:
    """Add the shops and their round; return them."""
    invent = Inventor(21)
    shops = [
        firms.register(world, invent, f"book{place:02d}", name, "bookshop", bank=BANK)
        for place, (name, _scores) in enumerate(SHOPS, start=1)
    ]
    for shop in shops:
        _apply(world, scheme, shop)
    opened, results = _open(world, scheme, shops)
    _score(world, opened, results)
    _object(world, shops[OBJECTS], results[OBJECTS])
    _conclude(world, opened)
    for shop, result in zip(shops[:SIGNED], results[:SIGNED], strict=True):
        _sign(world, shop, result)
    world.say(_("以奖代补：%(n)s 家书店参评，%(s)s 份协议已签", n=len(shops), s=SIGNED))
    return shops


def on(world: World, day: int, wall: str) -> datetime:
    """Return a wall time of a day of the first full month: the year is that of the lines."""
    return world.at(world.month(2) + timedelta(day - 1), wall)


def _apply(world: World, scheme: int, shop: Firm) -> None:
    applying.eligible(
        world,
        shop.login,
        scheme,
        {"licence": "营业执照.pdf", "events": "读书活动清单.pdf", "invested": "没有申明投入.pdf"},
        words="全年开门，周末有读书会，座位免费。",
        trade="书店",
        nature="个体工商户",
        registered_on=world.month(40).isoformat(),
        place="430112106",
        floor_m2=120,
    )


def _open(world: World, scheme: int, shops: list[Firm]) -> tuple[int, list[int]]:
    """Open the round; return it with the results in the shops' order."""
    fields = {"scheme_id": scheme, "evaluator_id": world.organisations["evaluator"]}
    opened: int = world.do(CARE.clerk, "result.open", at=on(world, 2, "09:00"), **fields)["id"]
    shown = world.do(CARE.clerk, "result.round", at=on(world, 2, "09:10"), id=opened)["results"]
    numbers = {one["applicant"]: one["id"] for one in shown}
    return opened, [numbers[shop.name] for shop in shops]


def _score(world: World, opened: int, results: list[int]) -> None:
    """Enter what each party says of each shop, and make it public."""
    for (_name, (own, readers, third, answers)), result in zip(SHOPS, results, strict=True):
        for who, party, points, more in (
            (CARE.clerk, "purchaser", own, {}),
            (CARE.clerk, "recipients", readers, {"answers": answers, "document": "读者问卷"}),
            (EVALUATOR, "third_party", third, {"document": "评价报告"}),
        ):
            said = {"party": party, "centipoints": points} | more
            world.do(who, "result.score", at=on(world, 3, "10:00"), id=result, **said)
    world.do(CARE.approver, "result.publicise", at=on(world, 4, "09:00"), id=opened)


def _object(world: World, shop: Firm, result: int) -> None:
    """Let a shop object during the notice and be right: both versions stay public."""
    number = world.do(
        shop.login,
        "result.object",
        at=on(world, 6, "11:00"),
        id=result,
        words="第三方评分漏计了一次读者活动，活动照片和签到表已报送。",
    )["id"]
    decided = {"upheld": True, "about": "third_party", "reason": "漏计属实，请评价机构更正。"}
    at = on(world, 8, "15:00")
    world.do(CARE.approver, "result.decide_objection", at=at, id=number, **decided)
    right = {"centipoints": RIGHT, "reason": "补计一次读者活动"}
    world.do(EVALUATOR, "result.correct", at=on(world, 9, "10:00"), id=number, **right)


def _conclude(world: World, opened: int) -> None:
    """Settle the amounts after the notice and have two people approve them."""
    world.do(CARE.clerk, "result.conclude", at=on(world, 13, "09:00"), id=opened)
    world.do(CARE.approver, "result.approve", at=on(world, 13, "14:00"), id=opened)
    world.do("approver", "result.approve", at=on(world, 14, "09:00"), id=opened)


def _sign(world: World, shop: Firm, result: int) -> None:
    at = on(world, 16, "10:00")
    text = world.do(shop.login, "grant.offer", at=at, id=result)["text_hash"]
    world.do(shop.login, "grant.sign", at=at, id=result, text_hash=text)
