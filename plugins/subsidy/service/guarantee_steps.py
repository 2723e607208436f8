"""The lives of guarantors and guarantees as tables: which act leads where."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from core.states import Machine, Step, table
from plugins.subsidy.models import guarantors as g

GUARANTOR, GUARANTEE = "guarantor", "guarantee"

guarantor = Machine(
    GUARANTOR,
    table(
        Step("guarantor.approve", (g.NAMED,), g.APPROVED),
        Step("guarantor.report", (g.APPROVED,)),
        Step("guarantor.end", (g.NAMED, g.APPROVED), g.ENDED),
        Step("guarantee.register", (g.APPROVED,)),
    ),
    {
        g.NAMED: lazy_gettext("待复核"),
        g.APPROVED: lazy_gettext("可以担保"),
        g.ENDED: lazy_gettext("不再合作"),
    },
    lambda row: _("担保公司登记 %(number)s", number=row.id),
)

guarantee = Machine(
    GUARANTEE,
    table(
        Step("guarantee.repay", (g.ACTIVE,)),
        Step("guarantee.pay_fee", (g.ACTIVE,)),
        Step("guarantee.end", (g.ACTIVE,), g.ENDED),
        Step("guarantee.claim_fee", (g.ACTIVE, g.CALLED, g.ENDED)),
        # Claimed anew once an earlier claim came to nothing.
        Step("guarantee.claim_loss", (g.ACTIVE, g.CALLED), g.CALLED),
        Step("guarantee.recover", (g.CALLED,)),
    ),
    {
        g.ACTIVE: lazy_gettext("在保"),
        g.CALLED: lazy_gettext("已代偿"),
        g.ENDED: lazy_gettext("已解除"),
    },
    lambda row: _("担保 %(number)s", number=row.number),
)
