"""The till: scan and sell, services with an end, enrolments, slips and the day; signing in."""

from __future__ import annotations

from plugins.voucher.pages.till import door, enrolments, receipts, selling, visits
from plugins.voucher.pages.till.mount import MENU, blueprint

__all__ = ["MENU", "PAGES", "blueprint"]

# Naming the modules here is what hangs their pages on the blueprint.
PAGES = (door, selling, visits, enrolments, receipts)
