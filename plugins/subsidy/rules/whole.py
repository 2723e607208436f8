"""How an exact amount becomes whole fen, and how a sum is cut so that every fen goes somewhere.

Exact amounts are fractions of fen; nothing is rounded but here, once, at the point a rule names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

PPM = 1_000_000
BP = 10_000


def half_up(value: Fraction) -> int:
    """Return the whole number nearest to a fraction that is not negative, halves up."""
    return (value.numerator * 2 + value.denominator) // (value.denominator * 2)


def down(value: Fraction) -> int:
    """Return the largest whole number that is not above a fraction."""
    return value.numerator // value.denominator


def apportion(total: int, weights: Sequence[int]) -> list[int]:
    """Return the parts of a sum (fen) in proportion to weights, by largest remainder.

    Each part is rounded down; the fen that are left go to the largest remainders, ties to the
    earlier part. Raises ValueError where there is something to give and no weight to give it by.
    """
    whole = sum(weights)
    if not whole:
        if total:
            message = "a sum needs a weight to be cut by"
            raise ValueError(message)
        return [0] * len(weights)
    parts = [total * weight // whole for weight in weights]
    by_remainder = sorted(
        range(len(parts)), key=lambda place: (-(total * weights[place] % whole), place)
    )
    for place in by_remainder[: total - sum(parts)]:
        parts[place] += 1
    return parts


def fit(wanted: Mapping[int, int], most: int | None) -> dict[int, int]:
    """Return what everybody gets (fen) of a pool: all where it suffices, else pro rata.

    Pro rata goes by largest remainder, ties to the earlier id. `most` None: no limit.
    """
    ids = sorted(wanted)
    if most is None or sum(wanted.values()) <= most:
        return {one: wanted[one] for one in ids}
    return dict(zip(ids, apportion(most, [wanted[one] for one in ids]), strict=True))
