"""How much a scheme gives, in plain Chinese: its kind's terms as facts and sentences."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from core.formats import yuan_text
from plugins.subsidy import rules
from plugins.subsidy.pages.pencil import TAX_NAMES, ppm_text, share_text
from plugins.subsidy.rules.interest import BORROWER_BEARS, POINTS

PARTY_NAMES = {
    "purchaser": lazy_gettext("主管部门"),
    "recipients": lazy_gettext("服务对象"),
    "third_party": lazy_gettext("第三方机构"),
    "pool": lazy_gettext("资金池"),
    "guarantor": lazy_gettext("担保公司"),
    "bank": lazy_gettext("贷款银行"),
    "reguarantor": lazy_gettext("再担保机构"),
}
SETTLED = "3、6、9、12"


def party_names() -> dict[str, str]:
    """Return whoever scores or bears a loss, in words."""
    return {code: str(name) for code, name in PARTY_NAMES.items()}


def amounts(terms: rules.Terms) -> tuple[list[tuple[str, Any]], list[str]]:
    """Return the facts and the sentences about amounts, the kind's own and the envelope."""
    facts: list[tuple[str, Any]] = []
    rows: list[str] = []
    if terms.interest is not None:
        facts, rows = _interest(terms.interest)
    elif terms.awards is not None:
        facts, rows = _awards(terms.awards)
    elif terms.units is not None:
        facts, rows = _units(terms.units)
    elif terms.risk_pool is not None:
        facts, rows = _pool(terms.risk_pool)
    elif terms.guarantee_fee is not None:
        facts = _guarantee_fee(terms.guarantee_fee)
    elif terms.fee_relief is not None:
        facts = _fee_relief(terms.fee_relief)
    elif terms.tax_relief is not None:
        facts = [
            (_("登记的税种"), "、".join(str(TAX_NAMES[one]) for one in terms.tax_relief.taxes))
        ]
    envelope = terms.envelope_fen
    if terms.tax_relief is None:
        said = _("一共 %(sum)s", sum=yuan_text(envelope)) if envelope else _("以当年预算为限")
        facts.append((_("资金总额"), said))
    return facts, rows


def _interest(terms: rules.InterestTerms) -> tuple[list[tuple[str, Any]], list[str]]:
    facts = [
        (
            _("结息日"),
            _("每年 %(months)s 月 %(day)s 日", months=SETTLED, day=terms.settles_on),
        ),
        (_("上限"), _("不超过您实际付出的利息，先付后贴") if terms.capped_by_paid else ""),
        (_("不贴的部分"), _("逾期的本金和罚息")),
    ]
    rows = [
        _(
            "%(day)s 起发放的贷款：%(how)s。%(limits)s。依据 %(document)s。",
            day=one.from_on.isoformat(),
            how=_regime(one),
            limits=_regime_limits(one),
            document=one.document,
        )
        for one in sorted(terms.regimes, key=lambda one: one.from_on, reverse=True)
    ]
    return facts, rows


def _regime(one: rules.Regime) -> str:
    if one.method == BORROWER_BEARS:
        return _(
            "您承担 LPR 减 %(points)s 的部分，其余利息由政府付",
            points=ppm_text(one.points_ppm or 0),
        )
    if one.method == POINTS:
        return _("政府按年利率 %(points)s 贴息", points=ppm_text(one.points_ppm or 0))
    return _("政府付实际利息的 %(share)s", share=ppm_text(one.share_ppm or 0))


def _regime_limits(one: rules.Regime) -> str:
    said = [_borrower(each) for each in one.classes]
    if one.rate_over_lpr_ppm is not None:
        said.append(_("贷款利率不超过 LPR 加 %(points)s", points=ppm_text(one.rate_over_lpr_ppm)))
    if one.months is not None:
        said.append(_("贴息最多 %(months)s 个月", months=one.months))
    return "；".join(said)


def _borrower(one: rules.BorrowerClass) -> str:
    said = [
        _("本金最高 %(sum)s", sum=yuan_text(one.principal_cap_fen))
        if one.principal_cap_fen is not None
        else "",
        _("期限最长 %(months)s 个月", months=one.term_months_max) if one.term_months_max else "",
        _("最多 %(n)s 次", n=one.loans_max) if one.loans_max else "",
        _("合伙的按人数合计，每人上浮 %(share)s", share=share_text(one.partner_uplift_bp))
        if one.partner_uplift_bp
        else "",
        _("合伙合计最高 %(sum)s", sum=yuan_text(one.partners_cap_fen))
        if one.partners_cap_fen is not None
        else "",
        _("每年最多贴 %(sum)s", sum=yuan_text(one.year_cap_fen))
        if one.year_cap_fen is not None
        else "",
    ]
    told = "，".join(filter(None, said)) or _("不另设限额")
    return _("%(who)s：%(said)s", who=one.name, said=told)


def _awards(terms: rules.AwardTerms) -> tuple[list[tuple[str, Any]], list[str]]:
    weights = "，".join(
        f"{party_names().get(who, who)} {share_text(weight)}"
        for who, weight in terms.weights_bp.items()
    )
    parts = "，".join(
        _("第 %(n)s 期 %(share)s", n=n, share=share_text(share))
        for n, share in enumerate(terms.instalments_bp, start=1)
    )
    facts = [
        (_("谁打分"), weights),
        (
            _("有效答卷"),
            _(
                "少于 %(n)s 份的，最高按“%(tier)s”档",
                n=terms.answers_min,
                tier=terms.few_answers_tier,
            )
            if terms.answers_min
            else None,
        ),
        (
            _("和投入挂钩"),
            _(
                "申明了自有投入的，奖励不超过核实投入的 %(share)s",
                share=share_text(terms.investment_bp),
            )
            if terms.investment_bp
            else None,
        ),
        (_("怎么付"), parts),
        (_("要坚持多久"), _duty(terms)),
        (
            _("钱不够时"),
            _("各家奖励合计超过总额的，按同一比例减少") if terms.pool_fen is not None else None,
        ),
        (_("一票否决"), _("列入失信名单等有否决理由的，没有奖励，理由会公布")),
    ]
    rows = [_tier(one) for one in sorted(terms.tiers, key=lambda one: -one.begins)]
    return facts, rows


