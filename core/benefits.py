"""One purpose is not paid for twice: what the forms of purchase already do for a party.

Whoever grants something asks all components, whatever their form, whether the same catalogue item
is already supported for the same party in days that overlap. Only terms that say so let two acts
stand side by side, and both have to.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Select

from core.catalogue import CatalogueItem
from core.db import db
from core.errors import RuleBroken
from core.formats import yuan_text
from core.parties import Organisation, Party
from core.plugins import ask
from core.purchases import Purchase

BASIS = "财政违法行为处罚处分条例第十四条"


@dataclass(frozen=True)
class Purpose:
    """What is supported: an item of the catalogue, on these days (inclusive)."""

    item_code: str
    item: str
    begin: date
    end: date


@dataclass(frozen=True)
class Benefit:
    """What a component does for a party: under which of its acts (`source`), which days, how much.

    `form` and `name` say in words what it is, `number` is what people call it by. `combines`: its
    own terms let it stand beside others. `endpoint` with `values` is its page, opened by
    `permission`.
    """

    component: str
    source: str
    form: str
    name: str
    number: str
    party_id: int
    item_code: str
    begin: date
    end: date
    amount_fen: int
    combines: bool = True
    endpoint: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    permission: str = ""


def purpose_of(purchase_id: int | None, begin: date, end: date) -> Purpose | None:
    """Return what a plan buys, for days of it; None without a plan."""
    row = db.session.execute(
        db.select(CatalogueItem.code, CatalogueItem.name)
        .join(Purchase, Purchase.catalogue_item_id == CatalogueItem.id)
        .where(Purchase.id == purchase_id)
    ).first()
    return Purpose(row.code, row.name, begin, end) if row is not None else None


def plans_of(item_code: str) -> Select[Any]:
    """Return the select of the plans that buy an item, whichever version of the catalogue says it.

    For components that answer.
    """
    query: Select[Any] = db.select(Purchase.id)
    query = query.join(CatalogueItem, CatalogueItem.id == Purchase.catalogue_item_id)
    return query.where(CatalogueItem.code == item_code)


def found(party_ids: Collection[int], purpose: Purpose) -> list[Benefit]:
    """Return what all components do for some parties to a purpose, the earliest first."""
    answers = ask("benefits", party_ids=sorted(set(party_ids)), purpose=purpose)
    return sorted(answers, key=lambda one: (one.begin, one.component, one.number))


def refuse_double(
    party_ids: Collection[int],
    purpose: Purpose | None,
    *,
    component: str,
    source: str,
    combines: bool = True,
) -> None:
    """Refuse DOUBLE_BENEFIT where another act does the same for one of some parties.

    For the act that grants, under terms of its own: `component` and `source` as it would answer
    itself, `combines` as its terms say. A form that has no such terms leaves it to the other's. Of
    two that grant to the same party at once the second waits and hears of the first.
    """
    if purpose is None or not party_ids:
        return
    locked = db.select(Party.id).where(Party.id.in_(party_ids)).order_by(Party.id)
    db.session.execute(locked.with_for_update(key_share=True)).all()
    for other in found(party_ids, purpose):
        if (other.component, other.source) == (component, source):
            continue
        if not (combines and other.combines):
            raise _double(other, purpose)


def _double(other: Benefit, purpose: Purpose) -> RuleBroken:
    return RuleBroken(
        "DOUBLE_BENEFIT",
        _(
            "%(party)s在 %(begin)s 至 %(end)s 已由%(form)s“%(name)s”（%(number)s，%(amount)s）"
            "得到“%(item)s”的支持，同一事项、同一期间不得重复支持。"
            "请核对期间，或由补贴条款写明可以并行享受。",
            party=_called(other.party_id),
            begin=other.begin,
            end=other.end,
            form=other.form,
            name=other.name,
            number=other.number,
            amount=yuan_text(other.amount_fen),
            item=purpose.item,
        ),
        basis=BASIS,
        party_id=other.party_id,
        form=other.component,
        number=other.number,
        period_from=other.begin.isoformat(),
        period_to=other.end.isoformat(),
    )


def _called(party_id: int) -> str:
    """Return how a refusal calls a party; it is kept for good, so no resident's name is in it."""
    organisation = db.session.get(Organisation, party_id)
    return f"“{organisation.name}”" if organisation else _("居民（%(id)s 号）", id=party_id)
