"""The core's own pages in the menu, and what waits there for a person."""

from __future__ import annotations

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, func, or_

from core.access import Actor, visible
from core.db import db
from core.fiscal import FiscalYear
from core.parties import BankAccount, Organisation, Resident
from core.settlement import queries
from core.settlement.models import APPROVED, DRAFT, EXPORTED, Clawback, PaymentBatch
from core.settlement.service import is_approver
from core.web.menu import MenuItem, Todo
from core.years.closing import REQUESTED
from core.years.models import AWAITING, PROPOSED, RECORDED, CarryOver, LegalDebt, Takeon


def core_items(actor: Actor) -> list[MenuItem]:
    """Return the core's pages that a person may open."""
    offered = (
        ("party.view", MenuItem("who_buys", _("单位"), "parties.index", 10, waiting=parties)),
        ("access.view", MenuItem("who_buys", _("人员与岗位"), "people.index", 90)),
        ("resident.view", MenuItem("what", _("居民名单"), "residents.index", 40)),
        ("budget.view", MenuItem("how", _("预算指标"), "budget.index", 10)),
        (
            "settlement.view",
            MenuItem("how", _("支付批次"), "settlement.index", 60, waiting=settlement),
        ),
        ("clawback.view", MenuItem("how", _("追回"), "clawbacks.index", 70, waiting=clawbacks)),
        ("debt.view", MenuItem("how", _("待落实预算"), "debts.index", 75, waiting=debts)),
        ("budget.view", MenuItem("how", _("凭证"), "audit.journals", 80)),
        ("budget.view", MenuItem("how", _("会计期间"), "periods.index", 85)),
        ("year.view", MenuItem("how", _("财政年度"), "years.index", 86, waiting=years)),
        ("audit.view", MenuItem("worth", _("留痕与核验"), "audit.index", 90)),
    )
    return [item for permission, item in offered if actor.may(permission)]


def parties(actor: Actor) -> list[Todo]:
    """Count the bank accounts that this person may verify."""
    if not actor.may("party.verify_account"):
        return []
    count = db.session.scalar(db.select(func.count()).where(unverified(actor)))
    return [Todo(int(count or 0), _("个收款账户待核验"), url_for("parties.accounts"))]


def unverified(actor: Actor) -> ColumnElement[bool]:
    """Return the condition of the bank accounts that wait for this person's verification."""
    payees = [
        db.select(kind.id).where(visible(kind, actor, "party.verify_account"))
        for kind in (Organisation, Resident)
    ]
    return and_(
        or_(*(BankAccount.party_id.in_(some) for some in payees)),
        BankAccount.verified_at.is_(None),
        or_(BankAccount.added_by.is_(None), BankAccount.added_by != actor.user_id),
    )


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


def _batches(actor: Actor, label: str, *conditions: ColumnElement[bool]) -> Todo:
    """Count batches; a single one is opened at once."""
    query = db.select(PaymentBatch.id).where(
        visible(PaymentBatch, actor, "settlement.view"), *conditions
    )
    ids = list(db.session.scalars(query))
    url = url_for("settlement.show", id=ids[0]) if len(ids) == 1 else url_for("settlement.index")
    return Todo(len(ids), label, url)
