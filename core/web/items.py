"""The core's own pages in the menu."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from flask_babel import gettext as _

from core.access import Actor
from core.web.menu import DOOR, MenuItem, Todo
from core.web.waiting import catalogues, money, offices, purchases, rules, years

Waiting: TypeAlias = Callable[[Actor], list[Todo]]


def core_items(actor: Actor) -> list[MenuItem]:
    """Return the core's pages that a person may open."""
    offered: list[tuple[str, str, str, str, int, Waiting | None]] = [
        ("party.view", "who_buys", _("单位"), "parties.index", 10, offices.parties),
        ("duty.view", "who_buys", _("职责与岗位"), "duties.index", 20, offices.double_funding),
        ("handover.view", "who_buys", _("职能转移"), "handovers.index", 25, None),
        ("budget.view", "who_buys", _("养人与办事"), "virement.staff", 30, None),
        ("access.view", "who_buys", _("人员与岗位"), "people.index", 90, None),
        ("catalogue.view", "what", _("指导性目录"), "catalogues.index", 10, catalogues.catalogues),
        ("negative.view", "what", _("负面清单"), "negative.index", 20, catalogues.negative_list),
        ("resident.view", "what", _("居民名单"), "residents.index", 40, None),
        ("demand.view", "what", _("点菜菜单"), "demands.menus", 50, purchases.menus),
        ("demand.view", "what", _("居民需求"), "demands.index", 55, purchases.demands),
        ("budget.view", "how", _("预算指标"), "budget.index", 10, None),
        ("budget.view", "how", _("专项资金"), "funds.index", 12, None),
        ("purchase.view", "how", _("购买计划"), "purchases.index", 15, purchases.plans),
        ("budget.view_transfers", "how", _("指标调剂"), "virement.index", 15, money.line_transfers),
        ("settlement.view", "how", _("支付批次"), "settlement.index", 60, money.settlement),
        ("clawback.view", "how", _("追回"), "clawbacks.index", 70, money.clawbacks),
        ("debt.view", "how", _("待落实预算"), "debts.index", 72, years.debts),
        ("due.view", "how", _("到期事项"), "deadlines.index", 75, rules.due),
        ("budget.view", "how", _("凭证"), "audit.journals", 80, None),
        ("budget.view", "how", _("会计期间"), "periods.index", 85, None),
        ("year.view", "how", _("财政年度"), "years.index", 86, years.years),
        ("rulepack.view", "how", _("法定数值"), "rulepack.index", 95, rules.proposed),
        ("rulepack.view", "how", _("工作日历"), "calendar.index", 96, None),
        ("audit.view", "worth", _("留痕与核验"), "audit.index", 90, None),
    ]
    items = [
        MenuItem(group, label, endpoint, place, waiting=waiting)
        for permission, group, label, endpoint, place, waiting in offered
        if actor.may(permission)
    ]
    return [*_doors(), *items]


def _doors() -> list[MenuItem]:
    """Return the core's pages that are for everybody."""
    return [
        MenuItem(
            DOOR,
            _("我要点菜"),
            "orders.menu_page",
            30,
            hint=_("看政府能买什么服务，点您需要的，看安排了没有。"),
        ),
        MenuItem(
            DOOR,
            _("政府打算买什么"),
            "plans.index",
            40,
            hint=_("公开的购买计划和预算，正在征求意见的可以提意见。"),
        ),
        MenuItem(
            DOOR,
            _("政府买什么"),
            "public_catalogue.index",
            80,
            hint=_("查指导性目录，给正在征求意见的目录提意见"),
        ),
    ]
