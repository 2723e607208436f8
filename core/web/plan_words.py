"""A plan in words: the names of its parts and choices, and its sections as people read them."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from core import formats
from core.purchases import funds, models

TONES = {
    models.DRAFT: "plain",
    models.CONSULTING: "wait",
    models.SUBMITTED: "wait",
    models.AGREED: "wait",
    models.FILED: "good",
    models.UNDER_WAY: "good",
    models.CLOSED: "info",
    models.CANCELLED: "bad",
}
NATURES = {
    models.PUBLIC_SERVICE: lazy_gettext("公共服务"),
    models.SUPPORT_SERVICE: lazy_gettext("政府履职所需辅助性服务"),
}
BENEFICIARIES = {
    models.PUBLIC: lazy_gettext("社会公众"),
    models.GOVERNMENT: lazy_gettext("政府自身"),
}
ORIGINS = {
    models.NEW: lazy_gettext("新增服务"),
    models.CONVERTED: lazy_gettext("由自办转为购买"),
}
STAGES = {models.GENERAL: lazy_gettext("全面实施"), models.PILOT: lazy_gettext("试点")}
ENVELOPES = {
    models.UP_TO_LINE: lazy_gettext("先用预留，不够时可用到指标余额"),
    models.FIXED: lazy_gettext("只能用预留的钱"),
}
KINDS = {
    models.QUANTITY: lazy_gettext("数量"),
    models.QUALITY: lazy_gettext("质量"),
    models.EFFECT: lazy_gettext("效果"),
}
DIRECTIONS = {models.AT_LEAST: lazy_gettext("不低于"), models.AT_MOST: lazy_gettext("不高于")}
TRAITS = {
    "standard_is_clear": lazy_gettext("标准、质量、规格都能写清楚"),
    "recipients_choose": lazy_gettext("服务好不好由用的人最清楚，应让他们自己选"),
    "to_producers": lazy_gettext("市场上本来就有，只是要让它更便宜或更多"),
}
NO_ADD = {
    "institutions": lazy_gettext("不增加机构"),
    "posts": lazy_gettext("不增加编制"),
    "staff": lazy_gettext("不增加财政供养人员"),
    "money": lazy_gettext("不以购买服务为由增加财政支出"),
}
REFORMS = {
    "functions": lazy_gettext("转变政府职能"),
    "institutions": lazy_gettext("事业单位分类改革"),
    "associations": lazy_gettext("行业协会商会脱钩"),
    "fostering": lazy_gettext("社会组织培育发展"),
}
GROUPS = {
    "relief": lazy_gettext("救助对象"),
    "disabled": lazy_gettext("残疾人"),
    "elderly": lazy_gettext("老年人"),
    "children": lazy_gettext("儿童"),
    "left_behind": lazy_gettext("“三留守”人员"),
    "residents": lazy_gettext("一般居民"),
}
CONTRIBUTORS = {
    "government": lazy_gettext("其他政府部门"),
    "residents": lazy_gettext("居民"),
    "charity": lazy_gettext("慈善"),
    "volunteers": lazy_gettext("志愿服务"),
    "organisations": lazy_gettext("社会组织"),
}
PURPOSES = {code: name for code, (_group, name) in funds.PURPOSES.items()}


def choices(words: dict[str, Any]) -> list[tuple[str, Any]]:
    """Return the options of a choice for a form."""
    return list(words.items())


def labels() -> dict[str, str]:
    """Return the names of a plan's fields."""
    return {
        "name": _("项目名称"),
        "organisation_id": _("购买主体"),
        "catalogue_item_id": _("目录事项"),
        "by_analogy": _("公益类事业单位借鉴购买服务方式运作"),
        "nature": _("服务性质"),
        "beneficiary": _("受益者"),
        "origin": _("项目来源"),
        "stage": _("阶段"),
        "need": _("购买需求"),
        "standard": _("服务标准"),
        "quantity": _("数量"),
        "unit": _("计量单位"),
        "goal": _("绩效目标"),
        "indicators": _("绩效指标"),
        "starts_on": _("服务期自"),
        "ends_on": _("至（含当日）"),
        "form": _("购买方式"),
        "form_reason": _("选择这种方式的理由"),
        "is_open_tender": _("采用公开招标"),
        "split_approval": _("财政部门批准采用其他采购方式的文号"),
        "envelope": _("用钱的上限"),
        "emergency_reason": _("紧急购买的理由"),
        "fund_purpose": _("专项资金用途"),
        "handover_id": _("职能转移"),
        "funding": _("资金来源（本年度指标）"),
        "forward": _("以后年度支出责任"),
        "contributions": _("其他资源"),
        "conversion": _("被替代的经费"),
        "comparison": _("成本比较"),
        "hard_conditions": _("承接主体基本条件"),
        "preferred_conditions": _("承接主体优先条件"),
        "no_add": _("四个不增加"),
        "reforms": _("配合的改革"),
        "groups": _("服务对象"),
        "cosigner_ids": _("会签单位"),
        "demand_ids": _("回应的需求"),
    }


