"""What waits of rule figures, calendars and legal clocks."""

from __future__ import annotations

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import and_, func, or_

from core import proposals
from core.access import ROLES, Actor, visible
from core.db import db
from core.deadlines import queries as deadlines
from core.rulepack.models import RuleFigure
from core.web.menu import Todo
from core.workdays.models import WorkCalendar


def due(actor: Actor) -> list[Todo]:
    """Count what is overdue and what is due within the week, for those who can do something."""
    if not any(ROLES[grant.role].spends for grant in actor.holding(deadlines.VIEW)):
        return []
    counts = deadlines.counts(actor)
    overdue, week = counts[deadlines.OVERDUE], counts[deadlines.TODAY] + counts[deadlines.WEEK]
    return [
        Todo(overdue, _("项期限已经逾期"), url_for("deadlines.index", when=deadlines.OVERDUE)),
        Todo(week, _("项期限在七日内到期"), url_for("deadlines.index")),
    ]


def proposed(actor: Actor) -> list[Todo]:
    """Count the rule figures and calendars that this person may approve."""
    if not actor.may("rulepack.approve"):
        return []
    return [
        _waiting(actor, RuleFigure, _("项法定数值待批准"), url_for("rulepack.proposals")),
        _waiting(actor, WorkCalendar, _("份工作日历待批准"), url_for("calendar.index")),
    ]


def _waiting(actor: Actor, model: type[proposals.Proposal], label: str, url: str) -> Todo:
    """Count what somebody else submitted."""
    waiting = and_(
        visible(model, actor, "rulepack.approve"),
        model.state == proposals.SUBMITTED,
        or_(model.made_by.is_(None), model.made_by != actor.user_id),
    )
    count = db.session.scalar(db.select(func.count()).select_from(model).where(waiting))
    return Todo(int(count or 0), label, url)
