"""The means-tested childcare subsidy: a class by income a head, attendance without a scan."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from core.demo import NURSERY, Provider
from plugins.voucher.demo import programmes
from plugins.voucher.demo.story import CHILD, Card, Story

# Class, name, highest income a head and month in fen, fen a month, part of the fee.
BANDS = (
    ("T1", "托育补贴一档", 100_000, 80_000, 600_000),
    ("T2", "托育补贴二档", 250_000, 50_000, 400_000),
    ("T3", "托育补贴三档", 500_000, 30_000, 200_000),
)
FAMILY_FEN = 120_000
OFFERS: programmes.Offers = {NURSERY: {"full": None, "half": 90_000}}
FEES = (160_000, 240_000)
LATE_DAYS = 10
HALF = 0.25  # of the children come half a day
LAST_LESSON = 25  # attendance of a month is written down on a working day about then


def terms(story: Story) -> dict[str, Any]:
    """Return the programme's terms."""
    income = {"fact": "income_per_head"}
    return {
        "classes": [
            {"code": code, "name": name, "when": income | {"at_most": most}}
            for code, name, most, _fen, _ppm in BANDS
        ],
        "services": [
            {"code": code, "name": name, "unit": "月", "maximum_price_fen": price}
            | {"provider_tag": NURSERY, "presence": "enrolled"}
            for code, name, price in (("full", "全日托", 300_000), ("half", "半日托", 150_000))
        ],
        "eligibility": {
            "all": [
                {"fact": "age", "below": 3},
                {"fact": "residence", "within": "430112"},
                income | {"at_most": BANDS[-1][2]},
            ]
        },
        "allotments": [
            {
                "code": "month",
                "name": "每月额度",
                "period": "month",
                "amounts": [
                    {"quantity": fen, "classes": [code]} for code, _name, _most, fen, _ppm in BANDS
                ],
            }
        ],
        "beyond": "self_pay",
        "shares": [{"classes": [code], "rate_ppm": ppm} for code, _name, _most, _fen, ppm in BANDS],
        "caps": [
            {"code": "family", "name": "每个家庭每月", "per": "month", "limit": FAMILY_FEN}
            | {"whose": "family"}
        ],
        "entry": {"late_days": LATE_DAYS},
        "void_window": "until_lock",
        "confirm_days": 10,
        "cases": [
            {"name": "一档全日托付六成", "service": "full", "class": "T1", "price_fen": 100_000}
            | {"pays_fen": 60_000},
        ],
        **programmes.lasting(story),
    }


def begin(story: Story) -> None:
    """Define the programme, admit the nurseries and issue to the families that are eligible."""
    programmes.define(story, CHILD, "普惠托育补贴", terms(story), [("CHILD", 1_000_000)])
    programmes.admit(story, CHILD, OFFERS)
    facts = story.world.facts
    eligible = [
        child
        for child in story.world.infants
        if int(facts[child.id]["income_fen"])
        <= BANDS[-1][2] * int(facts[child.id]["household_size"])
    ]
    programmes.issue(story, CHILD, None, eligible)


def plan(story: Story) -> None:
    """Plan that the children are enrolled, and attendance month by month."""
    random, world = story.world.inventor.random, story.world
    nurseries = story.able(CHILD, "full")
    families = {
        card.id: world.facts[card.holder.id]["household_number"]
        for code, *_rest in BANDS
        for card in story.cards.get(code, ())
    }
    places: dict[str | int, Provider] = {}
    for code, *_rest in BANDS:
        for place, card in enumerate(story.cards.get(code, ())):
            # Brothers and sisters go to one nursery.
            nursery = places.setdefault(families[card.id], nurseries[place % len(nurseries)])
            service = "half" if random.random() < HALF else "full"
            _plan_child(story, card, nursery, service, random.randrange(*FEES, 5_000))


def _plan_child(story: Story, card: Card, nursery: Provider, service: str, fee_fen: int) -> None:
    world = story.world
    enrolment: dict[str, Any] = {}
    day = world.month(2) + timedelta(world.inventor.random.randint(2, 8))
    at = story.moment(_working(day), 8, 9)

    def enrol() -> None:
        fields = {"code": card.typed, "service_code": service}
        enrolment.update(world.do(nursery.clerk, "enrolment.enrol", at=at, **fields))

    story.plan(at, enrol)
    for back in (2, 1, 0):
        # The first nursery, which the sign-in page offers, has not yet entered this month's.
        if back or nursery.manager != "nursery01":
            _plan_month(story, nursery, enrolment, world.month(back), fee_fen)


def _plan_month(
    story: Story, nursery: Provider, enrolment: dict[str, Any], first: date, fee_fen: int
) -> None:
    world = story.world
    at = story.moment(_working(first + timedelta(LAST_LESSON)), 15, 16, 17)

    def attend() -> None:
        fee = fee_fen if enrolment["service_code"] == "full" else None
        fields = {"id": enrolment["id"], "price_fen": fee}
        body = world.do(nursery.clerk, "enrolment.attend", at=at, **fields)
        story.remember(CHILD, nursery, at, body)

    story.plan(at, attend)


def _working(day: date) -> date:
    """Return a day, or the Friday before a weekend."""
    return day - timedelta(max(0, day.weekday() - 4))
