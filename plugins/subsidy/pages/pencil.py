"""A calculation as somebody checks it with a pencil: each line and each step as a sentence."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from core.formats import number, yuan, yuan_text
from plugins.subsidy.rules import PPM, Calculation, Line, Step, percent
from plugins.subsidy.rules.calculation import (
    CAP,
    DOWN,
    FLOOR,
    HALF_UP,
    LARGEST_REMAINDER,
    SHARE,
)
from plugins.subsidy.rules.relief import TAXES

# What a line is reckoned on, by its code.
WHATS = {
    "principal": lazy_gettext("贷款本金"),
    "loan": lazy_gettext("每笔贷款的贴息"),
    "guaranteed": lazy_gettext("担保余额"),
    "paid_claim": lazy_gettext("代偿金额"),
    "tier": lazy_gettext("本档奖励"),
    "award": lazy_gettext("奖励金额"),
    "earlier": lazy_gettext("减：以前各期"),
    "units": lazy_gettext("核实数量"),
    "fee": lazy_gettext("应缴费用"),
    "waived": lazy_gettext("减免的费用"),
}
TAX_NAMES = {
    "vat": lazy_gettext("增值税"),
    "income": lazy_gettext("企业所得税"),
    "deed": lazy_gettext("契税"),
    "property": lazy_gettext("房产税"),
    "land_use": lazy_gettext("城镇土地使用税"),
    "donation": lazy_gettext("公益性捐赠税前扣除"),
    "nonprofit_income": lazy_gettext("非营利组织免税收入"),
}
# Why an amount is capped or shared, by the step's code.
LIMITS = {
    "interest_paid": lazy_gettext("实际付出的利息"),
    "year_cap": lazy_gettext("本年度剩余的限额"),
    "period_cap": lazy_gettext("本期剩余的限额"),
    "own_investment": lazy_gettext("自有投入的限额"),
    "fee_charged": lazy_gettext("实际收取的担保费"),
    "balance": lazy_gettext("资金池余额"),
    "asked": lazy_gettext("银行申报的金额"),
    "pool": lazy_gettext("资金总额"),
}
BASES = {
    "act_360": lazy_gettext("360 天"),
    "act_365": lazy_gettext("365 天"),
    "act_act": lazy_gettext("当年实际天数"),
    "30e_360": lazy_gettext("360 天（每月按 30 天）"),
}
TEN_THOUSANDTHS = 10_000


def rows(calculation: Calculation) -> list[dict[str, Any]]:
    """Return a calculation's lines, its sum where there are several, and its steps, in words.

    Each has `what`, `words` (how it is reckoned) and `amount` (yuan as text, with the unit).
    """
    found = [_line(line) for line in calculation.lines]
    if len(calculation.lines) > 1:
        total = _yuan(calculation.exact)
        found.append({"what": _("合计"), "words": _("以上相加"), "amount": total})
    return [*found, *(_step(step) for step in calculation.steps)]


def exact_text(fen: Fraction) -> str:
    """Write an exact amount (fen) in yuan: cents, or four decimals and `…` where they go on."""
    if fen.denominator == 1:
        return yuan(fen.numerator)
    scaled = abs(fen) * TEN_THOUSANDTHS // 100
    whole, rest = divmod(scaled, TEN_THOUSANDTHS)
    goes_on = "…" if Fraction(scaled * 100, TEN_THOUSANDTHS) != abs(fen) else ""
    return f"{'-' if fen < 0 else ''}{whole:,}.{rest:04d}{goes_on}"


def _yuan(fen: Fraction) -> str:
    return f"{exact_text(fen)} 元"


def what_name(code: str) -> str:
    """Return what a line is reckoned on, in words; a tax by its name."""
    return str(TAX_NAMES[code] if code in TAXES else WHATS.get(code, code))


def _line(line: Line) -> dict[str, Any]:
    name = what_name(line.what)
    if line.note:
        name = _("%(what)s（%(note)s）", what=name, note=line.note)
    factors = [
        number(line.base) if line.unit_fen is not None else yuan_text(line.base),
        yuan_text(line.unit_fen) if line.unit_fen is not None else "",
        _("年利率 %(rate)s", rate=percent(line.rate_ppm))
        if line.rate_ppm is not None and line.days is not None
        else "",
        ppm_text(line.share_ppm) if line.share_ppm is not None else "",
        _days(line),
    ]
    words = " × ".join(factor for factor in factors if factor)
    return {"what": name, "words": words, "amount": _yuan(line.exact)}


def _days(line: Line) -> str:
    if line.begin is None or line.end is None or line.day_count is None:
        return ""
    return _(
        "%(days)s 天 ÷ %(base)s（%(begin)s 起，%(end)s 止，末日不计）",
        days=line.days,
        base=str(BASES[line.day_count]),
        begin=line.begin.isoformat(),
        end=line.end.isoformat(),
    )


def _step(step: Step) -> dict[str, Any]:
    limit = str(LIMITS.get(step.what, step.what))
    figure = _yuan(step.figure) if step.figure is not None else ""
    if step.kind == CAP:
        what, words = _("封顶"), _("不超过%(limit)s %(figure)s", limit=limit, figure=figure)
    elif step.kind == FLOOR:
        what, words = _("保底"), _("不低于%(limit)s %(figure)s", limit=limit, figure=figure)
    elif step.kind == SHARE:
        factor = step.figure or Fraction(1)
        what = _("按比例")
        words = f"{exact_text(step.before)} × {factor.numerator} ÷ {factor.denominator}"
    else:
        what, words = _("取整"), _rounding(step.mode)
    return {"what": what, "words": words, "amount": _yuan(step.after)}


def _rounding(mode: str | None) -> str:
    return {
        HALF_UP: _("到分，四舍五入"),
        DOWN: _("到分，分以下舍去"),
        LARGEST_REMAINDER: _("到分，余数大的先进一分，合计不变"),
    }[mode or HALF_UP]


def share_text(bp: int) -> str:
    """Write basis points as percent: 3000 -> "30%", 3050 -> "30.5%"."""
    return f"{yuan(bp).rstrip('0').rstrip('.')}%"


def ppm_text(ppm: int) -> str:
    """Write parts per million as percent without needless zeros: 500000 -> "50%"."""
    whole, rest = divmod(ppm, PPM // 100)
    decimals = f"{rest:04d}".rstrip("0")
    return f"{whole}.{decimals}%" if decimals else f"{whole}%"
