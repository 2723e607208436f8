"""The steps of a plan as a table: which act leads from which states to which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from core import states
from core.errors import Conflict
from core.purchases.models import (
    AGREED,
    CANCELLED,
    CLOSED,
    CONSULTING,
    DRAFT,
    FILED,
    SUBMITTED,
    UNDER_WAY,
    Purchase,
)

PURCHASE = "purchase"


@dataclass(frozen=True)
class Step:
    """One act on a plan: the states it may be in and the state it is in afterwards.

    `to` None leaves the state as it is.
    """

    act: str
    allowed: tuple[str, ...]
    to: str | None = None


STEPS = {
    step.act: step
    for step in (
        Step("purchase.revise", (DRAFT,)),
        Step("purchase.group_demands", (DRAFT,)),
        Step("purchase.consult", (DRAFT,), CONSULTING),
        Step("purchase.comment", (CONSULTING,)),
        Step("purchase.answer_comment", (DRAFT, CONSULTING, SUBMITTED, AGREED)),
        Step("purchase.recall", (CONSULTING, SUBMITTED), DRAFT),
        Step("purchase.submit", (DRAFT, CONSULTING), SUBMITTED),
        Step("purchase.cosign", (SUBMITTED, AGREED)),
        Step("purchase.countersign", (SUBMITTED, AGREED)),
        Step("purchase.agree", (SUBMITTED,), AGREED),
        Step("purchase.send_back", (SUBMITTED, AGREED), DRAFT),
        Step("purchase.file", (AGREED,), FILED),
        Step("purchase.cancel", (DRAFT, CONSULTING, SUBMITTED, AGREED, FILED), CANCELLED),
        Step("purchase.close", (UNDER_WAY,), CLOSED),
        Step("purchase.give_back", (UNDER_WAY,)),
        Step("purchase.report_emergency", (FILED, UNDER_WAY, CLOSED)),
        # Not an act of its own: the form's plugin says when its own work begins.
        Step("purchase.start", (FILED,), UNDER_WAY),
    )
}

STATE_NAMES = {
    DRAFT: lazy_gettext("编制中"),
    CONSULTING: lazy_gettext("征求意见"),
    SUBMITTED: lazy_gettext("待本单位复核"),
    AGREED: lazy_gettext("待财政备案"),
    FILED: lazy_gettext("已备案"),
    UNDER_WAY: lazy_gettext("实施中"),
    CLOSED: lazy_gettext("已办结"),
    CANCELLED: lazy_gettext("已撤销"),
}


def require(purchase: Purchase, act: str) -> None:
    """Refuse STATE_CHANGED when a plan's state does not admit an act."""
    if purchase.state in STEPS[act].allowed:
        return
    raise Conflict(
        "STATE_CHANGED",
        _(
            "购买计划 %(number)s 现在是“%(state)s”，不能办理这一步。请刷新后查看最新状态。",
            number=purchase.number,
            state=str(STATE_NAMES[purchase.state]),
        ),
        state=purchase.state,
    )


def take(purchase: Purchase, act: str, **values: Any) -> None:
    """Move a plan by an act to the state the table names; STATE_CHANGED if it was moved before."""
    require(purchase, act)
    step = STEPS[act]
    assert step.to is not None, f"{act} leaves the state as it is"  # noqa: S101 - a table of ours
    states.change(PURCHASE, purchase, to=step.to, allowed=step.allowed, **values)
