"""The core's own pages in the menu, and what waits there for a person."""

from __future__ import annotations

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, func, or_

from core.access import Actor, visible
from core.db import db
from core.duties.models import OPEN, FundingWarning
from core.parties import BankAccount, Organisation, Resident
from core.settlement import queries
from core.settlement.models import APPROVED, DRAFT, EXPORTED, Clawback, PaymentBatch
from core.settlement.service import is_approver
from core.virement.models import PROPOSED, LineTransfer
from core.web.menu import MenuItem, Todo


def core_items(actor: Actor) -> list[MenuItem]:
    """Return the core's pages that a person may open."""
    offered = (
        ("party.view", MenuItem("who_buys", _("单位"), "parties.index", 10, waiting=parties)),
        (
            "duty.view",
            MenuItem("who_buys", _("职责与岗位"), "duties.index", 20, waiting=double_funding),
        ),
        ("budget.view", MenuItem("who_buys", _("养人与办事"), "virement.staff", 30)),
        ("access.view", MenuItem("who_buys", _("人员与岗位"), "people.index", 90)),
        ("resident.view", MenuItem("what", _("居民名单"), "residents.index", 40)),
        ("budget.view", MenuItem("how", _("预算指标"), "budget.index", 10)),
        (
            "budget.view_transfers",
            MenuItem("how", _("指标调剂"), "virement.index", 15, waiting=line_transfers),
        ),
        (
            "settlement.view",
            MenuItem("how", _("支付批次"), "settlement.index", 60, waiting=settlement),
        ),
        ("clawback.view", MenuItem("how", _("追回"), "clawbacks.index", 70, waiting=clawbacks)),
        ("budget.view", MenuItem("how", _("凭证"), "audit.journals", 80)),
        ("budget.view", MenuItem("how", _("会计期间"), "periods.index", 85)),
        ("audit.view", MenuItem("worth", _("留痕与核验"), "audit.index", 90)),
    )
    return [item for permission, item in offered if actor.may(permission)]


def parties(actor: Actor) -> list[Todo]:
    """Count the bank accounts that this person may verify."""
    if not actor.may("party.verify_account"):
        return []
    count = db.session.scalar(db.select(func.count()).where(unverified(actor)))
    return [Todo(int(count or 0), _("个收款账户待核验"), url_for("parties.accounts"))]


def double_funding(actor: Actor) -> list[Todo]:
    """Count the warnings of double funding that this person may clear."""
    if not actor.may("duty.clear_double_funding"):
        return []
    waiting = and_(
        visible(FundingWarning, actor, "duty.clear_double_funding"),
        FundingWarning.state == OPEN,
        or_(FundingWarning.raised_by.is_(None), FundingWarning.raised_by != actor.user_id),
    )
    count = db.session.scalar(db.select(func.count()).where(waiting))
    return [Todo(int(count or 0), _("项重复安排疑点待核销"), url_for("duties.warnings"))]


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


def _batches(actor: Actor, label: str, *conditions: ColumnElement[bool]) -> Todo:
    """Count batches; a single one is opened at once."""
    query = db.select(PaymentBatch.id).where(
        visible(PaymentBatch, actor, "settlement.view"), *conditions
    )
    ids = list(db.session.scalars(query))
    url = url_for("settlement.show", id=ids[0]) if len(ids) == 1 else url_for("settlement.index")
    return Todo(len(ids), label, url)
