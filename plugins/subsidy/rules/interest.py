"""Interest subsidies (贷款贴息): which regime a loan is under, what finance pays of a period.

The rule depends on the day of the loan, so regimes are dated rows. Per loan and period the exact
sum over the segments of principal is rounded once, half-up. What a bank claims is only compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from flask_babel import gettext as _

from core.errors import RuleBroken
from core.formats import yuan
from plugins.subsidy.rules.calculation import HALF_UP, Calculation, Line
from plugins.subsidy.rules.loans import Contracted, Event, Segment, segments
from plugins.subsidy.rules.periods import add_months
from plugins.subsidy.rules.whole import BP, PPM

KIND = "interest_subsidy"
BORROWER_BEARS, SHARE, POINTS = "borrower_bears", "share", "points"
METHODS = (BORROWER_BEARS, SHARE, POINTS)


@dataclass(frozen=True)
class BorrowerClass:
    """A class of borrower and its limits; None: no such limit.

    `principal_cap_fen` for one borrower; partners who borrow together have the sum of their caps,
    raised by `partner_uplift_bp`, at most `partners_cap_fen` in all. `loans_max` subsidised loans
    in a life, `term_months_max` for one loan, `year_cap_fen` of subsidy in a year.
    """

    code: str
    name: str
    principal_cap_fen: int | None = None
    loans_max: int | None = None
    term_months_max: int | None = None
    partner_uplift_bp: int = 0
    partners_cap_fen: int | None = None
    year_cap_fen: int | None = None

    def cap_of(self, partners: int) -> int | None:
        """Return the largest principal (fen) of a number of borrowers together."""
        if self.principal_cap_fen is None or partners == 1:
            return self.principal_cap_fen
        joint = self.principal_cap_fen * partners * (BP + self.partner_uplift_bp) // BP
        return joint if self.partners_cap_fen is None else min(joint, self.partners_cap_fen)


@dataclass(frozen=True)
class Regime:
    """The figures for loans made from a day on, until the next row's.

    `method`: `borrower_bears` LPR less `points_ppm` and finance the rest; `share`: finance pays
    `share_ppm` of the actual interest; `points`: finance pays `points_ppm`, never more than the
    actual rate. The loan's rate is at most LPR plus `rate_over_lpr_ppm`; the first
    `months` of a loan are subsidised. None: no such limit. `document` is where the row comes from.
    """

    from_on: date
    method: str
    document: str
    classes: tuple[BorrowerClass, ...]
    points_ppm: int | None = None
    share_ppm: int | None = None
    rate_over_lpr_ppm: int | None = None
    months: int | None = None

    def class_of(self, code: str) -> BorrowerClass | None:
        """Return the class of borrower with a code."""
        return next((one for one in self.classes if one.code == code), None)


@dataclass(frozen=True)
class InterestTerms:
    """How a scheme subsidises interest: the day count, the regimes in order of their days.

    `capped_by_paid`: never more than the interest that the borrower paid (先付后贴). Interest is
    settled on the day `settles_on` of March, June, September and December.
    """

    day_count: str
    regimes: tuple[Regime, ...]
    capped_by_paid: bool
    settles_on: int = 20


@dataclass(frozen=True)
class Loan:
    """A loan as its bank reports it: contract, borrower's class, rates (ppm a year) of its day.

    `number` is the bank's; `earlier_loans` the borrower's subsidised ones before this. `rates` are
    later rates (ppm) and the days from which on they apply, in order.
    """

    number: str
    contract: Contracted
    borrower_class: str
    rate_ppm: int
    lpr_ppm: int
    earlier_loans: int = 0
    partners: int = 1
    rates: tuple[tuple[date, int], ...] = ()


@dataclass(frozen=True)
class Judged:
    """A claim (fen) beside what was computed: `payable` is the smaller of both.

    `disallowed_fen` was claimed beyond what was computed, `unclaimed_fen` computed and not claimed.
    """

    payable_fen: int
    disallowed_fen: int
    unclaimed_fen: int


def regime_on(terms: InterestTerms, day: date) -> Regime:
    """Return the regime for loans made on a day. Raises LOAN_BEFORE_SCHEME where none was yet."""
    found = [one for one in terms.regimes if one.from_on <= day]
    if not found:
        raise RuleBroken(
            "LOAN_BEFORE_SCHEME",
            _(
                "贷款发放日 %(day)s 早于本办法适用的贷款，不予贴息。请核对发放日期。",
                day=day.isoformat(),
            ),
            day=day.isoformat(),
        )
    return max(found, key=lambda one: one.from_on)


def refuse_loan(terms: InterestTerms, loan: Loan) -> Regime:
    """Refuse a loan that the scheme does not subsidise, else return its regime.

    In this order: LOAN_BEFORE_SCHEME, LOAN_CLASS_NOT_COVERED, LOAN_COUNT_EXCEEDED,
    LOAN_CAP_EXCEEDED, RATE_CAP_EXCEEDED, LOAN_TERM_EXCEEDED.
    """
    regime = regime_on(terms, loan.contract.begins_on)
    borrower = regime.class_of(loan.borrower_class)
    if borrower is None:
        raise RuleBroken(
            "LOAN_CLASS_NOT_COVERED",
            _("本办法不对这类借款人贴息。请核对借款人类别。"),
            borrower_class=loan.borrower_class,
        )
    if borrower.loans_max is not None and loan.earlier_loans >= borrower.loans_max:
        raise RuleBroken(
            "LOAN_COUNT_EXCEEDED",
            _(
                "借款人已享受 %(had)s 次贴息贷款，%(name)s最多 %(most)s 次，这笔贷款不予贴息。",
                had=loan.earlier_loans,
                name=borrower.name,
                most=borrower.loans_max,
            ),
            had=loan.earlier_loans,
            most=borrower.loans_max,
        )
    _refuse_principal(borrower, loan)
    _refuse_rate(regime, loan)
    _refuse_term(borrower, loan)
    return regime


def subsidised_until(regime: Regime, loan: Loan) -> date:
    """Return the first day on which a loan's interest is no longer subsidised."""
    if regime.months is None:
        return loan.contract.ends_on
    return min(loan.contract.ends_on, add_months(loan.contract.begins_on, regime.months))


