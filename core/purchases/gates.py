"""The gates a plan passes that others keep: purchaser, catalogue, legal numbers, duties, years."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask_babel import gettext as _

from core.access import Actor
from core.budget import BudgetLine
from core.errors import InvalidInput, RuleBroken
from core.parties import Organisation, require_organisation
from core.purchases.models import Purchase

# --- for the merge: each body below gives way to one call of the module it names ---------------


@dataclass(frozen=True)
class Item:
    """What a plan needs to know of a catalogue item."""

    id: int
    code: str
    name: str
    category: str


_NUMBERS = {
    "tender.limit_fen": 200_000_000,
    "plan.consultation_days": 7,
}
_ITEMS = {
    number: Item(number, code, name, code[0])
    for number, (code, name) in enumerate(
        [
            ("A07", "养老服务"),
            ("A01", "公共教育"),
            ("A16", "环境保护"),
            ("B04", "法律援助"),
            ("E01", "法律服务"),
        ],
        start=1,
    )
}
_NEGATIVE = Item(99, "N05", "行政执法", "N")


def require_purchaser(organisation_id: int, *, on: date, by_analogy: bool = False) -> None:
    """Refuse PURCHASER_NOT_ELIGIBLE (core.purchasers.require_purchaser)."""
    organisation = require_organisation(organisation_id)
    if organisation.kind == "purchaser" and (by_analogy or " hospital " not in organisation.tags):
        return
    raise RuleBroken(
        "PURCHASER_NOT_ELIGIBLE",
        _(
            "%(name)s不能作为购买主体（%(day)s 适用的规则）。请由主管的行政机关购买。",
            name=organisation.name,
            day=on,
        ),
        basis="政府购买服务管理办法第五条、第八条",
    )


def require_buyable(
    item_id: int, *, organisation: Organisation, on: date, name: str = "", content: str = ""
) -> Item:
    """Return a catalogue item that may be bought (core.catalogue.require_buyable).

    `name` and `content` are the plan's own words, which the negative list is held against, too.
    """
    if item_id == _NEGATIVE.id or "行政执法" in f"{name}{content}":
        raise RuleBroken(
            "NEGATIVE_LIST_HIT",
            _(
                "“%(item)s”在负面清单内，%(name)s不得购买（%(day)s 适用）。应当由政府直接履行。",
                item=_NEGATIVE.name,
                name=organisation.name,
                day=on,
            ),
            basis="政府购买服务管理办法第十条",
        )
    found = _ITEMS.get(item_id)
    if found is None:
        raise InvalidInput(
            _("指导性目录里没有这一项，请从目录中选择。"),
            errors={"catalogue_item_id": [_("请从列出的选项中选择")]},
        )
    return found


def items_on(division_code: str, on: date) -> list[Item]:  # noqa: ARG001 - core.catalogue.items_on
    """Return what the catalogue of a division offers on a day."""
    return list(_ITEMS.values())


def item_name(item_id: int) -> str:
    """Return an item's name, whatever became of it since."""
    found = _ITEMS.get(item_id)
    return found.name if found else str(item_id)


def number(code: str, *, on: date, division_code: str) -> int:  # noqa: ARG001 - core.rulepack.value
    """Return a legal number of the rule pack in force on a day."""
    return _NUMBERS[code]


def rule_set(on: date) -> str:
    """Return which texts hold on a day, "2014" or "102" (core.rulepack: purchase.rule_set)."""
    return "2014" if on < date(2020, 3, 1) else "102"


def warn_of_double_funding(actor: Actor, organisation_id: int, code: str, year: int) -> None:
    """Record that a unit is paid already to do what it plans to buy (core.duties.warn)."""


def require_cleared(
    organisation_id: int, code: str, year: int, *, maker_id: int | None = None
) -> None:
    """Refuse DOUBLE_FUNDING until finance has cleared it (core.duties.require_cleared)."""


def oblige(actor: Actor, purchase: Purchase) -> None:
    """Record what a filed plan will need of later years (core.years.forward.add)."""


def release_obligations(purchase: Purchase) -> None:
    """Drop what was recorded of later years (core.years.forward.cancel, for the open ones)."""


def is_closed(line: BudgetLine) -> bool:  # noqa: ARG001 - core.years: line.closed_on
    """Tell whether a line's fiscal year is closed, so that nothing more may be drawn from it."""
    return False
