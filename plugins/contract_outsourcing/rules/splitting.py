"""How a sum is cut into shares: every fen goes somewhere, and the same shares always get the same.

Shares are basis points of the whole. Each part is rounded down; the fen that are left go to the
largest remainders, ties to the earlier part.
"""

from __future__ import annotations

from collections.abc import Sequence

BP = 10_000


def split(total_fen: int, shares_bp: Sequence[int]) -> list[int]:
    """Return the parts (fen) of a sum by shares that make 10,000 basis points."""
    assert sum(shares_bp) == BP, "shares make the whole"  # noqa: S101 - the terms say so
    parts = [total_fen * share // BP for share in shares_bp]
    left = total_fen - sum(parts)
    by_remainder = sorted(
        range(len(parts)), key=lambda place: (-(total_fen * shares_bp[place] % BP), place)
    )
    for place in by_remainder[:left]:
        parts[place] += 1
    return parts
