"""The elder-care subsidy: 800 yuan a month from three lines, half of a price at home.

Its rules are those of 民办函〔2025〕49号; the split 6:4 between province and county is assumed.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from core.demo import CANTEEN, DAY_CARE, HOME_CARE, INSTITUTION, Provider
from plugins.voucher.demo import programmes
from plugins.voucher.demo.story import ELD, Card, Story, clerk_of

ELIGIBLE = ("中度失能", "重度失能", "完全失能")
LINES = (("ELD-C", 900_000), ("ELD-P", 600_000), ("ELD-X", 1_000_000))
SERVICES = (
    ("meal", "助餐", "餐"),
    ("bath", "助浴", "次"),
    ("clean", "助洁", "次"),
    ("walk", "助行", "次"),
    ("doctor", "助医", "次"),
    ("rehab", "康复护理", "次"),
    ("day", "日间托养", "月"),
    ("inst", "机构照护", "月"),
)
OFFERS: programmes.Offers = {
    CANTEEN: {"meal": 1_850},
    HOME_CARE: {"bath": 12_000, "clean": 6_000, "walk": 4_000, "rehab": 16_000, "doctor": None},
    DAY_CARE: {"day": None, "meal": 1_650, "rehab": 15_000},
    INSTITUTION: {"inst": None},
}
# How often each service is used at home, and the hours in which people come.
HABITS = {
    "meal": (44, (11, 12, 12, 17)),
    "clean": (18, (8, 9, 10, 14, 15)),
    "bath": (12, (9, 10, 14)),
    "walk": (10, (8, 9, 15, 16)),
    "rehab": (10, (9, 10, 14, 15)),
    "doctor": (6, (8, 9)),
}
# Of a hundred holders: in an institution, in day care, regulars of a canteen; the others at home.
INSTITUTIONAL, BY_DAY, REGULAR = 10, 20, 42
VISITS, MEALS = (2, 6), (7, 12)  # in a month
DOCTOR, DAY, BED, INSURED = (8_000, 18_000), (110_000, 165_000), (280_000, 520_000), (90, 150)


def terms(story: Story, *, institution_ppm: int = 400_000) -> dict[str, Any]:
    """Return the programme's terms."""
    return {
        "classes": [{"code": "M", "name": "养老服务消费券"}],
        "services": [
            {"code": code, "name": name, "unit": unit, "maximum_price_fen": None}
            for code, name, unit in SERVICES
        ],
        "eligibility": {"fact": "ability_level", "in": list(ELIGIBLE)},
        "allotments": [
            {
                "code": "month",
                "name": "每月额度",
                "period": "month",
                "amounts": [{"quantity": 80_000}],
            }
        ],
        "beyond": "self_pay",
        "shares": [
            {"services": ["inst"], "rate_ppm": institution_ppm},
            {"rate_ppm": 500_000},
        ],
        "other_payers": [{"code": "ltc", "name": "长期护理保险"}],
        "void_window": "in_period",
        "on_change": {"eligibility": "next_month", "amounts": "next_month"},
        "confirm_days": 10,
        "close": "when_paid",
        "cases": [
            {"name": "中度失能可以享受", "facts": {"ability_level": "中度失能"}, "eligible": True},
            {"name": "轻度失能不能享受", "facts": {"ability_level": "轻度失能"}, "eligible": False},
            {"name": "没有评估不能享受", "facts": {}, "eligible": False},
            {"name": "机构照护不超过每月额度", "service": "inst", "price_fen": 510_000}
            | {"pays_fen": 80_000},
            {"name": "居家服务付一半", "service": "bath", "price_fen": 12_000, "pays_fen": 6_000},
        ],
        "sources": [{"figure": "每人每月 800 元", "document": "民办函〔2025〕49号"}],
        **programmes.lasting(story),
    }


def begin(story: Story) -> None:
    """Define the programme, admit its providers and issue to everybody who is eligible."""
    programmes.define(story, ELD, "养老服务消费补贴", terms(story), LINES)
    programmes.admit(story, ELD, OFFERS, rounded_to=50)
    facts = story.world.facts
    eligible = [
        elder
        for elder in story.world.elders
        if facts.get(elder.id, {}).get("ability_level") in ELIGIBLE
    ]
    programmes.issue(story, ELD, None, eligible)


