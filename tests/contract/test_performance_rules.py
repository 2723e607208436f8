"""Deductions, the tail, the day of payment and late interest, as pure rules."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.contract_outsourcing.rules import deductions, paying, tail
from plugins.contract_outsourcing.rules.terms import Tier

FEN = st.integers(0, 10**13)
DAYS = st.dates(date(2020, 1, 1), date(2040, 12, 31))
TIERS = [Tier(9000, 10_000), Tier(8000, 9_000), Tier(7000, 7_000)]
WEIGHTS = {"purchaser": 3_000, "recipients": 3_000, "third_party": 4_000}


# --- deductions ---------------------------------------------------------------------------------


def test_twelve_days_late_cost_what_the_scenario_says():
    days = deductions.late_days(date(2026, 8, 31), date(2026, 9, 12))
    assert days == 12
    assert deductions.late(28_800_000, days, 500) == 172_800
    assert deductions.quality(60, 15_000) == 900_000


@given(FEN, st.integers(0, 4_000), st.integers(0, 10_000))
def test_a_late_deduction_grows_with_every_day_and_loses_less_than_a_fen(amount, days, ppm):
    found = deductions.late(amount, days, ppm)
    assert 0 <= amount * days * ppm - found * 1_000_000 < 1_000_000
    assert found <= deductions.late(amount, days + 1, ppm)


@given(FEN, st.integers(0, 10_000), st.lists(FEN, max_size=8))
def test_a_cap_is_never_passed_however_many_deductions_there_are(contract, cap_bp, amounts):
    most = deductions.cap(contract, cap_bp)
    taken = []
    for amount in amounts:
        taken.append(deductions.capped(amount, most_fen=most, earlier_fen=taken))
        assert 0 <= taken[-1] <= amount
    assert sum(taken) <= most
    assert sum(taken) == min(sum(amounts), most)


def test_a_clause_without_a_cap_takes_off_all():
    assert deductions.capped(500, most_fen=deductions.cap(1_000, None), earlier_fen=[900]) == 500


@given(DAYS, st.integers(0, 400))
def test_delivery_on_the_last_day_or_before_is_not_late(due, days):
    assert deductions.late_days(due, due - timedelta(days=days)) == 0
    assert deductions.late_days(due, due + timedelta(days=days)) == days


# --- the tail -----------------------------------------------------------------------------------


def test_the_scenarios_three_scores_give_its_tail():
    score = tail.total({"purchaser": 8800, "recipients": 9150, "third_party": 8400}, WEIGHTS)
    assert tail.shown(score) == "87.45"
    assert tail.factor(score, TIERS) == 9_000
    assert tail.payable(9_600_000, 9_000) == 8_640_000


@pytest.mark.parametrize(
    ("score", "factor"),
    [
        (Fraction(9000), 10_000),
        (Fraction(899_999, 100), 9_000),
        (Fraction(8000), 9_000),
        (Fraction(799_999, 100), 7_000),
        (Fraction(7000), 7_000),
        (Fraction(699_999, 100), 0),
        (Fraction(0), 0),
    ],
)
def test_a_tier_holds_its_lower_bound_and_not_its_upper(score, factor):
    assert tail.factor(score, TIERS) == factor
    assert tail.factor(score, reversed(TIERS)) == factor


@given(st.lists(st.integers(0, 10_000), min_size=3, max_size=3))
def test_the_score_lies_between_the_lowest_and_the_highest(points):
    score = tail.total(dict(zip(WEIGHTS, points, strict=True)), WEIGHTS)
    assert min(points) <= score <= max(points)


@given(st.lists(st.integers(0, 100), min_size=1, max_size=60))
def test_a_mean_of_opinions_is_off_by_no_more_than_half_a_hundredth(scores):
    exact = Fraction(100 * sum(scores), len(scores))
    assert abs(tail.mean(scores) - exact) <= Fraction(1, 2)


@given(FEN, st.integers(0, 10_000))
def test_a_factor_never_pays_more_than_the_tail(amount, factor):
    assert 0 <= tail.payable(amount, factor) <= amount


def test_who_has_not_scored_is_named_in_order():
    assert tail.missing({"recipients": 1}, WEIGHTS) == ["purchaser", "third_party"]
    assert tail.missing({"purchaser": 1}, {"purchaser": 10_000, "recipients": 0}) == []


# --- payment ------------------------------------------------------------------------------------


def days(start, accepted, *, term=None):
    """Return the first day of the time to pay of what was delivered on the first of March."""
    return paying.starts_on(
        start,
        delivered_on=date(2026, 3, 1),
        submitted_on=date(2026, 3, 2),
        accepted_on=accepted,
        term_days=term,
    )


def test_the_time_to_pay_runs_from_what_the_contract_says():
    accepted = date(2026, 3, 20)
    assert days(paying.DELIVERY, accepted, term=5) == date(2026, 3, 1)
    assert days(paying.CONFIRMATION, accepted, term=5) == accepted
    assert days(paying.ACCEPTANCE, accepted) == accepted
    assert days(paying.ACCEPTANCE, accepted, term=18) == accepted
    assert days(paying.ACCEPTANCE, accepted, term=10) == date(2026, 3, 12)


@given(DAYS, st.integers(0, 90), st.integers(0, 120), st.integers(0, 90))
def test_accepting_late_never_moves_the_day_of_payment(submitted, term, waited, later):
    def due(accepted):
        start = paying.starts_on(
            paying.ACCEPTANCE,
            delivered_on=submitted,
            submitted_on=submitted,
            accepted_on=accepted,
            term_days=term,
        )
        return paying.due_on(start, 30)

    early = due(submitted + timedelta(days=waited))
    assert early <= due(submitted + timedelta(days=waited + later))
    assert due(submitted + timedelta(days=term + later)) == submitted + timedelta(days=term + 30)


def test_late_interest_is_what_both_sources_say():
    assert paying.due_on(date(2026, 9, 18), 30) == date(2026, 10, 18)
    assert paying.late_days(date(2026, 10, 18), date(2026, 10, 30)) == 12
    assert paying.interest(27_727_200, 12, 500) == 166_363
    assert paying.interest(29_100_000, 12, 500) == 174_600


@given(FEN, st.integers(0, 4_000), st.integers(0, 10_000))
def test_interest_is_rounded_down_once(amount, late, ppm):
    found = paying.interest(amount, late, ppm)
    assert 0 <= amount * late * ppm - found * 1_000_000 < 1_000_000


@given(DAYS, st.integers(0, 400))
def test_a_payment_on_the_last_day_owes_no_interest(due, late):
    assert paying.late_days(due, due - timedelta(days=late)) == 0
    assert paying.interest(1_000_000, paying.late_days(due, due), 500) == 0


@given(st.integers(1, 2_000))
def test_the_least_agreed_interest_makes_the_years_rate_and_one_less_does_not(year_bp):
    least = paying.least_agreed_ppm(year_bp)
    assert least * 365 >= year_bp * 100 > (least - 1) * 365
