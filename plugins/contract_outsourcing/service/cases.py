"""One case from the plan to the final account, as far as its reader may know it.

Who may see the tender reads all of it. Who may see a contract only (its provider, who accepts, who
evaluates) reads that contract's part, and of the rest what is public. Oldest first: a case is
checked as it was lived, cause before effect; what comes next stands on its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _

from core import clock
from core.access import ROLES, Actor, RoleGrant, User, fetch, visible
from core.db import db
from core.deadlines import Deadline, DueItem
from core.deadlines.service import kind_name
from core.errors import NotFound
from core.parties import Organisation
from core.plugins import registry
from core.purchases import Purchase
from core.settlement.claims import payee_names
from plugins.contract_outsourcing.models import (
    Award,
    Challenge,
    Contract,
    Milestone,
    Receivable,
    Tender,
)
from plugins.contract_outsourcing.models import contracts as c
from plugins.contract_outsourcing.models.awards import PUBLISHED
from plugins.contract_outsourcing.service import (
    case_entries,
    case_performance,
    due,
    postings,
    tender_queries,
    years,
)
from plugins.contract_outsourcing.service.case_entries import Entry
from plugins.contract_outsourcing.service.panel_queries import AFTER_AWARD
from plugins.contract_outsourcing.service.steps import tender as machine

VIEW, CHALLENGES, SERVES = "case.view", "challenge.view", "panel.serve"


@dataclass(frozen=True)
class Reader:
    """What somebody may know of a case: all of it, or these contracts and what is public."""

    reads_all: bool
    contracts: frozenset[int]
    parties: frozenset[int]
    challenges: frozenset[int]

    def may(self, entry: Entry) -> bool:
        """Tell whether an entry is for this reader."""
        return (
            entry.is_public
            or (entry.contract_id in self.contracts)
            or (self.reads_all and entry.contract_id is None)
            or (entry.party_id is not None and entry.party_id in self.parties)
        )

    def knows_who(self, entry: Entry) -> bool:
        """Tell whether it may be told who did it: in which office, not yet by which name."""
        return self.reads_all or entry.contract_id in self.contracts


PUBLIC = Reader(False, frozenset(), frozenset(), frozenset())  # noqa: FBT003 - reads not all


def case(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Return a case by its tender's number: money, what comes next, what happened.

    NOT_FOUND for who may see neither the tender nor a contract of it, nor has won it.
    """
    tender = db.session.get(Tender, id)
    reader = _reader(actor, id)
    if tender is None or not (reader.reads_all or reader.contracts or _won(actor, id)):
        raise NotFound("NOT_FOUND", _("没有找到这个项目，或它不在您的管辖范围内。请核对编号。"))
    contracts = _contracts(tender)
    mine = [row for row in contracts if row.id in reader.contracts]
    plan = db.session.get_one(Purchase, tender.purchase_id)
    return _head(tender, plan) | {
        "reads_all": reader.reads_all,
        "planned_fen": plan.total_fen if reader.reads_all else None,
        "contracts": [_money(row) for row in mine],
        "next": _next(tender, mine, reader),
        "items": _told(tender, plan, contracts, reader),
    }


def public(
    actor: Actor,  # noqa: ARG001 - every verb hears who acts
    *,
    id: int,  # noqa: A002 - the field
) -> dict[str, Any]:
    """Return what was published of a case, without persons; NOT_FOUND before anything was."""
    tender = db.session.get(Tender, id)
    is_awarded = tender is not None and tender.state in AFTER_AWARD
    if tender is None or not is_awarded:
        tender = tender_queries.require_public(id)
    plan = db.session.get_one(Purchase, tender.purchase_id)
    return _head(tender, plan) | {
        "is_awarded": is_awarded,
        "items": _told(tender, plan, _contracts(tender), PUBLIC),
    }


def tender_of(actor: Actor, *, award_id: int) -> int:
    """Return the number of an award's tender, as far as the award is in view."""
    award: Award = fetch(Award, award_id, actor, VIEW)
    return award.tender_id


def _won(actor: Actor, tender_id: int) -> bool:
    """Tell whether an award of a tender that was published is in view: its provider's own."""
    query = db.select(Award.id).where(
        Award.tender_id == tender_id, Award.state == PUBLISHED, visible(Award, actor, VIEW)
    )
    return db.session.scalars(query).first() is not None


# --- who reads ---------------------------------------------------------------------------------


def _reader(actor: Actor, tender_id: int) -> Reader:
    def seen(model: Any, permission: str, *conditions: Any) -> frozenset[int]:
        query = db.select(model.id).where(visible(model, actor, permission), *conditions)
        return frozenset(db.session.scalars(query))

    contracts = seen(Contract, due.CONTRACT_VIEW, Contract.tender_id == tender_id)
    return Reader(
        bool(seen(Tender, tender_queries.VIEW, Tender.id == tender_id)),
        contracts,
        frozenset(
            grant.organisation_id
            for grant in actor.holding(VIEW)
            if ROLES[grant.role].side == "provider" and grant.organisation_id
        ),
        seen(Challenge, CHALLENGES, Challenge.tender_id == tender_id),
    )


def _contracts(tender: Tender) -> list[Contract]:
    query = db.select(Contract).filter_by(tender_id=tender.id).order_by(Contract.id)
    return list(db.session.scalars(query))


# --- what is told ------------------------------------------------------------------------------


def _head(tender: Tender, plan: Purchase) -> dict[str, Any]:
    purchaser = db.session.get_one(Organisation, tender.organisation_id)
    return {
        "id": tender.id,
        "number": tender.number,
        "name": tender.name,
        "plan": plan.number,
        "purchaser": purchaser.name,
        "state": tender.state,
        "state_name": str(machine.names[tender.state]),
    }


