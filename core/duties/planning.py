"""Before a unit takes a duty on: can others do it already, and may it be bought instead."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import or_

from core import audit, clock
from core.access import Actor, fetch
from core.catalogue import items_on, propose
from core.db import db
from core.divisions import require_division, within
from core.duties.models import Duty
from core.errors import Conflict, RuleBroken
from core.parties import Organisation
from core.purchasers import kind_on, may_provide
from core.purchasers.kinds import INSTITUTION

RECORD = "duty.record"


def refuse_new_institution(
    organisation: Organisation, item_code: str, *, posts: int, on: date, reason: str | None
) -> None:
    """Refuse CAPABLE_PROVIDERS_EXIST for posts of a new institution where others can serve.

    An institution is new to a service while it has no duty of it. What is set up all the same
    ("as a rule", the text says) is set up for a written reason.
    """
    kind = kind_on(organisation.id, on)
    if not posts or reason or kind is None or kind.legal_kind != INSTITUTION:
        return
    if _carries_out(organisation.id, item_code):
        return
    able = capable_providers(item_code, organisation.division_code, on=max(on, clock.today()))
    if able:
        raise RuleBroken(
            "CAPABLE_PROVIDERS_EXIST",
            _(
                "“%(code)s”已有 %(count)s 家登记在册的承接主体能够提供（如“%(name)s”），"
                "一般不再新设事业单位、不再增加 %(posts)s 个岗位。请改为购买服务；"
                "确需新设的，请写明理由。",
                code=item_code,
                count=len(able),
                name=able[0].name,
                posts=posts,
            ),
            item_code=item_code,
            providers=len(able),
            posts=posts,
        )


def capable_providers(item_code: str, division_code: str, *, on: date) -> list[Organisation]:
    """Return the registered providers of a service in or above a division that may provide.

    A provider tells by its tags what it provides: the item's code, a part of it or a longer one,
    or the kind of provider that the catalogue in force names for the item.
    """
    code = item_code.upper()
    kinds = {
        item.provider_kind
        for item in items_on(division_code, on)
        if item.provider_kind and (item.code.startswith(code) or code.startswith(item.code))
    }
    tags = [*(f" {code[:length]} " for length in range(1, len(code) + 1)), f" {code}"]
    tags += [f" {kind} " for kind in sorted(kinds)]
    above = require_division(division_code).path.strip("/").split("/")
    found = db.session.scalars(
        db.select(Organisation)
        .where(Organisation.kind == "provider", Organisation.suspended_on.is_(None))
        .where(or_(*(Organisation.tags.contains(tag, autoescape=True) for tag in tags)))
        .where(
            or_(
                within(Organisation.division_code, division_code),
                Organisation.division_code.in_(above),
            )
        )
        .order_by(Organisation.id)
    )
    return [one for one in found if may_provide(one.id, on=on).may]


def propose_buying(actor: Actor, *, id: int, need: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Mark a duty as one to be bought: it becomes a candidate for the catalogue, once."""
    duty = fetch(Duty, id, actor, RECORD)
    if duty.proposal_id is not None:
        raise Conflict(
            "DUTY_PROPOSED",
            _("这项职责已建议列入目录（第 %(n)s 号建议），不必重复建议。", n=duty.proposal_id),
        )
    made = propose(
        actor,
        organisation_id=duty.organisation_id,
        name=duty.name,
        content=duty.name,
        need=need,
        duty=duty.name,
        flags=[],
    )
    duty.proposal_id = made["id"]
    audit.about("duty", duty.id, need)
    return {"id": duty.id, "proposal_id": duty.proposal_id}


def _carries_out(organisation_id: int, item_code: str) -> bool:
    held = db.select(Duty.item_code).filter_by(organisation_id=organisation_id)
    return any(
        item_code.startswith(one) or one.startswith(item_code) for one in db.session.scalars(held)
    )
