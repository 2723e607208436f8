"""What of tenders and contracts is due on a day though no legal clock runs for it.

Closings, publicity, deliveries, acceptances, statements, expiries. A provider is told the clocks
that run for it at the purchaser's, too: when it is to sign, when it is to be paid.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

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
    found = _tenders(visible(Tender, actor, tender_queries.VIEW), "contract_tenders.show")
    found += _milestones(visible(Milestone, actor, CONTRACT_VIEW))
    found += _statements(visible(Milestone, actor, CONTRACT_VIEW))
    found += _ends(visible(Contract, actor, CONTRACT_VIEW))
    found += _bonds(visible(Contract, actor, CONTRACT_VIEW))
    if actor.may("tender.ask"):
        found += _notices(actor)
    if actor.may("award.decline"):
        found += _to_sign(visible(Award, actor, "award.decline"))
        found += _to_be_paid(visible(Milestone, actor, "milestone.deliver"))
    return sorted(found, key=lambda one: one.on)[:MOST]


def of_case(tender_id: int, contract_ids: list[int]) -> list[DueItem]:
    """Return what is due in one case: of the tender, and of the contracts one may see of it."""
    mine = Milestone.contract_id.in_(contract_ids)
    found = _tenders(Tender.id == tender_id, "contract_tenders.show")
    found += _milestones(mine) + _statements(mine)
    found += _ends(Contract.id.in_(contract_ids)) + _bonds(Contract.id.in_(contract_ids))
    return sorted(found, key=lambda one: one.on)


# --- procurement -------------------------------------------------------------------------------


def _tenders(which: ColumnElement[bool], endpoint: str) -> list[DueItem]:
    rows = db.session.scalars(
        db.select(Tender)
        .where(which, Tender.state.in_([t.PUBLICITY, t.PUBLISHED]))
        .order_by(Tender.closes_at, Tender.id)
        .limit(MOST)
    )
    return [item for row in rows for item in _of_tender(row, endpoint)]


def _of_tender(row: Tender, endpoint: str) -> list[DueItem]:
    def said(on: date, name: str, **more: Any) -> DueItem:
        what = f"{row.number} {row.name}"
        basis = _("采购公告")
        values = {"id": row.id}
        return DueItem(on, name, what, row.organisation_id, basis, None, endpoint, values, **more)

    if row.state == t.PUBLICITY:
        return [said(row.publicity_until, _("公示期满"))] if row.publicity_until else []
    found = []
    if row.documents_until is not None and row.documents_until >= clock.today():
        found.append(said(row.documents_until, _("采购文件提供截止")))
    if row.closes_at is not None:
        closing = said(clock.day_of(row.closes_at), _("投标截止、开标"))
        found.append(_at(closing, row.closes_at))
    return found


def _notices(actor: Actor) -> list[DueItem]:
    """Return the closings of those tenders in which a provider may bid."""
    open_to_me = tender_queries.notices(actor, limit=200)["items"]
    found = [one for one in open_to_me if one["closes_at"]]
    return [
        _at(
            DueItem(
                clock.day_of(clock.instant(one["closes_at"])),
                _("投标截止"),
                f"{one['number']} {one['name']}",
                one["organisation_id"],
                _("采购公告"),
                endpoint="contract_notices.show",
                values={"id": one["id"]},
            ),
            clock.instant(one["closes_at"]),
        )
        for one in found
    ]
