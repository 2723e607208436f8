"""Whether a method may be used for a plan: its reason, its approval, the test of competition."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from core.errors import InvalidInput, RuleBroken
from core.formats import yuan_text
from core.purchases import Purchase
from plugins.contract_outsourcing.models import Tender
from plugins.contract_outsourcing.rules.methods import EMERGENCY, NEEDS_APPROVAL, Method, methods
from plugins.contract_outsourcing.service import figures

UNJUSTIFIED = "METHOD_NOT_JUSTIFIED"
# What the reasons that methods ask for mean; one that is not here is shown by its code.
REASONS = {
    "special_few": lazy_gettext("具有特殊性，只能从有限范围的供应商处采购"),
    "too_costly": lazy_gettext("公开招标费用占总价值的比例过大"),
    "retender_failed": lazy_gettext("招标后没有供应商投标、没有合格标的或者重新招标未能成立"),
    "complex": lazy_gettext("技术复杂或者性质特殊，不能确定详细规格或者具体要求"),
    "urgent": lazy_gettext("采用招标所需时间不能满足用户紧急需要"),
    "price_unknown": lazy_gettext("不能事先计算出价格总额"),
    "standard_goods": lazy_gettext("规格、标准统一，现货货源充足且价格变化幅度小"),
    "only_source": lazy_gettext("只能从唯一供应商处采购"),
    "emergency": lazy_gettext("发生不可预见的紧急情况，不能从其他供应商处采购"),
    "add_on": lazy_gettext("须保证原有项目一致性或者服务配套，继续向原供应商添购"),
    "no_competition": lazy_gettext("不具备竞争条件"),
    "user_pays": lazy_gettext("由使用者付费，采用特许经营"),
}
COMPETITION = "政府采购法第二十六条、长府办发〔2014〕18号"


def reason_name(code: str) -> str:
    """Return what a reason code means."""
    return str(REASONS.get(code, code))


def known(code: str) -> Method:
    """Return a method's row; refuse a code that names none."""
    method = methods().get(code)
    if method is None:
        raise InvalidInput(
            _("没有“%(code)s”这种采购方式，请从列出的方式中选择。", code=code),
            errors={"method": [_("请从列出的选项中选择")]},
        )
    return method


def refuse_unjustified(tender: Tender, purchase: Purchase) -> None:
    """Refuse METHOD_NOT_JUSTIFIED: no reason of the row's, no failed test, no approval.

    A plan that was filed as open tender, and so was not counted as splitting, is tendered openly.
    """
    method = figures.method_of(tender)
    _refuse_without_reason(tender, method)
    _refuse_against_test(tender, method)
    if method.report_afterwards and not purchase.emergency_reason:
        raise _unjustified(
            method,
            _(
                "购买计划没有按紧急程序备案。请在计划中写明紧急理由后再采用“%(name)s”。",
                name=method.name,
            ),
            basis="政府采购法第八十五条",
        )
    if tender.method_approval or purchase.split_approval or method.is_open:
        return
    if purchase.is_open_tender:
        raise _unjustified(
            method,
            _(
                "购买计划是按公开招标备案的，不能改用“%(name)s”。"
                "请公开招标，或填写财政部门的批准文号。",
                name=method.name,
            ),
            basis="政府采购法第二十八条",
        )
    _refuse_unapproved(tender, method, purchase)


def refuse_change_unapproved(before: Tender, after: Tender) -> None:
    """Refuse another method than the failed tender's without an approval document."""
    if before.method == after.method or after.method_approval:
        return
    method = figures.method_of(after)
    raise _unjustified(
        method,
        _(
            "废标后改用“%(name)s”，须在采购活动开始前获得批准。请填写批准文号，或按原方式重新组织。",
            name=method.name,
        ),
        basis="政府采购法第三十七条",
    )


def _refuse_without_reason(tender: Tender, method: Method) -> None:
    if not method.reason:
        return
    code = tender.content.get("reason_code")
    if code in method.reason and tender.method_reason:
        return
    choices = "；".join(reason_name(one) for one in method.reason)
    raise _unjustified(
        method,
        _(
            "采用“%(name)s”须说明理由。请选择适用情形并写明事实：%(choices)s。",
            name=method.name,
            choices=choices,
        ),
        errors={"reason_code" if code not in method.reason else "method_reason": [_("须说明理由")]},
        reasons=list(method.reason),
    )


def _refuse_against_test(tender: Tender, method: Method) -> None:
    test = tender.content.get("competition")
    if method.needs_failed_test and test is None:
        raise _unjustified(
            method,
            _(
                "“%(name)s”只用于不具备竞争条件的服务。请先填写竞争条件测试的结果。",
                name=method.name,
            ),
            basis=COMPETITION,
            errors={"competition": [_("须先测试竞争条件")]},
        )
    is_bound = method.needs_failed_test or not method.is_competitive
    urgent = tender.content.get("reason_code") == EMERGENCY
    if test is None or not is_bound or urgent or not is_passed(tender, test):
        return
    raise _unjustified(
        method,
        _(
            "竞争条件测试的结论是具备竞争条件，符合条件的须统一纳入采购程序，不能采用“%(name)s”。"
            "请改用竞争性的采购方式。",
            name=method.name,
        ),
        basis=COMPETITION,
        able_providers=test["able_providers"],
    )


def is_passed(tender: Tender, test: dict[str, Any]) -> bool:
    """Tell whether a service can be bought in competition: comparable, with enough providers."""
    least = figures.number(tender, "tender.bidders_min") or 0
    return bool(test["is_comparable"]) and test["able_providers"] >= least


def _refuse_unapproved(tender: Tender, method: Method, purchase: Purchase) -> None:
    limit = figures.tender_limit(tender)
    if method.above_limit != NEEDS_APPROVAL or purchase.total_fen < limit:
        return
    raise _unjustified(
        method,
        _(
            "购买计划 %(total)s，达到公开招标数额标准 %(limit)s，采用“%(name)s”须经批准。"
            "请公开招标，或填写财政部门的批准文号。",
            total=yuan_text(purchase.total_fen),
            limit=yuan_text(limit),
            name=method.name,
        ),
        basis="政府采购法第二十七条、政府采购法实施条例第二十三条",
        errors={"method_approval": [_("须填写批准文号")]},
        limit_fen=limit,
    )


def _unjustified(
    method: Method, words: str, *, basis: str | None = None, errors: Any = None, **facts: Any
) -> RuleBroken:
    return RuleBroken(
        UNJUSTIFIED, words, basis=basis or method.basis, errors=errors, method=method.code, **facts
    )
