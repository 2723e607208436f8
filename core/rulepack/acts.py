"""The acts of the rule pack and who may perform them."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from core import proposals
from core.access import ROLES, Permission
from core.acts import Act, Deed, acts_on
from core.fields import FEN_MAX, ID_MAX, Text, date, identity, one_of, reason, schema
from core.rulepack import queries, service
from core.rulepack.declared import areas, figures

_READERS = tuple(
    role.code for role in ROLES.values() if role.side in {"provider", "purchaser", "overseer"}
)

PERMISSIONS = [
    Permission("rulepack.view", "查看法定数值与工作日历", _READERS),
    Permission("rulepack.propose", "拟订法定数值与工作日历", ("finance_budget",)),
    Permission("rulepack.approve", "批准法定数值与工作日历", ("finance_approver",)),
]


def page(name: str, **members: Any) -> Schema:
    """Return the schema of a list of proposals read newest first, page by page."""
    return schema(
        name,
        before=fields.Integer(load_default=None, validate=validate.Range(min=1, max=ID_MAX)),
        limit=fields.Integer(load_default=queries.LIMIT, validate=validate.Range(min=1, max=200)),
        state=one_of(*proposals.STATES, required=False, load_default=None),
        **members,
    )


def _division() -> Text:
    return Text(load_default=None, longest=12)


ACTS = [
    Act(
        "rulepack.propose",
        "拟订法定数值",
        "/rulepack/proposals",
        "rulepack.propose",
        schema(
            "NewRuleFigure",
            code=Text(required=True, longest=60),
            number=fields.Integer(
                strict=True, load_default=None, validate=validate.Range(min=0, max=FEN_MAX)
            ),
            text=Text(load_default=None, longest=40),
            from_on=date(),
            to_on=date(required=False, load_default=None),
            division_code=_division(),
            law=Text(required=True, longest=120),
            article=Text(required=True, longest=120),
            note=Text(load_default=None),
            permit=Text(load_default=None, longest=120),
        ),
        service.propose,
        object_type="rule_figure",
    ),
    *acts_on(
        "rule_figure",
        "/rulepack/proposals",
        Deed("rulepack.submit", "提交法定数值", "rulepack.propose", service.submit),
        Deed("rulepack.approve", "批准法定数值", "rulepack.approve", service.approve),
    ),
    Act(
        "rulepack.send_back",
        "退回法定数值",
        "/rulepack/proposals/return",
        "rulepack.approve",
        schema("ReturnRuleFigure", id=identity(), reason=reason()),
        service.send_back,
        object_type="rule_figure",
    ),
    Act(
        "rulepack.withdraw",
        "撤回法定数值",
        "/rulepack/proposals/withdraw",
        "rulepack.propose",
        schema("WithdrawRuleFigure", id=identity(), reason=reason()),
        service.withdraw,
        object_type="rule_figure",
    ),
    Act(
        "rulepack.list",
        "查看某日的法定数值",
        "/rulepack",
        "rulepack.view",
        schema(
            "RuleFigures",
            on=date(required=False, load_default=None),
            division_code=_division(),
            area=one_of(*areas(), required=False, load_default=None),
        ),
        queries.figures_on,
        method="GET",
        reads=True,
    ),
    Act(
        "rulepack.history",
        "查看一项法定数值的沿革",
        "/rulepack/history",
        "rulepack.view",
        schema("RuleFigureHistory", code=one_of(*figures())),
        queries.figure_history,
        method="GET",
        reads=True,
    ),
    Act(
        "rulepack.proposals",
        "列出法定数值的修改",
        "/rulepack/proposals",
        "rulepack.view",
        page("RuleFigureProposals"),
        queries.proposed,
        method="GET",
        reads=True,
    ),
    Act(
        "rulepack.proposal",
        "查看一项法定数值的修改",
        "/rulepack/proposal",
        "rulepack.view",
        schema("RuleFigureProposal", id=identity()),
        queries.proposal,
        method="GET",
        reads=True,
    ),
]
