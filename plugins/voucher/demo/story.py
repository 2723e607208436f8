"""What happens with the vouchers of the demo county, planned by time and told in its order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from core.demo import Provider, Resident

if TYPE_CHECKING:
    from core.demo import World

CARE, EDU = "CARE", "EDU"


@dataclass
class Card:
    """A voucher on its printed card, with what is left on it by the story's own count."""

    id: int
    typed: str
    holder: Resident
    left_fen: int


@dataclass(frozen=True)
class Use:
    """A redemption that stands."""

    id: int
    receipt: str
    provider: Provider
    at: datetime
    amount_fen: int


@dataclass
class Story:
    """The plan, and what it remembers of what happened.

    `programmes` by code, `prices` in fen by provider and service (None: entered at the till),
    `cards` by class of voucher.
    """

    world: World
    programmes: dict[str, int] = field(default_factory=dict)
    prices: dict[tuple[int, str], int | None] = field(default_factory=dict)
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

    def uses_in(self, months_back: int, provider: Provider) -> list[Use]:
        """Return a provider's redemptions of a month, in the order of time."""
        first = self.world.at(self.world.month(months_back), "00:00")
        end = self.world.at(self.world.month(months_back - 1), "00:00")
        return [use for use in self.uses if use.provider is provider and first <= use.at < end]

    def busiest(self, months_back: int, *kinds: str) -> list[Provider]:
        """Return the providers of some kinds, those with most redemptions in a month first."""
        providers = self.of_kind(*kinds)
        return sorted(providers, key=lambda one: -len(self.uses_in(months_back, one)))

    def redeem(self, card: Card, provider: Provider, at: datetime, **fields: Any) -> Use:
        """Redeem a card at a provider's till, and remember it."""
        body = self.world.do(provider.clerk, "voucher.redeem", at=at, code=card.typed, **fields)
        card.left_fen = body["remaining"]
        use = Use(body["id"], body["receipt"], provider, at, body["amount_fen"])
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
    return "care-clerk" if code == CARE else "edu-clerk"
