"""Acts on performance."""

from __future__ import annotations

from core.acts import Act

ACTS: list[Act] = []
