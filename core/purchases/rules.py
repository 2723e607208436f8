"""What a plan must fulfil, in the order in which it is refused: who, what, money, reasons."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func

from core import clock, fiscal, rulepack
from core.budget import BudgetLine
from core.db import db
from core.errors import RuleBroken
from core.formats import yuan, yuan_text
from core.ledger import Owner, gated_balance
from core.plugins import registry
from core.purchases import forms, funds, gates, handovers
from core.purchases.models import (
    AGREED,
    CLOSED,
    CONVERTED,
    FILED,
    INDICATOR_KINDS,
    NO_ADD,
    PUBLIC,
    PUBLIC_SERVICE,
    SUBMITTED,
    UNDER_WAY,
    Purchase,
    PurchaseFunding,
)

# These spend, or are about to; a draft may never come to anything.
_COUNTING = (SUBMITTED, AGREED, FILED, UNDER_WAY, CLOSED)
_WEIGHTS = 100


def refuse_at_first_step(purchase: Purchase) -> None:
    """Refuse what no later step can mend: the purchaser, the service, the money.

    PURCHASER_NOT_ELIGIBLE, the catalogue's refusals, BUDGET_MISSING, LINE_MISMATCH,
    BUDGET_INSUFFICIENT, FUND_PURPOSE_MISMATCH, HANDOVER_MISMATCH, SPLIT_TO_AVOID_TENDER, in this
    order. Keeps the category of what is bought, by which splitting is judged.
    """
    item = gates.item_of(purchase, on=max(clock.today(), purchase.starts_on))
    purchase.catalogue_category = item.category or item.code
    refuse_without_money(purchase)
    funds.refuse_foreign_purpose(purchase)
    handovers.refuse_foreign(purchase)
    refuse_splitting(purchase)


# --- money -------------------------------------------------------------------------------------


def refuse_without_money(purchase: Purchase) -> None:
    """Refuse a plan without an approved line, on a wrong line, or above what a line has left."""
    if not purchase.funding:
        raise RuleBroken(
            "BUDGET_MISSING",
            _(
                "购买计划没有对应的预算指标，未列入预算的项目不得实施。"
                "请先由财政部门下达指标，再编制计划。"
            ),
            basis="政府购买服务管理办法第十七条",
        )
    for row in purchase.funding:
        line = db.session.get(BudgetLine, row.line_id)
        if line is None:
            raise RuleBroken(
                "BUDGET_MISSING",
                _("没有这条预算指标，请从本单位本年度的指标中选择。"),
                basis="政府购买服务管理办法第十七条",
                line_id=row.line_id,
            )
        _refuse_mismatch(purchase, line)
        _refuse_above(line, row.amount_fen)


def _refuse_mismatch(purchase: Purchase, line: BudgetLine) -> None:
    if line.organisation_id != purchase.organisation_id:
        problem = _("是其他单位的指标")
    elif line.fiscal_year != purchase.fiscal_year:
        problem = _(
            "是 %(year)s 年度的指标，而计划从 %(own)s 年度开始",
            year=line.fiscal_year,
            own=purchase.fiscal_year,
        )
    elif fiscal.closed_lines([line.id]):
        problem = _("所属的 %(year)s 年度已经结账", year=line.fiscal_year)
    else:
        return
    raise RuleBroken(
        "LINE_MISMATCH",
        _(
            "指标“%(code)s”%(problem)s，不能用于这个计划。请选择本单位本年度的指标。",
            code=line.code,
            problem=problem,
        ),
        basis="预算法第六十三条",
        line_id=line.id,
    )


def _refuse_above(line: BudgetLine, amount_fen: int) -> None:
    available = gated_balance(Owner("line.available", line_id=line.id))
    if amount_fen <= available:
        return
    raise RuleBroken(
        "BUDGET_INSUFFICIENT",
        _(
            "指标“%(code)s”可用额度不足：计划需要 %(amount)s 元，可用 %(available)s 元，"
            "差 %(short)s 元。请减少数量，或先办理指标调整。",
            code=line.code,
            amount=yuan(amount_fen),
            available=yuan(available),
            short=yuan(amount_fen - available),
        ),
        basis="预算法第十三条",
        line_id=line.id,
        required_fen=amount_fen,
        available_fen=available,
    )


def refuse_splitting(purchase: Purchase) -> None:
    """Refuse repeated purchases of one category on one line that together evade the tender.

    Only where the form chooses providers by procurement and not by open tender; an approval
    document lifts it.
    """
    form = registry().forms.get(purchase.form or "")
    if form is None or not form.tenders or purchase.is_open_tender or purchase.split_approval:
        return
    limit = rulepack.number(
        "tender.limit_fen", on=clock.today(), division_code=purchase.division_code
    )
    for row in purchase.funding:
        count, earlier = _bought_before(purchase, row.line_id)
        if not count or earlier + row.amount_fen <= limit:
            continue
        raise RuleBroken(
            "SPLIT_TO_AVOID_TENDER",
            _(
                "同一指标、同一品目本年度已有 %(count)s 个非公开招标的计划，共 %(earlier)s；"
                "加上本计划 %(amount)s，超过公开招标限额 %(limit)s，属于化整为零。"
                "请改用公开招标，或填写财政部门的批准文号。",
                count=count,
                earlier=yuan_text(earlier),
                amount=yuan_text(row.amount_fen),
                limit=yuan_text(limit),
            ),
            basis="政府采购法第二十八条、政府采购法实施条例第二十八条",
            line_id=row.line_id,
            earlier_fen=earlier,
            amount_fen=row.amount_fen,
            limit_fen=limit,
        )


def _bought_before(purchase: Purchase, line_id: int) -> tuple[int, int]:
    """Return how many other such plans draw on a line, and how much in fen."""
    tendering = [form.code for form in registry().forms.values() if form.tenders]
    count, total = db.session.execute(
        db.select(func.count(), func.coalesce(func.sum(PurchaseFunding.amount_fen), 0))
        .join(Purchase, Purchase.id == PurchaseFunding.purchase_id)
        .where(PurchaseFunding.line_id == line_id, Purchase.id != purchase.id)
        .where(Purchase.fiscal_year == purchase.fiscal_year)
        .where(Purchase.catalogue_category == purchase.catalogue_category)
        .where(Purchase.state.in_(_COUNTING), Purchase.form.in_(tendering))
        .where(~Purchase.is_open_tender, Purchase.split_approval.is_(None))
    ).one()
    return int(count), int(total)


# --- reasons -----------------------------------------------------------------------------------


def refuse_incomplete(purchase: Purchase) -> None:
    """Refuse PLAN_FIELD_MISSING, naming every part that is missing; goals come with the budget."""
    missing = _missing(purchase)
    if missing:
        raise RuleBroken(
            "PLAN_FIELD_MISSING",
            _(
                "购买计划还缺 %(count)s 项：%(names)s。没有绩效目标和完整内容的计划不能提交。",
                count=len(missing),
                names="、".join(missing.values()),
            ),
            basis="预算法第三十二条",
            errors={
                name: [_("提交前须填写：%(what)s", what=what)] for name, what in missing.items()
            },
            missing=list(missing),
        )
    forms.known(purchase.form or "")
    _refuse_adding(purchase)


def _missing(purchase: Purchase) -> dict[str, str]:
    """Return the fields that are still missing, by name, in words."""
    wanted = {
        "need": _("购买需求"),
        "standard": _("服务标准"),
        "quantity": _("数量"),
        "unit": _("计量单位"),
        "goal": _("绩效目标"),
        "form": _("购买方式"),
        "form_reason": _("选择这种方式的理由"),
    }
    found = {name: what for name, what in wanted.items() if not getattr(purchase, name)}
    if problem := _indicators_missing(purchase):
        found["indicators"] = problem
    years = set(range(purchase.starts_on.year + 1, purchase.ends_on.year + 1))
    if years != {row.fiscal_year for row in purchase.forward}:
        found["forward"] = (
            _("以后各年度（%(years)s）的支出责任", years="、".join(map(str, sorted(years))))
            if years
            else _("删去服务期以外年度的支出责任")
        )
    if purchase.origin == CONVERTED:
        found |= {
            name: what
            for name, what in {
                "conversion": _("被替代的经费"),
                "comparison": _("购买与自办的成本比较"),
            }.items()
            if not purchase.content.get(name)
        }
    return found


def _indicators_missing(purchase: Purchase) -> str | None:
    names = {"quantity": _("数量指标"), "quality": _("质量指标"), "effect": _("效果指标")}
    kinds = {row.kind for row in purchase.indicators}
    missing = [names[kind] for kind in INDICATOR_KINDS if kind not in kinds]
    if missing:
        return "、".join(missing)
    total = sum(row.weight for row in purchase.indicators)
    if total != _WEIGHTS:
        return _("指标权重合计须为 100（现在是 %(total)s）", total=total)
    return None


def _refuse_adding(purchase: Purchase) -> None:
    names = {
        "institutions": _("不增加机构"),
        "posts": _("不增加编制"),
        "staff": _("不增加人员"),
        "money": _("不增加财政支出"),
    }
    confirmed = set(purchase.content.get("no_add", ()))
    missing = [names[code] for code in NO_ADD if code not in confirmed]
    if missing:
        raise RuleBroken(
            "NO_ADD_NOT_CONFIRMED",
            _(
                "还没有确认：%(names)s。购买服务不得成为加机构、加编制、加人员、加经费的理由，"
                "请逐项核实并勾选。",
                names="、".join(missing),
            ),
            basis="政府购买服务管理办法第三条",
            errors={"no_add": [_("须逐项确认")]},
            missing=[code for code in NO_ADD if code not in confirmed],
        )


# --- consultation ------------------------------------------------------------------------------


def needs_consultation(purchase: Purchase) -> bool:
    """Tell whether the public is asked first: services to the public, but not in an emergency."""
    is_public = purchase.nature == PUBLIC_SERVICE and purchase.beneficiary == PUBLIC
    return is_public and not purchase.emergency_reason


def refuse_unconsulted(purchase: Purchase) -> None:
    """Refuse a public service about which the public was not asked, or not to the end."""
    if not needs_consultation(purchase):
        return
    basis = "政府采购法实施条例第十五条"
    if purchase.consulted_to is None:
        raise RuleBroken(
            "CONSULTATION_NOT_FINISHED",
            _("面向公众的公共服务须先就需求征求社会公众意见。请先发布征求意见，期满后再提交。"),
            basis=basis,
        )
    if purchase.consulted_to >= clock.today():
        raise RuleBroken(
            "CONSULTATION_NOT_FINISHED",
            _(
                "征求意见到 %(day)s（含当日）才期满，期满前不能提交。请在次日以后提交。",
                day=purchase.consulted_to,
            ),
            basis=basis,
            consulted_to=purchase.consulted_to.isoformat(),
        )
    if purchase.consulted_hash != asked_about(purchase):
        raise RuleBroken(
            "CONSULTATION_NOT_FINISHED",
            _("征求意见后需求、标准或数量有改动，公众没有见过现在的内容。请重新征求意见。"),
            basis=basis,
        )


def asked_about(purchase: Purchase) -> str:
    """Return a hash of what the public is asked about: the service, need, standard, quantity."""
    parts: list[Any] = [
        purchase.catalogue_item_id,
        purchase.need,
        purchase.standard,
        purchase.quantity,
        purchase.unit,
    ]
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()
