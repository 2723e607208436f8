"""What happens with the vouchers of the demo county, planned by time and told in its order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from core.demo import Provider, Resident

if TYPE_CHECKING:
    from core.demo import World

CARE, EDU = "CARE", "EDU"
ELD, HOME, SKILL, CHILD = "ELD", "HOME", "SKILL", "CHILD"
# Which office runs a programme, and how the logins of its clerk and approver begin.
OFFICES = {
    CARE: ("civil_affairs", "care"),
    ELD: ("civil_affairs", "care"),
    HOME: ("civil_affairs", "care"),
    EDU: ("education", "edu"),
    SKILL: ("labour", "labour"),
    CHILD: ("health", "health"),
}


@dataclass
class Card:
    """A programme's voucher on its printed card; what is left on it by the story's own count.

    From `ends_on` nobody comes with it any more, nor from the first to the last day `away`.
    """

    id: int
    code: str
    typed: str
    holder: Resident
    left_fen: int = 0
    ends_on: date = date.max
    away: tuple[date, date] = (date.max, date.max)

    def is_used(self, at: datetime) -> bool:
        """Tell whether the holder may come with it at a wall time."""
        first, last = self.away
        return at.date() < self.ends_on and not first <= at.date() <= last


@dataclass(frozen=True)
class Use:
    """A programme's redemption that stands, with the units or minutes it was measured in."""

    id: int
    code: str
    receipt: str
    provider: Provider
    at: datetime
    amount_fen: int
    measured: int


@dataclass
class Story:
    """The plan, and what it remembers of what happened.

    `programmes` by code, `prices` in fen by programme, provider and service (None: entered at the
    till), `cards` by class of voucher.
    """

    world: World
    programmes: dict[str, int] = field(default_factory=dict)
    prices: dict[tuple[str, int, str], int | None] = field(default_factory=dict)
    cards: dict[str, list[Card]] = field(default_factory=dict)
    uses: list[Use] = field(default_factory=list)
    _plan: list[tuple[datetime, int, Callable[[], Any]]] = field(default_factory=list)

    def plan(self, at: datetime, act: Callable[[], Any]) -> None:
        """Plan something; what would lie after the load's own moment does not happen."""
        if at <= self.world.began:
            self._plan.append((at, len(self._plan), act))

    def tell(self) -> None:
        """Let everything planned happen, in the order of time."""
        for _at, _place, act in sorted(self._plan, key=lambda item: item[:2]):
            act()

    def moment(self, day: date, *hours: int) -> datetime:
        """Return some second of one of these hours of a day."""
        random = self.world.inventor.random
        minute, second = random.randint(0, 59), random.randint(0, 59)
        return self.world.at(day, f"{random.choice(hours):02d}:{minute:02d}:{second:02d}")

    def of_kind(self, *kinds: str) -> list[Provider]:
        """Return the providers of some kinds."""
        return [one for one in self.world.providers if one.kind in kinds]

    def cards_of(self, holder: Resident) -> list[Card]:
        """Return every card of a resident."""
        return [card for some in self.cards.values() for card in some if card.holder is holder]

    def able(self, code: str, service: str) -> list[Provider]:
        """Return the providers that offer a programme's service."""
        return [one for one in self.world.providers if (code, one.id, service) in self.prices]

    def near(self, code: str, service: str, holder: Resident) -> Provider:
        """Return a provider of a service, in the holder's township if there is one."""
        able = self.able(code, service)
        near = [one for one in able if one.township == holder.person.township]
        return self.world.inventor.random.choice(near or able)

    def days(self) -> Iterator[date]:
        """Yield the days from the first full month's first to the day of the load."""
        day = self.world.month(2)
        while day <= self.world.today:
            yield day
            day += timedelta(1)

    def uses_in(self, months_back: int, provider: Provider, code: str) -> list[Use]:
        """Return a provider's redemptions of a month and programme, in the order of time."""
        first = self.world.at(self.world.month(months_back), "00:00")
        end = self.world.at(self.world.month(months_back - 1), "00:00")
        of = [use for use in self.uses if use.provider is provider and use.code == code]
        return [use for use in of if first <= use.at < end]

    def busiest(self, months_back: int, kind: str, code: str) -> list[Provider]:
        """Return the providers of a kind, those with most uses of a month and programme first."""
        providers = self.of_kind(kind)
        return sorted(providers, key=lambda one: -len(self.uses_in(months_back, one, code)))

    def redeem(self, card: Card, provider: Provider, at: datetime, **fields: Any) -> Use:
        """Redeem a card at a provider's till, and remember it."""
        body = self.world.do(provider.clerk, "voucher.redeem", at=at, code=card.typed, **fields)
        card.left_fen = body["remaining"]
        return self.remember(card.code, provider, at, body)

    def finish(
        self, code: str, provider: Provider, at: datetime, number: int, **fields: Any
    ) -> None:
        """End what was begun, by its length or its result; remember what it redeemed."""
        body = self.world.do(provider.clerk, "voucher.finish", at=at, id=number, **fields)
        if body["receipt"]:
            self.remember(code, provider, at, body)

    def remember(self, code: str, provider: Provider, at: datetime, body: dict[str, Any]) -> Use:
        """Remember a redemption by its answer."""
        receipt, fen = body["receipt"], body["amount_fen"]
        use = Use(body["id"], code, receipt, provider, at, fen, body["quantity"] // 1_000)
        self.uses.append(use)
        return use

    def void(self, card: Card, use: Use, at: datetime, reason: str) -> None:
        """Take a redemption back at the till, and forget it."""
        clerk = use.provider.clerk
        self.world.do(clerk, "redemption.void", at=at, receipt=use.receipt, reason=reason)
        card.left_fen += use.amount_fen
        self.uses.remove(use)


def clerk_of(code: str) -> str:
    """Return the login of the clerk who runs a programme."""
    return f"{OFFICES[code][1]}-clerk"


def approver_of(code: str) -> str:
    """Return the login of the second person."""
    return f"{OFFICES[code][1]}-approver"
