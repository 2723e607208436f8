"""A tender in words for every page: its sections, the tones of its states, its choices."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from core import clock, formats
from core.purchases import Purchase
from plugins.contract_outsourcing.models import tenders as t
from plugins.contract_outsourcing.rules.methods import methods
from plugins.contract_outsourcing.service import choosing

TONES = {
    t.DRAFT: "plain",
    t.SUBMITTED: "wait",
    t.PUBLICITY: "wait",
    t.PUBLISHED: "info",
    t.OPENED: "info",
    t.EVALUATED: "wait",
    t.DECIDED: "wait",
    t.AWARDED: "good",
    t.CONTRACTED: "good",
    t.FAILED: "bad",
    t.CANCELLED: "plain",
}
RESERVED = {
    t.SOCIAL_ORGANISATION: lazy_gettext("专门面向社会组织"),
    t.SMALL_FIRM: lazy_gettext("专门面向中小企业"),
}
EVALUATIONS = {
    "comprehensive": lazy_gettext("综合评分法"),
    "lowest": lazy_gettext("最低评标价法"),
    "lowest_final_quote": lazy_gettext("质量和服务相等时最后报价最低"),
    "negotiated": lazy_gettext("协商确定"),
}
TIES = {
    "technical": lazy_gettext("先比报价，再比价格以外的得分"),
    "lot": lazy_gettext("先比报价，再抽签"),
}


def labels() -> dict[str, str]:
    """Return how the fields of a tender's form are called."""
    return {
        "name": _("项目名称"),
        "purchase_id": _("购买计划"),
        "agency_id": _("采购代理机构"),
        "method": _("采购方式"),
        "reason_code": _("适用情形"),
        "method_reason": _("选择这种方式的事实和理由"),
        "method_approval": _("批准文号"),
        "competition": _("竞争条件测试"),
        "ceiling_fen": _("最高限价"),
        "bid_bond_fen": _("投标保证金"),
        "reserved_for": _("预留"),
        "provider_id": _("拟定的承接主体"),
        "project": _("采购项目"),
        "service": _("服务内容"),
        "priced_services": _("按单价结算的服务"),
        "conditions": _("资格条件"),
        "evaluation": _("绩效评价标准"),
        "sheet": _("评分表"),
        "admitted": _("最多入围家数"),
        "indicators": _("评分因素"),
        "closes_at": _("投标截止时间"),
        "documents_until": _("采购文件提供至"),
    }


def method_choices() -> list[tuple[str, str]]:
    """Return the methods to choose from."""
    return [(method.code, method.name) for method in methods().values()]


def reason_choices() -> list[tuple[str, str]]:
    """Return the reasons of all methods, each once, with the methods that take it."""
    found: dict[str, list[str]] = {}
    for method in methods().values():
        for code in method.reason:
            found.setdefault(code, []).append(method.name)
    return [
        (code, f"{choosing.reason_name(code)}（{'、'.join(names)}）")
        for code, names in found.items()
    ]


def plan_choice(purchase: Purchase) -> tuple[str, str]:
    """Return a plan as it is offered for a tender."""
    return str(purchase.id), f"{purchase.number} {purchase.name}"


def sections(tender: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what a notice says, in sections of facts; what is not said is left out."""
    parts = [
        (_("采购什么"), _what(tender)),
        (_("怎么采购"), _how(tender)),
        (_("对承接主体的要求"), _whom(tender)),
        (_("时间"), _when(tender)),
    ]
    shown = [(title, [(term, said) for term, said in facts if said]) for title, facts in parts]
    return [{"title": title, "facts": facts} for title, facts in shown if facts]


def timed(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row of a list with its instants read and its state's tone."""
    closes_at = row["closes_at"]
    return row | {
        "closes_at": clock.instant(closes_at) if closes_at else None,
        "badge": (row["state_name"], TONES[row["state"]]),
        "reserved": str(RESERVED.get(row["reserved_for"], "")),
    }


def told(tender: dict[str, Any]) -> dict[str, Any]:
    """Return a tender with its changes as they are shown: a deadline only where it was moved."""
    changes = [
        one
        | {"closes": _moment(one["closes_at"]) if one["closes_at"] != one["closed_before"] else ""}
        for one in tender["amendments"]
    ]
    return tender | {"amendments": changes}


def percent(points_bp: int) -> str:
    """Return basis points as percent: 3050 as 30.5."""
    return formats.yuan(points_bp).rstrip("0").rstrip(".")


def _what(tender: dict[str, Any]) -> list[tuple[str, Any]]:
    bond = tender["bid_bond_fen"]
    return [
        (_("购买主体"), tender["organisation"]),
        (_("采购代理机构"), tender["agency"]),
        (_("采购项目"), tender["project"]),
        (_("服务内容"), tender["service"]),
        (
            _("按单价结算的服务"),
            "、".join(f"{one['name']}（{one['unit']}）" for one in tender["priced_services"]),
        ),
        (_("最高限价"), formats.yuan_text(tender["ceiling_fen"])),
        (_("绩效评价标准"), tender["evaluation"]),
        (
            _("投标保证金"),
            _("%(sum)s，只收支票、汇票、本票、保函等非现金形式", sum=formats.yuan_text(bond))
            if bond
            else None,
        ),
    ]


def _how(tender: dict[str, Any]) -> list[tuple[str, Any]]:
    sheet, test = tender["sheet"], tender["competition"]
    return [
        (_("采购方式"), tender["method_name"]),
        (_("依据"), tender["basis"]),
        (_("适用情形"), tender["reason"]),
        (_("选择这种方式的事实和理由"), tender["method_reason"]),
        (_("批准文号"), tender["method_approval"]),
        (
            _("竞争条件测试"),
            _("%(count)s 家能承接；%(words)s", count=test["able_providers"], words=test["words"])
            if test
            else None,
        ),
        (_("拟定的承接主体"), tender["provider"]),
        (_("评审方法"), str(EVALUATIONS.get(sheet.get("evaluation"), ""))),
        (
            _("价格权重"),
            f"{percent(sheet['price_weight_bp'])}%" if sheet.get("price_weight_bp") else None,
        ),
        (
            _("小微企业价格扣除"),
            f"{percent(sheet['small_firm_deduction_bp'])}%"
            if sheet.get("small_firm_deduction_bp")
            else None,
        ),
        (
            _("最多入围家数"),
            (sheet["admitted"] or _("除按规定须淘汰的以外都入围")) if "admitted" in sheet else None,
        ),
    ]


def _whom(tender: dict[str, Any]) -> list[tuple[str, Any]]:
    conditions = "；".join(tender["conditions"])
    preferences = "；".join(
        _("%(name)s（%(points)s 分）", name=one["name"], points=one["points"])
        for one in tender["preferences"]
    )
    return [
        (_("预留"), str(RESERVED.get(tender["reserved_for"], ""))),
        (_("基本条件（不符合就不能参加）"), conditions),
        (_("优先条件（符合的加分）"), preferences),
    ]


def _when(tender: dict[str, Any]) -> list[tuple[str, Any]]:
    return [
        (_("发布时间"), _moment(tender["published_at"])),
        (_("公示至（含当日）"), tender["publicity_until"]),
        (_("采购文件提供至"), tender["documents_until"]),
        (_("投标截止"), _moment(tender["closes_at"])),
        (_("评分表和限价的校验值"), tender["sheet_hash"]),
    ]


def _moment(text: str | None) -> str | None:
    return formats.moment(clock.instant(text)) if text else None
