"""Whose a bid is, without saying so: keyed hashes of bidders; who of them are tied together."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import combinations

from flask_babel import gettext as _

from core import clock, privacy, ties
from core.access import Actor
from core.db import db
from core.errors import NotPermitted, Refusal
from core.parties import Organisation
from plugins.contract_outsourcing.models import Tender
from plugins.contract_outsourcing.service import inviting

MAKE = "bid.make"
RELATED = "RELATED_BIDDERS"


@dataclass(frozen=True)
class Fault:
    """Why a bid was left out: a refusal's code, a sentence, its basis."""

    code: str
    reason: str
    basis: str | None


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


def fault_of(organisation_id: int, tender: Tender) -> Fault | None:
    """Return what keeps a provider from bidding today, None if it may."""
    try:
        inviting.refuse_unadmitted(tender, organisation_id)
    except Refusal as refusal:
        return Fault(refusal.code, refusal.message, refusal.basis)
    return None


def related(organisation_ids: Collection[int]) -> dict[int, str]:
    """Return which of some bidders are tied to another of them, each with the others' names."""
    tied = ties.tied_pairs(organisation_ids, clock.today(), kinds=ties.DIRECT)
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
