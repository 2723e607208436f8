"""A scoring sheet: what bids get points for, read from what is stored and checked as a whole."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

POINTS, WHOLE_BP = 100, 10_000

WEIGHTS, PRICE_WEIGHT, UNQUANTIFIED, DEDUCTION, CODES, UNWANTED = (
    "SHEET_WEIGHTS_NOT_100",
    "PRICE_WEIGHT_OUT_OF_BOUNDS",
    "INDICATOR_NOT_QUANTIFIED",
    "SMALL_FIRM_DEDUCTION_OUT_OF_BOUNDS",
    "INDICATOR_TWICE",
    "SHEET_NOT_WANTED",
)


@dataclass(frozen=True)
class Level:
    """A step of an indicator: the points a bid gets when it answers to these words."""

    points: int
    words: str


@dataclass(frozen=True)
class Indicator:
    """What a bid gets points for beside its price; `preferred` marks a condition of preference."""

    code: str
    name: str
    points: int
    standard: str
    levels: tuple[Level, ...] = ()
    preferred: bool = False

    @property
    def is_quantified(self) -> bool:
        """Tell whether it says for what how many points are given, from the full points down."""
        steps = [level.points for level in self.levels]
        return len(steps) > 1 and steps[0] == self.points and steps == sorted(set(steps))[::-1]


@dataclass(frozen=True)
class Sheet:
    """A scoring sheet; weights in basis points, the indicators' points in hundredths of the whole.

    `ties` says who comes first when points are equal: always the lower price, then `technical`
    (more points beside the price) or `lot`.
    """

    evaluation: str
    price_weight_bp: int
    small_firm_deduction_bp: int
    indicators: tuple[Indicator, ...]
    ties: str


@dataclass(frozen=True)
class Bounds:
    """What the law allows on a day, in basis points; None: no such bound."""

    price_least: int | None = None
    price_most: int | None = None
    deduction_least: int | None = None
    deduction_most: int | None = None


@dataclass(frozen=True)
class Fault:
    """What is wrong with a sheet: a refusal's code, with the figures that show it."""

    code: str
    facts: dict[str, Any]


def read(stored: Mapping[str, Any]) -> Sheet:
    """Return a stored sheet; of a method without scoring it has no indicators."""
    return Sheet(
        stored.get("evaluation", ""),
        stored.get("price_weight_bp", 0),
        stored.get("small_firm_deduction_bp", 0),
        tuple(
            Indicator(**row | {"levels": tuple(Level(**one) for one in row.get("levels", ()))})
            for row in stored.get("indicators", ())
        ),
        stored.get("ties", "technical"),
    )


def faults(sheet: Sheet, bounds: Bounds, *, scored: bool) -> list[Fault]:
    """Return what is wrong with a sheet, in the order in which it is refused.

    `scored`: the method gives points; one that does not has a price only, and no sheet.
    """
    if not scored:
        found = [Fault(UNWANTED, {})] if sheet.indicators or sheet.price_weight_bp else []
        return found + _of_deduction(sheet, bounds)
    found = _of_indicators(sheet)
    sum_bp = sheet.price_weight_bp + _bp(sum(one.points for one in sheet.indicators))
    if sum_bp != WHOLE_BP:
        found.append(Fault(WEIGHTS, {"sum_bp": sum_bp}))
    if not _within(sheet.price_weight_bp, bounds.price_least, bounds.price_most):
        found.append(
            Fault(
                PRICE_WEIGHT,
                {
                    "price_weight_bp": sheet.price_weight_bp,
                    "least_bp": bounds.price_least,
                    "most_bp": bounds.price_most,
                },
            )
        )
    return found + _of_deduction(sheet, bounds)


def frozen_hash(*parts: Any) -> str:
    """Return the SHA-256 of what may not change once it is published."""
    text = json.dumps(parts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _of_indicators(sheet: Sheet) -> list[Fault]:
    codes = [one.code for one in sheet.indicators]
    twice = sorted({code for code in codes if codes.count(code) > 1})
    found = [Fault(CODES, {"codes": twice})] if twice else []
    vague = [one.name for one in sheet.indicators if not one.is_quantified]
    return found + ([Fault(UNQUANTIFIED, {"names": vague})] if vague else [])


def _of_deduction(sheet: Sheet, bounds: Bounds) -> list[Fault]:
    deduction = sheet.small_firm_deduction_bp
    if _within(deduction, bounds.deduction_least, bounds.deduction_most):
        return []
    facts = {"deduction_bp": deduction, "least_bp": bounds.deduction_least}
    return [Fault(DEDUCTION, facts | {"most_bp": bounds.deduction_most})]


def _within(value: int, least: int | None, most: int | None) -> bool:
    return (least is None or value >= least) and (most is None or value <= most)


def _bp(points: int) -> int:
    return points * (WHOLE_BP // POINTS)
