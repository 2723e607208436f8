"""The acts of plans, who may perform them, and what they read."""

from __future__ import annotations

from marshmallow import fields, validate

from core.access import Permission
from core.acts import Act, Deed, Reasoned, acts_on
from core.fields import Text, identities, identity, reason, schema
from core.purchases import (
    consulting,
    deciding,
    drafting,
    forms,
    queries,
    schemas,
    signing,
    statistics,
)
from core.purchases.demand_acts import ACTS as DEMAND_ACTS
from core.purchases.demand_acts import PERMISSIONS as DEMAND_PERMISSIONS
from core.purchases.fund_acts import ACTS as FUND_ACTS
from core.purchases.fund_acts import PERMISSIONS as FUND_PERMISSIONS
from core.purchases.handover_acts import ACTS as HANDOVER_ACTS
from core.purchases.handover_acts import PERMISSIONS as HANDOVER_PERMISSIONS

_PURCHASER = ("purchaser_clerk", "purchaser_approver")
_FINANCE = ("finance_budget", "finance_maker", "finance_approver")

PERMISSIONS = [
    Permission("purchase.view", "查看购买计划", (*_PURCHASER, *_FINANCE, "treasurer", "auditor")),
    Permission("purchase.plan", "编制购买计划", ("purchaser_clerk",)),
    Permission("purchase.agree", "复核购买计划", ("purchaser_approver",)),
    Permission("purchase.send_back", "退回购买计划", ("purchaser_approver", "finance_budget")),
    Permission("purchase.cancel", "撤销购买计划", _PURCHASER),
    Permission("purchase.cosign", "会签购买计划", ("purchaser_approver",)),
    Permission("purchase.countersign", "财政会签承接条件", ("finance_budget", "finance_maker")),
    Permission(
        "purchase.give_back", "退回以前年度的预留", ("purchaser_approver", "finance_budget")
    ),
    Permission("purchase.file", "备案购买计划", ("finance_budget",)),
    *DEMAND_PERMISSIONS,
    *FUND_PERMISSIONS,
    *HANDOVER_PERMISSIONS,
]

OBJECT = "purchase"

DRAFTING = [
    Act(
        "purchase.create",
        "编制购买计划",
        "/purchases",
        "purchase.plan",
        schemas.plan("NewPlan", organisation_id=identity(), demand_ids=schemas.numbers()),
        drafting.create,
        object_type=OBJECT,
    ),
    Act(
        "purchase.revise",
        "修改购买计划",
        "/purchases/revise",
        "purchase.plan",
        schemas.plan("RevisedPlan", id=identity()),
        drafting.revise,
        object_type=OBJECT,
    ),
    Act(
        "purchase.group_demands",
        "把需求编入购买计划",
        "/purchases/demands",
        "purchase.plan",
        schemas.one("GroupDemands", demand_ids=identities(most=schemas.NAMES_MOST)),
        drafting.group_demands,
        object_type=OBJECT,
    ),
    Act(
        "purchase.release_demand",
        "把需求从购买计划取出",
        "/purchases/demands/release",
        "purchase.plan",
        schemas.one("ReleaseDemand", demand_id=identity(), reason=reason()),
        drafting.release_demand,
        object_type=OBJECT,
    ),
    Act(
        "purchase.consult",
        "就购买计划征求公众意见",
        "/purchases/consultations",
        "purchase.plan",
        schemas.one("Consult"),
        consulting.consult,
        object_type=OBJECT,
    ),
    Act(
        "purchase.comment",
        "对征求意见的计划提意见",
        "/public/comments",
        None,
        schemas.one("Comment", words=schemas.Paragraphs(required=True, longest=1000, public=True)),
        consulting.comment,
        object_type=OBJECT,
    ),
    Act(
        "purchase.answer_comment",
        "答复公众意见",
        "/purchases/comments/answer",
        "purchase.plan",
        schemas.one(
            "AnswerComment", answer=schemas.Paragraphs(required=True, longest=1000, public=True)
        ),
        consulting.answer_comment,
        object_type=OBJECT,
    ),
    *acts_on(
        OBJECT,
        "/purchases",
        Reasoned("purchase.recall", "撤回购买计划", "purchase.plan", drafting.recall),
        Deed("purchase.submit", "提交购买计划", "purchase.plan", deciding.submit),
    ),
]

