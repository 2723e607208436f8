"""What others put under a plan: departments' and finance's signatures, a report."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from core import audit, clock
from core.access import Actor, fetch, four_eyes
from core.db import db
from core.errors import Conflict, InvalidInput
from core.purchases import clocks, steps
from core.purchases.models import Purchase, PurchaseCosignature
from core.purchases.steps import PURCHASE


def cosign(actor: Actor, *, id: int, remark: str | None = None) -> dict[str, Any]:  # noqa: A002 - the field
    """Sign another unit's plan for one's own department (会签); `id` is the signature's."""
    row = fetch(PurchaseCosignature, id, actor, "purchase.cosign")
    purchase = db.session.get_one(Purchase, row.purchase_id)
    steps.require(purchase, "purchase.cosign")
    if row.signed_at is not None:
        raise Conflict("STATE_CHANGED", _("本单位已经会签过这个计划。"))
    row.signed_by, row.signed_at, row.remark = actor.user_id, clock.now(), remark
    audit.about(PURCHASE, purchase.id, remark)
    return {"id": row.id, "purchase_id": purchase.id}


def countersign(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Agree for finance to a plan's conditions on providers."""
    purchase = fetch(Purchase, id, actor, "purchase.countersign")
    steps.require(purchase, "purchase.countersign")
    four_eyes(actor, purchase.made_by, what=_("承接主体条件"))
    content = purchase.content
    if not (content.get("hard_conditions") or content.get("preferred_conditions")):
        raise InvalidInput(_("这个计划没有对承接主体的专门条件，不需要财政会签。"))
    purchase.countersigned_by, purchase.countersigned_at = actor.user_id, clock.now()
    audit.about(PURCHASE, purchase.id)
    return _said(purchase)


def report_emergency(actor: Actor, *, id: int, report: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Report afterwards how an emergency purchase went; once."""
    purchase = fetch(Purchase, id, actor, "purchase.plan")
    steps.require(purchase, "purchase.report_emergency")
    if not purchase.emergency_reason:
        raise InvalidInput(_("这个计划没有走紧急程序，不需要事后报告。"))
    if purchase.emergency_reported_at is not None:
        raise Conflict("STATE_CHANGED", _("事后报告已经提交过，请刷新后查看。"))
    purchase.emergency_report, purchase.emergency_reported_at = report, clock.now()
    clocks.stop_report(purchase)
    audit.about(PURCHASE, purchase.id)
    return _said(purchase)


def _said(purchase: Purchase) -> dict[str, Any]:
    db.session.flush()
    return {"id": purchase.id, "number": purchase.number, "state": purchase.state}
