"""What of tenders and contracts is due on a day though no legal clock runs for it.

Closings, publicity, deliveries, acceptances, statements, expiries. A provider is told the clocks
that run for it at the purchaser's, too: when it is to sign, when it is to be paid.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from flask_babel import gettext as _
from sqlalchemy import ColumnElement

from core import clock
from core.access import Actor, visible
from core.db import db
from core.deadlines import Deadline, DueItem
from core.deadlines.calendar import MOST
from plugins.contract_outsourcing.models import (
    Award,
    Bond,
    Contract,
    Deduction,
    Milestone,
    Tender,
)
from plugins.contract_outsourcing.models import contracts as c
from plugins.contract_outsourcing.models import performance as p
from plugins.contract_outsourcing.models import tenders as t
from plugins.contract_outsourcing.rules.terms import read_terms
from plugins.contract_outsourcing.service import award_clocks, tender_queries

CONTRACT_VIEW = "contract.view"


def due_items(actor: Actor) -> list[DueItem]:
    """Return what is due for a person, soonest first, at most `MOST`."""
    contracts = visible(Contract, actor, CONTRACT_VIEW)
    milestones = visible(Milestone, actor, CONTRACT_VIEW)
    found = _tenders(visible(Tender, actor, tender_queries.VIEW))
    found += _of_contracts(contracts, milestones)
    if actor.may("tender.ask"):
        found += _notices(actor)
    if actor.may("award.decline"):
        found += _to_sign(visible(Award, actor, "award.decline"))
        found += _to_be_paid(visible(Milestone, actor, "milestone.deliver"))
    return sorted(found, key=lambda one: one.on)[:MOST]


def of_case(tender_id: int | None, contract_ids: list[int]) -> list[DueItem]:
    """Return what is due in one case: of the tender where it is in view, and of these contracts."""
    found = _tenders(Tender.id == tender_id) if tender_id else []
    found += _of_contracts(Contract.id.in_(contract_ids), Milestone.contract_id.in_(contract_ids))
    return sorted(found, key=lambda one: one.on)


def _of_contracts(contracts: ColumnElement[bool], milestones: ColumnElement[bool]) -> list[DueItem]:
    return [
        *_deliveries(milestones),
        *_acceptances(milestones),
        *_statements(milestones),
        *_ends(contracts),
        *_bonds(contracts),
    ]


# --- procurement -------------------------------------------------------------------------------


def _tenders(which: ColumnElement[bool]) -> list[DueItem]:
    rows = db.session.scalars(
        db.select(Tender)
        .where(which, Tender.state.in_([t.PUBLICITY, t.PUBLISHED]))
        .order_by(Tender.closes_at, Tender.id)
        .limit(MOST)
    )
    found = []
    for row in rows:
        if row.state == t.PUBLICITY and row.publicity_until is not None:
            found.append(_publicity(row, row.publicity_until))
        if row.state == t.PUBLISHED:
            found += _closing(row, _("投标截止、开标"), "contract_tenders.show")
    return found


def _notices(actor: Actor) -> list[DueItem]:
    """Return the closings of those tenders in which a provider may bid."""
    open_to_me = tender_queries.notices(actor, limit=200)["items"]
    rows = db.session.scalars(
        db.select(Tender).where(Tender.id.in_([one["id"] for one in open_to_me]))
    )
    return [one for row in rows for one in _closing(row, _("投标截止"), "contract_notices.show")]


def _closing(row: Tender, name: str, endpoint: str) -> list[DueItem]:
    if row.closes_at is None:
        return []
    return [
        DueItem(
            clock.day_of(row.closes_at),
            name,
            f"{row.number} {row.name}",
            row.organisation_id,
            _("采购公告"),
            row.closes_at,
            endpoint,
            {"id": row.id},
        )
    ]


def _publicity(row: Tender, until: date) -> DueItem:
    return DueItem(
        until,
        _("公示期满"),
        f"{row.number} {row.name}",
        row.organisation_id,
        _("采购公告"),
        endpoint="contract_tenders.show",
        values={"id": row.id},
    )


def _to_sign(which: ColumnElement[bool]) -> list[DueItem]:
    rows = db.session.execute(
        db.select(Deadline, Award)
        .join(Award, Award.id == Deadline.object_id)
        .where(Deadline.kind == award_clocks.SIGN, Deadline.stopped_on.is_(None), which)
        .order_by(Deadline.due_on, Deadline.id)
        .limit(MOST)
    )
    return [
        DueItem(
            running.due_on,
            _("签订合同"),
            running.what,
            award.organisation_id,
            running.citation,
            endpoint="contract_contracts.index",
        )
        for running, award in rows
    ]


# --- performance -------------------------------------------------------------------------------


def _deliveries(which: ColumnElement[bool]) -> list[DueItem]:
    rows = _milestones(
        which,
        Milestone.state.in_([p.SCHEDULED, p.REFUSED]),
        Milestone.due_on.is_not(None),
        Contract.state == c.PERFORMING,
    )
    return [
        _of_milestone(row, contract, row.due_on, _("交付")) for row, contract in rows if row.due_on
    ]


def _acceptances(which: ColumnElement[bool]) -> list[DueItem]:
    """Return until when what was delivered is to be accepted, where the contract sets days."""
    found = []
    for row, contract in _milestones(which, Milestone.state.in_([p.SUBMITTED, p.RECORDED])):
        days = read_terms(contract.terms).acceptance_days
        if days and row.submitted_at:
            last = clock.day_of(row.submitted_at) + timedelta(days=days)
            found.append(_of_milestone(row, contract, last, _("验收")))
    return found


def _to_be_paid(which: ColumnElement[bool]) -> list[DueItem]:
    rows = _milestones(which, Milestone.state == p.ACCEPTED, Milestone.pay_by.is_not(None))
    return [
        _of_milestone(row, contract, row.pay_by, _("收到付款"))
        for row, contract in rows
        if row.pay_by
    ]


def _statements(which: ColumnElement[bool]) -> list[DueItem]:
    rows = db.session.execute(
        db.select(Deduction, Milestone, Contract)
        .join(Milestone, Milestone.id == Deduction.milestone_id)
        .join(Contract, Contract.id == Milestone.contract_id)
        .where(which, Deduction.state == p.PROPOSED)
        .order_by(Deduction.statement_until, Deduction.id)
        .limit(MOST)
    )
    return [
        _of_milestone(row, contract, one.statement_until, _("承接主体陈述扣减"))
        for one, row, contract in rows
    ]


def _milestones(*conditions: ColumnElement[bool]) -> Iterable[tuple[Milestone, Contract]]:
    query = (
        db.select(Milestone, Contract)
        .join(Contract, Contract.id == Milestone.contract_id)
        .where(*conditions)
        .order_by(Milestone.due_on, Milestone.id)
        .limit(MOST)
    )
    return [(row, contract) for row, contract in db.session.execute(query)]


def _of_milestone(row: Milestone, contract: Contract, on: date, name: str) -> DueItem:
    return DueItem(
        on,
        name,
        f"{contract.number} {row.name}",
        row.organisation_id,
        _("合同约定"),
        endpoint="contract_milestones.show",
        values={"id": row.id},
    )


# --- contracts ---------------------------------------------------------------------------------


def _ends(which: ColumnElement[bool]) -> list[DueItem]:
    rows = db.session.scalars(
        db.select(Contract)
        .where(which, Contract.state.in_([c.PERFORMING, c.SUSPENDED]))
        .order_by(Contract.ends_on, Contract.id)
        .limit(MOST)
    )
    return [_of_contract(row, row.ends_on, _end_name(row)) for row in rows]


def _end_name(contract: Contract) -> str:
    return _("合同到期，可以续签") if read_terms(contract.terms).renewal else _("合同到期")


def _bonds(which: ColumnElement[bool]) -> list[DueItem]:
    """Return when bonds run out; those of an ended contract are to be given back at once."""
    rows = db.session.execute(
        db.select(Bond, Contract)
        .join(Contract, Contract.id == Bond.contract_id)
        .where(which, Bond.state == c.HELD)
        .order_by(Bond.expires_on, Bond.id)
        .limit(MOST)
    )
    found = []
    for bond, contract in rows:
        if contract.state in {c.COMPLETED, c.TERMINATED} and contract.ended_on is not None:
            found.append(_of_contract(contract, contract.ended_on, _("退还履约保证金")))
        else:
            found.append(_of_contract(contract, bond.expires_on, _("履约保证金到期")))
    return found


def _of_contract(row: Contract, on: date, name: str) -> DueItem:
    return DueItem(
        on,
        name,
        f"{row.number} {row.name}",
        row.organisation_id,
        _("合同约定"),
        endpoint="contract_contracts.show",
        values={"id": row.id},
    )
