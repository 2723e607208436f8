"""Prices by bands: SP-7's figures to the fen, and what holds for any bands."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.contract_outsourcing.rules.bands import (
    Band,
    Part,
    days_of,
    largest,
    price,
    quarter_of,
    settle,
    split,
)

MEAL = (Band(10_000, 1180), Band(20_000, 1130), Band(None, 1090))
TOLERANCE = 20_000  # 2 %


@st.composite
def some_bands(draw: st.DrawFn) -> tuple[Band, ...]:
    """Draw bands of any prices; the last one is open."""
    edges = sorted(draw(st.sets(st.integers(1, 30_000), max_size=4)))
    fens = draw(st.lists(st.integers(1, 5_000), min_size=len(edges) + 1, max_size=len(edges) + 1))
    return tuple(Band(edge, fen) for edge, fen in zip([*edges, None], fens, strict=True))


quantities = st.integers(0, 40_000)


@pytest.mark.parametrize(
    ("before", "ordered", "fen"),
    [
        (0, 8_200, 9_676_000),
        (0, 3_000, 3_540_000),
        (8_180, 9_500, 10_826_000),
        (3_000, 2_600, 3_068_000),
        (17_300, 6_000, 6_648_000),
        (17_300, 3_487, 3_908_830),
        (17_300, 3_488, 3_909_920),
        (0, 1, 1_180),
    ],
)
def test_orders_of_the_scenario_cost_what_it_says(before: int, ordered: int, fen: int) -> None:
    assert price(MEAL, before, ordered) == fen


@pytest.mark.parametrize(
    ("before", "counts", "paid", "parts", "penalty", "net"),
    [
        (0, (8200, 8200, 8180), 8180, [(8180, 1180)], 0, 9_652_400),
        (0, (3000, 3000, 3000), 3000, [(3000, 1180)], 0, 3_540_000),
        (8180, (9500, 9500, 9120), 9120, [(1820, 1180), (7300, 1130)], 448_400, 9_948_200),
        (3000, (2600, 2500, 2510), 2500, [(2500, 1180)], 0, 2_950_000),
        (17300, (3487, 3497, 3600), 3487, [(2700, 1130), (787, 1090)], 0, 3_908_830),
    ],
)
def test_settlements_of_the_scenario_come_to_what_it_says(
    before: int,
    counts: tuple[int, int, int],
    paid: int,
    parts: list[tuple[int, int]],
    *,
    penalty: int,
    net: int,
) -> None:
    ordered, claimed, verified = counts
    found = settle(
        MEAL, before, ordered=ordered, claimed=claimed, verified=verified, tolerance_ppm=TOLERANCE
    )
    assert found.paid == paid
    assert [(part.quantity, part.unit_fen) for part in found.parts] == parts
    assert (found.penalty_fen, found.net_fen) == (penalty, net)
    assert found.gross_fen == penalty + net


def test_the_largest_order_of_the_scenario() -> None:
    assert largest(MEAL, 17_300, 3_909_400) == 3_487
    assert largest(MEAL, 0, 570) == 0


def test_exactly_the_tolerance_is_tolerated_and_one_more_is_not() -> None:
    def excess(claimed: int) -> int:
        return settle(
            MEAL, 0, ordered=2_000, claimed=claimed, verified=1_000, tolerance_ppm=TOLERANCE
        ).excess

    assert excess(1_020) == 0
    assert excess(1_021) == 21


def test_no_more_is_taken_off_than_there_is() -> None:
    """Nothing was verified, or hardly anything: nothing is payable, and nothing is negative."""
    nothing = settle(MEAL, 0, ordered=500, claimed=500, verified=0, tolerance_ppm=TOLERANCE)
    assert (nothing.net_fen, nothing.penalty_fen, nothing.excess_fen) == (0, 0, 590_000)
    hardly = settle(MEAL, 0, ordered=500, claimed=500, verified=10, tolerance_ppm=TOLERANCE)
    assert (hardly.net_fen, hardly.penalty_fen, hardly.excess_fen) == (0, 11_800, 578_200)


@given(some_bands(), quantities, quantities, quantities)
def test_two_orders_cost_what_one_of_both_would(
    bands: tuple[Band, ...], before: int, one: int, other: int
) -> None:
    together = price(bands, before, one + other)
    assert together == price(bands, before, one) + price(bands, before + one, other)


@given(some_bands(), quantities, quantities)
def test_more_costs_more(bands: tuple[Band, ...], before: int, quantity: int) -> None:
    assert price(bands, before, quantity + 1) > price(bands, before, quantity)


@given(some_bands(), quantities, quantities)
def test_parts_add_up_to_the_quantity(bands: tuple[Band, ...], before: int, quantity: int) -> None:
    parts = split(bands, before, quantity)
    assert sum(part.quantity for part in parts) == quantity
    assert all(part.quantity > 0 for part in parts)
    assert parts == tuple(Part(part.quantity, part.unit_fen) for part in parts)


@given(some_bands(), quantities, st.integers(0, 60_000_000))
def test_the_largest_quantity_fits_and_one_more_does_not(
    bands: tuple[Band, ...], before: int, limit_fen: int
) -> None:
    found = largest(bands, before, limit_fen)
    assert price(bands, before, found) <= limit_fen < price(bands, before, found + 1)


@given(some_bands(), quantities, st.tuples(*[quantities] * 3), st.integers(0, 1_000_000))
def test_a_settlement_never_pays_more_than_any_of_the_three(
    bands: tuple[Band, ...], before: int, counts: tuple[int, int, int], ppm: int
) -> None:
    ordered, claimed, verified = counts
    found = settle(
        bands, before, ordered=ordered, claimed=claimed, verified=verified, tolerance_ppm=ppm
    )
    assert found.paid == min(ordered, claimed, verified)
    assert 0 <= found.net_fen <= price(bands, before, ordered)
    assert found.gross_fen == found.net_fen + found.penalty_fen
    assert (found.excess > 0) == (
        claimed > verified and (claimed - verified) * 10**6 > ppm * verified
    )


def test_periods_are_months_of_calendar_quarters() -> None:
    assert days_of("2026-02") == (date(2026, 2, 1), date(2026, 2, 28))
    assert [quarter_of(f"2026-{month:02}") for month in (1, 3, 4, 6, 7, 12)] == [
        "2026Q1",
        "2026Q1",
        "2026Q2",
        "2026Q2",
        "2026Q3",
        "2026Q4",
    ]
    with pytest.raises(ValueError, match="isoformat"):
        days_of("2026-13x")
