"""What waits of lines, payments and claw-backs."""

from __future__ import annotations

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, func, or_

from core.access import Actor, visible
from core.db import db
from core.settlement import queries
from core.settlement.models import APPROVED, DRAFT, EXPORTED, Clawback, PaymentBatch
from core.settlement.service import is_approver
from core.virement.models import PROPOSED, LineTransfer
from core.web.menu import Todo


def line_transfers(actor: Actor) -> list[Todo]:
    """Count the virements that this person may decide on."""
    if not actor.may("budget.approve_transfer"):
        return []
    waiting = and_(
        visible(LineTransfer, actor, "budget.approve_transfer"),
        LineTransfer.state == PROPOSED,
        or_(LineTransfer.proposed_by.is_(None), LineTransfer.proposed_by != actor.user_id),
    )
    count = db.session.scalar(db.select(func.count()).where(waiting))
    return [Todo(int(count or 0), _("笔指标调剂待批准"), url_for("virement.index"))]


def settlement(actor: Actor) -> list[Todo]:
    """Count what may be paid, and the batches that wait for approval, export or the bank."""
    found = []
    if actor.may("settlement.make"):
        payees = queries.open_claims(actor)["payees"]
        count = sum(1 for payee in payees if payee["payable"])
        found.append(Todo(count, _("个承接主体有款可付"), url_for("settlement.new")))
    mine = PaymentBatch.made_by == actor.user_id
    if is_approver(actor):
        found.append(_batches(actor, _("个支付批次待批准"), PaymentBatch.state == DRAFT, ~mine))
    if actor.may("payment.export"):
        approved = PaymentBatch.state == APPROVED
        found.append(_batches(actor, _("个支付批次待导出"), approved, ~mine))
        exported = PaymentBatch.state == EXPORTED
        found.append(_batches(actor, _("个支付批次待银行结果"), exported))
    return found


def clawbacks(actor: Actor) -> list[Todo]:
    """Count the claw-backs whose money has not come in."""
    if not actor.may("clawback.receive"):
        return []
    waiting = and_(visible(Clawback, actor, "clawback.receive"), Clawback.state == APPROVED)
    count = db.session.scalar(db.select(func.count()).where(waiting))
    return [Todo(int(count or 0), _("笔追回款待收回"), url_for("clawbacks.index"))]


def _batches(actor: Actor, label: str, *conditions: ColumnElement[bool]) -> Todo:
    """Count batches; a single one is opened at once."""
    query = db.select(PaymentBatch.id).where(
        visible(PaymentBatch, actor, "settlement.view"), *conditions
    )
    ids = list(db.session.scalars(query))
    url = url_for("settlement.show", id=ids[0]) if len(ids) == 1 else url_for("settlement.index")
    return Todo(len(ids), label, url)
