"""What goes wrong in the demo county: uses that the till refuses, and a lost card."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from core.demo import CANTEEN, DAY_CARE, HOME_CARE, SCHOOL, VOCATIONAL, Provider
from plugins.voucher.demo.story import CARE, Card, Story, clerk_of

MEAL = {"service_code": "meal"}
FEE = {"service_code": "fee", "price_fen": 120_000}


def plan(story: Story) -> None:
    """Plan attempts that are refused, each for its own reason, and a card that is replaced."""
    schools, vocational = story.of_kind(SCHOOL), story.of_kind(VOCATIONAL)
    care, canteens = story.of_kind(HOME_CARE), story.of_kind(CANTEEN)
    elders, pupils = story.cards["E"], story.cards["A"]
    dear = {"service_code": "doctor", "price_fen": 20_000}
    attempts = (
        (3, "PROVIDER_NOT_AUTHORISED", vocational[0], pupils[0].typed, FEE),
        (12, "SERVICE_NOT_COVERED", care[1], elders[40].typed, MEAL),
        (20, "SERVICE_NOT_COVERED", canteens[2], elders[41].typed, {"service_code": "bath"}),
        (27, "PROVIDER_NOT_AUTHORISED", schools[2], elders[42].typed, FEE),
        (33, "CODE_MISTYPED", canteens[0], "11112222333", MEAL),
        (41, "CAP_REACHED", care[3], elders[43].typed, dear),
        (52, "PRICE_CHANGED", canteens[1], elders[44].typed, MEAL | {"price_fen": 1_490}),
    )
    for days, because, provider, code, fields in attempts:
        at = story.moment(story.world.month(2) + timedelta(days), 9, 10, 11)
        _plan_refusal(story, because, provider, at, code=code, **fields)
    _plan_second_scan(story, pupils[-1], schools[0])
    _plan_empty_voucher(story)
    _plan_lost_card(story, elders[50], canteens[3])


def _plan_refusal(
    story: Story, because: str, provider: Provider, at: datetime, **fields: Any
) -> None:
    def scan() -> None:
        story.world.refused(provider.clerk, "voucher.redeem", because, at=at, **fields)

    story.plan(at, scan)


def _plan_second_scan(story: Story, card: Card, school: Provider) -> None:
    """Plan a fee that a clerk wants to redeem twice, having missed the receipt."""
    at = story.world.at(story.world.month(2) + timedelta(2), "08:20:05")
    story.plan(at, lambda: story.redeem(card, school, at, **FEE))
    again = at + timedelta(seconds=50)
    _plan_refusal(story, "VOUCHER_ALREADY_REDEEMED", school, again, code=card.typed, **FEE)


def _plan_empty_voucher(story: Story) -> None:
    """Plan a care session that somebody's small voucher no longer covers."""
    day_care = story.of_kind(DAY_CARE)[0]
    at = story.world.at(story.world.month(1) + timedelta(25), "10:12:40")

    def scan() -> None:
        card = min(story.cards["G"], key=lambda one: (one.left_fen, one.id))
        if 0 < card.left_fen < (story.prices[CARE, day_care.id, "rehab"] or 0):
            story.world.refused(
                day_care.clerk,
                "voucher.redeem",
                "AMOUNT_EXCEEDS_BALANCE",
                at=at,
                code=card.typed,
                service_code="rehab",
            )

    story.plan(at, scan)


def _plan_lost_card(story: Story, card: Card, canteen: Provider) -> None:
    """Plan a card that is lost and replaced, and somebody who tries the old one."""
    lost, day = card.typed, story.world.month(1) + timedelta(8)
    at = story.world.at(day, "09:05:30")

    def replace() -> None:
        body = story.world.do(
            clerk_of(CARE), "voucher.replace_card", at=at, id=card.id, reason="居民报失，当面补卡"
        )
        card.typed = body["cards"][0]["typed"]

    story.plan(at, replace)
    tried = story.world.at(day + timedelta(1), "11:48:10")
    _plan_refusal(story, "CARD_BLOCKED", canteen, tried, code=lost, **MEAL)
