"""A worked example of each kind of scheme: invented figures, reckoned by the scheme's own terms."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from flask_babel import gettext as _

from core.formats import yuan_text
from plugins.subsidy import rules
from plugins.subsidy.pages import pencil
from plugins.subsidy.rules.awards import HIGHEST
from plugins.subsidy.rules.guarantee import POOL
from plugins.subsidy.rules.loans import DRAWN
from plugins.subsidy.rules.relief import TAX_AUTHORITY
from plugins.subsidy.rules.whole import half_up

YEAR = 12
PRINCIPAL, LPR, USUAL_OVER = 10_000_000, 30_000, 10_000
GUARANTEED, CLAIM = 100_000_000, 10_000_000
FEE, TAX = 1_000_000, 1_200_000
INVESTED, BEDS = 20_000_000, 10
APART = 100  # hundredths of a point by which the example's scores lie off the tier's middle


@dataclass(frozen=True)
class Example:
    """What is supposed, the lines that follow from it, and what comes out of it in words."""

    supposed: str
    rows: list[dict[str, Any]]
    result: str


def example(terms: rules.Terms, party_names: dict[str, str], *, on: date) -> Example | None:
    """Return a worked example of a scheme's terms as of a day; None where nothing is reckoned."""
    found: Example | None
    if terms.interest is not None:
        found = _interest(terms.interest, on)
    elif terms.awards is not None:
        found = _award(terms.awards, party_names)
    elif terms.units is not None:
        found = _units(terms.units, on)
    elif terms.risk_pool is not None:
        found = _pool(terms.risk_pool, party_names)
    elif terms.guarantee_fee is not None:
        found = _guarantee_fee(terms.guarantee_fee, on)
    else:
        found = _fee(terms) or _tax(terms)
    return found


def _interest(terms: rules.InterestTerms, on: date) -> Example:
    """Reckon the first quarter of a loan that is made on its first day."""
    newest = max(one.from_on for one in terms.regimes)
    begin, end = rules.interest_quarter(max(newest, on), terms.settles_on)
    begin = max(begin, newest)
    regime = rules.regime_on(terms, begin)
    borrower = regime.classes[0]
    caps = [cap for cap in (borrower.principal_cap_fen, PRINCIPAL) if cap is not None]
    principal = min(caps)
    over = USUAL_OVER if regime.rate_over_lpr_ppm is None else regime.rate_over_lpr_ppm
    contract = rules.Contracted(begin, rules.add_months(begin, YEAR), principal)
    loan = rules.Loan("", contract, borrower.code, LPR + over, LPR)
    paid = rules.Line(
        "principal", principal, begin=begin, end=end, day_count=terms.day_count, rate_ppm=LPR + over
    )
    found = rules.subsidy(
        terms,
        loan,
        [rules.Event(DRAWN, begin, principal)],
        (begin, end),
        interest_paid_fen=half_up(paid.exact),
    )
    supposed = _(
        "%(who)s在 %(day)s 贷款 %(principal)s，年利率 %(rate)s，当时的 LPR 是 %(lpr)s，"
        "这个季度按时付息 %(paid)s。",
        who=borrower.name,
        day=begin.isoformat(),
        principal=yuan_text(principal),
        rate=rules.percent(LPR + over),
        lpr=rules.percent(LPR),
        paid=yuan_text(half_up(paid.exact)),
    )
    return Example(
        supposed,
        pencil.rows(found),
        _("这个季度贴息 %(sum)s。", sum=yuan_text(found.result_fen)),
    )


def _award(terms: rules.AwardTerms, party_names: dict[str, str]) -> Example:
    """Take a shop in the second tier (or the only one), whose scores differ a little by party."""
    ordered = sorted(terms.tiers, key=lambda tier: -tier.begins)
    tier = ordered[min(1, len(ordered) - 1)]
    top = HIGHEST if tier.ends is None else tier.ends
    middle, apart = (tier.begins + top) // 2, min(APART, (top - tier.begins) // 4)
    weights = [(who, weight) for who, weight in terms.weights_bp.items() if weight]
    scores = {
        who: middle + (-apart if place % 2 else apart)
        for place, (who, _weight) in enumerate(weights)
    }
    invested = INVESTED if terms.investment_bp is not None else None
    found = rules.assess(
        terms, rules.Entry(1, scores, answers=terms.answers_min or 0, investment_fen=invested)
    )
    lines = [
        {
            "what": party_names.get(who, who),
            "words": f"{rules.points_text(scores[who])} × {pencil.share_text(weight)}",
            "amount": _("%(n)s 分", n=_points(Fraction(scores[who] * weight, rules.BP))),
        }
        for who, weight in weights
    ]
    lines.append(
        {
            "what": _("综合得分"),
            "words": _("以上相加，保留两位小数，四舍五入，在“%(tier)s”档", tier=found.tier or "—"),
            "amount": _("%(n)s 分", n=rules.points_text(found.composite or 0)),
        }
    )
    lines += [{**row, "what": _without_number(row["what"])} for row in pencil.rows(found.award)]
    parts = rules.instalments(found.award.result_fen, terms.instalments_bp)
    shares = zip(parts, terms.instalments_bp, strict=True)
    paid = "，".join(
        _("第 %(n)s 期 %(sum)s（%(share)s）", n=n, sum=yuan_text(part), share=pencil.share_text(bp))
        for n, (part, bp) in enumerate(shares, start=1)
    )
    supposed = _("各方打分如下，有效答卷够数。")
    if invested is not None:
        supposed = _(
            "各方打分如下，有效答卷够数，自有投入核实为 %(sum)s。", sum=yuan_text(invested)
        )
    result = _("奖励 %(sum)s：%(paid)s。", sum=yuan_text(found.award.result_fen), paid=paid)
    return Example(supposed, lines, result)


