"""Ranking bids by exact fractions: prices, points, ties; abnormally low bids.

Nothing is rounded before it is compared. `shown` rounds half-up, for people only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from plugins.contract_outsourcing.rules.drawing import in_order

BP = 10_000
CENTI = 100
# How equal totals were put in order.
BY_PRICE, BY_TECHNICAL, BY_LOT = "price", "technical", "lot"
# Why a bid is so low that it has to be explained.
BELOW_MEAN, BELOW_NEXT, BELOW_CEILING = "mean", "next_lowest", "ceiling"


@dataclass(frozen=True)
class Indicator:
    """What the panel gives points for: a code, a name, at most how many hundredths of a point."""

    code: str
    name: str
    most: int
    standard: str = ""


@dataclass(frozen=True)
class Sheet:
    """A scoring sheet: the price's weight in basis points of 100, and the indicators.

    `deduction_bp` is what a small or micro firm's price is lowered by before it is compared;
    `ties` what decides between equal totals at equal prices (`technical` points or `lot`);
    `admitted` how many a framework takes at most, None: all but those who have to drop out.
    """

    price_weight_bp: int
    indicators: tuple[Indicator, ...] = ()
    deduction_bp: int = 0
    ties: str = BY_TECHNICAL
    admitted: int | None = None

    @property
    def weight(self) -> Fraction:
        """Return the points that the price gives at most."""
        return Fraction(self.price_weight_bp * 100, BP)


@dataclass(frozen=True)
class Offer:
    """A valid bid: its price in fen, and what each member gave it in hundredths of a point."""

    bid_id: int
    price_fen: int
    small_firm: bool = False
    given: tuple[int, ...] = ()


@dataclass(frozen=True)
class Placed:
    """A bid's place with its exact scores in points, and the evaluated price in fen."""

    bid_id: int
    place: int
    evaluated: Fraction
    price_score: Fraction
    other_score: Fraction
    tie_break: str | None = None

    @property
    def total(self) -> Fraction:
        """Return price and other scores together."""
        return self.price_score + self.other_score


def read_sheet(sheet: Mapping[str, Any]) -> Sheet:
    """Return the sheet a tender was published with.

    Raises KeyError for one that lacks a part: publishing has checked it.
    """
    indicators = tuple(
        Indicator(row["code"], row["name"], row["points"] * CENTI, row.get("standard", ""))
        for row in sheet.get("indicators", ())
    )
    return Sheet(
        sheet.get("price_weight_bp", BP),
        indicators,
        sheet.get("small_firm_deduction_bp") or 0,
        sheet.get("ties", BY_TECHNICAL),
        sheet.get("admitted"),
    )


