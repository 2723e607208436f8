"""Providers barred for a time after a failed evaluation or a violation."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _

from core import audit, clock
from core.access import Actor, fetch, scoped
from core.db import db
from core.divisions import Division
from core.errors import Conflict, InvalidInput, RuleBroken
from core.parties import Organisation, require_organisation
from plugins.contract_outsourcing.models import Exclusion

RECORD, VIEW = "exclusion.record", "exclusion.view"
OBJECT = "exclusion"


def record(
    actor: Actor,
    *,
    provider_id: int,
    reason: str,
    from_on: date,
    to_on: date | None = None,
) -> dict[str, Any]:
    """Bar a provider from new procurements and orders from a day, through another or until lifted.

    A purchaser bars it from its own, finance's supervisor from all of the division.
    """
    provider = require_organisation(provider_id)
    if provider.kind != "provider":
        raise InvalidInput(
            _("只能限制承接主体，请重新选择。"), errors={"provider_id": [_("不是承接主体")]}
        )
    if to_on is not None and to_on < from_on:
        raise InvalidInput(_("截止日不能早于起始日。"), errors={"to_on": [_("太早")]})
    grant = actor.holding(RECORD)[0]
    row = Exclusion(
        provider_id=provider_id,
        organisation_id=grant.organisation_id or provider_id,
        division_code=grant.division_code or provider.division_code,
        reason=reason,
        from_on=from_on,
        to_on=to_on,
        made_by=actor.user_id,
        made_at=clock.now(),
    )
    db.session.add(row)
    db.session.flush()
    audit.about(OBJECT, row.id, reason)
    return {"id": row.id}


def lift(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Let a barred provider take part again from today on."""
    row = fetch(Exclusion, id, actor, RECORD)
    yesterday = clock.today() - timedelta(days=1)
    if row.to_on is not None and row.to_on <= yesterday:
        raise Conflict("STATE_CHANGED", _("这项限制已经结束，不必解除。"))
    row.to_on = yesterday
    db.session.flush()
    audit.about(OBJECT, row.id, reason)
    return {"id": row.id, "to_on": yesterday.isoformat()}


def barred(
    provider_id: int, *, organisation_id: int, division_code: str, on: date
) -> Exclusion | None:
    """Return what bars a provider from a purchaser of a division on a day, None if nothing does."""
    path = db.session.scalars(db.select(Division.path).where(Division.code == division_code)).one()
    above = Exclusion.division_code.in_(path.strip("/").split("/"))
    found: Exclusion | None = db.session.scalar(
        db.select(Exclusion)
        .join(Organisation, Organisation.id == Exclusion.organisation_id)
        .where(Exclusion.provider_id == provider_id, Exclusion.from_on <= on)
        .where(db.or_(Exclusion.to_on.is_(None), Exclusion.to_on >= on))
        .where(
            db.or_(
                Exclusion.organisation_id == organisation_id,
                db.and_(Organisation.kind != "purchaser", above),
            )
        )
        .order_by(Exclusion.id)
        .limit(1)
    )
    return found


def refuse_barred(provider_id: int, *, organisation_id: int, division_code: str) -> None:
    """Refuse PROVIDER_SUSPENDED where a provider is barred today, or its registration suspended."""
    today = clock.today()
    provider = require_organisation(provider_id)
    row = barred(
        provider_id, organisation_id=organisation_id, division_code=division_code, on=today
    )
    if row is None and provider.suspended_on is None:
        return
    since = row.from_on if row else provider.suspended_on
    assert since is not None  # noqa: S101 - one of the two
    raise RuleBroken(
        "PROVIDER_SUSPENDED",
        _(
            "%(name)s自 %(since)s 起被暂停承接资格（%(reason)s），不能参加新的采购或接受新的订单。"
            "请选择其他承接主体，或等限制解除。",
            name=provider.name,
            since=since,
            reason=row.reason if row else _("登记已暂停"),
        ),
        basis="政府采购法第七十七条、政府购买服务管理办法第二十七条",
        provider_id=provider_id,
        since=since.isoformat(),
    )


def listed(actor: Actor, *, before: int | None = None, limit: int = 50) -> dict[str, Any]:
    """List who is or was barred, newest first."""
    query = (
        scoped(Exclusion, actor, VIEW)
        .add_columns(Organisation.name)
        .join(Organisation, Organisation.id == Exclusion.provider_id)
        .order_by(Exclusion.id.desc())
    )
    if before is not None:
        query = query.where(Exclusion.id < before)
    rows = list(db.session.execute(query.limit(limit + 1)))
    today = clock.today()
    return {
        "items": [
            {
                "id": row.id,
                "provider_id": row.provider_id,
                "provider": name,
                "reason": row.reason,
                "from_on": row.from_on.isoformat(),
                "to_on": row.to_on.isoformat() if row.to_on else None,
                "in_force": row.from_on <= today and (row.to_on is None or row.to_on >= today),
                "is_over": row.to_on is not None and row.to_on < today,
            }
            for row, name in rows[:limit]
        ],
        "next_before": rows[limit - 1][0].id if len(rows) > limit else None,
    }
