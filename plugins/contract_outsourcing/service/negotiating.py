"""Methods without competition: what was agreed with the one provider, and its record."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from core import audit, clock, states
from core.access import Actor, fetch
from core.db import db
from core.errors import InvalidInput, RuleBroken
from core.formats import yuan_text
from core.parties import require_organisation
from core.purchasers import kind_on, may_provide
from plugins.contract_outsourcing.models import Award, Tender
from plugins.contract_outsourcing.models import awards as a
from plugins.contract_outsourcing.models import tenders as t
from plugins.contract_outsourcing.service import (
    award_clocks,
    evaluation,
    exclusions,
    judging,
    notices,
)
from plugins.contract_outsourcing.service.award_clocks import AWARD
from plugins.contract_outsourcing.service.steps import TENDER
from plugins.contract_outsourcing.service.steps import tender as tender_steps

NEGOTIATE = "tender.negotiate"


def negotiate(
    actor: Actor,
    *,
    id: int,  # noqa: A002 - the field
    provider_id: int,
    price_fen: int,
    record: str,
    small_firm: bool = False,
    unit_prices: dict[str, int] | None = None,
) -> dict[str, Any]:
    """Record what was agreed with the one provider: whom, the price, how it came about.

    Refuses METHOD_COMPETES, NOTICE_NOT_FINISHED, PROVIDER_SUSPENDED, PROVIDER_CONDITION_UNMET and
    PRICE_ABOVE_CEILING.
    """
    row = fetch(Tender, id, actor, NEGOTIATE)
    tender_steps.require(row, "tender.negotiate")
    method = evaluation.method_of(row)
    if method.is_competitive:
        raise RuleBroken(
            "METHOD_COMPETES",
            _("“%(name)s”须公开竞争，不能直接协商。请按程序开标评审。", name=_(method.name)),
            basis=method.basis,
        )
    notices.require_publicity_over(row)
    _refuse_provider(row, provider_id)
    _refuse_unreserved(row, provider_id, small_firm=small_firm)
    if price_fen > row.ceiling_fen:
        raise RuleBroken(
            "PRICE_ABOVE_CEILING",
            _(
                "协商价格 %(price)s 超过最高限价 %(ceiling)s。请继续协商，或调整预算后重新办理。",
                price=yuan_text(price_fen),
                ceiling=yuan_text(row.ceiling_fen),
            ),
            basis="政府采购法第六条",
            price_fen=price_fen,
            ceiling_fen=row.ceiling_fen,
        )
    award = Award(
        tender_id=row.id,
        provider_id=provider_id,
        organisation_id=row.organisation_id,
        division_code=row.division_code,
        amount_fen=price_fen,
        unit_prices=unit_prices,
        small_firm=small_firm,
        place=1,
        state=a.PROPOSED,
        reason=record,
        made_by=actor.user_id,
    )
    db.session.add(award)
    db.session.flush()
    states.begin(AWARD, award)
    notices.begin(row, judging.plan_of(row))
    tender_steps.take(row, "tender.negotiate", evaluated_at=clock.now())
    award_clocks.start(award_clocks.DECIDE, row)
    audit.about(TENDER, row.id)
    return evaluation.answer(row, award_id=award.id)


def _refuse_provider(tender: Tender, provider_id: int) -> None:
    provider = require_organisation(provider_id)
    named = tender.content.get("provider_id")
    if named is not None and named != provider_id:
        raise RuleBroken(
            "PROVIDER_NOT_NAMED",
            _(
                "公示的供应商是另一家，不能与%(name)s成交。请按公示办理，或重新公示。",
                name=provider.name,
            ),
            basis="政府采购法实施条例第三十八条",
        )
    if provider.kind != "provider":
        raise InvalidInput(_("请选择一个承接主体。"), errors={"provider_id": [_("不是承接主体")]})
    exclusions.refuse_barred(
        provider_id, organisation_id=tender.organisation_id, division_code=tender.division_code
    )
    verdict = may_provide(provider_id, on=clock.today())
    if not verdict.may:
        raise RuleBroken(
            "PROVIDER_CONDITION_UNMET",
            _(
                "%(name)s按其法定类型不能承接政府购买服务。请选择其他承接主体。",
                name=provider.name,
            ),
            basis=verdict.article,
            provider_id=provider_id,
        )


def _refuse_unreserved(tender: Tender, provider_id: int, *, small_firm: bool) -> None:
    """Refuse a provider that is not of the kind the procurement was reserved for."""
    reserved, name = tender.content.get("reserved_for"), require_organisation(provider_id).name
    if reserved == t.SMALL_FIRM and not small_firm:
        raise RuleBroken(
            "PROVIDER_CONDITION_UNMET",
            _("本项目专门面向中小企业，%(name)s没有声明为中小企业，不能成交。", name=name),
            basis="政府采购促进中小企业发展管理办法第六条",
        )
    kind = kind_on(provider_id, clock.today())
    if reserved == t.SOCIAL_ORGANISATION and (
        kind is None or kind.legal_kind != t.SOCIAL_ORGANISATION
    ):
        raise RuleBroken(
            "PROVIDER_CONDITION_UNMET",
            _("本项目专门面向社会组织，“%(name)s”不是登记的社会组织，不能参加。", name=name),
            basis="政府购买服务管理办法第六条",
        )
