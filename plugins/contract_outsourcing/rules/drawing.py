"""Drawing lots that anybody can repeat: a seed puts numbers in an order that nobody chose."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable


def in_order(numbers: Iterable[int], seed: str) -> list[int]:
    """Return numbers in the order a seed gives them, however they were listed before.

    Each stands by the SHA-256 of "seed:number", written in hexadecimal: whoever knows the seed
    and the list finds the same order with any tool.
    """
    return sorted(set(numbers), key=lambda number: (_mark(seed, number), number))


def draw(candidates: Iterable[int], count: int, seed: str) -> list[int]:
    """Return the first `count` of the candidates in a seed's order."""
    return in_order(candidates, seed)[:count]


def _mark(seed: str, number: int) -> str:
    return hashlib.sha256(f"{seed}:{number}".encode()).hexdigest()
