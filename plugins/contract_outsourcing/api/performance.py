"""Acts on performance: delivery, opinions, deductions, acceptance, scores, arrears."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from core import uploads
from core.acts import Act, Deed, Reasoned, acts_on
from core.fields import Text, date, identity, one_of, schema
from plugins.contract_outsourcing.models import performance as p
from plugins.contract_outsourcing.service import (
    accepting,
    arrears,
    deducting,
    milestones,
    opinions,
    performance_queries,
    scoring_performance,
)
from plugins.contract_outsourcing.service.steps import CONTRACT, MILESTONE

MOST_UNITS = 10_000_000
POINTS = 100


class LineResultSchema(Schema):
    """What was found of one line of the standard."""

    line = Text(required=True, longest=20)
    found = one_of(*accepting.FOUND)
    words = Text(longest=500, public=True)


def _words(longest: int = 1000, *, required: bool = True) -> Text:
    return Text(longest=longest, required=required, public=True)


def _points(**options: Any) -> fields.Integer:
    limits = validate.Range(min=0, max=100 * POINTS)
    return fields.Integer(strict=True, validate=limits, **options)


def _said() -> dict[str, Any]:
    """Return the fields of what a recipient says."""
    return {
        "milestone_id": identity(),
        "delivered": fields.Boolean(required=True, truthy={True}, falsy={False}),
        "score": fields.Integer(strict=True, validate=validate.Range(min=0, max=POINTS)),
        "words": _words(500, required=False),
    }


def _period() -> Text:
    return Text(longest=20)


_LIMIT = validate.Range(min=1, max=200)

DELIVERING = [
    Act(
        "milestone.deliver",
        "申报交付",
        "/contract/milestones/deliver",
        "milestone.deliver",
        schema(
            "MilestoneDeliver",
            id=identity(),
            delivered_on=date(),
            words=_words(),
            links=fields.List(Text(longest=500, public=True), validate=validate.Length(max=20)),
            files=uploads.field("DeliveryFile"),
        ),
        milestones.deliver,
        object_type=MILESTONE,
        body_max=uploads.BODY_MAX,
    ),
    Act(
        "milestone.list",
        "查看合同节点",
        "/contract/milestones",
        "contract.view",
        schema(
            "MilestoneList",
            contract_id=identity(required=False),
            before=identity(required=False),
            limit=fields.Integer(strict=True, validate=_LIMIT),
        ),
        performance_queries.listed,
        method="GET",
        reads=True,
    ),
    Act(
        "milestone.show",
        "查看一个节点",
        "/contract/milestones/show",
        "contract.view",
        schema("MilestoneShow", id=identity()),
        performance_queries.shown,
        method="GET",
        reads=True,
    ),
]
OPINIONS = [
    Act(
        "opinion.give",
        "说服务送到没有",
        "/contract/opinions/give",
        "opinion.give",
        schema("OpinionGive", **_said()),
        opinions.give,
        object_type=opinions.OPINION,
    ),
    Act(
        "opinion.record",
        "代记服务对象意见",
        "/contract/opinions/record",
        "opinion.record",
        schema(
            "OpinionRecord",
            resident_id=identity(),
            way=one_of(opinions.DESK, opinions.TELEPHONE),
            **_said(),
        ),
        opinions.record,
        object_type=opinions.OPINION,
    ),
    Act(
        "opinion.answer",
        "答复服务对象意见",
        "/contract/opinions/answer",
        "opinion.answer",
        schema("OpinionAnswer", id=identity(), answer=_words(500)),
        opinions.answer,
        object_type=opinions.OPINION,
    ),
    Act(
        "opinion.mine",
        "查看我的服务",
        "/contract/opinions/mine",
        "opinion.give",
        schema("OpinionMine"),
        opinions.mine,
        method="GET",
        reads=True,
    ),
]
DEDUCTIONS = [
    Act(
        "deduction.propose",
        "提出扣减",
        "/contract/deductions/propose",
        "deduction.propose",
        schema(
            "DeductionPropose",
            milestone_id=identity(),
            kind=one_of(p.LATE, p.QUALITY),
            evidence=_words(),
            clause=Text(longest=20),
            units=fields.Integer(strict=True, validate=validate.Range(min=1, max=MOST_UNITS)),
        ),
        deducting.propose,
        object_type=deducting.DEDUCTION,
    ),
    Act(
        "deduction.state",
        "对扣减陈述申辩",
        "/contract/deductions/state",
        "deduction.state",
        schema("DeductionState", id=identity(), words=_words()),
        deducting.state,
        object_type=deducting.DEDUCTION,
    ),
    *acts_on(
        deducting.DEDUCTION,
        "/contract/deductions",
        Reasoned("deduction.decide", "决定扣减", "deduction.decide", deducting.decide),
        Reasoned("deduction.drop", "撤回扣减", "deduction.drop", deducting.drop),
    ),
]
ACCEPTANCES = [
    Act(
        "acceptance.record",
        "记录验收",
        "/contract/acceptances/record",
        "acceptance.record",
        schema(
            "AcceptanceRecord",
            id=identity(),
            results=fields.List(
                fields.Nested(LineResultSchema), required=True, validate=validate.Length(max=50)
            ),
            words=_words(required=False),
        ),
        accepting.record,
        object_type=MILESTONE,
    ),
    *acts_on(
        MILESTONE,
        "/contract/acceptances",
        Deed("acceptance.approve", "复核通过验收", "acceptance.approve", accepting.approve),
        Reasoned("acceptance.send_back", "退回重新验收", "acceptance.approve", accepting.send_back),
        Reasoned(
            "acceptance.refuse", "验收不合格，退回重新交付", "acceptance.approve", accepting.refuse
        ),
    ),
]
RESULTS = [
    Act(
        "acceptance.results",
        "公告公共服务的验收结果",
        "/contract/acceptances/results",
        None,
        schema(
            "AcceptanceResults",
            before=identity(required=False),
            limit=fields.Integer(strict=True, validate=_LIMIT),
        ),
        performance_queries.results,
        method="GET",
        reads=True,
    ),
]
SCORES = [
    Act(
        "contract.score",
        "给合同履行打分",
        "/contract/scores/give",
        "contract.score",
        schema(
            "ContractScore",
            id=identity(),
            side=one_of(p.PURCHASER, p.RECIPIENTS),
            period=_period(),
            centipoints=_points(),
            words=_words(required=False),
        ),
        scoring_performance.score,
        object_type=CONTRACT,
    ),
    Act(
        "contract.evaluate",
        "第三方评价打分",
        "/contract/scores/evaluate",
        "contract.evaluate",
        schema(
            "ContractEvaluate",
            id=identity(),
            period=_period(),
            centipoints=_points(required=True),
            words=_words(required=False),
        ),
        scoring_performance.evaluate,
        object_type=CONTRACT,
    ),
]
ARREARS = [
    Act(
        "arrears.list",
        "公示逾期未付中小企业款项",
        "/contract/arrears",
        None,
        schema("ArrearsList", on=date(required=False)),
        arrears.listed,
        method="GET",
        reads=True,
    ),
    Act(
        "arrears.late_payments",
        "查看逾期付款",
        "/contract/arrears/late-payments",
        "contract.view",
        schema(
            "ArrearsLatePayments",
            year=fields.Integer(strict=True, validate=validate.Range(min=1900, max=2199)),
            before=identity(required=False),
            limit=fields.Integer(strict=True, validate=_LIMIT),
        ),
        arrears.late_payments,
        method="GET",
        reads=True,
    ),
]
ACTS: list[Act] = [*DELIVERING, *OPINIONS, *DEDUCTIONS, *ACCEPTANCES, *RESULTS, *SCORES, *ARREARS]
