"""The lives of schemes and of their versions as tables: which act leads where."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from core.states import Machine, Step, table
from plugins.subsidy.models import schemes as s

SCHEME, TERMS = "scheme", "scheme_terms"

scheme = Machine(
    SCHEME,
    table(
        Step("scheme.submit", (s.DRAFT,), s.SUBMITTED),
        Step("scheme.send_back", (s.SUBMITTED,), s.DRAFT),
        Step("scheme.publish", (s.SUBMITTED,), s.PUBLISHED),
        Step("scheme.close", (s.PUBLISHED,), s.CLOSED),
    ),
    {
        s.DRAFT: lazy_gettext("编制中"),
        s.SUBMITTED: lazy_gettext("待复核公布"),
        s.PUBLISHED: lazy_gettext("已公布"),
        s.CLOSED: lazy_gettext("已停止申报"),
    },
    lambda row: _("补贴项目“%(name)s”", name=row.name),
)

# A version of a published scheme goes the same way, while the one before stays in force.
terms = Machine(
    TERMS,
    table(
        Step("scheme.submit", (s.DRAFT,), s.SUBMITTED),
        Step("scheme.send_back", (s.SUBMITTED,), s.DRAFT),
        Step("scheme.publish", (s.SUBMITTED,), s.APPROVED),
    ),
    {
        s.DRAFT: lazy_gettext("草稿"),
        s.SUBMITTED: lazy_gettext("待复核"),
        s.APPROVED: lazy_gettext("已批准"),
    },
    lambda row: _("第 %(n)s 版条款", n=row.version),
)
