"""The life of a record of relief as a table."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from core.states import Machine, Step, table
from plugins.subsidy.models import relief as r

RELIEF = "subsidy_relief"

relief = Machine(
    RELIEF,
    table(
        Step("relief.approve", (r.RECORDED,), r.APPROVED),
        Step("relief.refuse", (r.RECORDED,), r.REFUSED),
        Step("relief.cancel", (r.APPROVED,), r.CANCELLED),
    ),
    {
        r.RECORDED: lazy_gettext("待复核"),
        r.APPROVED: lazy_gettext("已登记"),
        r.REFUSED: lazy_gettext("未通过"),
        r.CANCELLED: lazy_gettext("已撤销"),
    },
    lambda row: _("减免登记 %(id)s", id=row.id),
)
