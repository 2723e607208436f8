"""A key of 32 bytes split among three so that any two have it and one alone knows nothing.

The shares are points of a straight line over a prime field (Shamir's scheme, two of three): the
key is where the line starts, its slope is chosen at random. Through one point go lines from every
key there is.
"""

from __future__ import annotations

from collections.abc import Mapping

KEY_BYTES = 32
HOLDERS = (1, 2, 3)
# The least prime above every key.
PRIME = 2**256 + 297


def split(key: bytes, slope: int) -> dict[int, int]:
    """Return the three shares of a key by holder; `slope` is a random number below `PRIME`.

    Raises ValueError for a key of another length.
    """
    if len(key) != KEY_BYTES:
        message = f"a key has {KEY_BYTES} bytes"
        raise ValueError(message)
    start = int.from_bytes(key)
    return {holder: (start + slope * holder) % PRIME for holder in HOLDERS}


def join(shares: Mapping[int, int]) -> bytes | None:
    """Return the key that two shares belong to, None where they do not fit together.

    Any two shares meet in some key; whether it is the right one only its use tells. Raises
    ValueError for other than two.
    """
    (one, here), (other, there) = shares.items()
    slope = (there - here) * pow(other - one, -1, PRIME) % PRIME
    start = (here - slope * one) % PRIME
    return start.to_bytes(KEY_BYTES) if start < 2 ** (8 * KEY_BYTES) else None
