"""A calculation adds up, is kept as plain JSON and is the same when it is read back."""

from __future__ import annotations

import json
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.subsidy.rules.calculation import (
    CAP,
    DOWN,
    HALF_UP,
    Calculation,
    Line,
    Step,
    read_calculation,
    written,
)
from plugins.subsidy.rules.daycount import CONVENTIONS
from plugins.subsidy.rules.whole import apportion, down, fit, half_up

RULES = settings(max_examples=60, deadline=None, derandomize=True)
DAYS = st.dates(date(2000, 1, 1), date(2060, 12, 31))
FEN = st.integers(0, 9_000_000_000_000_000)
SHARE = st.integers(0, 1_000_000)
WEIGHTS = st.lists(st.integers(0, 10**12), min_size=1, max_size=12)


@st.composite
def lines(draw):
    """Return a line with or without a period, a rate, a share, a price of a unit."""
    begin, end = sorted(draw(st.lists(DAYS, min_size=2, max_size=2)))
    dated = draw(st.booleans())
    counted = draw(st.booleans())
    return Line(
        draw(st.sampled_from(["principal", "beds", "fee"])),
        draw(FEN),
        "count" if counted else "fen",
        note=draw(st.text(max_size=5)),
        unit_fen=draw(st.integers(0, 10**7)) if counted else None,
        begin=begin if dated else None,
        end=end if dated else None,
        day_count=draw(st.sampled_from(CONVENTIONS)) if dated else None,
        rate_ppm=draw(st.none() | SHARE),
        share_ppm=draw(st.none() | SHARE),
    )


CALCULATIONS = st.lists(lines(), max_size=4).map(lambda found: Calculation("any", tuple(found)))


@RULES
@given(CALCULATIONS, FEN, FEN, st.fractions(0, 2), st.sampled_from([HALF_UP, DOWN]))
def test_what_is_kept_as_json_is_read_back_to_the_last_digit(made, most, least, share, mode):
    whole = made.at_most("paid", most).at_least("least", least).shared("part", share).rounded(mode)
    kept = json.loads(json.dumps(written(whole)))
    assert read_calculation(kept) == whole
    assert read_calculation(kept).result_fen == whole.result_fen


@RULES
@given(CALCULATIONS, FEN)
def test_a_cap_is_never_passed_and_rounding_moves_less_than_a_fen(made, most):
    whole = made.at_most("paid", most).rounded(HALF_UP)
    assert whole.result_fen <= most
    assert abs(whole.result_fen - min(made.exact, most)) <= Fraction(1, 2)


def test_a_line_says_its_days_and_its_exact_amount():
    line = Line(
        "principal",
        30_000_000,
        begin=date(2025, 1, 15),
        end=date(2025, 3, 21),
        day_count="act_360",
        rate_ppm=46_000,
        share_ppm=500_000,
    )
    assert line.days == 65
    assert line.exact == Fraction(30_000_000 * 46 * 65, 1000 * 360 * 2)
    row = written(Calculation("interest_subsidy", (line,)))["lines"][0]
    assert (row["begin"], row["end"], row["days"], row["base"]) == (
        "2025-01-15",
        "2025-03-21",
        65,
        30_000_000,
    )
    assert row["exact"] == "373750/3"


def test_a_room_below_nothing_leaves_nothing():
    assert Calculation("any", (Line("fee", 5),)).at_most("year", -3).result_fen == 0


def test_a_step_that_does_not_follow_cannot_be_made():
    line = Line("fee", 100)
    for step in (
        Step(CAP, "paid", Fraction(100), Fraction(90), Fraction(80)),
        Step(CAP, "paid", Fraction(99), Fraction(80), Fraction(80)),
        Step(CAP, "paid", Fraction(100), Fraction(100)),
        Step("rounding", "fen", Fraction(100), Fraction(101), mode=HALF_UP),
        Step("rounding", "fen", Fraction(100), Fraction(101), mode="largest_remainder"),
        Step("rounding", "fen", Fraction(100), Fraction(100), mode="bankers"),
        Step("wish", "fen", Fraction(100), Fraction(100), Fraction(1)),
    ):
        with pytest.raises(ValueError, match="does not add up"):
            Calculation("any", (line,), (step,))


@pytest.mark.parametrize(
    "change",
    [
        lambda kept: kept.update(result="99/1"),
        lambda kept: kept["lines"][0].update(base=101),
        lambda kept: kept["lines"][0].update(days=3),
        lambda kept: kept["steps"][0].update(after="40/1"),
    ],
)
def test_a_kept_calculation_that_was_changed_is_not_read(change):
    kept = written(Calculation("any", (Line("fee", 100),)).at_most("paid", 50))
    change(kept)
    with pytest.raises(ValueError, match="does not"):
        read_calculation(kept)


def test_a_result_is_whole_only_after_it_was_rounded():
    third = Calculation("any", (Line("fee", 1, share_ppm=500_000),))
    with pytest.raises(ValueError, match="whole fen"):
        _ = third.result_fen
    assert third.rounded(HALF_UP).result_fen == 1
    assert third.rounded(DOWN).result_fen == 0


# --- whole fen ----------------------------------------------------------------------------------


@RULES
@given(FEN, WEIGHTS)
def test_no_fen_of_a_sum_is_lost_and_no_part_is_a_fen_off(total, weights):
    weights[0] += 1
    parts = apportion(total, weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - Fraction(total * weight, sum(weights))) < 1


def test_a_loss_is_borne_by_largest_remainder():
    # 1,234,567.89 yuan by 40/20/20/20 %
    assert apportion(123_456_789, [4000, 2000, 2000, 2000]) == [
        49_382_715,
        24_691_358,
        24_691_358,
        24_691_358,
    ]
    assert apportion(97_000_033, [3000, 4000, 3000]) == [29_100_010, 38_800_013, 29_100_010]


def test_nothing_is_cut_by_no_weights_and_something_cannot_be():
    assert apportion(0, [0, 0]) == [0, 0]
    with pytest.raises(ValueError, match="weight"):
        apportion(1, [0, 0])


@RULES
@given(st.dictionaries(st.integers(1, 99), st.integers(0, 10**10), max_size=9), FEN)
def test_a_pool_is_used_up_where_it_does_not_suffice_and_nobody_gets_more_than_wanted(wanted, most):
    given_out = fit(wanted, most)
    assert sum(given_out.values()) == min(most, sum(wanted.values()))
    assert all(0 <= given_out[one] <= wanted[one] for one in wanted)
    assert fit(wanted, None) == wanted


def test_halves_are_rounded_up_and_down_means_down():
    assert [half_up(Fraction(n, 2)) for n in (0, 1, 2, 3)] == [0, 1, 1, 2]
    assert down(Fraction(3, 2)) == 1