DECIDING = [
    *acts_on(
        OBJECT,
        "/purchases",
        Deed("purchase.agree", "复核同意购买计划", "purchase.agree", deciding.agree),
        Reasoned("purchase.send_back", "退回购买计划", "purchase.send_back", deciding.send_back),
    ),
    Act(
        "purchase.cosign",
        "会签其他单位的购买计划",
        "/purchases/cosignatures",
        "purchase.cosign",
        schemas.one("Cosign", remark=Text(longest=500, load_default=None, allow_none=True)),
        signing.cosign,
        object_type=OBJECT,
    ),
    Act(
        "purchase.countersign",
        "财政会签承接主体条件",
        "/purchases/countersignatures",
        "purchase.countersign",
        schemas.one("Countersign"),
        signing.countersign,
        object_type=OBJECT,
    ),
    *acts_on(
        OBJECT,
        "/purchases",
        Deed("purchase.file", "备案购买计划并预留指标", "purchase.file", deciding.file),
        Reasoned("purchase.cancel", "撤销购买计划", "purchase.cancel", deciding.cancel),
        Reasoned("purchase.close", "办结购买计划", "purchase.agree", deciding.close),
        Reasoned(
            "purchase.give_back",
            "退回购买计划以前年度的预留",
            "purchase.give_back",
            deciding.give_back,
        ),
    ),
    Act(
        "purchase.report_emergency",
        "提交紧急购买的事后报告",
        "/purchases/emergency-reports",
        "purchase.plan",
        schemas.one(
            "ReportEmergency", report=schemas.Paragraphs(required=True, longest=2000, public=True)
        ),
        signing.report_emergency,
        object_type=OBJECT,
    ),
]

READING = [
    Act(
        "purchase.list",
        "列出购买计划",
        "/purchases",
        "purchase.view",
        schemas.page("Plans", state=Text(longest=20, load_default=None)),
        queries.purchases,
        method="GET",
        reads=True,
    ),
    Act(
        "purchase.show",
        "查看一个购买计划",
        "/purchase",
        "purchase.view",
        schemas.one("Plan"),
        queries.purchase_detail,
        method="GET",
        reads=True,
    ),
    Act(
        "purchase.advise",
        "按服务特点推荐购买方式",
        "/purchases/advice",
        "purchase.view",
        schema(
            "Advice",
            standard_is_clear=fields.Boolean(load_default=False),
            recipients_choose=fields.Boolean(load_default=False),
            to_producers=fields.Boolean(load_default=False),
        ),
        forms.advise,
        method="GET",
        reads=True,
    ),
    Act(
        "purchase.statistics",
        "统计一年的购买和成本比较",
        "/purchases/statistics",
        "purchase.view",
        schema(
            "PurchaseStatistics",
            year=fields.Integer(load_default=None, validate=validate.Range(min=1900, max=2199)),
        ),
        statistics.statistics,
        method="GET",
        reads=True,
    ),
    Act(
        "public.plans",
        "查看公开的购买计划",
        "/public/plans",
        None,
        schemas.page("PublicPlans"),
        queries.public_plans,
        method="GET",
        reads=True,
    ),
    Act(
        "public.plan",
        "查看一个公开的购买计划",
        "/public/plan",
        None,
        schemas.one("PublicPlan"),
        queries.public_plan,
        method="GET",
        reads=True,
    ),
]

ACTS = [*DRAFTING, *DECIDING, *READING, *DEMAND_ACTS, *FUND_ACTS, *HANDOVER_ACTS]
