"""The acts of a year's end and who may perform them."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from core.access import Permission
from core.acts import Act, Deed, Reasoned, acts_on
from core.fields import ID_MAX, Text, fen, identity, one_of, reason, schema
from core.years import carrying, closing, debts, forward, pools, takeon

_VIEWERS = (
    "finance_budget",
    "finance_maker",
    "finance_approver",
    "treasurer",
    "purchaser_clerk",
    "purchaser_approver",
    "auditor",
)
FILE_MAX = 7_000_000  # base64 of the largest opening file

PERMISSIONS = [
    Permission("year.view", "查看财政年度", _VIEWERS),
    Permission("year.request_close", "提出年终结账", ("finance_maker", "finance_budget")),
    Permission("year.close", "年终结账", ("finance_approver",)),
    Permission("budget.carry_over", "提出结转", ("finance_budget", "finance_maker")),
    Permission("budget.approve_carry_over", "批准结转", ("finance_approver",)),
    Permission("debt.view", "查看待落实预算", _VIEWERS),
    Permission("debt.record", "登记法定债务", ("finance_maker",)),
    Permission("debt.approve", "确认法定债务", ("finance_approver",)),
    Permission("debt.fund", "落实债务预算", ("finance_budget",)),
    Permission("forward.view", "查看跨年支出", _VIEWERS),
    Permission("forward.convert", "落实跨年支出", ("finance_budget",)),
    Permission("takeon.propose", "提出期初建账", ("finance_budget", "finance_maker")),
    Permission("takeon.approve", "批准期初建账", ("finance_approver",)),
    Permission("takeon.release", "释放期初承诺", ("finance_budget",)),
]


def _year() -> fields.Integer:
    return fields.Integer(required=True, strict=True, validate=validate.Range(min=1990, max=2199))


def _asked_year() -> fields.Integer:
    return fields.Integer(required=True, validate=validate.Range(min=1990, max=2199))


def _page(name: str, **members: Any) -> Schema:
    low, most = validate.Range(min=1, max=ID_MAX), validate.Range(min=1, max=200)
    return schema(
        name,
        before=fields.Integer(load_default=None, validate=low),
        limit=fields.Integer(load_default=debts.PAGE, validate=most),
        **members,
    )


def _division() -> Text:
    return Text(load_default=None, longest=12)


def _file(name: str) -> Schema:
    return schema(
        name,
        filename=Text(required=True),
        content=fields.String(
            required=True,
            validate=validate.Length(max=FILE_MAX),
            metadata={"format": "byte"},
        ),
    )


CLOSING = [
    Act(
        "year.checklist",
        "查看年终结账清单",
        "/years/checklist",
        "year.view",
        schema("YearChecklist", year=_asked_year(), division_code=_division()),
        closing.checklist,
        method="GET",
        reads=True,
    ),
    Act(
        "year.open_pools",
        "查看未关闭的额度池",
        "/years/pools",
        "year.view",
        schema(
            "OpenPools",
            year=_asked_year(),
            after=fields.Integer(load_default=None, validate=validate.Range(min=1, max=ID_MAX)),
            limit=fields.Integer(load_default=pools.PAGE, validate=validate.Range(min=1, max=200)),
        ),
        pools.listed,
        method="GET",
        reads=True,
    ),
    Act(
        "year.request_close",
        "提出年终结账",
        "/years/request-close",
        "year.request_close",
        schema("YearRequestClose", year=_year(), division_code=_division()),
        closing.request_close,
        object_type=closing.YEAR,
    ),
    *acts_on(closing.YEAR, "/years", Deed("year.close", "年终结账", "year.close", closing.close)),
]

CARRYING = [
    Act(
        "budget.carry_over",
        "提出结转",
        "/budget/carry-overs",
        "budget.carry_over",
        schema(
            "CarryOver",
            pool_id=identity(required=False, load_default=None),
            line_id=identity(required=False, load_default=None),
            amount_fen=fen(required=False, load_default=None),
            codes=fields.List(
                Text(longest=40), load_default=None, validate=validate.Length(min=1, max=50)
            ),
            document=Text(required=True, longest=120),
        ),
        carrying.propose,
        object_type=carrying.CARRY,
    ),
    Act(
        "budget.approve_carry_over",
        "批准结转",
        "/budget/carry-overs/approve",
        "budget.approve_carry_over",
        schema("ApproveCarryOver", id=identity()),
        carrying.approve,
        object_type=carrying.CARRY,
    ),
    Act(
        "budget.decline_carry_over",
        "退回结转",
        "/budget/carry-overs/decline",
        "budget.approve_carry_over",
        schema("DeclineCarryOver", id=identity(), reason=reason()),
        carrying.decline,
        object_type=carrying.CARRY,
    ),
    Act(
        "budget.carry_overs",
        "列出结转与结余",
        "/budget/carry-overs",
        "year.view",
        _page("CarryOvers"),
        carrying.listed,
        method="GET",
        reads=True,
    ),
]

DEBTS = [
    Act(
        "debt.record",
        "登记法定债务",
        "/debts",
        "debt.record",
        schema(
            "NewDebt",
            kind=one_of(*debts.KINDS),
            organisation_id=identity(),
            party_id=identity(),
            amount_fen=fen(),
            document=Text(required=True, longest=120),
            reason=reason(),
        ),
        debts.record,
        object_type=debts.DEBT,
    ),
    *acts_on(
        debts.DEBT,
        "/debts",
        Deed("debt.approve", "确认法定债务", "debt.approve", debts.approve),
        Reasoned("debt.decline", "退回法定债务", "debt.approve", debts.decline),
    ),
    Act(
        "debt.fund",
        "落实债务预算",
        "/debts/fund",
        "debt.fund",
        schema("FundDebt", id=identity(), line_id=identity()),
        debts.fund,
        object_type=debts.DEBT,
    ),
    Act(
        "debt.list",
        "列出待落实预算的债务",
        "/debts",
        "debt.view",
        _page("Debts"),
        debts.listed,
        method="GET",
        reads=True,
    ),
]

FORWARD = [
    Act(
        "forward.convert",
        "落实跨年支出",
        "/forward/convert",
        "forward.convert",
        schema("ConvertForward", id=identity(), line_id=identity()),
        forward.convert,
        object_type=forward.FORWARD,
    ),
    Act(
        "forward.list",
        "列出跨年支出",
        "/forward",
        "forward.view",
        _page("ForwardObligations"),
        forward.listed,
        method="GET",
        reads=True,
    ),
]

TAKEON = [
    Act(
        "takeon.check",
        "核对期初文件",
        "/takeon/check",
        "takeon.propose",
        _file("TakeonCheck"),
        takeon.check,
        reads=True,
    ),
    Act(
        "takeon.propose",
        "提出期初建账",
        "/takeon",
        "takeon.propose",
        _file("TakeonPropose"),
        takeon.propose,
        object_type=takeon.TAKEON,
    ),
    *acts_on(
        takeon.TAKEON,
        "/takeon",
        Deed("takeon.approve", "批准期初建账", "takeon.approve", takeon.approve),
        Reasoned("takeon.decline", "退回期初建账", "takeon.approve", takeon.decline),
    ),
    Act(
        "takeon.release",
        "释放期初承诺",
        "/takeon/release",
        "takeon.release",
        schema("TakeonRelease", pool_id=identity(), amount_fen=fen(), reason=reason()),
        takeon.release,
        object_type="pool",
    ),
    Act(
        "takeon.list",
        "列出期初建账",
        "/takeon",
        "year.view",
        _page("Takeons"),
        takeon.listed,
        method="GET",
        reads=True,
    ),
]

ACTS = [*CLOSING, *CARRYING, *DEBTS, *FORWARD, *TAKEON]
