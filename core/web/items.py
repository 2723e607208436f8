"""The core's own pages in the menu, and what waits there for a person."""

from __future__ import annotations

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, func, or_

from core.access import Actor, visible
from core.db import db
from core.parties import BankAccount, Organisation, Resident
from core.purchases.asked import MENU_DRAFT, OPEN, Demand, Menu
from core.purchases.models import (
    AGREED,
    PUBLISHED,
    SUBMITTED,
    Purchase,
    PurchaseCosignature,
)
from core.purchases.models import DRAFT as PLAN_DRAFT
from core.settlement import queries
from core.settlement.models import APPROVED, DRAFT, EXPORTED, Clawback, PaymentBatch
from core.settlement.service import is_approver
from core.web.menu import DOOR, MenuItem, Todo


def core_items(actor: Actor) -> list[MenuItem]:
    """Return the core's pages that a person may open."""
    offered = (
        ("party.view", MenuItem("who_buys", _("单位"), "parties.index", 10, waiting=parties)),
        ("access.view", MenuItem("who_buys", _("人员与岗位"), "people.index", 90)),
        ("resident.view", MenuItem("what", _("居民名单"), "residents.index", 40)),
        ("demand.view", MenuItem("what", _("点菜菜单"), "demands.menus", 50, waiting=menus)),
        ("demand.view", MenuItem("what", _("居民需求"), "demands.index", 55, waiting=demands)),
        ("budget.view", MenuItem("how", _("预算指标"), "budget.index", 10)),
        ("budget.view", MenuItem("how", _("专项资金"), "funds.index", 12)),
        ("purchase.view", MenuItem("how", _("购买计划"), "purchases.index", 15, waiting=plans)),
        (
            "settlement.view",
            MenuItem("how", _("支付批次"), "settlement.index", 60, waiting=settlement),
        ),
        ("clawback.view", MenuItem("how", _("追回"), "clawbacks.index", 70, waiting=clawbacks)),
        ("budget.view", MenuItem("how", _("凭证"), "audit.journals", 80)),
        ("budget.view", MenuItem("how", _("会计期间"), "periods.index", 85)),
        ("audit.view", MenuItem("worth", _("留痕与核验"), "audit.index", 90)),
    )
    return [*_doors(), *(item for permission, item in offered if actor.may(permission))]


def _doors() -> list[MenuItem]:
    """Return the core's pages that are for everybody."""
    return [
        MenuItem(
            DOOR,
            _("我要点菜"),
            "orders.menu_page",
            30,
            hint=_("看政府能买什么服务，点您需要的，看安排了没有。"),
        ),
        MenuItem(
            DOOR,
            _("政府打算买什么"),
            "plans.index",
            40,
            hint=_("公开的购买计划和预算，正在征求意见的可以提意见。"),
        ),
    ]


def menus(actor: Actor) -> list[Todo]:
    """Count the menus that somebody else wrote and this person may publish."""
    if not actor.may("menu.publish"):
        return []
    others = Menu.made_by.is_distinct_from(actor.user_id)
    waiting = and_(visible(Menu, actor, "menu.publish"), Menu.state == MENU_DRAFT, others)
    count = db.session.scalar(db.select(func.count()).where(waiting))
    return [Todo(int(count or 0), _("份菜单待发布"), url_for("demands.menus"))]


def demands(actor: Actor) -> list[Todo]:
    """Count the orders that nobody has planned or answered yet."""
    if not actor.may("demand.handle"):
        return []
    waiting = and_(visible(Demand, actor, "demand.handle"), Demand.state == OPEN)
    count = db.session.scalar(db.select(func.count()).where(waiting))
    return [Todo(int(count or 0), _("项居民需求等待安排"), url_for("demands.index"))]


def plans(actor: Actor) -> list[Todo]:
    """Count the plans that wait for this person: to correct, agree to, co-sign or file."""
    found = []
    back = and_(Purchase.state == PLAN_DRAFT, Purchase.sent_back_reason.is_not(None))
    for permission, label, waiting in (
        ("purchase.plan", _("个购买计划被退回修改"), back),
        ("purchase.agree", _("个购买计划待复核"), Purchase.state == SUBMITTED),
        ("purchase.file", _("个购买计划待备案"), Purchase.state == AGREED),
    ):
        if actor.may(permission):
            query = db.select(Purchase.id).where(visible(Purchase, actor, permission), waiting)
            found.append(_plans(label, list(db.session.scalars(query))))
    if actor.may("purchase.plan"):
        late = db.select(Purchase.id).where(
            visible(Purchase, actor, "purchase.plan"),
            Purchase.state.in_(PUBLISHED),
            Purchase.emergency_reason.is_not(None),
            Purchase.emergency_reported_at.is_(None),
        )
        found.append(_plans(_("个紧急购买待事后报告"), list(db.session.scalars(late))))
    if actor.may("purchase.cosign"):
        query = (
            db.select(Purchase.id)
            .join(PurchaseCosignature, PurchaseCosignature.purchase_id == Purchase.id)
            .where(visible(PurchaseCosignature, actor, "purchase.cosign"))
            .where(PurchaseCosignature.signed_at.is_(None))
            .where(Purchase.state.in_((SUBMITTED, AGREED)))
        )
        found.append(_plans(_("个购买计划请本单位会签"), list(db.session.scalars(query))))
    return found


def _plans(label: str, ids: list[int]) -> Todo:
    """Count plans; a single one is opened at once."""
    url = url_for("purchases.show", id=ids[0]) if len(ids) == 1 else url_for("purchases.index")
    return Todo(len(ids), label, url)


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


def _batches(actor: Actor, label: str, *conditions: ColumnElement[bool]) -> Todo:
    """Count batches; a single one is opened at once."""
    query = db.select(PaymentBatch.id).where(
        visible(PaymentBatch, actor, "settlement.view"), *conditions
    )
    ids = list(db.session.scalars(query))
    url = url_for("settlement.show", id=ids[0]) if len(ids) == 1 else url_for("settlement.index")
    return Todo(len(ids), label, url)
