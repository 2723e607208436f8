"""The lives of schemes and of their versions as tables: which act leads where."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from core.states import Machine, Step, table
from plugins.subsidy.models import applications as a
from plugins.subsidy.models import claims as c
from plugins.subsidy.models import recoveries as r
from plugins.subsidy.models import schemes as s

SCHEME, TERMS = "scheme", "scheme_terms"
APPLICATION = "subsidy_application"
SCHEME, TERMS, APPLICATION = "scheme", "scheme_terms", "subsidy_application"
CLAIM, RECOVERY = "subsidy_claim", "subsidy_recovery"

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

claim = Machine(
    CLAIM,
    table(
        Step("claim.check", (c.SUBMITTED, c.COMPUTED), c.COMPUTED),
        Step("claim.approve", (c.COMPUTED,), c.APPROVED),
        Step("claim.refuse", (c.SUBMITTED, c.COMPUTED), c.REFUSED),
        Step("claim.withdraw", (c.SUBMITTED, c.COMPUTED), c.WITHDRAWN),
        Step("claim.forfeit", (c.SUBMITTED, c.COMPUTED), c.FORFEITED),
        Step("claim.lower", (c.APPROVED,), c.FORFEITED),
        Step("interest.review", (c.APPROVED, c.PAID)),
        Step("claim.paid", (c.APPROVED,), c.PAID),
    ),
    {
        c.SUBMITTED: lazy_gettext("待核验"),
        c.COMPUTED: lazy_gettext("待批准"),
        c.APPROVED: lazy_gettext("已核定待付"),
        c.PAID: lazy_gettext("已支付"),
        c.REFUSED: lazy_gettext("不予补贴"),
        c.WITHDRAWN: lazy_gettext("已撤回"),
        c.FORFEITED: lazy_gettext("不再拨付"),
    },
    lambda row: _("补贴申报 %(number)s", number=row.number),
)

recovery = Machine(
    RECOVERY,
    table(
        Step("subsidy_recovery.state", (r.PROPOSED,), r.STATED),
        Step("subsidy_recovery.decide", (r.PROPOSED, r.STATED), r.DECIDED),
        Step("subsidy_recovery.drop", (r.PROPOSED, r.STATED), r.DROPPED),
    ),
    {
        r.PROPOSED: lazy_gettext("等对方陈述"),
        r.STATED: lazy_gettext("对方已陈述，待决定"),
        r.DECIDED: lazy_gettext("已决定追回"),
        r.DROPPED: lazy_gettext("不再追回"),
    },
    lambda row: _("追回 %(number)s", number=row.number),
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
        # A round ends the applications that get nothing; an award's agreement is signed.
        Step("result.approve", (a.ELIGIBLE,), a.REJECTED),
        Step("grant.sign", (a.ELIGIBLE,), a.AGREED),
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
