"""The steps of a plan as a table: which act leads from which states to which."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from core.purchases.models import (
    AGREED,
    CANCELLED,
    CLOSED,
    CONSULTING,
    DRAFT,
    FILED,
    SUBMITTED,
    UNDER_WAY,
)
from core.states import Machine, Step, table

PURCHASE = "purchase"


STEPS = table(
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


MACHINE = Machine(
    PURCHASE, STEPS, STATE_NAMES, lambda row: _("购买计划 %(number)s ", number=row.number)
)
require, take = MACHINE.require, MACHINE.take
