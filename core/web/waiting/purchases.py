"""What waits between an order from below and a filed plan."""

from __future__ import annotations

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import and_, func

from core.access import Actor, visible
from core.db import db
from core.purchases.asked import MENU_DRAFT, OPEN, Demand, Menu
from core.purchases.models import (
    AGREED,
    DRAFT,
    PUBLISHED,
    SUBMITTED,
    Purchase,
    PurchaseCosignature,
)
from core.web.menu import Todo


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
    back = and_(Purchase.state == DRAFT, Purchase.sent_back_reason.is_not(None))
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
