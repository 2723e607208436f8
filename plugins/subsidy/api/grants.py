"""Acts on agreements, their instalments and their duties, and what is read of them."""

from __future__ import annotations

from marshmallow import fields, validate

from core.acts import Act, Deed, Reasoned, acts_on
from core.fields import Text, date, one_of, reason
from core.purchases.schemas import one, page
from plugins.subsidy.models.grants import STATES
from plugins.subsidy.service import duties, grant_queries, grants
from plugins.subsidy.service.award_steps import GRANT
from plugins.subsidy.service.recovering import HEARD_DAYS

DAYS_MOST, INSTALMENTS_MOST = 60, 10

ACTS = [
    Act(
        "grant.sign",
        "签订补贴协议",
        "/subsidy/grants/sign",
        grants.SIGN,
        one("GrantSigned", text_hash=Text(required=True, longest=64, shortest=64)),
        grants.sign,
        object_type=GRANT,
    ),
    Act(
        "grant.check",
        "核查履约，办理下一期",
        "/subsidy/grants/check",
        grants.CHECK,
        one(
            "GrantChecked",
            instalment=fields.Integer(
                strict=True, required=True, validate=validate.Range(min=1, max=INSTALMENTS_MOST)
            ),
            document=Text(required=True, longest=120, public=True),
            words=Text(longest=500, shortest=0, load_default="", public=True),
        ),
        grants.check,
        object_type=GRANT,
    ),
    Act(
        "grant.break_duty",
        "提出补贴协议未履约",
        "/subsidy/grants/break-duty",
        grants.CHECK,
        one(
            "DutyBroken",
            closed_from=date(),
            reason=reason(),
            days=fields.Integer(
                strict=True,
                load_default=HEARD_DAYS,
                validate=validate.Range(min=HEARD_DAYS, max=DAYS_MOST),
            ),
        ),
        duties.break_duty,
        object_type=GRANT,
    ),
    Act(
        "grant.answer",
        "就未履约陈述申辩",
        "/subsidy/grants/answer",
        duties.ANSWER,
        one("DutyAnswered", statement=Text(required=True, longest=2_000, public=True)),
        duties.answer,
        object_type=GRANT,
    ),
    *acts_on(
        GRANT,
        "/subsidy/grants",
        Reasoned("grant.decide_breach", "决定补贴协议未履约", duties.DECIDE, duties.decide),
        Reasoned("grant.drop_breach", "不再追究未履约", duties.DECIDE, duties.drop),
        Deed("grant.close", "办结补贴协议", grants.CHECK, grants.close),
    ),
    Act(
        "grant.list",
        "查看补贴协议列表",
        "/subsidy/grants",
        grants.VIEW,
        page(
            "GrantList",
            state=one_of(
                *STATES, grant_queries.DUE, required=False, load_default=None, allow_none=True
            ),
        ),
        grant_queries.listed,
        method="GET",
        reads=True,
    ),
    Act(
        "grant.show",
        "查看补贴协议",
        "/subsidy/grant",
        grants.VIEW,
        one("GrantQuery"),
        grant_queries.show,
        method="GET",
        reads=True,
    ),
    Act(
        "grant.offer",
        "查看待签的补贴协议",
        "/subsidy/grant-offer",
        grants.SIGN,
        one("GrantOffer"),
        grant_queries.offer,
        method="GET",
        reads=True,
    ),
]
