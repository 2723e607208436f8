"""Which catalogue is in force where and when, and whether somebody may buy an item of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask_babel import gettext as _

from core.catalogue import base
from core.catalogue.models import BUY, HAND_OVER, PUBLISHED, SELECT, Catalogue, CatalogueItem
from core.catalogue.negative import refuse_negative
from core.db import db
from core.divisions import LEVELS, Division, require_division
from core.errors import RuleBroken
from core.parties import Organisation

ORDER_102 = "政府购买服务管理办法第十一条"
OWN_DUTIES = "政府购买服务管理办法第二条"


@dataclass(frozen=True)
class Upper:
    """The catalogue above a division: whose it is, its items by code, whether it may be added to.

    Where no division above has published one, it is the general catalogue (`name` says so).
    """

    name: str
    codes: frozenset[str]
    items: dict[str, CatalogueItem]
    only_select: bool = False


def in_force(division_code: str, on: date, kind: str = BUY) -> list[Catalogue]:
    """Return a division's own catalogues in force on a day, one a batch."""
    query = (
        db.select(Catalogue)
        .where(
            Catalogue.division_code == division_code,
            Catalogue.kind == kind,
            Catalogue.state == PUBLISHED,
            Catalogue.valid_from <= on,
        )
        .order_by(Catalogue.valid_from, Catalogue.id)
    )
    newest = {row.batch: row for row in db.session.scalars(query)}
    return [
        row for _batch, row in sorted(newest.items()) if row.valid_to is None or row.valid_to >= on
    ]


def nearest(division_code: str, on: date, kind: str = BUY) -> list[Catalogue]:
    """Return the catalogues that hold for a division on a day: its own, or the nearest above."""
    path = require_division(division_code).path
    for code in reversed(path.strip("/").split("/")):
        if found := in_force(code, on, kind):
            return found
    return []


def items_on(division_code: str, on: date, *, any_level: bool = False) -> list[CatalogueItem]:
    """Return what a division's purchasers may buy on a day, by priority, then by code.

    `any_level` includes what only other levels of division may buy.
    """
    level = require_division(division_code).level
    found = [item for one in nearest(division_code, on) for item in one.items]
    return sorted(
        (item for item in found if any_level or item.may_buy(level)),
        key=lambda item: (not item.has("livelihood"), -item.priority, item.code),
    )


def handed_over_on(division_code: str, on: date) -> list[CatalogueItem]:
    """Return the functions that a division's catalogues in force on a day say are handed over."""
    return [item for one in nearest(division_code, on, HAND_OVER) for item in one.items]


def upper_of(division_code: str, on: date) -> Upper:
    """Return the catalogue above a division on a day: the nearest published, or the general one."""
    codes = require_division(division_code).path.strip("/").split("/")
    for code in reversed(codes[:-1]):
        if found := in_force(code, on):
            items = {item.code: item for one in found for item in one.items}
            return Upper(
                found[-1].name,
                frozenset(items),
                items,
                only_select=any(one.lower_may == SELECT for one in found),
            )
    return Upper(_("通用指导性目录"), frozenset(base.leaves()), {})


def require_under(item: CatalogueItem, upper: Upper) -> None:
    """Refuse an item that stands under no item of the catalogue above, or goes beyond it."""
    code = item.upper_code or item.code
    by_approval = not upper.items and item.category == base.OTHER and item.approval_document
    if code not in upper.codes and not by_approval:
        raise RuleBroken(
            "CATALOGUE_NOT_IN_UPPER",
            _(
                "“%(name)s”在上级“%(upper)s”中没有对应的事项（%(code)s）。下级目录只能在上级目录"
                "范围内编制，请选择对应的上级事项，或删去这一项。",
                name=item.name,
                upper=upper.name,
                code=code,
            ),
            basis=ORDER_102,
            item=item.code,
            upper_code=code,
        )
    above = upper.items.get(code)
    if above is None:
        return
    if upper.only_select and not _same(item, above):
        raise forbidden(upper.name)
    wider = [level for level in LEVELS if item.may_buy(level) and not above.may_buy(level)]
    if wider:
        raise RuleBroken(
            "PURCHASER_LEVEL_MISMATCH",
            _(
                "上级“%(upper)s”没有允许%(levels)s购买“%(name)s”，请按上级目录的购买层级填写。",
                upper=upper.name,
                levels="、".join(level_names()[level] for level in wider),
                name=item.name,
            ),
            basis=OWN_DUTIES,
            item=item.code,
        )


def forbidden(upper_name: str) -> RuleBroken:
    """Return the refusal of a local addition where one may only select."""
    return RuleBroken(
        "CATALOGUE_LEVEL_FORBIDDEN",
        _(
            "上级“%(upper)s”已收回目录编制权限，本级只能从中选用，不能新增或改写事项。"
            "请用“从上级目录选用”，或向上级提出建议。",
            upper=upper_name,
        ),
        basis=ORDER_102,
    )