def sections(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a plan as titled sections of facts; parts that say nothing are left out."""
    made = [
        (_("买什么"), _service(plan)),
        (_("绩效目标"), _goal(plan)),
        (_("怎么买"), _way(plan)),
        (_("钱从哪来"), _money(plan)),
        (_("承接条件与核对"), _conditions(plan)),
    ]
    return [
        {"title": title, "facts": [(label, value) for label, value in facts if value]}
        for title, facts in made
    ]


def _service(plan: dict[str, Any]) -> list[tuple[str, Any]]:
    names = labels()
    amount = f"{plan['quantity']:,} {plan['unit'] or ''}" if plan["quantity"] else ""
    return [
        (names["organisation_id"], plan["organisation"]),
        (names["catalogue_item_id"], plan["item"]),
        (names["nature"], NATURES[plan["nature"]]),
        (names["beneficiary"], BENEFICIARIES[plan["beneficiary"]]),
        (names["origin"], ORIGINS[plan["origin"]]),
        (names["stage"], STAGES[plan["stage"]]),
        (_("公益类事业单位"), _("借鉴方式运作") if plan["by_analogy"] else ""),
        (names["need"], plan["need"]),
        (names["standard"], plan["standard"]),
        (names["quantity"], amount),
        (_("服务期"), _("%(first)s 至 %(last)s", first=plan["starts_on"], last=plan["ends_on"])),
        (names["groups"], _listed(GROUPS, plan["groups"])),
        (names["reforms"], _listed(REFORMS, plan["reforms"])),
        (names["emergency_reason"], plan["emergency_reason"]),
    ]


def _goal(plan: dict[str, Any]) -> list[tuple[str, Any]]:
    facts: list[tuple[str, Any]] = [(labels()["goal"], plan["goal"])]
    facts += [
        (
            f"{KINDS[one['kind']]} · {one['name']}",
            _(
                "%(direction)s %(target)s %(unit)s（权重 %(weight)s）",
                direction=str(DIRECTIONS[one["direction"]]),
                target=one["target"],
                unit=one["unit"],
                weight=one["weight"],
            ),
        )
        for one in plan["indicators"]
    ]
    if compared := plan["comparison"]:
        text = _(
            "自办 %(own)s，购买 %(bought)s（%(year)s 年，%(basis)s）",
            own=formats.yuan_text(compared["own_fen"]),
            bought=formats.yuan_text(compared["bought_fen"]),
            year=compared["year"],
            basis=compared["basis"],
        )
        facts.append((labels()["comparison"], text))
    return facts


def _way(plan: dict[str, Any]) -> list[tuple[str, Any]]:
    names = labels()
    traits = [code for code, told in (plan["traits"] or {}).items() if told]
    return [
        (names["form"], plan["form_name"]),
        (names["form_reason"], plan["form_reason"]),
        (_("服务特点"), _listed(TRAITS, traits)),
        (names["is_open_tender"], _("是") if plan["is_open_tender"] else ""),
        (names["split_approval"], plan["split_approval"]),
        # How the money is drawn is the office's affair.
        (names["envelope"], ENVELOPES[plan["envelope"]] if "funding" in plan else ""),
    ]


def _money(plan: dict[str, Any]) -> list[tuple[str, Any]]:
    # The public is told sums, not which line pays them.
    facts: list[tuple[str, Any]] = [
        (one["line"], formats.yuan_text(one["amount_fen"])) for one in plan.get("funding", ())
    ]
    if plan["fund_purpose"]:
        facts.append((labels()["fund_purpose"], str(PURPOSES[plan["fund_purpose"]])))
    facts.append((_("本年度预算"), formats.yuan_text(plan["budget_fen"])))
    facts += [
        (
            _("%(year)s 年支出责任", year=one["fiscal_year"]),
            formats.yuan_text(one["amount_fen"]),
        )
        for one in plan["forward"]
    ]
    if plan["forward"]:
        facts.append((_("各年度合计"), formats.yuan_text(plan["total_fen"])))
    if ended := plan["conversion"]:
        text = _(
            "%(unit)s %(amount)s，%(day)s 止（%(document)s）",
            unit=ended["unit_name"],
            amount=formats.yuan_text(ended["amount_fen"]),
            day=ended["ends_on"],
            document=ended["document"],
        )
        facts.append((labels()["conversion"], text))
    facts += [
        (
            str(CONTRIBUTORS[one["source"]]),
            f"{one['words']} {formats.yuan_text(one['amount_fen']) if one['amount_fen'] else ''}",
        )
        for one in plan["contributions"]
    ]
    return facts


def _conditions(plan: dict[str, Any]) -> list[tuple[str, Any]]:
    names = labels()
    return [
        (names["hard_conditions"], "；".join(plan["hard_conditions"])),
        (names["preferred_conditions"], "；".join(plan["preferred_conditions"])),
        (_("财政会签"), plan.get("countersigned_by")),
        (names["no_add"], _listed(NO_ADD, plan["no_add"])),
        (_("事后报告"), plan.get("emergency_report")),
    ]


def _listed(words: dict[str, Any], codes: list[str]) -> str:
    return "、".join(str(words[code]) for code in codes)