def _duty(terms: rules.AwardTerms) -> str | None:
    if terms.duty_from is None or not terms.duty_months:
        return None
    return _(
        "从 %(day)s 起 %(months)s 个月。没做满的，已付的按缺的整月数退回，未付的不再付",
        day=terms.duty_from.isoformat(),
        months=terms.duty_months,
    )


def _tier(one: rules.Tier) -> str:
    begins = rules.points_text(one.begins)
    if one.ends is None:
        return _(
            "“%(code)s”档：%(begins)s 分及以上，奖 %(sum)s。",
            code=one.code,
            begins=begins,
            sum=yuan_text(one.amount_fen),
        )
    return _(
        "“%(code)s”档：%(begins)s 分到不满 %(ends)s 分，奖 %(sum)s。",
        code=one.code,
        begins=begins,
        ends=rules.points_text(one.ends),
        sum=yuan_text(one.amount_fen),
    )


def _units(terms: rules.UnitTerms) -> tuple[list[tuple[str, Any]], list[str]]:
    cap, most = terms.period_cap_fen, terms.units_max
    facts = [
        (_("多久一期"), _("每 %(n)s 个月申报一次，期满后申报", n=terms.period_months)),
        (_("数量上限"), _("一期最多补 %(n)s 个", n=most) if most else None),
        (_("金额上限"), _("一期最多补 %(sum)s", sum=yuan_text(cap)) if cap is not None else None),
        (
            _("钱不够时"),
            _("各家合计超过总额的，按同一比例减少") if terms.envelope_fen is not None else None,
        ),
    ]
    return facts, [_unit_row(kind, price) for kind in terms.classes for price in kind.prices]


def _unit_row(kind: rules.UnitClass, price: rules.Price) -> str:
    if price.ends is not None:
        span = _("%(low)s 到 %(high)s 个", low=price.begins, high=price.ends - 1)
    elif price.begins > 1:
        span = _("%(low)s 个及以上", low=price.begins)
    else:
        span = _("不论多少")
    said = [
        _(
            "%(name)s，%(span)s：每个 %(sum)s",
            name=kind.name,
            span=span,
            sum=yuan_text(price.unit_fen),
        )
    ]
    if kind.factor_ppm != rules.PPM:
        said.append(_("按 %(factor)s 计", factor=ppm_text(kind.factor_ppm)))
    if kind.waiting_months:
        said.append(_("投入使用满 %(months)s 个月后申请", months=kind.waiting_months))
    return _("%(said)s。", said="，".join(said))


def _pool(terms: rules.PoolTerms) -> tuple[list[tuple[str, Any]], list[str]]:
    shares = "，".join(
        f"{party_names().get(who, who)} {share_text(share)}" for who, share in terms.shares
    )
    facts = [
        (_("损失谁承担"), shares),
        (
            _("什么时候能申请"),
            _("债务到期满 %(days)s 天，担保公司代偿以后", days=terms.waiting_days),
        ),
        (
            _("一年上限"),
            _("资金池一年最多承担 %(sum)s", sum=yuan_text(terms.year_cap_fen))
            if terms.year_cap_fen is not None
            else None,
        ),
        (
            _("暂停"),
            _("累计代偿超过累计担保额的 %(share)s 时暂停", share=share_text(terms.stop_bp))
            if terms.stop_bp is not None
            else None,
        ),
    ]
    return facts, [_("%(said)s。", said=one) for one in _pool_limits(terms)]


def _pool_limits(terms: rules.PoolTerms) -> list[str]:
    said = [
        _("一户的担保最多 %(sum)s", sum=yuan_text(terms.single_fen))
        if terms.single_fen is not None
        else "",
        _("一户的担保不超过担保公司净资产的 %(share)s", share=share_text(terms.single_bp))
        if terms.single_bp is not None
        else "",
        _("一户和关联方合计不超过净资产的 %(share)s", share=share_text(terms.group_bp))
        if terms.group_bp is not None
        else "",
        _("全部担保最多 %(sum)s", sum=yuan_text(terms.total_fen))
        if terms.total_fen is not None
        else "",
        _("全部担保不超过净资产的 %(n)s 倍", n=terms.multiple)
        if terms.multiple is not None
        else "",
    ]
    return list(filter(None, said))


def _guarantee_fee(terms: rules.GuaranteeFeeTerms) -> list[tuple[str, Any]]:
    return [
        (_("标准"), _("按担保余额每年 %(rate)s 补", rate=ppm_text(terms.rate_ppm))),
        (_("上限"), _("不超过实际收取的担保费") if terms.capped_by_fee else None),
    ]


def _fee_relief(terms: rules.FeeReliefTerms) -> list[tuple[str, Any]]:
    paid = terms.compensated_bp
    return [
        (_("减免的费用"), terms.fee),
        (_("收费依据"), terms.basis),
        (_("少交多少"), share_text(terms.waived_bp)),
        (_("补给收费单位"), _("减免额的 %(share)s", share=share_text(paid)) if paid else None),
    ]
