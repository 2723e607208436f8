"""Which authority a trade association hangs on, and since when it no longer does (脱钩)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import CheckConstraint, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core import audit, clock
from core.access import Actor, fetch
from core.db import Id, Instant, db
from core.errors import Conflict, InvalidInput, NotFound, RuleBroken
from core.parties import Organisation, require_organisation
from core.purchasers.kinds import RECORD

PLAN = "行业协会商会与行政机关脱钩总体方案（中办发〔2015〕39号）"


class AssociationTie(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """An association and the authority that runs it; cut from `decoupled_on` on, kept for good."""

    __tablename__ = "association_tie"
    __table_args__ = (
        UniqueConstraint("association_id", "authority_id"),
        CheckConstraint("association_id <> authority_id", name="two_parties"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    association_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    authority_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    document: Mapped[str] = mapped_column(Text)
    recorded_by: Mapped[int | None] = mapped_column(Id)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    decoupled_on: Mapped[date | None]
    decoupled_document: Mapped[str | None] = mapped_column(Text)
    decoupled_by: Mapped[int | None] = mapped_column(Id)


def couple(
    actor: Actor, *, organisation_id: int, authority_id: int, document: str
) -> dict[str, Any]:
    """Record that an association hangs on an authority (业务主管单位)."""
    association = fetch(Organisation, organisation_id, actor, RECORD)
    authority = require_organisation(authority_id)
    if association.kind != "provider" or authority.kind == "provider":
        raise InvalidInput(
            _("协会商会须是承接主体，主管单位须是机关。"),
            errors={"authority_id": [_("请选主管单位")]},
        )
    if tie(association.id, authority.id) is not None:
        raise Conflict("TIE_RECORDED", _("这一主管关系已经登记，不必重复登记。"))
    row = AssociationTie(
        association_id=association.id,
        authority_id=authority.id,
        document=document,
        recorded_by=actor.user_id,
        recorded_at=clock.now(),
    )
    db.session.add(row)
    db.session.flush()
    audit.about("organisation", association.id, document)
    return {"id": row.id, "organisation_id": association.id, "authority_id": authority.id}


def decouple(
    actor: Actor, *, organisation_id: int, authority_id: int, decoupled_on: date, document: str
) -> dict[str, Any]:
    """Record from which day on an association is cut loose from its authority, once for good."""
    association = fetch(Organisation, organisation_id, actor, RECORD)
    row = tie(association.id, authority_id)
    if row is None:
        raise NotFound("NOT_FOUND", _("没有登记过这个主管单位，请先登记主管关系。"))
    if row.decoupled_on is not None:
        raise Conflict(
            "TIE_CUT", _("已登记自 %(day)s 起脱钩，不必重复登记。", day=row.decoupled_on)
        )
    row.decoupled_on = decoupled_on
    row.decoupled_document = document
    row.decoupled_by = actor.user_id
    audit.about("organisation", association.id, document)
    return {"id": row.id, "decoupled_on": decoupled_on.isoformat()}


def tie(association_id: int, authority_id: int) -> AssociationTie | None:
    """Return the tie of an association to an authority, cut or not; None where there never was."""
    found: AssociationTie | None = db.session.scalar(
        db.select(AssociationTie).filter_by(
            association_id=association_id, authority_id=authority_id
        )
    )
    return found


def ties_of(association_id: int) -> list[dict[str, Any]]:
    """Return the authorities of an association with the day on which each tie was cut."""
    rows = db.session.execute(
        db.select(AssociationTie, Organisation.name)
        .join(Organisation, Organisation.id == AssociationTie.authority_id)
        .where(AssociationTie.association_id == association_id)
        .order_by(AssociationTie.id)
    )
    return [
        {
            "authority_id": row.authority_id,
            "authority": name,
            "document": row.decoupled_document or row.document,
            "decoupled_on": row.decoupled_on.isoformat() if row.decoupled_on else None,
        }
        for row, name in rows
    ]


def refuse_coupled(provider_id: int, purchaser_id: int, *, on: date) -> None:
    """Refuse CONFLICT_OF_INTEREST where a purchaser would choose an association of its own."""
    row = tie(provider_id, purchaser_id)
    if row is None or (row.decoupled_on is not None and row.decoupled_on <= on):
        return
    day = row.decoupled_on
    since = _("自 %(day)s 起才脱钩", day=day) if day else _("还没有脱钩")
    raise RuleBroken(
        "CONFLICT_OF_INTEREST",
        _(
            "“%(name)s”的主管单位是“%(authority)s”，%(since)s，"
            "主管单位不得选它承接自己的项目。请另选承接主体，或在脱钩并登记以后再办理。",
            name=require_organisation(provider_id).name,
            authority=require_organisation(purchaser_id).name,
            since=since,
        ),
        basis=PLAN,
        provider_id=provider_id,
        authority_id=purchaser_id,
    )
