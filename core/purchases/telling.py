"""What those who ordered and those who support them are told, and who else has taken an order."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from core import clock
from core.db import db
from core.errors import Conflict
from core.purchases.asked import (
    DECLINED,
    GROUPED,
    MERGED,
    OPEN,
    WITHDRAWN,
    Demand,
    DemandNotice,
    DemandSupport,
)
from core.purchases.models import Purchase

PLANNED, RELEASED, SENT_BACK, FILED = "planned", "released", "sent_back", "filed"
STARTED, FINISHED, REFUSED, JOINED = "started", "finished", "refused", "joined"

# What happened, in words that people use; `%(detail)s` is a plan's name or a reason.
WORDS = {
    PLANNED: lazy_gettext("已编入购买计划“%(detail)s”。"),
    RELEASED: lazy_gettext("已从购买计划里取出，重新等待安排。原因：%(detail)s"),
    SENT_BACK: lazy_gettext("购买计划被退回修改。原因：%(detail)s"),
    FILED: lazy_gettext("购买计划“%(detail)s”已备案，钱已经留好。"),
    STARTED: lazy_gettext("“%(detail)s”开始办了。"),
    FINISHED: lazy_gettext("“%(detail)s”已办结。"),
    REFUSED: lazy_gettext("这次没有安排。原因：%(detail)s"),
    JOINED: lazy_gettext("和同样的需求“%(detail)s”合并了，一起安排，结果会告诉您。"),
}

_TAKEN = {
    GROUPED: lazy_gettext("已编入另一个购买计划"),
    DECLINED: lazy_gettext("已答复不安排"),
    MERGED: lazy_gettext("已并入另一项需求"),
    WITHDRAWN: lazy_gettext("已由提出人撤回"),
}


def tell(demand: Demand, what: str, detail: str) -> None:
    """Write a notice to the resident who ordered and to all who support the order."""
    supporters = db.select(DemandSupport.resident_id).where(DemandSupport.demand_id == demand.id)
    residents = set(db.session.scalars(supporters))
    if demand.resident_id is not None:
        residents.add(demand.resident_id)
    rows = [
        {
            "resident_id": number,
            "demand_id": demand.id,
            "what": what,
            "detail": detail,
            "at": clock.now(),
        }
        for number in sorted(residents)
    ]
    if rows:
        db.session.execute(db.insert(DemandNotice), rows)


def tell_all(purchase: Purchase, what: str, detail: str) -> None:
    """Write a notice to everybody whose order a plan answers."""
    for demand in answered(purchase):
        tell(demand, what, detail)


def answered(purchase: Purchase) -> list[Demand]:
    """Return the orders a plan answers, in the order of their numbers."""
    query = db.select(Demand).where(Demand.purchase_id == purchase.id).order_by(Demand.id)
    return list(db.session.scalars(query))


def refuse_taken(demand: Demand) -> None:
    """Refuse DEMAND_TAKEN when an order waits no more; the row is locked by whoever judges it."""
    if demand.state == OPEN:
        return
    raise Conflict(
        "DEMAND_TAKEN",
        _(
            "第 %(id)s 号需求%(state)s，不能再办理。请刷新后选择仍在等待的需求。",
            id=demand.id,
            state=str(_TAKEN[demand.state]),
        ),
        demand_id=demand.id,
        state=demand.state,
    )
