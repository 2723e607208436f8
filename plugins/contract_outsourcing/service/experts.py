"""The pool of experts, and what ties them to organisations."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import gettext as _

from core import audit, clock, rulepack
from core.access import Actor, RoleGrant, User, fetch, scoped
from core.db import db
from core.divisions import Division, within
from core.errors import Conflict, InvalidInput, NotFound
from core.parties import Organisation, require_organisation
from plugins.contract_outsourcing.models import Expert, ExpertTie

MAKE, VIEW = "expert.make", "expert.view"
EMPLOYED, DIRECTOR, HOLDER, KIN = "employed", "director", "holder", "kin"
TIES = (EMPLOYED, DIRECTOR, HOLDER, KIN)


def add(
    actor: Actor,
    *,
    login: str,
    division_code: str,
    fields: list[str],
    employer: str,
) -> dict[str, Any]:
    """Add a user who holds the role of an expert to a division's pool.

    Refuses EXPERT_EXISTS for one who is in a pool; who was retired comes back.
    """
    user = db.session.scalar(db.select(User).where(User.login == login))
    if user is None or not _is_expert(user.id):
        raise InvalidInput(
            _("没有这个账号，或它没有“评审专家”岗位。请先建立账号并授予岗位。"),
            errors={"login": [_("不是评审专家的账号")]},
        )
    _require_division(actor, division_code)
    found = db.session.scalar(db.select(Expert).where(Expert.user_id == user.id))
    if found is not None and found.retired_on is None:
        raise Conflict("EXPERT_EXISTS", _("这位专家已在专家库中，不必重复登记。"))
    row = found or Expert(user_id=user.id)
    row.division_code, row.fields, row.employer = division_code, fields, employer
    row.retired_on, row.made_by, row.made_at = None, actor.user_id, clock.now()
    db.session.add(row)
    db.session.flush()
    audit.about("expert", row.id)
    return {"id": row.id}


def retire(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Take an expert out of the pool from today on; panels that know the expert go on."""
    row = fetch(Expert, id, actor, MAKE)
    row.retired_on = row.retired_on or clock.today()
    db.session.flush()
    audit.about("expert", row.id, reason)
    return {"id": row.id, "retired_on": row.retired_on.isoformat()}


def record_tie(
    actor: Actor,
    *,
    id: int,  # noqa: A002 - the field
    organisation_id: int,
    kind: str,
    ended_on: date | None = None,
) -> dict[str, Any]:
    """Record that an expert is, or until a day was, tied to an organisation."""
    expert = fetch(Expert, id, actor, MAKE)
    require_organisation(organisation_id)
    if ended_on is not None and ended_on > clock.today():
        raise InvalidInput(
            _("结束日期还没有到，仍在存续的关系不填结束日期。"), errors={"ended_on": [_("太晚")]}
        )
    row = ExpertTie(
        expert_id=expert.id,
        organisation_id=organisation_id,
        kind=kind,
        ended_on=ended_on,
        recorded_by=actor.user_id,
        recorded_at=clock.now(),
    )
    db.session.add(row)
    db.session.flush()
    audit.about("expert", expert.id)
    return {"id": row.id}


def conflicts(
    expert: Expert, organisation_ids: set[int], *, on: date, division_code: str
) -> str | None:
    """Return in words what keeps an expert away from what concerns these organisations.

    Employment, seat or holding counts for years after it ended, kinship while it lasts, and the
    employer's name as the expert stated it. None: nothing is known.
    """
    years = rulepack.number("conflict.years", on=on, division_code=division_code)
    since = _years_before(on, years)
    named = {
        row.id: row.name
        for row in db.session.execute(
            db.select(Organisation.id, Organisation.name).where(
                Organisation.id.in_(organisation_ids)
            )
        )
    }
    for tie in db.session.scalars(
        db.select(ExpertTie)
        .where(ExpertTie.expert_id == expert.id, ExpertTie.organisation_id.in_(organisation_ids))
        .order_by(ExpertTie.id)
    ):
        until = on if tie.kind == KIN else since
        if tie.ended_on is None or tie.ended_on > until:
            return _(
                "与%(name)s有“%(kind)s”关系",
                name=named[tie.organisation_id],
                kind=tie_name(tie.kind),
            )
    if expert.employer in named.values():
        return _("在%(name)s工作", name=expert.employer)
    return None


def pool(actor: Actor, *, before: int | None = None, limit: int = 50) -> dict[str, Any]:
    """List the experts of the pools one may see, newest first, with their ties."""
    query = scoped(Expert, actor, VIEW).order_by(Expert.id.desc())
    if before is not None:
        query = query.where(Expert.id < before)
    rows = list(db.session.scalars(query.limit(limit + 1)))
    shown = rows[:limit]
    names = dict(
        db.session.execute(
            db.select(User.id, User.name).where(User.id.in_([row.user_id for row in shown]))
        ).all()
    )
    ties: dict[int, list[str]] = {}
    for tie, name in db.session.execute(
        db.select(ExpertTie, Organisation.name)
        .join(Organisation, Organisation.id == ExpertTie.organisation_id)
        .where(ExpertTie.expert_id.in_([row.id for row in shown]))
        .order_by(ExpertTie.id)
    ):
        until = _("（至 %(day)s）", day=tie.ended_on) if tie.ended_on else ""
        ties.setdefault(tie.expert_id, []).append(f"{name}：{tie_name(tie.kind)}{until}")
    return {
        "items": [
            {
                "id": row.id,
                "name": names.get(row.user_id, ""),
                "division_code": row.division_code,
                "fields": row.fields,
                "employer": row.employer,
                "retired_on": row.retired_on.isoformat() if row.retired_on else None,
                "ties": ties.get(row.id, []),
            }
            for row in shown
        ],
        "next_before": shown[-1].id if len(rows) > limit else None,
    }


def tie_name(kind: str) -> str:
    """Return how a tie of an expert is called."""
    names = {
        EMPLOYED: _("任职"),
        DIRECTOR: _("担任董事、监事"),
        HOLDER: _("控股或实际控制"),
        KIN: _("近亲属"),
    }
    return names[kind]


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February
        return day.replace(year=day.year - years, day=28)


def _is_expert(user_id: int) -> bool:
    today = clock.today()
    return bool(
        db.session.scalar(
            db.select(RoleGrant.id)
            .where(RoleGrant.user_id == user_id, RoleGrant.role == "expert")
            .where(RoleGrant.from_on <= today)
            .where(db.or_(RoleGrant.to_on.is_(None), RoleGrant.to_on >= today))
            .limit(1)
        )
    )


def _require_division(actor: Actor, code: str) -> None:
    """Refuse a division out of the person's area, as if it were not there."""
    grants = actor.holding(MAKE)
    if any(grant.role == "system" for grant in grants):
        return
    inside = db.or_(*[within(Division.code, grant.division_code) for grant in grants])
    if db.session.scalar(db.select(Division.code).where(Division.code == code, inside)) is None:
        raise NotFound("NOT_FOUND", _("没有这个区划，或它不在您的管辖范围内。"))
