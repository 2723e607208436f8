"""The county's bookstore award: scores, tiers, pool, instalments and a shop that closed early."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import RuleBroken
from plugins.subsidy.rules.awards import (
    AwardTerms,
    Broken,
    Entry,
    Tier,
    assess,
    broken_duty,
    composite,
    instalments,
    points_text,
    refuse_award_terms,
    scale,
)
from plugins.subsidy.rules.calculation import read_calculation, written

RULES = settings(max_examples=100, deadline=None, derandomize=True)
TERMS = AwardTerms(
    weights_bp={"purchaser": 3000, "readers": 3000, "third_party": 4000},
    tiers=(
        Tier("A", 9000, None, 8_000_000),
        Tier("B", 8000, 9000, 5_000_000),
        Tier("C", 7000, 8000, 3_000_000),
    ),
    instalments_bp=(6000, 4000),
    answers_min=30,
    few_answers_tier="C",
    investment_bp=3000,
    pool_fen=30_000_000,
    duty_from=date(2026, 7, 1),
    duty_months=12,
)
K1, K2, K3, K4, K5, K6, K7, K8 = range(1, 9)


def entry(number, scores, answers, **more):
    return Entry(number, dict(zip(TERMS.weights_bp, scores, strict=True)), answers, **more)


SHOPS = [
    (entry(K1, (9200, 9420, 9350), 412), "93.26", "A", 8_000_000),
    (entry(K2, (9000, 9000, 8998), 305), "89.99", "B", 5_000_000),
    (
        entry(K3, (8500, 8400, 7950), 120, investment_fen=15_000_000),
        "82.50",
        "B",
        4_500_000,
    ),
    (entry(K4, (7800, 7800, 7100), 88), "75.20", "C", 3_000_000),
    (entry(K5, (7000, 7000, 6998), 64), "69.99", None, 0),
    (entry(K6, (9500, 9600, 9200), 24), "94.10", "C", 3_000_000),
    (entry(K7, (9100, 9100, 9100), 150, veto="列入失信名单"), "91.00", None, 0),
    (entry(K8, (8800, 8800, 8700), 201), "87.60", "B", 5_000_000),
]
CORRECTED = entry(K2, (9000, 9000, 9000), 305)
# shop: scaled, first 60 %, second
MONEY = {
    K1: (7_619_048, 4_571_428, 3_047_620),
    K2: (7_619_047, 4_571_428, 3_047_619),
    K3: (4_285_714, 2_571_428, 1_714_286),
    K4: (2_857_143, 1_714_285, 1_142_858),
    K6: (2_857_143, 1_714_285, 1_142_858),
    K8: (4_761_905, 2_857_143, 1_904_762),
}


@pytest.mark.parametrize(("shop", "score", "tier", "award"), SHOPS)
def test_every_shop_has_its_composite_its_tier_and_its_award(shop, score, tier, award):
    found = assess(TERMS, shop)
    assert points_text(found.composite) == score
    assert (found.tier, found.award.result_fen) == (tier, award)


def test_the_draft_result_and_the_one_after_the_appeal_come_to_what_they_should():
    draft = [assess(TERMS, shop) for shop, *_rest in SHOPS]
    assert sum(one.award.result_fen for one in draft) == 28_500_000
    assert scale(TERMS, draft) == draft
    final = [assess(TERMS, CORRECTED if one.id == K2 else one) for one, *_rest in SHOPS]
    assert (points_text(final[1].composite), final[1].tier) == ("90.00", "A")
    assert sum(one.award.result_fen for one in final) == 31_500_000


def test_awards_are_scaled_to_the_pool_and_paid_in_two_instalments():
    final = [assess(TERMS, CORRECTED if one.id == K2 else one) for one, *_rest in SHOPS]
    scaled = {one.id: one.award.result_fen for one in scale(TERMS, final)}
    assert sum(scaled.values()) == 30_000_000
    cut = {one: instalments(fen, TERMS.instalments_bp) for one, fen in scaled.items() if fen}
    assert {one: (scaled[one], *parts) for one, parts in cut.items()} == MONEY
    assert [sum(parts) for parts in zip(*cut.values(), strict=True)] == [17_999_997, 12_000_003]


def test_the_calculation_of_a_scaled_award_tells_every_step():
    final = [assess(TERMS, CORRECTED if one.id == K2 else one) for one, *_rest in SHOPS]
    award = next(one.award for one in scale(TERMS, final) if one.id == K3)
    assert [(step.kind, step.what) for step in award.steps] == [
        ("cap", "own_investment"),
        ("share", "pool"),
        ("rounding", "pool"),
    ]
    assert read_calculation(written(award)) == award


def test_a_shop_that_closed_early_loses_the_second_part_and_a_quarter_of_the_first():
    found = broken_duty(
        TERMS, closed_from=date(2027, 3, 10), paid_fen=1_714_285, unpaid_fen=1_142_858
    )
    assert found == Broken(3, 428_571, 1_142_858)


def test_a_shop_that_closed_in_the_last_month_kept_its_duty():
    found = broken_duty(TERMS, closed_from=date(2027, 6, 2), paid_fen=100, unpaid_fen=50)
    assert found == Broken(0, 0, 0)
    with pytest.raises(RuleBroken) as refused:
        broken_duty(
            replace(TERMS, duty_from=None), closed_from=date(2027, 6, 2), paid_fen=1, unpaid_fen=0
        )
    assert refused.value.code == "DUTY_MISSING"


def test_who_is_below_every_tier_may_not_apply_next_year_and_a_veto_says_why():
    low, vetoed = (assess(TERMS, SHOPS[place][0]) for place in (4, 6))
    assert (low.blocked, low.veto) == (True, None)
    assert (vetoed.blocked, vetoed.veto) == (False, "列入失信名单")
    unscored = assess(TERMS, Entry(9, {}, 0, veto="列入失信名单"))
    assert unscored.composite is None
    with pytest.raises(RuleBroken) as refused:
        assess(TERMS, replace(SHOPS[6][0], veto=" "))
    assert refused.value.code == "VETO_REASON_MISSING"


def test_few_answers_lower_a_tier_and_never_raise_one():
    assert assess(TERMS, SHOPS[5][0]).few_answers
    assert assess(TERMS, replace(SHOPS[5][0], answers=30)).tier == "A"
    low = assess(TERMS, replace(SHOPS[3][0], answers=0))
    assert (low.tier, low.few_answers) == ("C", False)


def test_a_party_that_has_not_scored_and_a_score_out_of_range_are_refused():
    with pytest.raises(RuleBroken, match="还缺 1 方") as refused:
        composite(TERMS, {"purchaser": 1, "readers": 2})
    assert refused.value.code == "SCORE_MISSING"
    assert refused.value.facts == {"missing": ["third_party"]}
    for wrong in (-1, 10_001):
        with pytest.raises(RuleBroken) as refused:
            composite(TERMS, {"purchaser": 1, "readers": 2, "third_party": wrong})
        assert refused.value.code == "SCORE_OUT_OF_RANGE"


def test_a_party_without_weight_need_not_score():
    alone = replace(TERMS, weights_bp={"purchaser": 10_000, "readers": 0})
    assert composite(alone, {"purchaser": 8_888}) == 8_888


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"weights_bp": {"purchaser": 3000, "readers": 6999}}, "WEIGHTS_NOT_WHOLE"),
        ({"weights_bp": {"purchaser": 11_000, "readers": -1_000}}, "WEIGHTS_NOT_WHOLE"),
        ({"weights_bp": {}}, "WEIGHTS_NOT_WHOLE"),
        ({"instalments_bp": (6000, 3999)}, "INSTALMENTS_NOT_WHOLE"),
        ({"instalments_bp": (10_000, 0)}, "INSTALMENTS_NOT_WHOLE"),
        ({"instalments_bp": ()}, "INSTALMENTS_NOT_WHOLE"),
        ({"tiers": ()}, "TIERS_EMPTY"),
        ({"tiers": (Tier("A", 9000, 9000, 1),)}, "TIERS_EMPTY"),
        ({"tiers": (Tier("A", 9000, None, 2), Tier("B", 8000, 8999, 1))}, "TIERS_GAP"),
        ({"tiers": (Tier("A", 9000, None, 2), Tier("B", 8000, 9001, 1))}, "TIERS_OVERLAP"),
        ({"tiers": (Tier("A", 9000, None, 2), Tier("B", 8000, None, 1))}, "TIERS_OVERLAP"),
        ({"few_answers_tier": "D"}, "TIER_UNKNOWN"),
        ({"few_answers_tier": None}, "TIER_UNKNOWN"),
    ],
)
def test_figures_with_a_hole_may_not_be_published(changes, code):
    refuse_award_terms(TERMS)
    with pytest.raises(RuleBroken) as refused:
        refuse_award_terms(replace(TERMS, **changes))
    assert refused.value.code == code


# --- properties ---------------------------------------------------------------------------------

SCORES = st.fixed_dictionaries(dict.fromkeys(TERMS.weights_bp, st.integers(0, 10_000)))
ENTRIES = st.lists(
    st.builds(
        Entry,
        st.integers(1, 999),
        SCORES,
        st.integers(0, 60),
        investment_fen=st.none() | st.integers(0, 10**8),
        veto=st.none() | st.just("失信"),
    ),
    max_size=10,
    unique_by=lambda one: one.id,
)


@RULES
@given(ENTRIES, st.integers(0, 50_000_000))
def test_scaled_awards_are_the_pool_and_nobody_gets_more_than_before(entries, pool):
    terms = replace(TERMS, pool_fen=pool)
    before = [assess(terms, one) for one in entries]
    after = scale(terms, before)
    wanted = sum(one.award.result_fen for one in before)
    assert sum(one.award.result_fen for one in after) == min(pool, wanted)
    for old, new in zip(before, after, strict=True):
        assert 0 <= new.award.result_fen <= old.award.result_fen
    assert scale(replace(terms, pool_fen=None), before) == before


@RULES
@given(SCORES)
def test_a_composite_lies_between_the_lowest_and_the_highest_score(scores):
    assert min(scores.values()) <= composite(TERMS, scores) <= max(scores.values())


@RULES
@given(st.integers(0, 10**13), st.sampled_from([(6000, 4000), (3333, 3333, 3334), (10_000,)]))
def test_instalments_make_the_award(award, shares):
    parts = instalments(award, shares)
    assert sum(parts) == award
    assert all(part == award * share // 10_000 for part, share in zip(parts[:-1], shares))  # noqa: B905 - the last takes the rest


@RULES
@given(st.integers(0, 10**12), st.integers(0, 10**12), st.dates(date(2026, 1, 1), date(2028, 1, 1)))
def test_no_more_comes_back_than_was_paid(paid, unpaid, closed_from):
    found = broken_duty(TERMS, closed_from=closed_from, paid_fen=paid, unpaid_fen=unpaid)
    assert 0 <= found.clawback_fen <= paid
    assert found.forfeited_fen in {0, unpaid}
