"""The lives of schemes and of their versions as tables: which act leads where."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from core.states import Machine, Step, table
from plugins.subsidy.models import applications as a
from plugins.subsidy.models import schemes as s

SCHEME, TERMS, APPLICATION = "scheme", "scheme_terms", "subsidy_application"

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

# An award's agreement leads from eligible to agreed; in every other kind claims follow.
application = Machine(
    APPLICATION,
    table(
        Step("application.draft", (a.DRAFT,)),
        Step("application.add_paper", (a.DRAFT,)),
        Step("application.submit", (a.DRAFT,), a.SUBMITTED),
        Step("application.send_back", (a.SUBMITTED,), a.DRAFT),
        Step("application.complete", (a.SUBMITTED,), a.COMPLETE),
        # The rule says whether it leads to eligible or to not eligible.
        Step("application.judge", (a.COMPLETE,)),
        Step("application.reject", (a.SUBMITTED, a.COMPLETE, a.ELIGIBLE), a.REJECTED),
        Step("application.withdraw", (a.DRAFT, a.SUBMITTED, a.COMPLETE, a.ELIGIBLE), a.WITHDRAWN),
        Step("application.revoke", (a.ELIGIBLE, a.AGREED), a.REVOKED),
    ),
    {
        a.DRAFT: lazy_gettext("草稿"),
        a.SUBMITTED: lazy_gettext("待核对材料"),
        a.COMPLETE: lazy_gettext("已受理，待审核"),
        a.ELIGIBLE: lazy_gettext("符合条件"),
        a.INELIGIBLE: lazy_gettext("不符合条件"),
        a.AGREED: lazy_gettext("已签协议"),
        a.REJECTED: lazy_gettext("已驳回"),
        a.WITHDRAWN: lazy_gettext("已撤回"),
        a.REVOKED: lazy_gettext("已撤销"),
    },
    lambda row: _("补贴申请 %(number)s ", number=row.number),
)