def plan(story: Story) -> None:
    """Plan three months of use, and what happens to some of the holders meanwhile."""
    cards = story.cards["M"]
    _plan_changes(story, [card for place, card in enumerate(cards) if _way(place) == "home"])
    for place, card in enumerate(cards):
        for back in (2, 1, 0):
            first = story.world.month(back)
            days = (min(story.world.month(back - 1), story.world.today + timedelta(1)) - first).days
            _plan_month(story, card, _way(place), first, days)


def _way(place: int) -> str:
    """Return how the holder of a card lives. The first, who is on the sign-in page, is at home."""
    chance = place * 37 % 100
    if chance == 0 or chance >= REGULAR:
        return "home"
    if chance < INSTITUTIONAL:
        return "bed"
    return "day" if chance < BY_DAY else "canteen"


def _plan_month(story: Story, card: Card, way: str, first: date, days: int) -> None:
    random = story.world.inventor.random
    if way in {"bed", "day"}:
        _plan_stay(story, card, way, first)
        return
    services = random.choices(
        list(HABITS), [weight for weight, _hours in HABITS.values()], k=random.randint(*VISITS)
    )
    if way == "canteen":
        services += ["meal"] * random.randint(*MEALS)
    whole = (story.world.month(0) - story.world.month(1)).days
    for service in services:
        day = random.randrange(whole)
        if day < days:
            at = story.moment(first + timedelta(day), *HABITS[service][1])
            provider = story.near(ELD, service, card.holder)
            _plan_use(story, card, provider, service, at, fen=random.randrange(*DOCTOR, 500))


def _plan_stay(story: Story, card: Card, way: str, first: date) -> None:
    """Plan the month's bill of an institution or of day care; insurance pays before the voucher."""
    random = story.world.inventor.random
    service, fees = ("inst", BED) if way == "bed" else ("day", DAY)
    provider = story.near(ELD, service, card.holder)
    at = story.moment(first + timedelta(random.randint(2, 8)), 9, 10, 14, 15)
    level = story.world.facts[card.holder.id]["ability_level"]
    others: dict[str, int] = {}
    if way == "bed" and level == "完全失能":
        others = {"ltc": random.randint(*INSURED) * 1_000}
    _plan_use(story, card, provider, service, at, fen=random.randrange(*fees, 1_000), others=others)


def _plan_use(
    story: Story,
    card: Card,
    provider: Provider,
    service: str,
    at: Any,
    *,
    fen: int,
    others: dict[str, int] | None = None,
) -> None:
    open_price = story.prices[ELD, provider.id, service] is None

    def use() -> None:
        if card.is_used(at):
            fields = {"service_code": service, "price_fen": fen if open_price else None}
            story.redeem(card, provider, at, **fields, others_fen=others or {})

    story.plan(at, use)


def _plan_changes(story: Story, cards: list[Card]) -> None:
    """Plan a death, and a new assessment that ends the subsidy with the next month.

    Some others have let their assessment lapse, which ends it as well.
    """
    world = story.world
    died, better = cards[3], cards[5]
    day = world.month(1) + timedelta(11)
    at, later = world.at(day, "15:10"), world.at(day + timedelta(1), "11:52:20")
    canteen = story.near(ELD, "meal", died.holder)

    def die() -> None:
        fields = {"resident_id": died.holder.id, "on": day.isoformat()}
        world.do("care-clerk", "resident.record_death", at=at, document="死亡医学证明", **fields)
        for card in story.cards_of(died.holder):
            card.ends_on = day

    def try_again() -> None:
        fields = {"code": died.typed, "service_code": "meal"}
        world.refused(canteen.clerk, "voucher.redeem", "VOUCHER_REVOKED", at=later, **fields)

    def assess() -> None:
        better.ends_on = world.month(0)
        world.do(
            clerk_of(ELD),
            "resident.record_fact",
            at=at + timedelta(days=3),
            resident_id=better.holder.id,
            code="ability_level",
            value="轻度失能",
            from_on=(day + timedelta(3)).isoformat(),
            document=f"望民复评〔{day.year}〕3号",
        )

    story.plan(at, die)
    story.plan(later, try_again)
    story.plan(at + timedelta(days=3), assess)
    for card in story.cards["M"]:
        if card.holder.id in world.lapsing:
            card.ends_on = world.month(0)