def _same(item: CatalogueItem, above: CatalogueItem) -> bool:
    names = ("code", "category", "name", "nature", "content")
    return all(getattr(item, name) == getattr(above, name) for name in names)


def codes_of_other_kind(catalogue: Catalogue, on: date) -> set[str]:
    """Return codes and names in the division's catalogue of the other kind on a day."""
    other = HAND_OVER if catalogue.kind == BUY else BUY
    found = [item for one in nearest(catalogue.division_code, on, other) for item in one.items]
    return {item.code for item in found} | {item.name for item in found}


def require_buyable(
    item_id: int, *, organisation: Organisation, on: date, name: str = "", content: str = ""
) -> CatalogueItem:
    """Return a catalogue item that an organisation may buy on a day, else refuse with the article.

    Asked at the plan and again at the notice. A project keeps the version of the catalogue it
    began under, as long as the item still stands in the version in force. `name` and `content`
    are the plan's own words; they too are held against the negative list. Raises RuleBroken:
    SERVICE_NOT_COVERED, PURCHASER_LEVEL_MISMATCH, CATALOGUE_NOT_IN_UPPER, NEGATIVE_LIST_HIT.
    """
    division = require_division(organisation.division_code)
    item = db.session.get(CatalogueItem, item_id)
    current = _in_force_for(item, division, on)
    if item is None or current is None:
        raise _not_covered(item, division, on)
    if not current.may_buy(division.level):
        levels = [level for level in LEVELS if current.may_buy(level)]
        raise RuleBroken(
            "PURCHASER_LEVEL_MISMATCH",
            _(
                "“%(item)s”由%(levels)s购买，%(organisation)s是%(own)s单位，不能购买。"
                "请改由有权的一级购买。",
                item=current.name,
                levels="、".join(level_names()[level] for level in levels),
                organisation=organisation.name,
                own=level_names()[division.level],
            ),
            basis=OWN_DUTIES,
            item=current.code,
            level=division.level,
        )
    require_under(current, upper_of(current.catalogue.division_code, on))
    for what, text in (
        (_("目录事项“%(name)s”", name=current.name), f"{current.name}\n{current.content}"),
        (_("购买内容“%(name)s”", name=name), f"{name}\n{content}"),
    ):
        refuse_negative(text, what=what, on=on, division_code=division.code)
    return item


def _in_force_for(item: CatalogueItem | None, division: Division, on: date) -> CatalogueItem | None:
    """Return the item as it stands on a day in the catalogue that holds for a division."""
    if item is None or item.catalogue.state != PUBLISHED or item.catalogue.kind != BUY:
        return None
    found = [one for one in nearest(division.code, on) for one in one.items]
    same = [one for one in found if one.id == item.id]
    series = (item.catalogue.division_code, item.catalogue.batch)
    return next(
        iter(
            same
            or [
                one
                for one in found
                if one.code == item.code
                and (one.catalogue.division_code, one.catalogue.batch) == series
            ]
        ),
        None,
    )


def _not_covered(item: CatalogueItem | None, division: Division, on: date) -> RuleBroken:
    return RuleBroken(
        "SERVICE_NOT_COVERED",
        _(
            "“%(item)s”不在%(place)s %(on)s 有效的指导性目录中，不得购买。"
            "请从当日有效的目录中选择事项，或先建议列入目录。",
            item=item.name if item else _("所选事项"),
            place=division.name,
            on=on.isoformat(),
        ),
        basis=ORDER_102,
        division=division.code,
        on=on.isoformat(),
    )


def level_names() -> dict[str, str]:
    """Return the words for the levels of division."""
    return {
        "province": _("省级"),
        "city": _("市级"),
        "county": _("县级"),
        "township": _("乡镇级"),
    }


@dataclass(frozen=True)
class Change:
    """What became of one item between two versions: added, removed, or which fields changed."""

    code: str
    name: str
    kind: str
    fields: tuple[str, ...] = ()


def difference(before: list[CatalogueItem], after: list[CatalogueItem]) -> list[Change]:
    """Return what changed from one version's items to another's, in order of code."""
    old, new = ({item.code: item for item in items} for items in (before, after))
    changes = []
    for code in sorted(old.keys() | new.keys()):
        if code not in old:
            changes.append(Change(code, new[code].name, "added"))
        elif code not in new:
            changes.append(Change(code, old[code].name, "removed"))
        elif fields := _changed(old[code], new[code]):
            changes.append(Change(code, new[code].name, "changed", fields))
    return changes


def _changed(old: CatalogueItem, new: CatalogueItem) -> tuple[str, ...]:
    names = "category name nature content levels beneficiary flags dimensions provider_kind".split()
    return tuple(name for name in names if getattr(old, name) != getattr(new, name))
