"""Who may bid: the providers invited by lot, those a tender is reserved for, and no one barred."""

from __future__ import annotations

import secrets
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import delete

from core import clock
from core.access import Actor, fetch
from core.db import db
from core.errors import InvalidInput, NotFound, RuleBroken
from core.parties import require_organisation
from core.purchasers import kind_on, may_provide
from plugins.contract_outsourcing.models import Tender, TenderInvitee
from plugins.contract_outsourcing.models import tenders as t
from plugins.contract_outsourcing.rules.invitations import drawn
from plugins.contract_outsourcing.rules.methods import INVITED
from plugins.contract_outsourcing.service import exclusions, figures, prequalifying, steps
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
    PREQUALIFICATION_RUNNING, INVITEES_TOO_FEW, PROVIDER_SUSPENDED, PROVIDER_CONDITION_UNMET.
    """
    tender = fetch(Tender, id, actor, MAKE)
    steps.tender.require(tender, "tender.invite")
    method = figures.method_of(tender)
    if method.calls != INVITED:
        raise RuleBroken(
            "METHOD_NOT_INVITED",
            _("“%(method)s”不是邀请方式，不抽取受邀单位。", method=method.name),
        )
    prequalifying.refuse_running(tender)
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


def is_invited(tender: Tender, organisation_id: int | None) -> bool:
    """Tell whether a provider may see a tender: all may a public one, the invited a closed one."""
    if figures.method_of(tender).calls != INVITED:
        return True
    return db.session.get(TenderInvitee, (tender.id, organisation_id)) is not None


def own_providers(actor: Actor) -> set[int]:
    """Return the providers a person acts for."""
    return {one.organisation_id for one in actor.holding(ASK) if one.organisation_id is not None}


def may_see(tender: Tender, actor: Actor) -> bool:
    """Tell whether a provider's person may see a published tender."""
    return any(is_invited(tender, number) for number in own_providers(actor))


def refuse_unadmitted(tender: Tender, organisation_id: int) -> None:
    """Refuse a provider that may not bid: not invited, barred, or not one of the reserved kind.

    NOT_FOUND (an invitation is known to nobody else), PROVIDER_SUSPENDED,
    PROVIDER_CONDITION_UNMET. Whether a firm is small it says itself, in the bid.
    """
    if not is_invited(tender, organisation_id):
        raise NotFound("NOT_FOUND", _("没有找到这条记录，或它不在您的管辖范围内。请核对编号。"))
    _refuse_unqualified(tender, organisation_id)


def _refuse_unqualified(tender: Tender, organisation_id: int) -> None:
    organisation, today = require_organisation(organisation_id), clock.today()
    if organisation.kind != "provider":
        raise InvalidInput(
            _("“%(name)s”不是登记的承接主体，不能参加。请核对。", name=organisation.name),
            errors={"candidate_ids": [_("须是登记的承接主体")]},
        )
    exclusion = exclusions.barred(
        organisation_id,
        organisation_id=tender.organisation_id,
        division_code=tender.division_code,
        on=today,
    )
    suspended = organisation.suspended_on is not None and organisation.suspended_on <= today
    if suspended or exclusion is not None:
        until = exclusion.to_on if exclusion else None
        raise RuleBroken(
            "PROVIDER_SUSPENDED",
            _(
                "“%(name)s”正在被暂停参加政府购买服务（到 %(until)s），不能参加。",
                name=organisation.name,
                until=until or _("恢复为止"),
            ),
            basis="政府采购法第二十二条",
        )
    kind = kind_on(organisation_id, today)
    reserved = tender.content.get("reserved_for") == t.SOCIAL_ORGANISATION
    if reserved and (kind is None or kind.legal_kind != t.SOCIAL_ORGANISATION):
        words = _(
            "本项目专门面向社会组织，“%(name)s”不是登记的社会组织，不能参加。",
            name=organisation.name,
        )
    elif not may_provide(organisation_id, on=today).may:
        words = _(
            "“%(name)s”按现行规定不具备承接主体资格，不能参加。请核对其法定类别。",
            name=organisation.name,
        )
    else:
        return
    raise RuleBroken("PROVIDER_CONDITION_UNMET", words, basis="政府购买服务管理办法第六条")
