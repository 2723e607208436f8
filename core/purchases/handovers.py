"""Functions handed over to society (转移职能): confirmed by the staffing office, then bought."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import CheckConstraint, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core import audit, clock, spent
from core.access import Actor, fetch, scoped
from core.catalogue import CatalogueItem, handed_over_on
from core.db import Id, Instant, db
from core.errors import Conflict, InvalidInput, RuleBroken
from core.parties import Organisation, require_organisation
from core.purchasers import kind_name
from core.purchases.models import PUBLISHED, Purchase

HANDOVER, CONFIRM, VIEW = "handover", "handover.confirm", "handover.view"
# Whoever may take a function over is none of those who hand functions over.
RECEIVING = (
    "social_organisation",
    "enterprise",
    "institution",
    "mass_organisation",
    "trade_registered",
    "self_governing",
    "rural_collective",
    "cooperative",
)


class Handover(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A function that a unit handed over from a day on: to a named organisation, or to a kind.

    `item_code` and `name` are those of the catalogue of functions handed over on that day.
    """

    __tablename__ = HANDOVER
    __table_args__ = (
        UniqueConstraint("organisation_id", "item_code"),
        CheckConstraint("(to_organisation_id IS NULL) <> (to_kind IS NULL)", name="to_one"),
    )
    __scope__ = {"purchaser": "organisation_id", "division": "division_code"}
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    catalogue_item_id: Mapped[int] = mapped_column(Id)
    item_code: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"))
    to_organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    to_kind: Mapped[str | None] = mapped_column(Text)
    from_on: Mapped[date]
    document: Mapped[str] = mapped_column(Text)
    confirmed_by: Mapped[int | None] = mapped_column(Id)
    confirmed_at: Mapped[datetime] = mapped_column(Instant)


def confirm(
    actor: Actor,
    *,
    organisation_id: int,
    catalogue_item_id: int,
    from_on: date,
    document: str,
    to_organisation_id: int | None = None,
    to_kind: str | None = None,
) -> dict[str, Any]:
    """Confirm that a unit hands a function over, under the document that says so.

    Refuses HANDOVER_NOT_LISTED for what no catalogue of functions handed over lists on that day.
    """
    organisation = fetch(Organisation, organisation_id, actor, CONFIRM)
    if (to_organisation_id is None) == (to_kind is None):
        raise InvalidInput(
            _("请填写承接这项职能的单位或单位类别，二者选一。"),
            errors={"to_organisation_id": [_("二者选一")]},
        )
    if to_organisation_id is not None:
        _refuse_receiver(require_organisation(to_organisation_id))
    item = _listed(organisation, catalogue_item_id, from_on)
    known = db.select(Handover).filter_by(organisation_id=organisation.id, item_code=item.code)
    if (earlier := db.session.scalar(known)) is not None:
        raise Conflict(
            "HANDOVER_CONFIRMED",
            _("“%(name)s”已确认自 %(day)s 起转移。", name=item.name, day=earlier.from_on),
        )
    row = Handover(
        catalogue_item_id=item.id,
        item_code=item.code,
        name=item.name,
        organisation_id=organisation.id,
        division_code=organisation.division_code,
        to_organisation_id=to_organisation_id,
        to_kind=to_kind,
        from_on=from_on,
        document=document,
        confirmed_by=actor.user_id,
        confirmed_at=clock.now(),
    )
    db.session.add(row)
    db.session.flush()
    audit.about(HANDOVER, row.id, document)
    return {"id": row.id, "item_code": row.item_code, "from_on": from_on.isoformat()}


def refuse_foreign(purchase: Purchase) -> None:
    """Refuse HANDOVER_MISMATCH for a plan that follows from another unit's hand-over, or none."""
    if purchase.handover_id is None:
        return
    row = db.session.get(Handover, purchase.handover_id)
    if (
        row is None
        or row.organisation_id != purchase.organisation_id
        or row.from_on > purchase.starts_on
    ):
        raise RuleBroken(
            "HANDOVER_MISMATCH",
            _("所选的职能转移不是本单位的，或在服务期开始时还没有生效。请重新选择。"),
            handover_id=purchase.handover_id,
        )


def handovers(actor: Actor, *, year: int | None = None) -> dict[str, Any]:
    """Return functions handed over, how many a year, and what was bought of them (fen).

    Of a year, or of all. Figures are what the ledger holds for the purchases that follow from a
    hand-over: reserved, committed, owed and paid. What is bought by analogy counts for nothing.
    """
    rows = list(db.session.scalars(scoped(Handover, actor, VIEW).order_by(Handover.from_on.desc())))
    counts = Counter(row.from_on.year for row in rows)
    chosen = [row for row in rows if year is None or row.from_on.year == year]
    bought = _purchases({row.id for row in chosen})
    money = spent.by_purchase(one.id for found in bought.values() for one in found)
    names = _names(chosen)
    items = [
        {
            "id": row.id,
            "item_code": row.item_code,
            "name": row.name,
            "organisation": names[row.organisation_id],
            "to": names[row.to_organisation_id]
            if row.to_organisation_id
            else kind_name(row.to_kind or ""),
            "from_on": row.from_on.isoformat(),
            "document": row.document,
            "purchases": [{"id": one.id, "number": one.number} for one in bought.get(row.id, ())],
            "bought_fen": sum(money[one.id]["total"] for one in bought.get(row.id, ())),
            "paid_fen": sum(money[one.id]["disbursed"] for one in bought.get(row.id, ())),
        }
        for row in chosen
    ]
    return {
        "year": year,
        "years": [{"year": one, "functions": counts[one]} for one in sorted(counts, reverse=True)],
        "items": items,
        "total": {name: sum(one[name] for one in items) for name in ("bought_fen", "paid_fen")},
    }


def of_unit(organisation_ids: list[int]) -> list[tuple[int, str]]:
    """Return the hand-overs of units, for a plan to name one."""
    rows = db.session.scalars(
        db.select(Handover)
        .where(Handover.organisation_id.in_(organisation_ids))
        .order_by(Handover.id)
    )
    return [(row.id, f"{row.item_code} {row.name}") for row in rows]


def _listed(organisation: Organisation, item_id: int, on: date) -> CatalogueItem:
    for item in handed_over_on(organisation.division_code, on):
        if item.id == item_id:
            return item
    raise RuleBroken(
        "HANDOVER_NOT_LISTED",
        _("%(day)s 有效的转移职能目录里没有这一项。请先把它列入转移职能目录并公布。", day=on),
        catalogue_item_id=item_id,
    )


def _refuse_receiver(receiver: Organisation) -> None:
    if receiver.kind != "provider":
        raise InvalidInput(
            _("“%(name)s”不是承接主体，不能承接转移的职能。", name=receiver.name),
            errors={"to_organisation_id": [_("请选承接主体")]},
        )


def _purchases(handover_ids: set[int]) -> dict[int, list[Purchase]]:
    found: dict[int, list[Purchase]] = {}
    for one in db.session.scalars(
        db.select(Purchase)
        .where(Purchase.handover_id.in_(handover_ids), Purchase.state.in_(PUBLISHED))
        .where(~Purchase.by_analogy)
        .order_by(Purchase.id)
    ):
        found.setdefault(one.handover_id or 0, []).append(one)
    return found


def _names(rows: list[Handover]) -> dict[int | None, str]:
    numbers = {number for row in rows for number in (row.organisation_id, row.to_organisation_id)}
    found = db.session.execute(
        db.select(Organisation.id, Organisation.name).where(Organisation.id.in_(numbers - {None}))
    )
    return {row.id: row.name for row in found}
