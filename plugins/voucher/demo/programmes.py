"""How a programme of the demo county begins: defined, approved, joined by providers, issued."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from core.demo import VISITOR, Provider, Resident, plan
from plugins.voucher.demo.needs import PLANS
from plugins.voucher.demo.story import OFFICES, Card, Story, approver_of, clerk_of

CARDS_AT_ONCE = 500
# What a kind of provider offers, in fen; None: entered at the till.
Offers = Mapping[str, Mapping[str, int | None]]


def lasting(story: Story) -> dict[str, str]:
    """Return the days of a programme that goes on through the year of the load."""
    first, last = story.world.month(2), date(story.world.today.year, 12, 31)
    return _days(first, last)


def lasting_a_while(story: Story) -> dict[str, str]:
    """Return days until some weeks beyond this month: something is left whenever it is loaded."""
    return _days(story.world.month(2), story.world.month(-1) + timedelta(27))


def _days(first: date, last: date) -> dict[str, str]:
    return {"valid_from": first.isoformat(), "valid_through": last.isoformat()}


def define(
    story: Story, code: str, name: str, terms: dict[str, Any], lines: Iterable[tuple[str, int]]
) -> None:
    """File a plan, define a programme on its lines with their shares, have it approved."""
    world, clerk = story.world, clerk_of(code)
    office = OFFICES[code][0]
    filed = plan(world, office, clerk, approver_of(code), days=35, name=name, **PLANS[code])
    made = world.do(
        clerk,
        "programme.create",
        at=world.before(30, "09:30"),
        code=code,
        name=f"{world.month(2).year}年{name}",
        organisation_id=world.organisations[office],
        purchase_id=filed["id"],
        terms=terms | {"funding": funding(story, lines)},
    )["id"]
    world.do(clerk, "programme.submit", at=world.before(30, "11:00"), id=made)
    world.do(approver_of(code), "programme.approve", at=world.before(28, "15:00"), id=made)
    story.programmes[code] = made


def funding(story: Story, lines: Iterable[tuple[str, int]]) -> list[dict[str, Any]]:
    """Return a programme's funding from lines by code, each with its share in ppm."""
    return [{"line_id": story.world.lines[code], "share_ppm": ppm} for code, ppm in lines]


def admit(story: Story, code: str, offers: Offers, *, rounded_to: int = 100) -> None:
    """Admit every provider of these kinds and let it register services and prices."""
    world = story.world
    for provider in story.of_kind(*offers):
        world.do(
            clerk_of(code),
            "admission.admit",
            at=world.before(25, "10:00"),
            programme_id=story.programmes[code],
            provider_id=provider.id,
        )
        for service, usual in offers[provider.kind].items():
            price = usual and usual + rounded_to * world.inventor.random.randint(-2, 2)
            _offer(story, code, provider, service, price)


def _offer(story: Story, code: str, provider: Provider, service: str, price: int | None) -> None:
    story.prices[code, provider.id, service] = price
    story.world.do(
        provider.manager,
        "offer.set",
        at=story.world.before(22, "16:00"),
        programme_id=story.programmes[code],
        service_code=service,
        price_fen=price,
    )


def issue(story: Story, code: str, class_code: str | None, people: list[Resident]) -> list[Card]:
    """Issue a voucher to each resident (of the class that is hers) and print the cards."""
    world = story.world
    asked = {} if class_code is None else {"class_code": class_code}
    issued = world.do(
        clerk_of(code),
        "voucher.issue",
        at=world.before(15, "10:00"),
        programme_id=story.programmes[code],
        resident_ids=[one.id for one in people],
        **asked,
    )["vouchers"]
    numbers = [voucher["id"] for voucher in issued]
    printed = [
        card
        for start in range(0, len(numbers), CARDS_AT_ONCE)
        for card in world.do(
            clerk_of(code),
            "voucher.print_cards",
            at=world.before(12, "10:00"),
            voucher_ids=numbers[start : start + CARDS_AT_ONCE],
        )["cards"]
    ]
    typed = {card["voucher_id"]: card["typed"] for card in printed}
    holders = {one.id: one for one in people}
    cards = [Card(one["id"], code, typed[one["id"]], holders[one["resident_id"]]) for one in issued]
    for card, one in zip(cards, issued, strict=True):
        story.cards.setdefault(one["class_code"], []).append(card)
    return cards


def sign_in(story: Story, card: Card) -> None:
    """Let a holder sign in on a phone with the card, as those of the sign-in page have done."""
    story.world.do(
        VISITOR,
        "auth.login_resident",
        at=story.world.before(8, "19:30"),
        id_number=card.holder.person.id_number,
        code=card.typed,
    )
