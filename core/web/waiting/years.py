"""What waits at a year's end: closings, carry-overs, opening balances, debts without budget."""

from __future__ import annotations

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, func

from core.access import Actor, visible
from core.db import db
from core.fiscal import FiscalYear
from core.web.menu import Todo
from core.years.closing import REQUESTED
from core.years.models import AWAITING, PROPOSED, RECORDED, CarryOver, LegalDebt, Takeon


def debts(actor: Actor) -> list[Todo]:
    """Count the debts that wait for this person: to be recognised, or to find budget."""
    found = []
    for permission, state, label in (
        ("debt.approve", RECORDED, _("笔法定债务待确认")),
        ("debt.fund", AWAITING, _("笔债务待落实预算")),
    ):
        if actor.may(permission):
            waiting = and_(visible(LegalDebt, actor, permission), LegalDebt.state == state)
            found.append(_count(waiting, label, "debts.index"))
    return found


def years(actor: Actor) -> list[Todo]:
    """Count the year closings, carry-overs and opening balances that wait for a second person."""
    found = []
    for permission, model, state, label, endpoint in (
        ("year.close", FiscalYear, REQUESTED, _("个财政年度待结账"), "years.index"),
        ("budget.approve_carry_over", CarryOver, PROPOSED, _("笔结转待批准"), "years.index"),
        ("takeon.approve", Takeon, PROPOSED, _("份期初建账待批准"), "takeon.index"),
    ):
        if actor.may(permission):
            waiting = and_(visible(model, actor, permission), model.state == state)
            found.append(_count(waiting, label, endpoint))
    return found


def _count(waiting: ColumnElement[bool], label: str, endpoint: str) -> Todo:
    count = db.session.scalar(db.select(func.count()).where(waiting))
    return Todo(int(count or 0), label, url_for(endpoint))
