"""Whom a tender by invitation asks to bid: drawn by lot from the providers that qualify."""

from __future__ import annotations

import secrets
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import delete

from core import clock
from core.access import Actor, fetch
from core.db import db
from core.errors import InvalidInput, RuleBroken
from core.parties import require_organisation
from plugins.contract_outsourcing.models import Tender, TenderInvitee
from plugins.contract_outsourcing.rules.invitations import drawn
from plugins.contract_outsourcing.rules.methods import INVITED
from plugins.contract_outsourcing.service import bidders, figures, steps
from plugins.contract_outsourcing.service.tenders import MAKE, about

ASK = "tender.ask"


def invite(
    actor: Actor,
    *,
    id: int,  # noqa: A002 - the field
    candidate_ids: list[int],
    count: int,
) -> dict[str, Any]:
    """Draw by lot, from the providers that qualify, those who are invited; again replaces them.

    The seed of the lots is kept, so that the draw can be checked. Refuses METHOD_NOT_INVITED,
    INVITEES_TOO_FEW, PROVIDER_SUSPENDED and PROVIDER_CONDITION_UNMET.
    """
    tender = fetch(Tender, id, actor, MAKE)
    steps.tender.require(tender, "tender.invite")
    method = figures.method_of(tender)
    if method.calls != INVITED:
        raise RuleBroken(
            "METHOD_NOT_INVITED",
            _("“%(method)s”不是邀请方式，不抽取受邀单位。", method=method.name),
        )
    candidates = sorted(set(candidate_ids))
    least = figures.number(tender, method.invitees_min) or 0
    if min(count, len(candidates)) < least:
        raise RuleBroken(
            "INVITEES_TOO_FEW",
            _(
                "至少从 %(least)s 家符合条件的承接主体中抽取 %(least)s 家，"
                "现在候选 %(candidates)s 家、抽取 %(count)s 家。请增加。",
                least=least,
                candidates=len(candidates),
                count=count,
            ),
            basis="政府采购法第三十四条",
            least=least,
        )
    for number in candidates:
        _refuse_unqualified(tender, number)
    seed = secrets.token_hex(16)
    invited = drawn(candidates, count, seed)
    db.session.execute(delete(TenderInvitee).where(TenderInvitee.tender_id == tender.id))
    db.session.add_all(
        TenderInvitee(
            tender_id=tender.id,
            organisation_id=number,
            invited_at=clock.now(),
            invited_by=actor.user_id,
        )
        for number in invited
    )
    draw = {"seed": seed, "candidates": candidates, "count": count}
    tender.content = tender.content | {"draw": draw}
    db.session.flush()
    return about(tender) | {"invited": len(invited)}


def own_providers(actor: Actor) -> set[int]:
    """Return the providers a person acts for."""
    return {one.organisation_id for one in actor.holding(ASK) if one.organisation_id is not None}


def may_see(tender: Tender, actor: Actor) -> bool:
    """Tell whether a provider's person may see a published tender."""
    return any(bidders.may_read(tender, number) for number in own_providers(actor))


def _refuse_unqualified(tender: Tender, organisation_id: int) -> None:
    organisation = require_organisation(organisation_id)
    if organisation.kind != "provider":
        raise InvalidInput(
            _("“%(name)s”不是登记的承接主体，不能参加。请核对。", name=organisation.name),
            errors={"candidate_ids": [_("须是登记的承接主体")]},
        )
    if fault := bidders.unfit(organisation_id, tender, clock.today()):
        raise fault.refusal()
