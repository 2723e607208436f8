"""How a contract's sum is cut, how long it runs, how a price follows its index."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from plugins.contract_outsourcing.rules.periods import last_day
from plugins.contract_outsourcing.rules.splitting import BP, split
from plugins.contract_outsourcing.rules.terms import ADVANCE, Index, Part, amounts, by_year, indexed

FEN = st.integers(0, 9_000_000_000_000_000)


@st.composite
def shares(draw):
    """Return shares that make the whole."""
    cuts = sorted(draw(st.lists(st.integers(1, BP - 1), max_size=8, unique=True)))
    bounds = [0, *cuts, BP]
    return [high - low for low, high in itertools.pairwise(bounds)]


@given(FEN, shares())
def test_no_fen_is_lost_and_no_part_is_a_fen_off(total, cut):
    parts = split(total, cut)
    assert sum(parts) == total
    assert all(abs(part * BP - total * share) < BP for part, share in zip(parts, cut, strict=True))


def test_the_fen_left_over_go_to_the_largest_remainders_and_the_earlier_part():
    assert split(97_000_033, [3000, 4000, 3000]) == [29_100_010, 38_800_013, 29_100_010]
    assert split(1, [5000, 5000]) == [1, 0]


@given(FEN, shares())
def test_the_milestones_of_all_years_make_the_contract(total, cut):
    parts = [Part(f"M{n}", "节点", "share", 2026 + n % 3, share_bp=s) for n, s in enumerate(cut)]
    parts.append(Part("A", "预付", ADVANCE, 2026, share_bp=1000))
    found = amounts(parts, total)
    assert found is not None
    assert sum(by_year(parts, found).values()) == total


def test_shares_and_amounts_are_never_mixed():
    mixed = [
        Part("M1", "一", "share", 2026, share_bp=5000),
        Part("M2", "二", "share", 2026, amount_fen=50),
    ]
    assert amounts(mixed, 100) is None


def test_a_term_ends_on_the_eve_of_the_same_day():
    assert last_day(date(2026, 3, 1), 12) == date(2027, 2, 28)
    assert last_day(date(2024, 2, 29), 12) == date(2025, 2, 28)
    assert last_day(date(2026, 12, 15), 36) == date(2029, 12, 14)


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(1, 48))
def test_a_month_more_is_a_later_end(first, months):
    assert last_day(first, months) < last_day(first, months + 1)
    assert last_day(first, months) >= first + timedelta(days=27)


@given(st.integers(0, 10**12), st.integers(1, 50_000), st.integers(0, BP), st.integers(1, 10**6))
def test_a_price_follows_its_index_within_the_clamp(amount, base, clamp, now):
    found = indexed(amount, Index("价格指数", base, clamp), now)
    assert amount * (BP - clamp) // BP <= found <= amount * (BP + clamp) // BP
