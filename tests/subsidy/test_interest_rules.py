"""What finance pays of a loan's interest: the start-up loans of the county, quarter by quarter."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import RuleBroken
from plugins.subsidy.rules.daycount import CONVENTIONS
from plugins.subsidy.rules.interest import (
    BorrowerClass,
    InterestTerms,
    Judged,
    Loan,
    Regime,
    judge_claim,
    overpaid,
    percent,
    refuse_loan,
    regime_on,
    subsidised_rate,
    subsidised_until,
    subsidy,
)
from plugins.subsidy.rules.loans import Contracted, Event
from plugins.subsidy.rules.whole import half_up

RULES = settings(max_examples=100, deadline=None, derandomize=True)


def day(text):
    return date.fromisoformat(text)


OLD = Regime(
    day("2020-01-01"),
    "borrower_bears",
    "旧办法",
    (
        BorrowerClass("person", "个人", 20_000_000, 3, 36),
        BorrowerClass("micro", "小微企业", 300_000_000, 2, 24),
    ),
    points_ppm=15_000,
    rate_over_lpr_ppm=15_000,
    months=24,
)
NEW = Regime(
    day("2023-10-01"),
    "share",
    "财金〔2023〕75号",
    (
        BorrowerClass(
            "person",
            "个人",
            30_000_000,
            3,
            36,
            partner_uplift_bp=1000,
            partners_cap_fen=400_000_000,
        ),
        BorrowerClass("micro", "小微企业", 400_000_000, 3, 24),
    ),
    share_ppm=500_000,
    rate_over_lpr_ppm=15_000,
)
TERMS = InterestTerms("act_360", (OLD, NEW), capped_by_paid=False)


def loan(number, days, principal, rates, borrower="person", **more):
    """Return a loan with its first and last day, its rate and the LPR of its day."""
    contract = Contracted(day(days[0]), day(days[1]), principal)
    return Loan(number, contract, borrower, *rates, **more)


A = loan("A", ("2023-06-12", "2026-06-12"), 20_000_000, (51_500, 36_500))
B = loan("B", ("2025-01-15", "2028-01-15"), 30_000_000, (46_000, 31_000))
C = loan("C", ("2025-03-03", "2027-03-03"), 400_000_000, (46_000, 31_000), "micro")
EVENTS = {
    "A": [
        Event("drawn", day("2023-06-12"), 20_000_000),
        Event("repaid", day("2025-02-10"), 5_000_000),
    ],
    "B": [
        Event("drawn", day("2025-01-15"), 30_000_000),
        Event("repaid", day("2025-05-08"), 6_000_000),
        Event("repaid", day("2025-07-30"), 9_000_000),
    ],
    "C": [
        Event("drawn", day("2025-03-03"), 400_000_000),
        Event("overdue", day("2025-06-10"), 20_000_000),
        Event("cured", day("2025-06-25"), 20_000_000),
    ],
}
Q1 = (day("2024-12-21"), day("2025-03-21"))
Q2 = (day("2025-03-21"), day("2025-06-21"))
Q3 = (day("2025-06-21"), day("2025-09-21"))
# loan, quarter, result, segments: from, to (excluded), days, principal, exact in 1/100 fen
TABLE = [
    (
        A,
        Q1,
        133_750,
        [
            ("2024-12-21", "2025-02-10", 51, 20_000_000, 8_500_000),
            ("2025-02-10", "2025-03-21", 39, 15_000_000, 4_875_000),
        ],
    ),
    (B, Q1, 124_583, [("2025-01-15", "2025-03-21", 65, 30_000_000, 12_458_333)]),
    (C, Q1, 460_000, [("2025-03-03", "2025-03-21", 18, 400_000_000, 46_000_000)]),
    (A, Q2, 103_750, [("2025-03-21", "2025-06-12", 83, 15_000_000, 10_375_000)]),
    (
        B,
        Q2,
        159_467,
        [
            ("2025-03-21", "2025-05-08", 48, 30_000_000, 9_200_000),
            ("2025-05-08", "2025-06-21", 44, 24_000_000, 6_746_667),
        ],
    ),
    (
        C,
        Q2,
        2_337_056,
        [
            ("2025-03-21", "2025-06-10", 81, 400_000_000, 207_000_000),
            ("2025-06-10", "2025-06-21", 11, 380_000_000, 26_705_556),
        ],
    ),
    (A, Q3, 0, []),
    (
        B,
        Q3,
        110_592,
        [
            ("2025-06-21", "2025-07-30", 39, 24_000_000, 5_980_000),
            ("2025-07-30", "2025-09-21", 53, 15_000_000, 5_079_167),
        ],
    ),
    (C, Q3, 2_233_556, [("2025-06-21", "2025-09-21", 92, 380_000_000, 223_355_556)]),
]


@pytest.mark.parametrize(("one", "quarter", "fen", "parts"), TABLE)
def test_every_quarter_of_the_three_loans_comes_out_to_the_fen(one, quarter, fen, parts):
    found = subsidy(TERMS, one, EVENTS[one.number], quarter)
    assert found.result_fen == fen
    assert [
        (
            line.begin.isoformat(),
            line.end.isoformat(),
            line.days,
            line.base,
            half_up(100 * line.exact),
        )
        for line in found.lines
    ] == parts
    assert [step.what for step in found.steps] == ["fen"]


def test_quarters_sum_to_what_finance_pays():
    sums = [
        sum(subsidy(TERMS, one, EVENTS[one.number], quarter).result_fen for one in (A, B, C))
        for quarter in (Q1, Q2, Q3)
    ]
    assert sums == [718_333, 2_600_273, 2_344_148]


def test_the_regime_follows_from_the_day_of_the_loan():
    assert regime_on(TERMS, day("2023-09-30")) == OLD
    assert regime_on(TERMS, day("2023-10-01")) == NEW
    assert subsidised_rate(OLD, A) == 30_000
    assert subsidised_rate(NEW, B) == 23_000
    assert subsidised_rate(NEW, replace(B, rate_ppm=45_999)) == Fraction(45_999, 2)
    assert subsidised_until(OLD, A) == day("2025-06-12")
    assert subsidised_until(NEW, B) == day("2028-01-15")


def test_what_the_bank_claims_beyond_is_disallowed_and_told():
    computed = subsidy(TERMS, B, EVENTS["B"], Q2)
    assert judge_claim(176_333, computed) == Judged(159_467, 16_866, 0)
    assert judge_claim(159_467, computed) == Judged(159_467, 0, 0)
    assert judge_claim(159_000, computed) == Judged(159_000, 0, 467)


def test_days_after_the_business_was_closed_are_clawed_back():
    again = subsidy(TERMS, A, EVENTS["A"], Q2, ended_on=day("2025-05-01"))
    assert overpaid(103_750, again) == 52_500
    [line] = subsidy(TERMS, A, EVENTS["A"], (day("2025-05-01"), Q2[1])).lines
    assert (line.days, line.exact) == (42, 52_500)
    assert overpaid(1, again) == 0


# --- refused loans ------------------------------------------------------------------------------

D = loan("D", ("2025-01-16", "2028-01-16"), 30_000_001, (46_000, 31_000))


@pytest.mark.parametrize(
    ("one", "code", "says"),
    [
        (D, "LOAN_CAP_EXCEEDED", "300,000.01 元，超过个人的最高额度 300,000.00 元"),
        (replace(B, rate_ppm=46_100), "RATE_CAP_EXCEEDED", "4.61%，超过 LPR 加点后的上限 4.60%"),
        (replace(B, earlier_loans=3), "LOAN_COUNT_EXCEEDED", "已享受 3 次"),
        (replace(B, borrower_class="large"), "LOAN_CLASS_NOT_COVERED", "不对这类借款人贴息"),
        (
            loan("T", ("2025-01-15", "2028-01-16"), 1, (46_000, 31_000)),
            "LOAN_TERM_EXCEEDED",
            "最长 36 个月（至 2028-01-15）",
        ),
        (
            loan("X", ("2019-12-31", "2021-12-31"), 1, (46_000, 31_000)),
            "LOAN_BEFORE_SCHEME",
            "2019-12-31",
        ),
    ],
)
def test_a_loan_that_is_not_subsidised_is_refused_with_its_figures(one, code, says):
    with pytest.raises(RuleBroken) as told:
        refuse_loan(TERMS, one)
    assert told.value.code == code
    assert says in told.value.message


def test_loans_at_their_limits_are_accepted():
    for one, regime in ((A, OLD), (B, NEW), (C, NEW), (replace(B, earlier_loans=2), NEW)):
        assert refuse_loan(TERMS, one) == regime


@pytest.mark.parametrize(
    ("partners", "most"), [(1, 30_000_000), (2, 66_000_000), (12, 396_000_000), (13, 400_000_000)]
)
def test_partners_may_borrow_a_tenth_more_each_up_to_a_limit_together(partners, most):
    assert NEW.classes[0].cap_of(partners) == most
    joint = replace(B, partners=partners, contract=replace(B.contract, principal_fen=most))
    assert refuse_loan(TERMS, joint) == NEW
    beyond = replace(joint, contract=replace(B.contract, principal_fen=most + 1))
    with pytest.raises(RuleBroken) as told:
        refuse_loan(TERMS, beyond)
    assert told.value.code == "LOAN_CAP_EXCEEDED"


def test_a_class_without_a_limit_takes_any_loan():
    free = replace(NEW, classes=(BorrowerClass("person", "个人"),), rate_over_lpr_ppm=None)
    terms = replace(TERMS, regimes=(free,))
    huge = loan("H", ("2025-01-15", "2055-01-15"), 10**12, (90_000, 31_000), partners=2)
    assert refuse_loan(terms, huge) == free


# --- caps and methods ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "fen"),
    [({"share_ppm": 500_000}, 1_631_250), ({"method": "points", "points_ppm": 20_000}, 1_500_000)],
)
def test_half_the_interest_and_two_points_of_three_million(changes, fen):
    # 3,000,000.00 yuan at 4.35 %, 90 days ACT/360: interest 32,625.00
    one = loan("G", ("2026-01-01", "2027-01-01"), 300_000_000, (43_500, 31_000), "micro")
    drawn = [Event("drawn", day("2026-01-01"), 300_000_000)]
    terms = replace(TERMS, regimes=(replace(NEW, **changes),))
    period = (day("2026-01-01"), day("2026-04-01"))
    assert subsidy(terms, one, drawn, period).result_fen == fen


def test_points_are_never_more_than_the_loans_rate_and_a_low_rate_is_not_subsidised_below_nothing():
    assert subsidised_rate(replace(NEW, method="points", points_ppm=60_000), B) == 46_000
    assert subsidised_rate(OLD, replace(A, rate_ppm=20_000)) == 0
    assert subsidised_rate(OLD, replace(A, lpr_ppm=10_000)) == 51_500


def test_no_more_is_paid_than_the_borrower_paid_and_the_bank_has_to_say_how_much():
    terms = replace(TERMS, capped_by_paid=True)
    found = subsidy(terms, B, EVENTS["B"], Q2, interest_paid_fen=100_000)
    assert found.result_fen == 100_000
    assert [step.what for step in found.steps] == ["interest_paid", "fen"]
    assert subsidy(terms, B, EVENTS["B"], Q2, interest_paid_fen=318_933).result_fen == 159_467
    with pytest.raises(RuleBroken) as told:
        subsidy(terms, B, EVENTS["B"], Q2)
    assert told.value.code == "INTEREST_PAID_MISSING"


def test_a_year_has_a_cap_of_its_own():
    capped = replace(NEW, classes=(replace(NEW.classes[0], year_cap_fen=200_000),))
    terms = replace(TERMS, regimes=(capped,))
    first = subsidy(terms, B, EVENTS["B"], Q1).result_fen
    assert first == 124_583
    second = subsidy(terms, B, EVENTS["B"], Q2, granted_this_year_fen=first).result_fen
    assert first + second == 200_000
    assert subsidy(terms, B, EVENTS["B"], Q3, granted_this_year_fen=200_000).result_fen == 0


def test_rates_are_written_without_losing_a_digit():
    assert [percent(ppm) for ppm in (46_000, 46_001, 5_000, 46_100)] == [
        "4.60%",
        "4.6001%",
        "0.50%",
        "4.61%",
    ]


@RULES
@given(
    st.integers(0, 1096),
    st.sampled_from(CONVENTIONS),
    st.sampled_from([OLD, NEW]),
    st.integers(0, 46_000),
)
def test_a_period_cut_at_any_day_adds_up_exactly_before_rounding(cut, convention, regime, rate):
    terms = InterestTerms(
        convention, (replace(regime, from_on=day("2020-01-01")),), capped_by_paid=False
    )
    one = replace(B, rate_ppm=rate)
    first, last = B.contract.begins_on, B.contract.ends_on
    middle = min(first + timedelta(days=cut), last)
    whole = subsidy(terms, one, EVENTS["B"], (first, last))
    parts = [
        subsidy(terms, one, EVENTS["B"], period) for period in ((first, middle), (middle, last))
    ]
    assert sum(part.exact for part in parts) == whole.exact


@RULES
@given(st.integers(0, 10**9), st.integers(0, 10**9), st.sampled_from([Q1, Q2, Q3]))
def test_never_more_than_the_interest_paid_or_claimed(paid, claimed, quarter):
    terms = replace(TERMS, capped_by_paid=True)
    found = subsidy(terms, C, EVENTS["C"], quarter, interest_paid_fen=paid)
    judged = judge_claim(claimed, found)
    assert judged.payable_fen <= min(paid, claimed)
    assert judged.payable_fen + judged.disallowed_fen == claimed
    assert judged.payable_fen + judged.unclaimed_fen == found.result_fen
