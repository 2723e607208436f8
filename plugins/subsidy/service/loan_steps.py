"""The life of the ending of a loan's support as a table: which act leads where."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from core.states import Machine, Step, table
from plugins.subsidy.models import loans as m

LOAN, ENDING = "subsidy_loan", "subsidy_loan_ending"

ending = Machine(
    ENDING,
    table(
        Step("loan.decide_end", (m.PROPOSED,), m.ENDED),
        Step("loan.drop_end", (m.PROPOSED,), m.DROPPED),
    ),
    {
        m.PROPOSED: lazy_gettext("待复核"),
        m.ENDED: lazy_gettext("已停止贴息"),
        m.DROPPED: lazy_gettext("不停止"),
    },
    lambda row: _("自 %(day)s 起停止贴息", day=row.from_on.isoformat()),
)