def admissible(ranked: int, eliminated_bp: int, most: int | None = None) -> int:
    """Return how many of the ranked a framework takes: at most `most`, and never all of them.

    At least a share (basis points) of them drops out, one bidder in any case.
    """
    dropped = max(1, -(-ranked * eliminated_bp // BP))
    room = max(0, ranked - dropped)
    return room if most is None else min(most, room)


def evaluated_price(offer: Offer, deduction_bp: int) -> Fraction:
    """Return the price by which a bid is compared; the contract's price stays the bid's."""
    if not offer.small_firm:
        return Fraction(offer.price_fen)
    return Fraction(offer.price_fen * (BP - deduction_bp), BP)


def other_score(offer: Offer) -> Fraction:
    """Return the mean of what the members gave, in points; nobody's is left out."""
    if not offer.given:
        return Fraction(0)
    return Fraction(sum(offer.given), len(offer.given) * CENTI)


def comprehensive(sheet: Sheet, offers: Sequence[Offer], seed: str) -> list[Placed]:
    """Return bids in order by price and other scores (综合评分法).

    Price score = weight x lowest evaluated price / evaluated price. Equal totals: the lower price,
    then as the sheet says the higher other score, at last a lot by the seed.
    """
    prices = {offer.bid_id: evaluated_price(offer, sheet.deduction_bp) for offer in offers}
    base = min(prices.values(), default=Fraction(0))
    placed = [
        Placed(
            offer.bid_id,
            0,
            prices[offer.bid_id],
            sheet.weight * base / prices[offer.bid_id],
            other_score(offer),
        )
        for offer in offers
    ]
    return _in_places(sheet, placed, offers, seed, leading=lambda one: -one.total)


def lowest(sheet: Sheet, offers: Sequence[Offer], seed: str) -> list[Placed]:
    """Return bids in order by evaluated price alone; equal ones by price, then by lot."""
    placed = [
        Placed(
            offer.bid_id, 0, evaluated_price(offer, sheet.deduction_bp), Fraction(0), Fraction(0)
        )
        for offer in offers
    ]
    return _in_places(sheet, placed, offers, seed, leading=lambda one: one.evaluated)


def _in_places(
    sheet: Sheet, placed: list[Placed], offers: Sequence[Offer], seed: str, *, leading: Any
) -> list[Placed]:
    """Order bids by what leads, then by the tie rules, and say which rule decided each tie."""
    price = {offer.bid_id: offer.price_fen for offer in offers}
    lot = {bid_id: at for at, bid_id in enumerate(in_order(price, seed))}

    def keys(one: Placed) -> tuple[Any, ...]:
        technical = -one.other_score if sheet.ties == BY_TECHNICAL else 0
        return (leading(one), price[one.bid_id], technical, lot[one.bid_id])

    ordered = sorted(placed, key=keys)
    found = []
    for at, one in enumerate(ordered):
        near = [ordered[other] for other in (at - 1, at + 1) if 0 <= other < len(ordered)]
        rules = [_tie_rule(keys(one), keys(other)) for other in near]
        said = [rule for rule in rules if rule is not None]
        found.append(
            replace(one, place=at + 1, tie_break=max(said, key=_FURTHEST.index, default=None))
        )
    return found


_FURTHEST = (BY_PRICE, BY_TECHNICAL, BY_LOT)


def _tie_rule(one: tuple[Any, ...], other: tuple[Any, ...]) -> str | None:
    """Return the rule that put two neighbours in order; None where no tie was between them."""
    if one[0] != other[0]:
        return None
    if one[1] != other[1]:
        return BY_PRICE
    return BY_TECHNICAL if one[2] != other[2] else BY_LOT


def low_tests(
    prices: Mapping[int, int], ceiling_fen: int, *, mean_bp: int, next_bp: int, ceiling_bp: int
) -> dict[int, list[str]]:
    """Return which bids are abnormally low, and by which tests; by multiplying only.

    A bid is below a share of the mean of all valid bids, of the next lowest of them, or of the
    ceiling.
    """
    total, count = sum(prices.values()), len(prices)
    next_lowest = sorted(prices.values())[1] if count > 1 else 0
    found = {}
    for bid_id, price in prices.items():
        tests = [
            test
            for test, is_low in (
                (BELOW_MEAN, price * count * BP < mean_bp * total),
                (BELOW_NEXT, price * BP < next_bp * next_lowest),
                (BELOW_CEILING, price * BP < ceiling_bp * ceiling_fen),
            )
            if is_low
        ]
        if tests:
            found[bid_id] = tests
    return found


def shown(value: Fraction, places: int = 2) -> str:
    """Write a fraction with decimals, rounded half-up, for people: 28485/977 -> "29.16"."""
    scale = 10**places
    scaled = (abs(value.numerator) * scale * 2 + value.denominator) // (value.denominator * 2)
    whole, rest = divmod(scaled, scale)
    sign = "-" if value < 0 and scaled else ""
    return f"{sign}{whole}.{rest:0{places}d}" if places else f"{sign}{whole}"


def written(value: Fraction) -> str:
    """Write a fraction exactly, as it is stored: "numerator/denominator"."""
    return f"{value.numerator}/{value.denominator}"


def half_up(value: Fraction) -> int:
    """Return the whole number nearest to a positive fraction, halves up."""
    return int((value.numerator * 2 + value.denominator) // (value.denominator * 2))


def panel_faults(
    members: int, experts: int, *, least: int, share: Fraction
) -> Iterable[tuple[str, int]]:
    """Yield what a panel lacks: ("members", how many at least), ("odd", 0), ("experts", ...)."""
    if members < least:
        yield "members", least
    if members % 2 == 0:
        yield "odd", 0
    if experts * share.denominator < members * share.numerator:
        yield "experts", -(-members * share.numerator // share.denominator)
