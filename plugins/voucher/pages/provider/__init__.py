"""A provider manager's pages: services, offices, clerks and tills, statements and payments."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from core.web.menu import MenuItem
from plugins.voucher.pages.provider import money, overview, people, places, statements
from plugins.voucher.pages.provider.mount import MANAGES, blueprint

__all__ = ["MENU", "blueprint", "money", "overview", "people", "places", "statements"]

MENU: list[tuple[str, MenuItem]] = [
    (MANAGES, MenuItem("what", _("服务与价格"), "voucher_provider.services.index", 10)),
    (MANAGES, MenuItem("from_whom", _("本店概况"), "voucher_provider.overview", 10)),
    (MANAGES, MenuItem("from_whom", _("网点"), "voucher_provider.offices.index", 30)),
    (MANAGES, MenuItem("from_whom", _("店员"), "voucher_provider.clerks.index", 40)),
    (MANAGES, MenuItem("from_whom", _("终端"), "voucher_provider.tills.index", 50)),
    (MANAGES, MenuItem("how", _("核销记录"), "voucher_provider.redemptions", 30)),
    (
        MANAGES,
        MenuItem(
            "how",
            _("对账单"),
            "voucher_provider.statements.index",
            40,
            waiting=statements.waiting,
        ),
    ),
    (
        MANAGES,
        MenuItem("how", _("收款"), "voucher_provider.payments.index", 50, waiting=money.waiting),
    ),
    (MANAGES, MenuItem("how", _("收款账户"), "voucher_provider.accounts.index", 60)),
]
