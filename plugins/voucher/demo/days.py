"""The days of elders and pupils: who goes where with a stored value or a school voucher."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from core.demo import SCHOOL, VOCATIONAL, Provider
from plugins.voucher.demo.story import CARE, Card, Story

# How often each service is used, and the hours in which people come.
HABITS = {
    "meal": (50, (11, 12, 12, 17)),
    "clean": (17, (8, 9, 10, 14, 15)),
    "bath": (11, (9, 10, 14)),
    "walk": (9, (8, 9, 15, 16)),
    "doctor": (6, (8, 9)),
    "rehab": (7, (9, 10, 14, 15)),
}
# Fewest and most visits of a day; Saturdays and Sundays are quieter.
VISITS, QUIET = (5, 8), {5: (3, 4), 6: (2, 3)}
SLIPS = 0.012  # uses that the clerk takes back at once
# Share of the pupils who have paid by then, first and last day of these weeks.
TERM = ((0.72, 0, 12), (0.86, 32, 50), (0.90, 62, 80))
SCHOOL_HOURS = (8, 9, 10, 14)


def plan(story: Story) -> None:
    """Plan what elders and pupils do with their vouchers, day by day until the load."""
    users = story.world.inventor.random.sample(story.cards["E"][1:], len(story.cards["E"]) * 3 // 4)
    for day in story.days():
        _plan_day(story, day, users)
    _plan_fees(story, "A", SCHOOL, (88_000, 260_000))
    _plan_fees(story, "B", VOCATIONAL, (26_000, 90_000))


def _plan_day(story: Story, day: date, users: list[Card]) -> None:
    random = story.world.inventor.random
    seniors = {card.holder.id: card for card in story.cards["G"]}
    visits = random.randint(*QUIET.get(day.weekday(), VISITS))
    for _visit in range(story.world.some(visits, least=2)):
        card = random.choice(users)
        weights = [weight for weight, _hours in HABITS.values()]
        service = random.choices(list(HABITS), weights)[0]
        if service in {"bath", "rehab"}:
            card = seniors.get(card.holder.id, card)
        _plan_visit(story, card, service, story.moment(day, *HABITS[service][1]))
    if day.weekday() in {1, 4}:
        # The lady of the sign-in page eats in her street's canteen twice a week.
        _plan_visit(story, story.cards["E"][0], "meal", story.moment(day, 12))


def _plan_visit(story: Story, card: Card, service: str, at: datetime) -> None:
    random = story.world.inventor.random
    provider = story.near(CARE, service, card.holder)
    price = story.prices[CARE, provider.id, service]
    entered = None if price else random.randrange(8_000, 15_000, 500)
    quantity = 1_000 * random.randint(1, 3) if service == "clean" else 1_000
    cost = (price or entered or 0) * quantity // 1_000
    is_slip = random.random() < SLIPS

    def visit() -> None:
        if card.left_fen < cost or not card.is_used(at):
            return
        fields = {"service_code": service, "quantity": quantity, "price_fen": entered}
        use = story.redeem(card, provider, at, **fields)
        if is_slip:
            story.void(card, use, at + timedelta(minutes=4), "选错了服务项目")

    story.plan(at, visit)


def _plan_fees(story: Story, class_code: str, kind: str, fees: tuple[int, int]) -> None:
    """Plan the pupils' payments: most in the first weeks of term, a few later or never."""
    random, schools = story.world.inventor.random, story.of_kind(kind)
    # The child of the sign-in page has not paid yet; the last card is scanned twice (mishaps).
    for place, card in enumerate(story.cards[class_code][1:-1]):
        chance, fee_fen = random.random(), random.randrange(*fees, 1_000)
        weeks = next((weeks for weeks in TERM if chance < weeks[0]), None)
        if weeks is not None:
            day = story.world.month(2) + timedelta(random.randint(*weeks[1:]))
            weekday = day + timedelta(max(0, 7 - day.weekday()) if day.weekday() > 4 else 0)
            at = story.moment(weekday, *SCHOOL_HOURS)
            _plan_fee(story, card, schools[place % len(schools)], at, fee_fen)


def _plan_fee(story: Story, card: Card, school: Provider, at: datetime, fee_fen: int) -> None:
    story.plan(at, lambda: story.redeem(card, school, at, service_code="fee", price_fen=fee_fen))
