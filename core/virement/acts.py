"""The acts of virement and of the reports on the structure of spending."""

from __future__ import annotations

from marshmallow import fields as plain
from marshmallow import validate

from core.access import Permission
from core.acts import Act
from core.fields import ID_MAX, Text, date, fen, identity, one_of, reason, schema
from core.virement import reports, service
from core.virement.models import APPROVED, DECLINED, PROPOSED

PERMISSIONS = [
    Permission(
        reports.SEE,
        "查看指标调剂",
        ("finance_budget", "finance_maker", "finance_approver", "treasurer", "auditor"),
    ),
    Permission(service.PROPOSE, "提出指标调剂", ("finance_budget",)),
    Permission(service.DECIDE, "批准指标调剂", ("finance_approver",)),
]


def _document() -> Text:
    return Text(required=True, longest=120)


ACTS = [
    Act(
        "budget.adjust",
        "调整指标",
        "/budget/adjustments",
        "budget.adjust",
        schema(
            "AdjustLine",
            id=identity(),
            amount_fen=fen(minimum=-(10**15)),
            document=_document(),
            reason=reason(required=False, load_default=None, allow_none=True),
        ),
        service.adjust,
        object_type="budget_line",
    ),
    Act(
        "budget.transfer",
        "提出指标调剂",
        "/budget/transfers",
        service.PROPOSE,
        schema(
            "NewTransfer",
            from_line_id=identity(),
            to_line_id=identity(),
            amount_fen=fen(),
            document=_document(),
            reason=reason(),
        ),
        service.propose,
        object_type="line_transfer",
    ),
    Act(
        "budget.approve_transfer",
        "批准指标调剂",
        "/budget/transfers/approve",
        service.DECIDE,
        schema("ApproveTransfer", id=identity()),
        service.approve,
        object_type="line_transfer",
    ),
    Act(
        "budget.decline_transfer",
        "退回指标调剂",
        "/budget/transfers/decline",
        service.DECIDE,
        schema("DeclineTransfer", id=identity(), reason=reason()),
        service.decline,
        object_type="line_transfer",
    ),
    Act(
        "budget.transfers",
        "列出指标调剂",
        "/budget/transfers",
        reports.SEE,
        schema(
            "Transfers",
            state=one_of(PROPOSED, APPROVED, DECLINED, required=False, load_default=None),
            before=plain.Integer(load_default=None, validate=validate.Range(min=1, max=ID_MAX)),
            limit=plain.Integer(
                load_default=reports.LIMIT, validate=validate.Range(min=1, max=200)
            ),
        ),
        reports.transfers,
        method="GET",
        reads=True,
    ),
    Act(
        "budget.shifts",
        "查看支出结构调整",
        "/budget/shifts",
        reports.VIEW,
        schema(
            "Shifts",
            from_on=date(required=False, load_default=None),
            to_on=date(required=False, load_default=None),
        ),
        reports.shifts,
        method="GET",
        reads=True,
    ),
    Act(
        "budget.staff_money",
        "查看养人与办事支出",
        "/budget/staff-money",
        reports.VIEW,
        schema(
            "StaffMoney",
            year=plain.Integer(load_default=None, validate=validate.Range(min=1900, max=2199)),
        ),
        reports.staff_money,
        method="GET",
        reads=True,
    ),
    Act(
        "budget.sources",
        "按资金来源查看指标",
        "/budget/sources",
        reports.VIEW,
        schema(
            "SourceMoney",
            year=plain.Integer(load_default=None, validate=validate.Range(min=1900, max=2199)),
        ),
        reports.source_money,
        method="GET",
        reads=True,
    ),
]
