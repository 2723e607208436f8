"""The voucher's acts and permissions: what a page can do, a program can do."""

from __future__ import annotations

from plugins.voucher.api import programmes, settlement, uses, vouchers
from plugins.voucher.api.permissions import PERMISSIONS

ACTS = [*programmes.ACTS, *vouchers.ACTS, *uses.ACTS, *settlement.ACTS]

__all__ = ["ACTS", "PERMISSIONS"]
