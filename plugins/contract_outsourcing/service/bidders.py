"""Who may bid in a tender: fit to provide, not barred, invited where one must be, not related."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from itertools import combinations

from flask_babel import gettext as _
from sqlalchemy import or_

from core import privacy
from core.access import Actor
from core.db import db
from core.errors import NotPermitted, RuleBroken
from core.parties import Organisation
from core.purchasers import kind_on, may_provide
from plugins.contract_outsourcing.models import Exclusion, PartyTie, Tender, TenderInvitee
from plugins.contract_outsourcing.models.tenders import SMALL_FIRM, SOCIAL_ORGANISATION
from plugins.contract_outsourcing.rules.methods import INVITED, methods

MAKE = "bid.make"
RELATED = "RELATED_BIDDERS"


@dataclass(frozen=True)
class Fault:
    """Why somebody may not bid or a bid was left out: a refusal's code, a sentence, its basis."""

    code: str
    reason: str
    basis: str

    def refusal(self) -> RuleBroken:
        """Return the refusal of a bid with this fault."""
        return RuleBroken(self.code, self.reason, basis=self.basis)


def bidder_of(actor: Actor) -> int:
    """Return the organisation a person bids for."""
    for grant in actor.holding(MAKE):
        if grant.organisation_id is not None:
            return grant.organisation_id
    raise NotPermitted("ROLE_NOT_ALLOWED", _("只有承接主体的负责人可以投标。"))


def index(tender_id: int, organisation_id: int) -> str:
    """Return the keyed hash under which a bidder's bids in a tender are written."""
    return privacy.keyring().mac("bidder", f"{tender_id} {organisation_id}")


def indexes(tender_id: int, organisation_id: int) -> list[str]:
    """Return the hashes under which a bidder's bids may stand, whichever key was in use then."""
    return privacy.keyring().macs("bidder", f"{tender_id} {organisation_id}")


def may_read(tender: Tender, organisation_id: int) -> bool:
    """Tell whether a tender calls a provider: everybody, or those who were asked."""
    return methods()[tender.method].calls != INVITED or is_invited(tender.id, organisation_id)


def is_invited(tender_id: int, organisation_id: int) -> bool:
    """Tell whether a provider was asked to bid."""
    return db.session.get(TenderInvitee, (tender_id, organisation_id)) is not None


def fault_of(organisation_id: int, tender: Tender, on: date) -> Fault | None:
    """Return what keeps a provider from bidding on a day, the first that does."""
    organisation = db.session.get_one(Organisation, organisation_id)
    if not may_read(tender, organisation_id):
        return Fault(
            "NOT_INVITED",
            _("本项目采用邀请方式，“%(name)s”不在受邀名单内。", name=organisation.name),
            "政府采购法第三十四条",
        )
    return unfit(organisation_id, tender, on)


def unfit(organisation_id: int, tender: Tender, on: date) -> Fault | None:
    """Return what keeps a provider out of a tender on a day, whether it was invited or not."""
    organisation = db.session.get_one(Organisation, organisation_id)
    if fault := _not_reserved_for(organisation, tender, on):
        return fault
    verdict = may_provide(organisation_id, on=on)
    if not verdict.may:
        return Fault(
            "PROVIDER_CONDITION_UNMET",
            _(
                "“%(name)s”登记的法定类别不能承接政府购买服务。如登记有误，请凭证书更正。",
                name=organisation.name,
            ),
            verdict.article,
        )
    if organisation.suspended_on and organisation.suspended_on <= on:
        return _barred(organisation.name, organisation.suspended_on, None)
    barred = db.session.scalar(
        db.select(Exclusion)
        .where(Exclusion.provider_id == organisation_id, Exclusion.from_on <= on)
        .where(or_(Exclusion.to_on.is_(None), Exclusion.to_on >= on))
        .limit(1)
    )
    return _barred(organisation.name, barred.from_on, barred.to_on) if barred else None


def related(organisation_ids: Collection[int]) -> dict[int, str]:
    """Return which of some bidders are tied to another of them, each with the others' names."""
    ties = db.session.execute(
        db.select(PartyTie.one_id, PartyTie.other_id).where(
            PartyTie.one_id.in_(organisation_ids), PartyTie.other_id.in_(organisation_ids)
        )
    )
    tied = {frozenset(pair) for pair in ties}
    found: dict[int, list[str]] = {}
    for one, other in combinations(sorted(set(organisation_ids)), 2):
        if frozenset((one, other)) in tied:
            for here, there in ((one, other), (other, one)):
                name = db.session.get_one(Organisation, there).name
                found.setdefault(here, []).append(name)
    return {number: "、".join(names) for number, names in found.items()}


def related_fault(others: str) -> Fault:
    """Return the fault of a bidder that is tied to others who bid in the same tender."""
    return Fault(
        RELATED,
        _("与“%(others)s”单位负责人为同一人或有直接控股、管理关系，不得同时投标。", others=others),
        "政府采购法实施条例第十八条",
    )


def not_small(tender: Tender, *, small_firm: bool) -> Fault | None:
    """Return the fault of a firm that does not call itself small, in a tender only for those."""
    if small_firm or tender.content.get("reserved_for") != SMALL_FIRM:
        return None
    return Fault(
        "PROVIDER_CONDITION_UNMET",
        _("本项目专门面向中小企业，没有声明为中小企业的不能投标。符合条件的请声明后再投。"),
        "政府采购法第九条",
    )


def _not_reserved_for(organisation: Organisation, tender: Tender, on: date) -> Fault | None:
    if tender.content.get("reserved_for") != SOCIAL_ORGANISATION:
        return None
    kind = kind_on(organisation.id, on)
    if kind is not None and kind.legal_kind == SOCIAL_ORGANISATION:
        return None
    return Fault(
        "PROVIDER_CONDITION_UNMET",
        _(
            "本项目专门面向社会组织，“%(name)s”不是登记的社会组织，不能参加。",
            name=organisation.name,
        ),
        "政府购买服务管理办法第六条",
    )


def _barred(name: str, since: date, until: date | None) -> Fault:
    sentence = (
        _(
            "“%(name)s”自 %(since)s 至 %(until)s 不得参加新的项目。",
            name=name,
            since=since,
            until=until,
        )
        if until
        else _("“%(name)s”自 %(since)s 起被暂停承接资格。", name=name, since=since)
    )
    return Fault("PROVIDER_SUSPENDED", sentence, "政府采购法第七十七条")
