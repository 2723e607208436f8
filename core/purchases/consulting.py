"""Asking the public about a plan before it is submitted: opened, commented on, answered."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask_babel import gettext as _

from core import audit, clock, rulepack
from core.access import Actor, fetch
from core.db import db
from core.errors import Conflict, NotFound, RuleBroken
from core.purchases import rules, steps
from core.purchases.models import CONSULTING, Purchase, PurchaseComment
from core.purchases.steps import PURCHASE

PLAN = "purchase.plan"


def consult(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Publish what a plan is to buy and for which need, for comments through a last day.

    Refuses what creating refuses, and PLAN_FIELD_MISSING where there is nothing to comment on.
    """
    purchase = fetch(Purchase, id, actor, PLAN)
    steps.require(purchase, "purchase.consult")
    rules.refuse_at_first_step(purchase)
    names = {"need": _("购买需求"), "standard": _("服务标准")}
    missing = {name: what for name, what in names.items() if not getattr(purchase, name)}
    if missing:
        raise RuleBroken(
            "PLAN_FIELD_MISSING",
            _("征求意见前请先写明：%(names)s。", names="、".join(missing.values())),
            basis="政府采购法实施条例第十五条",
            errors={name: [_("征求意见前须填写")] for name in missing},
            missing=list(missing),
        )
    today = clock.today()
    days = rulepack.number("plan.consultation_days", on=today, division_code=purchase.division_code)
    steps.take(
        purchase,
        "purchase.consult",
        consulted_from=today,
        # The day of publication is not counted.
        consulted_to=today + timedelta(days=days),
        consulted_hash=rules.asked_about(purchase),
    )
    audit.about(PURCHASE, purchase.id)
    return {
        "id": purchase.id,
        "state": purchase.state,
        "consulted_to": str(purchase.consulted_to),
    }


def comment(actor: Actor, *, id: int, words: str) -> dict[str, Any]:  # noqa: A002, ARG001 - anybody may
    """Say something to a plan under consultation; who says it is not asked."""
    query = db.select(Purchase).where(Purchase.id == id, Purchase.state == CONSULTING)
    purchase = db.session.scalar(query.where(Purchase.consulted_to >= clock.today()))
    if purchase is None:
        raise NotFound("NOT_FOUND", _("没有找到正在征求意见的这个计划，或征求意见已经期满。"))
    row = PurchaseComment(purchase_id=purchase.id, words=words, said_at=clock.now())
    db.session.add(row)
    db.session.flush()
    audit.about(PURCHASE, purchase.id)
    return {"id": row.id, "purchase_id": purchase.id}


def answer_comment(actor: Actor, *, id: int, answer: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Answer a comment; comment and answer are then public."""
    row = db.session.get(PurchaseComment, id)
    if row is None:
        raise NotFound("NOT_FOUND", _("没有这条意见，请核对编号。"))
    purchase = fetch(Purchase, row.purchase_id, actor, PLAN)
    steps.require(purchase, "purchase.answer_comment")
    if row.answered_at is not None:
        raise Conflict("STATE_CHANGED", _("这条意见已经答复，请刷新后查看。"))
    row.answer, row.answered_at, row.answered_by = answer, clock.now(), actor.user_id
    audit.about(PURCHASE, purchase.id)
    return {"id": row.id, "purchase_id": purchase.id}
