"""Staff pages of the voucher: programmes, admissions, vouchers, redemptions, statements."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from core.web.menu import MenuItem
from plugins.voucher.pages.staff import (
    admissions,
    cards,
    charts,
    defining,
    flows,
    issuing,
    objections,
    programmes,
    proofs,
    recoveries,
    redemptions,
    reversals,
    statements,
    vouchers,
    waiting,
)
from plugins.voucher.pages.staff.mount import blueprint

__all__ = ["MENU", "PAGES", "blueprint"]

# Naming the modules here is what hangs their pages on the blueprint.
PAGES = (
    programmes,
    defining,
    charts,
    flows,
    admissions,
    vouchers,
    issuing,
    cards,
    recoveries,
    redemptions,
    proofs,
    reversals,
    statements,
    objections,
)

# `programme.view` is what all office, finance and audit people carry, and no provider.
MENU: list[tuple[str, MenuItem]] = [
    (
        "programme.view",
        MenuItem(
            "what",
            _("凭单项目"),
            "voucher_staff.programmes.index",
            20,
            waiting=waiting.programmes,
        ),
    ),
    (
        "programme.view",
        MenuItem("from_whom", _("准入"), "voucher_staff.admissions.index", 20),
    ),
    (
        "voucher.view",
        MenuItem(
            "how",
            _("凭单"),
            "voucher_staff.vouchers.index",
            20,
            waiting=waiting.vouchers,
        ),
    ),
    (
        "programme.view",
        MenuItem(
            "how",
            _("核销"),
            "voucher_staff.redemptions.index",
            30,
            waiting=waiting.redemptions,
        ),
    ),
    (
        "programme.view",
        MenuItem(
            "how",
            _("对账"),
            "voucher_staff.statements.index",
            40,
            waiting=waiting.statements,
        ),
    ),
]