def subsidised_rate(regime: Regime, loan: Loan) -> Fraction:
    """Return the part of a loan's yearly rate (ppm, exact) that finance pays."""
    rate, share = _rate_and_share(regime, loan, loan.rate_ppm)
    return Fraction(rate) if share is None else Fraction(rate * share, PPM)


def subsidy(
    terms: InterestTerms,
    loan: Loan,
    events: Sequence[Event],
    period: tuple[date, date],
    *,
    interest_paid_fen: int | None = None,
    granted_this_year_fen: int = 0,
    ended_on: date | None = None,
) -> Calculation:
    """Compute what finance pays of a loan's interest in a period (its end is not counted).

    `ended_on` is the first day on which the borrower no longer met the conditions. The sum is
    capped by the interest paid (fen) where the scheme says so and by what the year's cap leaves.
    Raises INTEREST_PAID_MISSING, LOAN_BEFORE_SCHEME, LOAN_CLASS_NOT_COVERED,
    LOAN_HISTORY_IMPOSSIBLE.
    """
    regime = regime_on(terms, loan.contract.begins_on)
    borrower = regime.class_of(loan.borrower_class)
    until = subsidised_until(regime, loan)
    last = min(period[1], until if ended_on is None else min(until, ended_on))
    found = Calculation(
        KIND,
        tuple(
            _line(terms, regime, loan, part, rate)
            for whole in segments(loan.contract, events, period[0], last)
            for part, rate in _at_rates(loan, whole)
        ),
    )
    if terms.capped_by_paid:
        if interest_paid_fen is None:
            raise RuleBroken(
                "INTEREST_PAID_MISSING",
                _(
                    "贷款 %(loan)s 缺少本期实际付息金额，先付息后贴息。请银行补报。",
                    loan=loan.number,
                ),
                loan=loan.number,
            )
        found = found.at_most("interest_paid", interest_paid_fen)
    if borrower is not None and borrower.year_cap_fen is not None:
        found = found.at_most("year_cap", borrower.year_cap_fen - granted_this_year_fen)
    return found.rounded(HALF_UP)


def judge_claim(claimed_fen: int, computed: Calculation) -> Judged:
    """Compare what a bank claims (fen) with what was computed; only the smaller is paid."""
    due = computed.result_fen
    return Judged(min(claimed_fen, due), max(0, claimed_fen - due), max(0, due - claimed_fen))


def overpaid(paid_fen: int, computed_again: Calculation) -> int:
    """Return what has to come back (fen): what was paid beyond what was computed again.

    The whole period is computed again, so that claw-back and subsidy never differ by a rounding.
    """
    return max(0, paid_fen - computed_again.result_fen)


