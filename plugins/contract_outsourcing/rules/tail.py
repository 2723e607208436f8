"""The part of a contract that depends on its score: three scores, their weights, the tiers.

Scores are hundredths of a point (0 to 10,000), weights and factors hundredths of a percent. The
score of a contract stays an exact fraction; only the amount is rounded, down to the fen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from plugins.contract_outsourcing.rules.terms import Tier

BP, HIGHEST = 10_000, 10_000


def mean(scores: Sequence[int]) -> int:
    """Return the mean of whole points in hundredths of a point, half up; `scores` is not empty."""
    total, count = 100 * sum(scores), len(scores)
    return (2 * total + count) // (2 * count)


def total(centipoints: Mapping[str, int], weights_bp: Mapping[str, int]) -> Fraction:
    """Return the weighted score in hundredths of a point, exact; every side has been scored."""
    return sum(
        (Fraction(centipoints[side] * weight, BP) for side, weight in weights_bp.items()),
        Fraction(0),
    )


def missing(centipoints: Mapping[str, int], weights_bp: Mapping[str, int]) -> list[str]:
    """Return the sides that have a weight and have not scored yet, in the weights' order."""
    return [side for side, weight in weights_bp.items() if weight and side not in centipoints]


def factor(score: Fraction, tiers: Iterable[Tier]) -> int:
    """Return the factor (bp) of the tier a score lies in; below the lowest tier nothing is paid.

    Tiers are half open: a score of 89.999 lies below a tier that begins at 90.
    """
    reached = [tier for tier in tiers if score >= tier.from_centipoints]
    return max(reached, key=lambda tier: tier.from_centipoints).factor_bp if reached else 0


def payable(amount_fen: int, factor_bp: int) -> int:
    """Return what a factor leaves of the tail, rounded down to the fen."""
    return amount_fen * factor_bp // BP


def shown(score: Fraction) -> str:
    """Return a score in points with two decimals, half up, as people read it."""
    hundredths = (2 * score.numerator + score.denominator) // (2 * score.denominator)
    return f"{hundredths // 100}.{hundredths % 100:02d}"
