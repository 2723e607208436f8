"""What waits for a person on the voucher's staff pages, counted for the start page."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, func

from core.access import Actor, scoped, visible
from core.db import db
from core.web.menu import Todo
from plugins.voucher.models import (
    Objection,
    Programme,
    Recovery,
    Redemption,
    Reversal,
    Statement,
    Terms,
)
from plugins.voucher.service import renewing
from plugins.voucher.service.changes import ORDERED as ORDERED_CASH
from plugins.voucher.service.claiming import RAISED
from plugins.voucher.service.programmes import APPROVED, DRAFT, SUBMITTED
from plugins.voucher.service.reversing import ORDERED


def programmes(actor: Actor) -> list[Todo]:
    """Count the programmes whose newest version is to be submitted or approved."""
    url = url_for("voucher_staff.programmes.index")
    found = []
    if actor.may("programme.define"):
        drafts = scoped(Programme, actor, "programme.define").where(_newest_is(DRAFT))
        found.append(Todo(_count(drafts), _("个凭单项目草稿待提交"), url))
    if actor.may("programme.approve"):
        submitted = scoped(Programme, actor, "programme.approve").where(_newest_is(SUBMITTED))
        found.append(Todo(_count(submitted), _("个凭单项目待批准"), url))
    return found


def vouchers(actor: Actor) -> list[Todo]:
    """Count the vouchers that wait for their running period, and overpayments to be approved."""
    found = []
    if actor.may("voucher.issue"):
        approved = scoped(Programme, actor, "voucher.issue").where(Programme.state == APPROVED)
        late = {
            row.id: waiting
            for row in db.session.scalars(approved.order_by(Programme.id))
            if (waiting := renewing.waiting(row))
        }
        url = url_for("voucher_staff.programmes.index")
        if len(late) == 1:
            url = url_for("voucher_staff.programmes.show", number=next(iter(late)))
        found.append(Todo(sum(late.values()), _("份额度待续发（本期还没有发）"), url))
    if actor.may("recovery.approve"):
        ordered = scoped(Recovery, actor, "recovery.approve").where(Recovery.state == ORDERED_CASH)
        url = url_for("voucher_staff.vouchers.recoveries")
        found.append(Todo(_count(ordered), _("笔多付额度的现金追回待批准"), url))
    return found


def redemptions(actor: Actor) -> list[Todo]:
    """Count the reversals and claw-backs that this person may approve."""
    if not actor.may("redemption.approve_reversal"):
        return []
    query = (
        db.select(Reversal.id)
        .join(Redemption, Redemption.id == Reversal.redemption_id)
        .where(visible(Redemption, actor, "redemption.approve_reversal"))
        .where(Reversal.state == ORDERED, Reversal.ordered_by.is_distinct_from(actor.user_id))
    )
    url = url_for("voucher_staff.redemptions.reversals")
    return [Todo(_count(query), _("份冲正或追回申请待批准"), url)]


def statements(actor: Actor) -> list[Todo]:
    """Count the objections that this person may decide."""
    if not actor.may("statement.resolve"):
        return []
    query = (
        db.select(Objection.id)
        .join(Statement, Statement.id == Objection.statement_id)
        .where(visible(Statement, actor, "statement.resolve"), Objection.state == RAISED)
    )
    url = url_for("voucher_staff.statements.objections")
    return [Todo(_count(query), _("条承接主体的异议待处理"), url)]


def _newest_is(state: str) -> ColumnElement[bool]:
    """Return the condition of the programmes whose newest version is in a state.

    Nothing is written beside a draft or a version that waits, so the newest is the only one.
    """
    return Programme.id.in_(db.select(Terms.programme_id).where(Terms.state == state))


def _count(query: Select[Any]) -> int:
    rows = query.order_by(None).subquery()
    return int(db.session.scalar(db.select(func.count()).select_from(rows)) or 0)
