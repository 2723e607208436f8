"""The demo county's two voucher programmes, made through the acts only."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.demo import World


def load(world: World) -> None:
    """Add the education voucher and the elder-care voucher with two months of use."""
