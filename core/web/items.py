"""The core's own pages in the menu, and what waits there for a person."""

from __future__ import annotations

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, func, or_

from core.access import Actor, visible
from core.catalogue import queries as listed
from core.catalogue.drafting import EDIT
from core.catalogue.models import SUBMITTED, Catalogue, CatalogueComment
from core.catalogue.publishing import PUBLISH
from core.catalogue.restricting import CONFIRM
from core.db import db
from core.parties import BankAccount, Organisation, Resident
from core.settlement import queries
from core.settlement.models import APPROVED, DRAFT, EXPORTED, Clawback, PaymentBatch
from core.settlement.service import is_approver
from core.web.menu import DOOR, MenuItem, Todo


def core_items(actor: Actor) -> list[MenuItem]:
    """Return the core's pages that a person may open."""
    offered = (
        ("party.view", MenuItem("who_buys", _("单位"), "parties.index", 10, waiting=parties)),
        ("access.view", MenuItem("who_buys", _("人员与岗位"), "people.index", 90)),
        (
            "catalogue.view",
            MenuItem("what", _("指导性目录"), "catalogues.index", 10, waiting=catalogues),
        ),
        (
            "negative.view",
            MenuItem("what", _("负面清单"), "negative.index", 20, waiting=negative_list),
        ),
        ("resident.view", MenuItem("what", _("居民名单"), "residents.index", 40)),
        ("budget.view", MenuItem("how", _("预算指标"), "budget.index", 10)),
        (
            "settlement.view",
            MenuItem("how", _("支付批次"), "settlement.index", 60, waiting=settlement),
        ),
        ("clawback.view", MenuItem("how", _("追回"), "clawbacks.index", 70, waiting=clawbacks)),
        ("budget.view", MenuItem("how", _("凭证"), "audit.journals", 80)),
        ("budget.view", MenuItem("how", _("会计期间"), "periods.index", 85)),
        ("audit.view", MenuItem("worth", _("留痕与核验"), "audit.index", 90)),
    )
    door = MenuItem(
        DOOR,
        _("政府买什么"),
        "public_catalogue.index",
        80,
        hint=_("查指导性目录，给正在征求意见的目录提意见"),
    )
    return [door, *(item for permission, item in offered if actor.may(permission))]


def catalogues(actor: Actor) -> list[Todo]:
    """Count what waits of the catalogue: publication, unanswered comments, proposals."""
    found = []
    if actor.may(PUBLISH):
        waiting = and_(
            visible(Catalogue, actor, PUBLISH),
            Catalogue.state == SUBMITTED,
            Catalogue.submitted_by.is_distinct_from(actor.user_id),
            Catalogue.made_by.is_distinct_from(actor.user_id),
        )
        ids = list(db.session.scalars(db.select(Catalogue.id).where(waiting)))
        url = url_for("catalogues.show", id=ids[0]) if ids else ""
        found.append(Todo(len(ids), _("本目录待公布"), url))
    if actor.may(EDIT):
        query = db.select(CatalogueComment.catalogue_id).where(
            visible(CatalogueComment, actor, EDIT), CatalogueComment.answered_at.is_(None)
        )
        asked = list(db.session.scalars(query))
        url = url_for("catalogue_asks.comments", id=asked[0]) if asked else ""
        found.append(Todo(len(asked), _("条目录意见待答复"), url))
        proposals = url_for("catalogue_asks.proposals")
        found.append(Todo(listed.waiting_proposals(actor), _("条目录建议待处理"), proposals))
    return found


def negative_list(actor: Actor) -> list[Todo]:
    """Count the additions and clearances that wait for a second person."""
    if not actor.may(CONFIRM):
        return []
    url = url_for("negative.index")
    return [Todo(listed.waiting_entries(actor), _("条负面清单事项待复核"), url)]


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