def _points(hundredths: Fraction) -> str:
    """Write an exact part of a score: as points, with the decimals it has (four at most)."""
    scaled = hundredths * 100
    whole, rest = divmod(int(scaled), 10_000)
    return f"{whole}.{f'{rest:04d}'.rstrip('0'):0<2}"


def _without_number(what: str) -> str:
    """Leave out the number of an applicant who does not exist."""
    return what.partition("（")[0]


def _units(terms: rules.UnitTerms, on: date) -> Example:
    kind = terms.classes[0]
    price = min(kind.prices, key=lambda one: one.begins)
    count = max(price.begins, BEDS if price.ends is None else min(BEDS, price.ends - 1))
    since = rules.add_months(on, -kind.waiting_months)
    found = rules.unit_claim(terms, [rules.Verified(kind.code, count, since)], on=on)
    supposed = _("“%(name)s”核实 %(count)s 个。", name=kind.name, count=count)
    if kind.waiting_months:
        supposed = _(
            "“%(name)s”核实 %(count)s 个，%(day)s 投入使用。",
            name=kind.name,
            count=count,
            day=since.isoformat(),
        )
    lines = [
        {**row, "what": row["what"].replace(kind.code, kind.name)} for row in pencil.rows(found)
    ]
    return Example(supposed, lines, _("补贴 %(sum)s。", sum=yuan_text(found.result_fen)))


def _pool(terms: rules.PoolTerms, party_names: dict[str, str]) -> Example:
    """Let a guarantor pay a loan, the pool bear its part, and say who bears the others."""
    state = rules.PoolState(GUARANTEED, 0, 0, GUARANTEED)
    found = rules.pool_share(terms, state, CLAIM, note="")
    borne = rules.bear_loss(terms, CLAIM)
    others = "，".join(
        _("%(who)s承担 %(sum)s", who=party_names.get(who, who), sum=yuan_text(part))
        for who, part in borne.items()
        if who != POOL
    )
    supposed = _(
        "一笔贷款到期还不上，满 %(days)s 天后，担保公司代偿了 %(sum)s；资金池里有 %(pool)s。",
        days=terms.waiting_days,
        sum=yuan_text(CLAIM),
        pool=yuan_text(GUARANTEED),
    )
    said = _("资金池承担 %(sum)s", sum=yuan_text(found.result_fen))
    return Example(supposed, pencil.rows(found), "，".join(filter(None, (said, others))) + "。")


def _guarantee_fee(terms: rules.GuaranteeFeeTerms, on: date) -> Example:
    end = rules.add_months(on, YEAR)
    charged = GUARANTEED // 100
    part = rules.Segment(on, end, GUARANTEED)
    found = rules.fee_subsidy(terms, [part], charged_fen=charged, note="")
    supposed = _(
        "担保 %(sum)s，从 %(begin)s 到 %(end)s，担保费实际收了 %(fee)s。",
        sum=yuan_text(GUARANTEED),
        begin=on.isoformat(),
        end=(end - timedelta(days=1)).isoformat(),
        fee=yuan_text(charged),
    )
    said = _("补贴担保费 %(sum)s。", sum=yuan_text(found.result_fen))
    return Example(supposed, pencil.rows(found), said)


def _fee(terms: rules.Terms) -> Example | None:
    if terms.fee_relief is None:
        return None
    found = rules.fee_relief(
        terms.fee_relief, [("", FEE)], required=terms.conditions, declared=terms.conditions
    )
    supposed = _("本来要交%(fee)s %(sum)s。", fee=terms.fee_relief.fee, sum=yuan_text(FEE))
    said = _(
        "少交 %(memo)s；财政给收费单位补 %(paid)s。",
        memo=yuan_text(found.memo.result_fen),
        paid=yuan_text(found.expense.result_fen),
    )
    return Example(supposed, pencil.rows(found.memo), said)


def _tax(terms: rules.Terms) -> Example | None:
    """Add up two taxes at most; no money of the budget moves."""
    if terms.tax_relief is None:
        return None
    figures = [
        rules.TaxFigure(tax, TAX // place, date.min, date.max, TAX_AUTHORITY, _("税务机关文书"))
        for place, tax in enumerate(terms.tax_relief.taxes[:2], start=1)
    ]
    found = rules.tax_memo(
        terms.tax_relief, figures, required=terms.conditions, declared=terms.conditions
    )
    supposed = _("税务机关的文书写明，一年里减免了下面的税。")
    said = _("登记减免税 %(sum)s。只作登记，不发钱。", sum=yuan_text(found.result_fen))
    return Example(supposed, pencil.rows(found), said)
