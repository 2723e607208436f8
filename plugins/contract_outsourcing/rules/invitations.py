"""Drawing whom to invite: by lot, and so that anybody can draw again and get the same."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable


def drawn(candidates: Iterable[int], count: int, seed: str) -> list[int]:
    """Return `count` of the candidates in the order of their lots.

    A lot is the SHA-256 of the seed with the candidate's number; who knows both can check it.
    """
    return sorted(set(candidates), key=lambda number: _lot(seed, number))[:count]


def _lot(seed: str, number: int) -> str:
    return hashlib.sha256(f"{seed}:{number}".encode()).hexdigest()
