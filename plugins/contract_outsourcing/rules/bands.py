"""What a measured quantity costs: unit prices that fall by bands, the ceiling, what is overclaimed.

Bands run over the quantity that was paid before in the same calendar quarter. Quantities are whole
units, money is fen, a band is (its last unit in the quarter, or None; fen a unit).
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

PPM = 1_000_000


@dataclass(frozen=True)
class Band:
    """A band of quantity: units up to and with number `up_to` of the quarter, at `unit_fen` each.

    `up_to` None: all further units.
    """

    up_to: int | None
    unit_fen: int


@dataclass(frozen=True)
class Part:
    """How many units (`quantity`) fall in a band and what one costs there (`unit_fen`)."""

    quantity: int
    unit_fen: int

    @property
    def fen(self) -> int:
        """Return what the part costs."""
        return self.quantity * self.unit_fen


@dataclass(frozen=True)
class Settlement:
    """What an order comes to: paid quantity by bands, and what is taken off for the overclaim.

    `gross_fen` = `penalty_fen` + `net_fen`; `excess` units were claimed beyond what was verified
    and more than tolerated; `excess_fen` is their price, of which no more than the gross is taken.
    """

    paid: int
    parts: tuple[Part, ...]
    excess: int
    excess_fen: int

    @property
    def gross_fen(self) -> int:
        """Return the price of the paid quantity."""
        return sum(part.fen for part in self.parts)

    @property
    def penalty_fen(self) -> int:
        """Return what is deducted for the overclaim, at most the gross."""
        return min(self.excess_fen, self.gross_fen)

    @property
    def net_fen(self) -> int:
        """Return what is payable."""
        return self.gross_fen - self.penalty_fen


def split(bands: Sequence[Band], before: int, quantity: int) -> tuple[Part, ...]:
    """Return which part of a quantity falls in which band after `before` units of the quarter."""
    parts, at, left = [], before, quantity
    for band in bands:
        room = left if band.up_to is None else min(left, max(0, band.up_to - at))
        if room:
            parts.append(Part(room, band.unit_fen))
            at, left = at + room, left - room
    assert not left, "the last band is open"  # noqa: S101 - the contract's terms say so
    return tuple(parts)


def price(bands: Sequence[Band], before: int, quantity: int) -> int:
    """Return the price (fen) of a quantity after `before` units of the quarter."""
    return sum(part.fen for part in split(bands, before, quantity))


def largest(bands: Sequence[Band], before: int, limit_fen: int) -> int:
    """Return the largest quantity after `before` units that costs no more than a limit (fen)."""
    at, left = before, limit_fen
    for band in bands:
        fits = left // band.unit_fen
        room = fits if band.up_to is None else max(0, band.up_to - at)
        if fits < room:
            return at + fits - before
        at, left = at + room, left - room * band.unit_fen
    return at - before


def settle(
    bands: Sequence[Band],
    before: int,
    *,
    ordered: int,
    claimed: int,
    verified: int,
    tolerance_ppm: int,
) -> Settlement:
    """Reckon what an order comes to: the least of ordered, claimed and verified is paid.

    More than `tolerance_ppm` of the verified claimed beyond it costs the whole excess once more,
    at the first band's price.
    """
    paid = min(ordered, claimed, verified)
    excess = claimed - verified
    if excess * PPM <= tolerance_ppm * verified:
        excess = 0
    return Settlement(paid, split(bands, before, paid), excess, excess * bands[0].unit_fen)


def days_of(period: str) -> tuple[date, date]:
    """Return the first and last day of a period `YYYY-MM`. Raises ValueError for any other text."""
    first = date.fromisoformat(f"{period}-01")
    return first, first.replace(day=monthrange(first.year, first.month)[1])


def quarter_of(period: str) -> str:
    """Return the calendar quarter of a period `YYYY-MM`, as `2026Q2`."""
    first, _last = days_of(period)
    return f"{first.year}Q{(first.month + 2) // 3}"
