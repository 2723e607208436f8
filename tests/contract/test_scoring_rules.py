"""Ranking by exact fractions: the golden values, and what must hold for any bids."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.contract_outsourcing.rules import drawing, scoring
from plugins.contract_outsourcing.rules.scoring import Offer, Sheet

BIDS = (97_000_000, 98_500_000, 99_900_000)
SEED = "0" * 32

offers = st.lists(
    st.tuples(
        st.integers(1, 10**12),
        st.booleans(),
        st.lists(st.integers(0, 7000), min_size=5, max_size=5),
    ),
    min_size=1,
    max_size=7,
).map(
    lambda rows: [
        Offer(at, price, small, tuple(given)) for at, (price, small, given) in enumerate(rows, 1)
    ]
)


@pytest.mark.parametrize(
    ("weight_bp", "scores"),
    [(1000, ["10.00", "9.85", "9.71"]), (3000, ["30.00", "29.54", "29.13"])],
)
def test_price_scores_are_the_golden_ones(weight_bp, scores):
    placed = scoring.comprehensive(
        Sheet(weight_bp), [Offer(at, fen) for at, fen in enumerate(BIDS)], SEED
    )
    assert [scoring.shown(one.price_score) for one in placed] == scores


def test_a_small_firm_is_compared_by_its_price_less_the_deduction():
    placed = scoring.comprehensive(
        Sheet(3000, deduction_bp=1000),
        [Offer(1, 100_000_00), Offer(2, 105_000_00, small_firm=True)],
        SEED,
    )
    assert [(one.bid_id, one.evaluated) for one in placed] == [(2, 94_500_00), (1, 100_000_00)]
    assert placed[1].price_score == 30 * Fraction(9_450_000, 10_000_000)


def test_no_members_points_are_left_out():
    placed = scoring.comprehensive(Sheet(3000), [Offer(1, 100, given=(7000, 1000, 2000))], SEED)
    assert placed[0].other_score == Fraction(100, 3)
    assert scoring.shown(placed[0].total) == "63.33"


@given(offers, st.randoms())
@settings(max_examples=80)
def test_the_order_of_bids_never_changes_the_ranking(bids, chance):
    mixed = list(bids)
    chance.shuffle(mixed)
    sheet = Sheet(3000, deduction_bp=1500)
    assert scoring.comprehensive(sheet, bids, SEED) == scoring.comprehensive(sheet, mixed, SEED)
    assert scoring.lowest(sheet, bids, SEED) == scoring.lowest(sheet, mixed, SEED)


@given(offers)
@settings(max_examples=80)
def test_rounding_never_decides(bids):
    placed = scoring.comprehensive(Sheet(3000, deduction_bp=1000), bids, SEED)
    totals = [one.total for one in placed]
    assert totals == sorted(totals, reverse=True)
    for one, after in pairwise(placed):
        # A tie rule is named exactly where the exact totals are equal.
        assert (one.total == after.total) <= (one.tie_break is not None)
        if one.total != after.total and scoring.shown(one.total) == scoring.shown(after.total):
            assert one.total > after.total


@given(offers)
@settings(max_examples=80)
def test_a_price_score_is_at_most_its_weight_and_the_lowest_gets_it(bids):
    placed = scoring.comprehensive(Sheet(2500), bids, SEED)
    assert max(one.price_score for one in placed) == 25
    assert min(one.price_score for one in placed) > 0


def test_equal_totals_are_ordered_by_price_then_by_technical_points():
    sheet = Sheet(5000)
    # 50 + 25 and 25 + 50: the same total, and the cheaper one leads.
    by_price = scoring.comprehensive(
        sheet, [Offer(1, 200, given=(5000,)), Offer(2, 100, given=(2500,))], SEED
    )
    assert [(one.bid_id, one.tie_break) for one in by_price] == [(2, "price"), (1, "price")]
    # A deduction makes the evaluated prices differ while the bids' are the same.
    by_points = scoring.comprehensive(
        Sheet(5000, deduction_bp=2000),
        [Offer(1, 100, given=(5000,)), Offer(2, 100, small_firm=True, given=(4000,))],
        SEED,
    )
    assert [(one.bid_id, one.tie_break) for one in by_points] == [
        (1, "technical"),
        (2, "technical"),
    ]


def test_equal_bids_are_drawn_by_a_seed_that_repeats():
    bids = [Offer(number, 100, given=(5000,)) for number in range(1, 6)]
    placed = scoring.comprehensive(Sheet(3000), bids, SEED)
    assert [one.bid_id for one in placed] == drawing.in_order(range(1, 6), SEED)
    assert {one.tie_break for one in placed} == {"lot"}


def test_low_bids_are_found_without_dividing():
    shares = {"mean_bp": 5000, "next_bp": 5000, "ceiling_bp": 4500}
    exactly_half = scoring.low_tests({1: 50, 2: 100, 3: 150}, 100, **shares)
    assert exactly_half == {}  # half of the mean and of the next lowest is not below half
    assert scoring.low_tests({1: 49, 2: 100, 3: 150}, 100, **shares) == {1: ["mean", "next_lowest"]}
    assert scoring.low_tests({1: 449, 2: 500, 3: 600}, 1000, **shares) == {1: ["ceiling"]}
    assert scoring.low_tests({1: 450}, 1000, **shares) == {}


def test_half_is_shown_up():
    assert scoring.shown(Fraction(15, 1000)) == "0.02"
    assert scoring.shown(Fraction(3, 2000) * 10) == "0.02"
    assert scoring.shown(Fraction(-1, 8)) == "-0.13"
    assert scoring.shown(Fraction(5, 2), 0) == "3"


@given(st.sets(st.integers(1, 10_000), min_size=1), st.integers(0, 30), st.text(max_size=40))
@settings(max_examples=60)
def test_a_draw_repeats_and_takes_each_once(candidates, count, seed):
    drawn = drawing.draw(candidates, count, seed)
    assert drawn == drawing.draw(sorted(candidates, reverse=True), count, seed)
    assert len(drawn) == len(set(drawn)) == min(count, len(candidates))
    assert set(drawn) <= candidates


def test_a_panel_says_everything_it_lacks():
    share = Fraction(2, 3)
    assert dict(scoring.panel_faults(5, 4, least=5, share=share)) == {}
    assert dict(scoring.panel_faults(4, 2, least=5, share=share)) == {
        "members": 5,
        "odd": 0,
        "experts": 3,
    }
    assert dict(scoring.panel_faults(7, 4, least=5, share=share)) == {"experts": 5}


@pytest.mark.parametrize(
    ("ranked", "most", "admitted"),
    [(0, None, 0), (1, None, 0), (2, None, 1), (5, None, 4), (6, None, 4), (10, 3, 3), (10, 9, 8)],
)
def test_a_framework_leaves_out_a_fifth_and_one_at_least(ranked, most, admitted):
    assert scoring.admissible(ranked, 2000, most) == admitted


@given(st.integers(0, 500), st.integers(0, 10_000), st.none() | st.integers(1, 500))
def test_a_framework_never_admits_all_nor_more_than_it_said(ranked, share_bp, most):
    admitted = scoring.admissible(ranked, share_bp, most)
    assert 0 <= admitted <= max(0, ranked - 1)
    assert (ranked - admitted) * 10_000 >= ranked * share_bp
    assert most is None or admitted <= most
