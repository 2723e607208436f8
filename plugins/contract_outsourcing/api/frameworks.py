"""Acts on frameworks."""

from __future__ import annotations

from core.acts import Act

ACTS: list[Act] = []
