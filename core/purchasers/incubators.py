"""Incubators of social organisations (孵化基地) on their levels, and whom they foster."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core import audit, clock
from core.access import Actor, fetch
from core.db import Id, Instant, db
from core.divisions import LEVELS, Division, require_division
from core.errors import Conflict, InvalidInput
from core.parties import Organisation, require_organisation

INCUBATOR, MANAGE = "incubator", "incubator.manage"


class Incubator(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """An incubator of a province, city or county; its level is its division's."""

    __tablename__ = INCUBATOR
    __table_args__ = (UniqueConstraint("division_code", "name"),)
    __scope__ = {"purchaser": "division_code", "division": "division_code"}
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"))
    since_on: Mapped[date]
    document: Mapped[str] = mapped_column(Text)
    made_by: Mapped[int | None] = mapped_column(Id)
    made_at: Mapped[datetime] = mapped_column(Instant)


class IncubatorFostering(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A provider that an incubator fosters, from a day on."""

    __tablename__ = "incubator_fostering"
    incubator_id: Mapped[int] = mapped_column(ForeignKey("incubator.id"), primary_key=True)
    provider_id: Mapped[int] = mapped_column(
        ForeignKey("organisation.id"), primary_key=True, autoincrement=False
    )
    from_on: Mapped[date]


def add(
    actor: Actor, *, name: str, division_code: str, since_on: date, document: str
) -> dict[str, Any]:
    """Register an incubator of a province, city or county."""
    division = require_division(division_code)
    if division.level == LEVELS[-1]:
        raise InvalidInput(
            _("孵化基地按省、市、县三级登记，请选所属的县或以上区划。"),
            errors={"division_code": [_("不能是乡镇街道")]},
        )
    known = db.select(Incubator.id).filter_by(division_code=division.code, name=name)
    if db.session.scalar(known):
        raise Conflict("INCUBATOR_EXISTS", _("“%(name)s”已经登记，不必重复登记。", name=name))
    row = Incubator(
        name=name,
        division_code=division.code,
        since_on=since_on,
        document=document,
        made_by=actor.user_id,
        made_at=clock.now(),
    )
    db.session.add(row)
    db.session.flush()
    # Only within the area one answers for.
    fetch(Incubator, row.id, actor, MANAGE)
    audit.about(INCUBATOR, row.id, document)
    return {"id": row.id, "name": row.name, "level": division.level}


def foster(actor: Actor, *, id: int, provider_id: int, from_on: date) -> dict[str, Any]:  # noqa: A002 - the field
    """Record that an incubator fosters a provider from a day on."""
    row = fetch(Incubator, id, actor, MANAGE)
    provider = require_organisation(provider_id)
    if provider.kind != "provider":
        raise InvalidInput(
            _("“%(name)s”不是承接主体。", name=provider.name),
            errors={"provider_id": [_("请选承接主体")]},
        )
    if db.session.get(IncubatorFostering, (row.id, provider.id)) is not None:
        raise Conflict("FOSTERING_EXISTS", _("“%(name)s”已登记在册。", name=provider.name))
    db.session.add(
        IncubatorFostering(incubator_id=row.id, provider_id=provider.id, from_on=from_on)
    )
    db.session.flush()
    audit.about(INCUBATOR, row.id, provider.name)
    return {"id": row.id, "provider_id": provider.id}


def register(actor: Actor) -> dict[str, Any]:  # noqa: ARG001 - a public register, for all who see parties
    """Return the incubators from the province down, each with the providers it fosters."""
    rows = db.session.execute(
        db.select(Incubator, Division)
        .join(Division, Division.code == Incubator.division_code)
        .order_by(Division.path, Incubator.id)
    ).all()
    fostered: dict[int, list[str]] = {}
    for number, name in db.session.execute(
        db.select(IncubatorFostering.incubator_id, Organisation.name)
        .join(Organisation, Organisation.id == IncubatorFostering.provider_id)
        .order_by(IncubatorFostering.from_on, Organisation.id)
    ):
        fostered.setdefault(number, []).append(name)
    items = [
        {
            "id": row.id,
            "name": row.name,
            "level": division.level,
            "division_code": division.code,
            "division": division.name,
            "since_on": row.since_on.isoformat(),
            "document": row.document,
            "providers": fostered.get(row.id, []),
        }
        for row, division in rows
    ]
    levels = {level: sum(one["level"] == level for one in items) for level in LEVELS[:-1]}
    return {"items": items, "levels": levels}