def _at_rates(loan: Loan, whole: Segment) -> Iterator[tuple[Segment, int]]:
    """Cut a segment where the loan's rate changed; yield each part with its rate (ppm)."""
    begin, rate = whole.begin, loan.rate_ppm
    for day, later in loan.rates:
        if begin < day < whole.end:
            yield Segment(begin, day, whole.principal_fen), rate
            begin = day
        rate = later if day <= begin else rate
    yield Segment(begin, whole.end, whole.principal_fen), rate


def _line(terms: InterestTerms, regime: Regime, loan: Loan, part: Segment, rate_ppm: int) -> Line:
    rate, share = _rate_and_share(regime, loan, rate_ppm)
    return Line(
        "principal",
        part.principal_fen,
        note=loan.number,
        begin=part.begin,
        end=part.end,
        day_count=terms.day_count,
        rate_ppm=rate,
        share_ppm=share,
    )


def _rate_and_share(regime: Regime, loan: Loan, rate_ppm: int) -> tuple[int, int | None]:
    """Return the yearly rate (ppm) that the lines show and the share (ppm) that is taken of it."""
    points = regime.points_ppm or 0
    if regime.method == BORROWER_BEARS:
        return max(0, rate_ppm - max(0, loan.lpr_ppm - points)), None
    if regime.method == POINTS:
        return min(points, rate_ppm), None
    return rate_ppm, regime.share_ppm


def _refuse_principal(borrower: BorrowerClass, loan: Loan) -> None:
    most = borrower.cap_of(loan.partners)
    if most is not None and loan.contract.principal_fen > most:
        raise RuleBroken(
            "LOAN_CAP_EXCEEDED",
            _(
                "贷款本金 %(amount)s 元，超过%(name)s的最高额度 %(most)s 元，不予贴息。请核对。",
                amount=yuan(loan.contract.principal_fen),
                name=borrower.name,
                most=yuan(most),
            ),
            principal_fen=loan.contract.principal_fen,
            most_fen=most,
        )


def _refuse_rate(regime: Regime, loan: Loan) -> None:
    if regime.rate_over_lpr_ppm is None:
        return
    most = loan.lpr_ppm + regime.rate_over_lpr_ppm
    if loan.rate_ppm > most:
        raise RuleBroken(
            "RATE_CAP_EXCEEDED",
            _(
                "贷款利率 %(rate)s，超过 LPR 加点后的上限 %(most)s，不予贴息。请与银行核对利率。",
                rate=percent(loan.rate_ppm),
                most=percent(most),
            ),
            rate_ppm=loan.rate_ppm,
            most_ppm=most,
        )


def _refuse_term(borrower: BorrowerClass, loan: Loan) -> None:
    if borrower.term_months_max is None:
        return
    last = add_months(loan.contract.begins_on, borrower.term_months_max)
    if loan.contract.ends_on > last:
        raise RuleBroken(
            "LOAN_TERM_EXCEEDED",
            _(
                "贷款到期日 %(day)s 超过最长 %(months)s 个月（至 %(last)s），不予贴息。请核对。",
                day=loan.contract.ends_on.isoformat(),
                months=borrower.term_months_max,
                last=last.isoformat(),
            ),
            last=last.isoformat(),
        )


def refuse_interest_terms(terms: InterestTerms) -> None:
    """Refuse regimes that may not be published: REGIME_MISSING, REGIME_TWICE, REGIME_UNFINISHED."""
    if not terms.regimes:
        raise RuleBroken("REGIME_MISSING", _("贴息办法至少要有一行规则。请补充后再发布。"))
    days = [regime.from_on for regime in terms.regimes]
    twice = next((day for day in days if days.count(day) > 1), None)
    if twice is not None:
        raise RuleBroken(
            "REGIME_TWICE",
            _("%(day)s 起适用的规则有两行。每个起始日期只能有一行。", day=twice.isoformat()),
            day=twice.isoformat(),
        )
    for regime in terms.regimes:
        figure = regime.share_ppm if regime.method == SHARE else regime.points_ppm
        if figure is None or not regime.classes or not regime.document.strip():
            raise RuleBroken(
                "REGIME_UNFINISHED",
                _(
                    "%(day)s 起适用的规则缺少比例或点数、借款人类别或文件依据。请补齐。",
                    day=regime.from_on.isoformat(),
                ),
                day=regime.from_on.isoformat(),
            )


def percent(ppm: int) -> str:
    """Write parts per million as percent, exactly: 46000 -> "4.60%", 46001 -> "4.6001%"."""
    whole, rest = divmod(ppm, 10_000)
    return f"{whole}.{f'{rest:04d}'.rstrip('0'):0<2}%"
