"""Acts on awards: decided, published, refused; challenges and complaints; providers barred."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from core.access import Actor
from core.acts import Act
from core.fields import date, identity, one_of, reason, schema
from core.purchases.schemas import Paragraphs, one, page
from plugins.contract_outsourcing.api import panels
from plugins.contract_outsourcing.service import (
    award_queries,
    awards,
    challenges,
    exclusions,
    panel_queries,
)

_DAYS_MOST = 366
_WORDS_MOST = 4000
AWARD, CHALLENGE = "award", "challenge"


def _flag(**options: object) -> fields.Boolean:
    return fields.Boolean(truthy={True}, falsy={False}, **options)


def _remedy() -> fields.String:
    return one_of(*challenges.REMEDIES, required=False, load_default=challenges.CORRECT)


def _notices(_actor: Actor, **asked: Any) -> dict[str, Any]:
    return award_queries.notices(**asked)


def _notice(_actor: Actor, **asked: Any) -> dict[str, Any]:
    return award_queries.notice(**asked)


AWARDS = [
    Act(
        "award.ranking",
        "查看评审报告",
        "/contract/awards/ranking",
        panel_queries.VIEW,
        one("ShowRanking"),
        award_queries.ranking,
        method="GET",
        reads=True,
    ),
    Act(
        "award.decide",
        "确定中标、成交供应商",
        "/contract/awards/decide",
        awards.DECIDE,
        one("DecideAward", bid_id=identity(required=False, load_default=None, allow_none=True)),
        awards.decide,
        object_type="tender",
    ),
    Act(
        "award.publish",
        "公告中标、成交结果",
        "/contract/awards/publish",
        awards.PUBLISH,
        one("PublishAward"),
        awards.publish,
        object_type="tender",
    ),
    Act(
        "award.decline",
        "放弃中标",
        "/contract/awards/decline",
        awards.DECLINE,
        one("DeclineAward", reason=reason()),
        awards.decline,
        object_type=AWARD,
    ),
    Act(
        "award.next",
        "确定下一名候选供应商",
        "/contract/awards/next",
        awards.DECIDE,
        one("NextAward"),
        awards.take_next,
        object_type="tender",
    ),
    Act(
        "award.mine",
        "查看本单位的中标和待办",
        "/contract/awards/mine",
        awards.DECLINE,
        schema("MyAwards"),
        award_queries.of_provider,
        method="GET",
        reads=True,
    ),
    Act(
        "award.notices",
        "查看结果公告",
        "/public/contract/awards",
        None,
        page("AwardNotices"),
        _notices,
        method="GET",
        reads=True,
    ),
    Act(
        "award.notice",
        "查看一个结果公告",
        "/public/contract/awards/show",
        None,
        one("AwardNotice"),
        _notice,
        method="GET",
        reads=True,
    ),
]

CHALLENGES = [
    Act(
        "challenge.file",
        "提出询问、质疑或投诉",
        "/contract/challenges",
        challenges.FILE,
        schema(
            "NewChallenge",
            tender_id=identity(),
            kind=one_of(*challenges.KINDS),
            about=one_of(*challenges.ABOUT),
            words=Paragraphs(required=True, longest=_WORDS_MOST, public=True),
            may_affect=_flag(load_default=True),
            after_id=identity(required=False, load_default=None, allow_none=True),
        ),
        challenges.file,
        object_type=CHALLENGE,
    ),
    Act(
        "challenge.withdraw",
        "撤回质疑或投诉",
        "/contract/challenges/withdraw",
        challenges.FILE,
        one("WithdrawChallenge", reason=reason()),
        challenges.withdraw,
        object_type=CHALLENGE,
    ),
    Act(
        "challenge.answer",
        "答复询问或质疑",
        "/contract/challenges/answer",
        challenges.ANSWER,
        one(
            "AnswerChallenge",
            words=Paragraphs(required=True, longest=_WORDS_MOST, public=True),
            upheld=_flag(load_default=False),
            remedy=_remedy(),
        ),
        challenges.answer,
        object_type=CHALLENGE,
    ),
    Act(
        "complaint.suspend",
        "处理投诉期间暂停采购",
        "/contract/complaints/suspend",
        challenges.DECIDE,
        one(
            "SuspendProcurement",
            days=fields.Integer(
                required=True, strict=True, validate=validate.Range(min=1, max=_DAYS_MOST)
            ),
        ),
        challenges.suspend,
        object_type=CHALLENGE,
    ),
    Act(
        "complaint.decide",
        "处理投诉",
        "/contract/complaints/decide",
        challenges.DECIDE,
        one(
            "DecideComplaint",
            words=Paragraphs(required=True, longest=_WORDS_MOST, public=True),
            upheld=_flag(required=True),
            remedy=_remedy(),
        ),
        challenges.decide,
        object_type=CHALLENGE,
    ),
    Act(
        "challenge.list",
        "查看质疑投诉",
        "/contract/challenges",
        "challenge.view",
        page("Challenges"),
        award_queries.challenge_list,
        method="GET",
        reads=True,
    ),
    Act(
        "challenge.show",
        "查看一项质疑投诉",
        "/contract/challenges/show",
        "challenge.view",
        one("ShowChallenge"),
        award_queries.challenge,
        method="GET",
        reads=True,
    ),
]

EXCLUSIONS = [
    Act(
        "exclusion.record",
        "限制承接主体参加采购",
        "/contract/exclusions",
        exclusions.RECORD,
        schema(
            "NewExclusion",
            provider_id=identity(),
            reason=reason(),
            from_on=date(),
            to_on=date(required=False, load_default=None, allow_none=True),
        ),
        exclusions.record,
        object_type=exclusions.OBJECT,
    ),
    Act(
        "exclusion.lift",
        "解除对承接主体的限制",
        "/contract/exclusions/lift",
        exclusions.RECORD,
        one("LiftExclusion", reason=reason()),
        exclusions.lift,
        object_type=exclusions.OBJECT,
    ),
    Act(
        "exclusion.list",
        "查看受限承接主体",
        "/contract/exclusions",
        exclusions.VIEW,
        page("Exclusions"),
        exclusions.listed,
        method="GET",
        reads=True,
    ),
]

ACTS = [*panels.ACTS, *AWARDS, *CHALLENGES, *EXCLUSIONS]
