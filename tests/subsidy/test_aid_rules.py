"""What all acts for one group come to over the years, and what a ceiling leaves."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import RuleBroken
from plugins.subsidy.rules.aid import (
    KINDS,
    AidAct,
    AidTerms,
    aid_window,
    fee_advantage,
    grant_equivalent,
    refuse_aid,
)
from plugins.subsidy.rules.calculation import Calculation, Line
from plugins.subsidy.rules.loans import Segment

RULES = settings(max_examples=100, deadline=None, derandomize=True)
TERMS = AidTerms(3, 30_000_000)


def act(reference, day, fen):
    return AidAct(reference, "award_tiers", date.fromisoformat(day), fen)


ACTS = [
    act("贴息3", "2026-05-10", 5_000_000),
    act("奖补1", "2023-05-10", 9_000_000),
    act("奖补2", "2023-05-11", 10_000_000),
    act("奖补4", "2026-05-11", 7_000_000),
]


def test_the_window_is_three_years_long_and_ends_today():
    found = aid_window(TERMS, ACTS, date(2026, 5, 10))
    assert found.begins_on == date(2023, 5, 11)
    assert [one.reference for one in found.acts] == ["奖补2", "贴息3"]
    assert (found.used_fen, found.left_fen) == (15_000_000, 15_000_000)


def test_aid_up_to_the_ceiling_is_granted_and_a_fen_more_is_refused():
    assert refuse_aid(TERMS, ACTS, date(2026, 5, 10), 15_000_000).left_fen == 15_000_000
    with pytest.raises(RuleBroken, match=r"还可 150,000\.00 元") as told:
        refuse_aid(TERMS, ACTS, date(2026, 5, 10), 15_000_001)
    assert told.value.code == "AID_CEILING_EXCEEDED"
    assert told.value.facts["acts"] == ["奖补2", "贴息3"]


def test_every_kind_has_a_grant_equivalent_and_a_guarantees_is_the_lower_fee():
    paid = Calculation("any", (Line("amount", 2_000_000),))
    year = [Segment(date(2026, 1, 1), date(2027, 1, 1), 300_000_000)]
    cheaper = fee_advantage(
        year, market_ppm=20_000, charged_ppm=10_000, day_count="act_365", note="G1"
    )
    assert cheaper.result_fen == 3_000_000
    for kind in KINDS:
        due = 3_000_000 if kind == "risk_pool_share" else 2_000_000
        assert grant_equivalent(kind, paid, fee_advantage=cheaper) == due
    with pytest.raises(ValueError, match="advantage"):
        grant_equivalent("risk_pool_share", paid)
    with pytest.raises(ValueError, match="no such kind"):
        grant_equivalent("gift", paid)


def test_a_fee_above_the_markets_is_no_aid():
    year = [Segment(date(2026, 1, 1), date(2027, 1, 1), 300_000_000)]
    dearer = fee_advantage(
        year, market_ppm=5_000, charged_ppm=10_000, day_count="act_365", note="G1"
    )
    assert dearer.result_fen == 0


DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))


@RULES
@given(st.lists(st.tuples(DAYS, st.integers(0, 20_000_000))), st.integers(1, 5))
def test_no_window_ever_holds_more_than_the_ceiling(wanted, years):
    terms, granted = AidTerms(years, 30_000_000), []
    for number, (day, fen) in enumerate(sorted(wanted)):
        found = aid_window(terms, granted, day)
        assert found.left_fen >= 0
        assert found.used_fen + found.left_fen == terms.ceiling_fen
        if fen <= found.left_fen:
            refuse_aid(terms, granted, day, fen)
            granted.append(AidAct(str(number), "award_tiers", day, fen))
    for day, _fen in wanted:
        assert aid_window(terms, granted, day).used_fen <= terms.ceiling_fen
