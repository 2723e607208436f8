"""So much per bed, visit or graduate: the nursing beds of Huashan, caps and a small envelope."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import RuleBroken
from plugins.subsidy.rules.units import (
    Price,
    UnitClass,
    UnitTerms,
    Verified,
    claim_periods,
    reduce_claims,
    refuse_unit_terms,
    unit_claim,
)

RULES = settings(max_examples=100, deadline=None, derandomize=True)
BUILT = (Price(50, 300, 200_000), Price(300, None, 500_000))
MONTHLY = (Price(1, None, 20_000),)
BEDS = UnitTerms(
    (
        UnitClass("new", "新建床位", BUILT, waiting_months=12),
        UnitClass("converted", "改建床位", BUILT, factor_ppm=500_000, waiting_months=12),
        UnitClass("rented", "租用五年以上床位", (Price(1, None, 100_000),), waiting_months=12),
        UnitClass("able", "自理老人入住", MONTHLY),
        UnitClass("light", "轻度失能入住", MONTHLY, factor_ppm=1_500_000),
        UnitClass("middle", "中度失能入住", MONTHLY, factor_ppm=2_000_000),
        UnitClass("severe", "重度失能入住", MONTHLY, factor_ppm=3_000_000),
    )
)
OPENED, TODAY = date(2025, 6, 1), date(2026, 6, 1)


@pytest.mark.parametrize(
    ("kind", "count", "yuan"),
    [
        ("new", 300, 1_500_000),
        ("new", 299, 598_000),
        ("new", 50, 100_000),
        ("converted", 300, 750_000),
        ("converted", 120, 120_000),
        ("rented", 40, 40_000),
        ("able", 10, 2_000),
        ("light", 10, 3_000),
        ("middle", 10, 4_000),
        ("severe", 10, 6_000),
    ],
)
def test_beds_are_paid_by_how_many_there_are_and_of_what_kind(kind, count, yuan):
    found = unit_claim(BEDS, [Verified(kind, count, OPENED)], on=TODAY)
    assert found.result_fen == yuan * 100


def test_a_month_of_a_home_is_one_claim_with_a_line_for_each_class():
    rows = [Verified("able", 31), Verified("light", 12), Verified("severe", 7)]
    found = unit_claim(BEDS, rows, on=TODAY)
    assert [(line.note, line.base, line.unit_fen, line.exact) for line in found.lines] == [
        ("able", 31, 20_000, 620_000),
        ("light", 12, 20_000, 360_000),
        ("severe", 7, 20_000, 420_000),
    ]
    assert found.result_fen == 1_400_000


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (Verified("new", 49, OPENED), "UNITS_BELOW_MINIMUM"),
        (Verified("new", 300, date(2025, 6, 2)), "UNITS_TOO_EARLY"),
        (Verified("new", 300), "UNITS_TOO_EARLY"),
        (Verified("hotel", 300, OPENED), "UNIT_CLASS_NOT_COVERED"),
    ],
)
def test_beds_that_are_too_few_too_new_or_of_no_class_are_refused(row, code):
    with pytest.raises(RuleBroken) as told:
        unit_claim(BEDS, [row], on=TODAY)
    assert told.value.code == code


def test_caps_of_a_period_count_what_was_granted_before():
    capped = replace(BEDS, units_max=40, period_cap_fen=700_000)
    rows = [Verified("able", 31), Verified("light", 12)]
    found = unit_claim(capped, rows, on=TODAY)
    assert [line.base for line in found.lines] == [31, 9]
    assert (found.exact, found.result_fen) == (890_000, 700_000)
    later = unit_claim(capped, rows, on=TODAY, granted_units=35, granted_fen=650_000)
    assert [line.base for line in later.lines] == [5, 0]
    assert later.result_fen == 50_000
    assert unit_claim(capped, rows, on=TODAY, granted_units=41).result_fen == 0


def test_a_small_envelope_is_shared_pro_rata_by_largest_remainder():
    claims = {one: unit_claim(BEDS, [Verified("able", 1)], on=TODAY) for one in (3, 1, 2)}
    small = replace(BEDS, envelope_fen=50_000)
    assert {one: found.result_fen for one, found in reduce_claims(small, claims).items()} == {
        1: 16_667,
        2: 16_667,
        3: 16_666,
    }
    assert reduce_claims(replace(BEDS, envelope_fen=60_000), claims) == claims
    assert reduce_claims(BEDS, claims) == claims


def test_prices_leave_no_number_out():
    refuse_unit_terms(BEDS)
    for prices, code in (
        ((Price(50, 299, 1), Price(300, None, 2)), "TIERS_GAP"),
        ((Price(50, 301, 1), Price(300, None, 2)), "TIERS_OVERLAP"),
        ((), "TIERS_EMPTY"),
    ):
        with pytest.raises(RuleBroken, match="新建床位") as told:
            refuse_unit_terms(UnitTerms((UnitClass("new", "新建床位", prices),)))
        assert told.value.code == code


ROWS = st.lists(
    st.builds(
        Verified,
        st.sampled_from(["able", "light", "middle", "severe"]),
        st.integers(1, 500),
        st.just(OPENED),
    ),
    max_size=4,
)


@RULES
@given(ROWS, st.integers(0, 800), st.integers(0, 10**8), st.integers(0, 800), st.integers(0, 10**8))
def test_no_cap_is_ever_passed(rows, units, fen, had_units, had_fen):
    capped = replace(BEDS, units_max=units, period_cap_fen=fen)
    found = unit_claim(capped, rows, on=TODAY, granted_units=had_units, granted_fen=had_fen)
    assert sum(line.base for line in found.lines) <= max(0, units - had_units)
    assert 0 <= found.result_fen <= max(0, fen - had_fen)
    assert found.result_fen <= unit_claim(BEDS, rows, on=TODAY).result_fen


@RULES
@given(st.dictionaries(st.integers(1, 50), ROWS, max_size=6), st.integers(0, 10**8))
def test_reduced_claims_are_the_envelope(rows, envelope):
    claims = {one: unit_claim(BEDS, found, on=TODAY) for one, found in rows.items()}
    reduced = reduce_claims(replace(BEDS, envelope_fen=envelope), claims)
    wanted = sum(found.result_fen for found in claims.values())
    assert sum(found.result_fen for found in reduced.values()) == min(envelope, wanted)


def test_all_rows_of_a_class_together_decide_the_price_of_its_units():
    rows = [Verified("new", 200, OPENED), Verified("new", 100, date(2025, 5, 1))]
    assert unit_claim(BEDS, rows, on=TODAY).result_fen == 300 * 500_000
    assert unit_claim(BEDS, [*rows, Verified("able", 1)], on=TODAY).lines[2].unit_fen == 20_000


@pytest.mark.parametrize(
    ("months", "until", "expected"),
    [
        (12, date(2027, 1, 1), [(date(2026, 3, 10), date(2026, 12, 31))]),
        (12, date(2026, 12, 31), []),
        (
            3,
            date(2026, 7, 1),
            [(date(2026, 3, 10), date(2026, 3, 31)), (date(2026, 4, 1), date(2026, 6, 30))],
        ),
        (
            1,
            date(2026, 5, 1),
            [(date(2026, 3, 10), date(2026, 3, 31)), (date(2026, 4, 1), date(2026, 4, 30))],
        ),
        (
            6,
            date(2028, 1, 1),
            [
                (date(2026, 3, 10), date(2026, 6, 30)),
                (date(2026, 7, 1), date(2026, 12, 31)),
                (date(2027, 1, 1), date(2027, 2, 15)),
            ],
        ),
    ],
)
def test_periods_follow_the_calendar_and_are_cut_off_where_the_scheme_is(months, until, expected):
    terms = replace(BEDS, period_months=months)
    found = claim_periods(terms, date(2026, 3, 10), date(2027, 2, 15), until=until)
    assert found == expected