def _money(row: Contract) -> dict[str, Any]:
    found = postings.registered(years.pools_of(row.id))
    return {
        "id": row.id,
        "number": row.number,
        "provider": payee_names([row.provider_id])[row.provider_id],
        **{f"{name}_fen": fen for name, fen in found.items()},
    }


def _told(
    tender: Tender, plan: Purchase, contracts: list[Contract], reader: Reader
) -> list[dict[str, Any]]:
    names = case_entries.contract_names(contracts)
    entries = case_entries.of_procurement(tender, plan)
    for row in contracts:
        entries += case_performance.of_contract(row, names[row.id])
    told = sorted(filter(reader.may, entries), key=lambda one: (one.at, one.order))
    who = _Who(told)
    return [_said(one, reader, who) for one in told]


def _said(one: Entry, reader: Reader, who: _Who) -> dict[str, Any]:
    opens = reader.knows_who(one) or (one.party_id in reader.parties)
    is_foreign = one.page == "contract_awards.challenge" and (
        one.values["id"] not in reader.challenges
    )
    page = one.page if opens and not is_foreign else one.public_page
    return {
        "on": clock.day_of(one.at).isoformat(),
        "at": one.at.isoformat(),
        "what": one.what,
        "about": "" if is_foreign else one.about,
        "detail": one.detail,
        "amount_fen": one.fen,
        "role": who.role(one) if reader.knows_who(one) else "",
        "person": who.name(one) if reader.reads_all else "",
        "tone": one.tone,
        "page": page,
        "page_values": dict(one.values) if page else {},
        "paper": one.paper if opens or one.paper_is_public else "",
        "paper_values": dict(one.paper_values),
    }


class _Who:
    """Who did what is told: the office in which, and the name; who acted under a veil has none."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        """Look up everybody at once."""
        ids = {one.by for one in entries if one.by is not None}
        people = db.session.execute(db.select(User.id, User.name).where(User.id.in_(ids)))
        self.names = {row.id: row.name for row in people}
        self.grants: dict[int, list[RoleGrant]] = {}
        query = db.select(RoleGrant).where(RoleGrant.user_id.in_(ids)).order_by(RoleGrant.id)
        for grant in db.session.scalars(query):
            self.grants.setdefault(grant.user_id, []).append(grant)

    def role(self, one: Entry) -> str:
        """Return the role in which somebody did it: the one that carried the act that day."""
        roles = self._roles_for(one.action)
        day = clock.day_of(one.at)
        for grant in self.grants.get(one.by or 0, []):
            in_force = grant.from_on <= day and (grant.to_on is None or day <= grant.to_on)
            if in_force and grant.role in roles:
                return _(ROLES[grant.role].name)
        # Whoever has lost the role since then still did it in one of those the act asks for.
        return _(ROLES[roles[0]].name) if len(roles) == 1 else ""

    def name(self, one: Entry) -> str:
        """Return the person's name."""
        return self.names.get(one.by or 0, "")

    def _roles_for(self, action: str) -> tuple[str, ...]:
        act = registry().acts.get(action)
        permission = registry().permissions.get(act.permission or "") if act else None
        return permission.roles if permission else ()


# --- what comes next ---------------------------------------------------------------------------


def _next(tender: Tender, contracts: list[Contract], reader: Reader) -> list[dict[str, Any]]:
    """Return what is due in the case, legal clocks first where two fall on a day."""
    open_ones = [row for row in contracts if row.state not in {c.CLOSED, c.CANCELLED}]
    items = [_clock(row) for row in _clocks(tender, contracts, reader)]
    items += due.of_case(tender.id if reader.reads_all else None, [row.id for row in open_ones])
    today = clock.today()
    return [_due(one, today) for one in sorted(items, key=lambda one: one.on)]


def _clocks(tender: Tender, contracts: list[Contract], reader: Reader) -> list[Deadline]:
    ids = [row.id for row in contracts]
    awards = db.select(Award.id).where(Award.tender_id == tender.id)
    if not reader.reads_all:
        awards = awards.where(Award.provider_id.in_(reader.parties))
    objects: dict[str, Any] = {
        "contract": ids,
        "milestone": db.select(Milestone.id).where(Milestone.contract_id.in_(ids)),
        "receivable": db.select(Receivable.id).where(Receivable.contract_id.in_(ids)),
        "award": awards,
        "challenge": list(reader.challenges),
    }
    if reader.reads_all:
        objects["tender"] = [tender.id]
    which = [
        db.and_(Deadline.object_type == kind, Deadline.object_id.in_(found))
        for kind, found in objects.items()
    ]
    query = db.select(Deadline).where(Deadline.stopped_on.is_(None), db.or_(*which))
    return list(db.session.scalars(query.order_by(Deadline.due_on, Deadline.id)))


def _clock(row: Deadline) -> DueItem:
    kind = registry().deadline_kinds.get(row.kind)
    return DueItem(
        row.due_on,
        kind_name(row.kind),
        row.what,
        row.organisation_id,
        row.citation,
        endpoint=kind.endpoint if kind else "",
        values={"id": row.object_id},
    )


def _due(one: DueItem, today: date) -> dict[str, Any]:
    return {
        "due_on": one.on.isoformat(),
        "days_left": (one.on - today).days,
        "kind_name": one.kind_name,
        "what": one.what,
        "basis": one.basis,
        "page": one.endpoint,
        "page_values": dict(one.values),
    }
