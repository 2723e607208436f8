"""The lives of scoring rounds, objections, agreements and breaches of them as tables."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from core.states import Machine, Step, table
from plugins.subsidy.models import grants as g
from plugins.subsidy.models import results as m

ROUND, RESULT, OBJECTION = "subsidy_round", "subsidy_result", "subsidy_objection"
GRANT, BREACH = "subsidy_grant", "subsidy_breach"

scoring_round = Machine(
    ROUND,
    table(
        Step("result.open", (m.OPEN,)),
        Step("result.score", (m.OPEN,)),
        Step("result.verify", (m.OPEN,)),
        Step("result.veto", (m.OPEN,)),
        Step("result.publicise", (m.OPEN,), m.PUBLICISED),
        Step("result.object", (m.PUBLICISED,)),
        Step("result.decide_objection", (m.PUBLICISED,)),
        Step("result.correct", (m.PUBLICISED,)),
        Step("result.conclude", (m.PUBLICISED,), m.SETTLED),
        Step("result.send_back", (m.SETTLED,), m.PUBLICISED),
        Step("result.approve", (m.SETTLED,), m.CONCLUDED),
    ),
    {
        m.OPEN: lazy_gettext("评分中"),
        m.PUBLICISED: lazy_gettext("公示"),
        m.SETTLED: lazy_gettext("待批准"),
        m.CONCLUDED: lazy_gettext("已确定"),
    },
    lambda row: _("%(year)s 年度评审", year=row.year),
)

objection = Machine(
    OBJECTION,
    table(
        Step("result.uphold", (m.RAISED,), m.UPHELD),
        Step("result.reject", (m.RAISED,), m.REJECTED),
        Step("result.correct", (m.UPHELD,), m.CORRECTED),
    ),
    {
        m.RAISED: lazy_gettext("待处理"),
        m.UPHELD: lazy_gettext("成立，待更正"),
        m.REJECTED: lazy_gettext("不成立"),
        m.CORRECTED: lazy_gettext("成立，已更正"),
    },
    lambda row: _("异议 %(number)s ", number=row.id),
)

grant = Machine(
    GRANT,
    table(
        Step("grant.check", (g.SIGNED,)),
        Step("grant.break_duty", (g.SIGNED,), g.QUESTIONED),
        Step("grant.answer", (g.QUESTIONED,)),
        Step("grant.decide_breach", (g.QUESTIONED,), g.BROKEN),
        Step("grant.drop_breach", (g.QUESTIONED,), g.SIGNED),
        Step("grant.close", (g.SIGNED,), g.CLOSED),
    ),
    {
        g.SIGNED: lazy_gettext("履行中"),
        g.QUESTIONED: lazy_gettext("未履约待决定"),
        g.BROKEN: lazy_gettext("未履约，已终止"),
        g.CLOSED: lazy_gettext("已履行完"),
    },
    lambda row: _("补贴协议 %(number)s", number=row.number),
)

breach = Machine(
    BREACH,
    table(
        Step("grant.decide_breach", (g.PROPOSED,), g.DECIDED),
        Step("grant.drop_breach", (g.PROPOSED,), g.DROPPED),
    ),
    {
        g.PROPOSED: lazy_gettext("等对方陈述"),
        g.DECIDED: lazy_gettext("已决定"),
        g.DROPPED: lazy_gettext("不再追究"),
    },
    lambda row: _("未履约事项 %(number)s ", number=row.id),
)
