"""What a scheme would pay: one worked example of its own figures, for whoever reads its terms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from flask_babel import gettext as _

from core.errors import RuleBroken
from core.formats import yuan
from plugins.subsidy import rules

PRINCIPAL, GUARANTEED = 20_000_000, 100_000_000
PAID_CLAIM, CHARGED, FEE = 50_000_000, 1_000_000, 1_000_000
LPR_PPM, OVER_LPR_PPM = 30_000, 10_000
YEARS, MONTHS, MIDDLE = 2, 12, 45
UNITS = 10


@dataclass(frozen=True)
class Example:
    """A sentence that says what is supposed, the calculations, and how the money is then paid."""

    supposed: str
    calculations: tuple[tuple[str, rules.Calculation], ...]
    parts: tuple[tuple[str, int], ...] = ()


def worked(terms: rules.Terms, on: date) -> Example | None:
    """Return an example of what terms pay; None where a draft lacks what it takes, or pays nothing.

    A tax relief is no calculation: its figures come from the tax authority.
    """
    makers: tuple[tuple[object, Callable[[rules.Terms, date], Example]], ...] = (
        (terms.interest, _interest),
        (terms.guarantee_fee, _guarantee_fee),
        (terms.risk_pool, _risk_pool),
        (terms.awards, _award),
        (terms.units, _units),
        (terms.fee_relief, _fee),
    )
    make = next((make for part, make in makers if part is not None), None)
    if make is None:
        return None
    try:
        rules.refuse_part(terms)
        return make(terms, on)
    except RuleBroken:
        return None


def _interest(terms: rules.Terms, _on: date) -> Example:
    """Suppose a loan of the newest regime, half of it repaid in the middle of a quarter."""
    interest = terms.interest
    assert interest is not None  # noqa: S101 - chosen by its part
    regime = max(interest.regimes, key=lambda one: one.from_on)
    borrower = regime.classes[0]
    principal = min(PRINCIPAL, borrower.principal_cap_fen or PRINCIPAL)
    over = OVER_LPR_PPM if regime.rate_over_lpr_ppm is None else regime.rate_over_lpr_ppm
    begins = regime.from_on
    contract = rules.Contracted(begins, rules.add_months(begins, MONTHS * YEARS), principal)
    rate = LPR_PPM + min(over, OVER_LPR_PPM)
    loan = rules.Loan(_("示例"), contract, borrower.code, rate, LPR_PPM)
    period = rules.interest_quarter(rules.add_months(begins, 3), interest.settles_on)
    middle, half = period[0] + timedelta(days=MIDDLE), principal // 2
    events = (rules.Event("drawn", begins, principal), rules.Event("repaid", middle, half))
    paid = rules.Calculation(
        terms.kind,
        tuple(
            rules.Line(
                "principal",
                one.principal_fen,
                begin=one.begin,
                end=one.end,
                day_count=interest.day_count,
                rate_ppm=rate,
            )
            for one in rules.segments(contract, events, *period)
        ),
    ).rounded("half_up")
    found = rules.subsidy(interest, loan, events, period, interest_paid_fen=paid.result_fen)
    supposed = _(
        "假设%(who)s %(day)s 贷款 %(amount)s 元，年利率 %(rate)s（LPR %(lpr)s），"
        "%(middle)s 归还一半。一个季度贴息：",
        who=borrower.name,
        day=begins.isoformat(),
        amount=yuan(principal),
        rate=rules.percent(rate),
        lpr=rules.percent(LPR_PPM),
        middle=middle.isoformat(),
    )
    return Example(supposed, ((_("贴息"), found),))


def _guarantee_fee(terms: rules.Terms, on: date) -> Example:
    fees = terms.guarantee_fee
    assert fees is not None  # noqa: S101 - chosen by its part
    begin = terms.starts_on or on
    outstanding = (rules.Segment(begin, rules.add_months(begin, MONTHS), GUARANTEED),)
    found = rules.fee_subsidy(fees, outstanding, charged_fen=CHARGED, note=_("示例"))
    supposed = _(
        "假设在保余额 %(amount)s 元，担保一年，收担保费 %(fee)s 元：",
        amount=yuan(GUARANTEED),
        fee=yuan(CHARGED),
    )
    return Example(supposed, ((_("补贴"), found),))


def _risk_pool(terms: rules.Terms, _on: date) -> Example:
    pool = terms.risk_pool
    assert pool is not None  # noqa: S101 - chosen by its part
    state = rules.PoolState(terms.envelope_fen or PAID_CLAIM, 0, 0, PAID_CLAIM * 100)
    found = rules.pool_share(pool, state, PAID_CLAIM, note=_("示例"))
    supposed = _("假设担保公司代偿 %(amount)s 元：", amount=yuan(PAID_CLAIM))
    return Example(supposed, ((_("资金池分担"), found),))


def _award(terms: rules.Terms, _on: date) -> Example:
    """Suppose a score at the lower end of the highest tier, the same of all parties."""
    awards = terms.awards
    assert awards is not None  # noqa: S101 - chosen by its part
    score = max(tier.begins for tier in awards.tiers)
    entry = rules.Entry(1, dict.fromkeys(awards.weights_bp, score), awards.answers_min or 0)
    assessed = rules.assess(awards, entry)
    parts = rules.instalments(assessed.award.result_fen, awards.instalments_bp)
    supposed = _(
        "假设各方都评 %(score)s 分，综合得分 %(score)s 分，评为“%(tier)s”档：",
        score=rules.points_text(score),
        tier=assessed.tier,
    )
    return Example(
        supposed,
        ((_("奖励"), assessed.award),),
        tuple((_("第 %(n)s 期", n=place), fen) for place, fen in enumerate(parts, start=1)),
    )


def _units(terms: rules.Terms, on: date) -> Example:
    units = terms.units
    assert units is not None  # noqa: S101 - chosen by its part
    kind = units.classes[0]
    price = kind.prices[0]
    count = max(price.begins, UNITS if price.ends is None else min(UNITS, price.ends - 1))
    since = rules.add_months(on, -kind.waiting_months)
    found = rules.unit_claim(units, [rules.Verified(kind.code, count, since)], on=on)
    supposed = _("假设核实“%(name)s” %(count)s 个：", name=kind.name, count=count)
    return Example(supposed, ((_("补贴"), found),))


def _fee(terms: rules.Terms, _on: date) -> Example:
    relief = terms.fee_relief
    assert relief is not None  # noqa: S101 - chosen by its part
    found = rules.fee_relief(
        relief, [(_("示例"), FEE)], required=terms.conditions, declared=terms.conditions
    )
    supposed = _("假设应收“%(fee)s” %(amount)s 元：", fee=relief.fee, amount=yuan(FEE))
    return Example(supposed, ((_("减免"), found.memo), (_("财政补偿"), found.expense)))
