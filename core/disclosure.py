"""What anybody may see: sums by programme, with cells of so few people withheld that they tell."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from core.access import Actor
from core.plugins import ask

# Fewer people than this in a cell could be recognised by those who know them.
FEWEST = 5


@dataclass(frozen=True)
class PublicSum:
    """What a programme did so far: for how many people, with how many providers, for how much.

    `people` counts residents who used it; `used_fen` what they used, `paid_fen` what was paid to
    providers for it. Withheld figures are None.
    """

    programme: str
    purchaser: str
    providers: int
    people: int | None
    used_fen: int | None
    paid_fen: int | None


def sums() -> list[PublicSum]:
    """Return what each programme did; figures of fewer than five people are withheld whole."""
    told: list[PublicSum] = ask("public_sums")
    return [_withheld(one) for one in told]


def public_programmes(actor: Actor) -> dict[str, Any]:  # noqa: ARG001 - every verb hears who acts
    """Return the public sums for programs, as the front page shows them."""
    return {"fewest": FEWEST, "items": [vars(one) for one in sums()]}


def _withheld(one: PublicSum) -> PublicSum:
    if one.people is None or one.people >= FEWEST:
        return one
    return replace(one, people=None, used_fen=None, paid_fen=None)
