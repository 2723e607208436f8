"""What a tender must fulfil before it is published, in the order in which it is refused."""

from __future__ import annotations

from datetime import date

from flask_babel import gettext as _
from sqlalchemy import func

from core import clock
from core.db import db
from core.errors import InvalidInput, RuleBroken
from core.formats import yuan_text
from core.purchases import Purchase, require_filed
from plugins.contract_outsourcing.models import Tender
from plugins.contract_outsourcing.models import tenders as t
from plugins.contract_outsourcing.rules import fairness, sheets
from plugins.contract_outsourcing.service import choosing, figures

FORM = "contract"
_OVER = (t.FAILED, t.CANCELLED)
_SHARE = 100  # basis points of one percent


def plan_of(tender: Tender) -> Purchase:
    """Return the filed plan a tender carries out, locked in an act; PLAN_NOT_FILED."""
    return require_filed(tender.purchase_id, form=FORM, organisation_id=tender.organisation_id)


def refuse_at_first_step(tender: Tender, purchase: Purchase) -> None:
    """Refuse what no later step can mend.

    METHOD_NOT_JUSTIFIED, CEILING_OVER_PLAN, DISCRIMINATORY_CONDITION, the sheet's refusals and
    BID_BOND_OVER_LIMIT, in this order.
    """
    choosing.refuse_unjustified(tender, purchase)
    _refuse_over_plan(tender, purchase)
    _refuse_discrimination(tender)
    _refuse_sheet(tender)
    _refuse_bond(tender)


def refuse_incomplete(tender: Tender) -> None:
    """Refuse NOTICE_FIELD_MISSING, naming every part of the notice that is missing."""
    missing = _missing(tender)
    if not missing:
        return
    raise RuleBroken(
        "NOTICE_FIELD_MISSING",
        _(
            "公告还缺 %(count)s 项：%(names)s。请补齐后再提交。",
            count=len(missing),
            names="、".join(missing.values()),
        ),
        basis="政府采购法第十一条、长府办发〔2014〕18号",
        errors={name: [_("须填写：%(what)s", what=what)] for name, what in missing.items()},
        missing=list(missing),
    )


def refuse_hasty(tender: Tender, on: date) -> None:
    """Refuse too short a time to bid, or to get the documents, for a tender published on a day."""
    method = figures.method_of(tender)
    if not method.envelopes or tender.closes_at is None:
        return
    closes_on, first = clock.day_of(tender.closes_at), figures.first_closing_day(tender, on)
    if closes_on < first:
        raise RuleBroken(
            "BIDDING_TIME_TOO_SHORT",
            _(
                "%(on)s 发布，投标截止最早为 %(first)s，现在定在 %(day)s。请推迟截止时间。",
                on=on,
                first=first,
                day=closes_on,
            ),
            basis=method.basis,
            errors={"closes_at": [_("最早为 %(day)s", day=first)]},
            first_day=first.isoformat(),
        )
    if tender.documents_until is None:
        return
    first = figures.documents_through(tender, on)
    if tender.documents_until < first:
        raise RuleBroken(
            "DOCUMENTS_TIME_TOO_SHORT",
            _(
                "采购文件至少要提供到 %(first)s，现在只到 %(day)s。请延长。",
                first=first,
                day=tender.documents_until,
            ),
            basis="政府采购法实施条例第三十一条",
            errors={"documents_until": [_("最早为 %(day)s", day=first)]},
            first_day=first.isoformat(),
        )
    if tender.documents_until > closes_on:
        raise InvalidInput(
            _("采购文件提供期限不能晚于投标截止，请改正。"),
            errors={"documents_until": [_("不能晚于投标截止")]},
        )


# --- parts -------------------------------------------------------------------------------------


def _refuse_over_plan(tender: Tender, purchase: Purchase) -> None:
    others = db.session.scalar(
        db.select(func.coalesce(func.sum(Tender.ceiling_fen), 0))
        .where(Tender.purchase_id == purchase.id, Tender.state.not_in(_OVER))
        .where(Tender.id != (tender.id or 0))
    )
    room = purchase.total_fen - int(others or 0)
    if tender.ceiling_fen <= room:
        return
    raise RuleBroken(
        "CEILING_OVER_PLAN",
        _(
            "最高限价 %(ceiling)s 超过购买计划还能采购的 %(room)s（计划 %(total)s，"
            "其他采购项目已占 %(others)s）。请降低限价。",
            ceiling=yuan_text(tender.ceiling_fen),
            room=yuan_text(room),
            total=yuan_text(purchase.total_fen),
            others=yuan_text(int(others or 0)),
        ),
        basis="政府采购法第六条、政府采购法实施条例第三十条",
        errors={"ceiling_fen": [_("最多 %(room)s", room=yuan_text(room))]},
        ceiling_fen=tender.ceiling_fen,
        room_fen=room,
    )


def _refuse_discrimination(tender: Tender) -> None:
    names = {
        fairness.OWNERSHIP: _("所有制"),
        fairness.FORM: _("组织形式"),
        fairness.PLACE: _("注册地"),
        fairness.AGE: _("成立年限"),
        fairness.SIZE: _("注册资本、营业额等规模"),
    }
    for field, text in _conditions(tender):
        found = fairness.exclusions(text)
        if not found:
            continue
        raise RuleBroken(
            "DISCRIMINATORY_CONDITION",
            _(
                "“%(words)s”以%(ground)s限制或照顾供应商，属于差别待遇，不得作为条件或评分因素。"
                "请改为与服务质量直接相关的要求。",
                words=found[0].words,
                ground=names[found[0].ground],
            ),
            basis="政府采购法第二十二条、政府采购法实施条例第二十条",
            errors={field: [_("含有差别待遇：%(words)s", words=found[0].words)]},
            grounds=[one.ground for one in found],
        )


def _conditions(tender: Tender) -> list[tuple[str, str]]:
    """Return every text that lets providers in or gives points, with its field."""
    scored = [
        ("indicators", "；".join((one.name, one.standard, *(step.words for step in one.levels))))
        for one in sheets.read(tender.sheet).indicators
    ]
    return [("conditions", text) for text in tender.content.get("conditions", ())] + scored


def _refuse_sheet(tender: Tender) -> None:
    method = figures.method_of(tender)
    sheet = sheets.read(tender.sheet)
    if method.is_scored and not sheet.indicators and not sheet.price_weight_bp:
        return  # not written yet: missing when the tender is submitted
    bounds = sheets.Bounds(
        figures.number(tender, method.price_weight_min),
        figures.number(tender, method.price_weight_max),
        *figures.deduction_bounds(tender),
    )
    for fault in sheets.faults(sheet, bounds, scored=method.is_scored):
        raise RuleBroken(
            fault.code,
            _sentence(fault),
            basis="政府采购法实施条例第三十四条",
            errors={"sheet": [_sentence(fault)]},
            **fault.facts,
        )


def _sentence(fault: sheets.Fault) -> str:
    facts = fault.facts
    if fault.code == sheets.WEIGHTS:
        return _(
            "价格权重与各项分值合计须为 100，现在是 %(sum)s。请调整。",
            sum=_percent(facts["sum_bp"]),
        )
    if fault.code == sheets.PRICE_WEIGHT:
        return _(
            "价格权重 %(own)s%% 不在规定的范围（%(least)s%% 至 %(most)s%%）内。请调整。",
            own=_percent(facts["price_weight_bp"]),
            least=_percent(facts["least_bp"] or 0),
            most=_percent(facts["most_bp"] or sheets.WHOLE_BP),
        )
    if fault.code == sheets.UNQUANTIFIED:
        return _(
            "评分因素“%(names)s”没有量化。请写出两档以上、从满分起递减的分值和对应情形。",
            names="、".join(facts["names"]),
        )
    if fault.code == sheets.DEDUCTION:
        return _(
            "小微企业价格扣除 %(own)s%% 不在规定的范围（%(least)s%% 至 %(most)s%%）内。请调整。",
            own=_percent(facts["deduction_bp"]),
            least=_percent(facts["least_bp"] or 0),
            most=_percent(sheets.WHOLE_BP if facts["most_bp"] is None else facts["most_bp"]),
        )
    if fault.code == sheets.CODES:
        return _("评分因素代码重复：%(codes)s。请改正。", codes="、".join(facts["codes"]))
    return _("这种采购方式不用评分表，请删去评分因素和价格权重。")


def _refuse_bond(tender: Tender) -> None:
    limit = figures.bond_limit(tender)
    if tender.bid_bond_fen <= limit:
        return
    raise RuleBroken(
        "BID_BOND_OVER_LIMIT",
        _(
            "投标保证金 %(bond)s 超过上限 %(limit)s。请降低；保证金只能以非现金形式交纳。",
            bond=yuan_text(tender.bid_bond_fen),
            limit=yuan_text(limit),
        ),
        basis="政府采购法实施条例第三十三条",
        errors={"bid_bond_fen": [_("最多 %(limit)s", limit=yuan_text(limit))]},
        limit_fen=limit,
    )


def _missing(tender: Tender) -> dict[str, str]:
    method, content = figures.method_of(tender), tender.content
    wanted = {
        "project": _("采购项目"),
        "service": _("服务内容"),
        "conditions": _("对承接主体的要求"),
        "evaluation": _("绩效评价标准"),
    }
    found = {name: what for name, what in wanted.items() if not content.get(name)}
    if method.envelopes and tender.closes_at is None:
        found["closes_at"] = _("投标截止时间")
    if method.is_scored and not tender.sheet.get("indicators"):
        found["indicators"] = _("评分因素")
    if method.several and not content.get("priced_services"):
        found["priced_services"] = _("按单价结算的服务")
    if not method.is_competitive and not content.get("provider_id"):
        found["provider_id"] = _("拟定的承接主体")
    return found


def _percent(points_bp: int) -> str:
    whole, rest = divmod(points_bp, _SHARE)
    return f"{whole}.{rest:02d}".rstrip("0").rstrip(".") if rest else str(whole)
