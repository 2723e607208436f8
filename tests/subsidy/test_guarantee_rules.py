"""Who may guarantee, how much more, and who bears what of a loss."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import RuleBroken
from core.purchasers.kinds import KINDS
from plugins.subsidy.rules.guarantee import (
    GOVERNMENT_KINDS,
    Exposure,
    GuaranteeFeeTerms,
    Headroom,
    PoolState,
    PoolTerms,
    bear_loss,
    fee_subsidy,
    headroom,
    pool_share,
    refuse_claim,
    refuse_exposure,
    refuse_guarantor,
    refuse_pool_terms,
    share_recovery,
)
from plugins.subsidy.rules.loans import Segment

RULES = settings(max_examples=100, deadline=None, derandomize=True)
FEN = st.integers(0, 10**12)
YEAR = (Segment(date(2026, 1, 1), date(2027, 1, 1), 300_000_000),)
FEE = GuaranteeFeeTerms("act_365", 5_000, capped_by_fee=False)
POOL = PoolTerms(
    (("guarantor", 4000), ("pool", 2000), ("bank", 2000), ("province", 2000)),
    waiting_days=90,
    single_bp=1000,
    group_bp=1500,
    multiple=10,
    single_fen=1_000_000_000,
    total_fen=80_000_000_000,
    year_cap_fen=30_000_000,
    stop_bp=500,
)
STATE = PoolState(100_000_000, 0, 0, 10_000_000_000)
ASSETS = 10_000_000_000


# --- who ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", GOVERNMENT_KINDS)
def test_a_government_unit_never_guarantees_even_with_a_licence(kind):
    assert kind in KINDS
    with pytest.raises(RuleBroken, match="政府及其部门") as told:
        refuse_guarantor(kind, licensed=True)
    assert told.value.code == "GUARANTOR_NOT_ALLOWED"
    assert told.value.basis == "预算法第三十五条；民法典第六百八十三条"


@pytest.mark.parametrize("kind", [None, *sorted(set(KINDS) - {"enterprise"})])
def test_nobody_but_an_enterprise_guarantees(kind):
    with pytest.raises(RuleBroken) as told:
        refuse_guarantor(kind, licensed=True)
    assert told.value.code == "GUARANTOR_NOT_ALLOWED"


def test_a_company_needs_a_licence_and_may_not_guarantee_for_whoever_controls_it():
    refuse_guarantor("enterprise", licensed=True)
    with pytest.raises(RuleBroken, match="经营许可证"):
        refuse_guarantor("enterprise", licensed=False)
    with pytest.raises(RuleBroken) as told:
        refuse_guarantor("enterprise", licensed=True, controlled=True)
    assert told.value.code == "CONFLICT_OF_INTEREST"


# --- the fee ------------------------------------------------------------------------------------


def test_half_a_percent_of_three_million_for_a_year_is_fifteen_thousand():
    found = fee_subsidy(FEE, YEAR, note="G1")
    assert found.result_fen == 1_500_000
    [line] = found.lines
    assert (line.days, line.note, line.rate_ppm) == (365, "G1", 5_000)


def test_the_subsidy_is_never_more_than_the_fee_and_the_fee_has_to_be_told():
    capped = replace(FEE, capped_by_fee=True)
    assert fee_subsidy(capped, YEAR, charged_fen=1_200_000, note="G1").result_fen == 1_200_000
    assert fee_subsidy(capped, YEAR, charged_fen=3_000_000, note="G1").result_fen == 1_500_000
    with pytest.raises(RuleBroken) as told:
        fee_subsidy(capped, YEAR, note="G1")
    assert told.value.code == "FEE_MISSING"


# --- limits -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("used", "wanted", "code", "limit", "room"),
    [
        ((990_000_000, 990_000_000, 0), 10_000_001, "EXPOSURE_CAP_SINGLE", "single", 10_000_000),
        ((0, 1_490_000_000, 0), 10_000_001, "EXPOSURE_CAP_GROUP", "group", 10_000_000),
        ((0, 0, 79_990_000_000), 10_000_001, "EXPOSURE_CAP_TOTAL", "total", 10_000_000),
        ((1_000_000_000, 1_000_000_000, 0), 1, "EXPOSURE_CAP_SINGLE", "single", 0),
    ],
)
def test_the_limit_that_binds_is_named_with_what_is_left(used, wanted, code, limit, room):
    exposure = Exposure(*used)
    with pytest.raises(RuleBroken) as told:
        refuse_exposure(POOL, ASSETS, exposure, wanted)
    assert told.value.code == code
    assert (told.value.facts["limit"], told.value.facts["headroom_fen"]) == (limit, room)
    assert refuse_exposure(POOL, ASSETS, exposure, room).binding == limit


def test_the_multiple_of_the_net_assets_is_a_limit_of_the_total():
    small = replace(POOL, total_fen=None, single_bp=None, single_fen=None, group_bp=None)
    found = headroom(small, 100, Exposure(0, 0, 999))
    assert found == Headroom(1, "multiple", {"multiple": 1})
    with pytest.raises(RuleBroken) as told:
        refuse_exposure(small, 100, Exposure(0, 0, 999), 2)
    assert told.value.code == "EXPOSURE_CAP_TOTAL"


def test_the_room_under_every_limit_is_told():
    found = headroom(POOL, 5_000_000_000, Exposure(100_000_000, 300_000_000, 49_000_000_000))
    assert found.each == {
        "single": 400_000_000,
        "group": 450_000_000,
        "total": 31_000_000_000,
        "multiple": 1_000_000_000,
    }
    assert (found.fen, found.binding) == (400_000_000, "single")


def test_without_limits_there_is_no_headroom_to_tell():
    free = PoolTerms((("pool", 10_000),), 0)
    assert refuse_exposure(free, 0, Exposure(0, 0, 0), 10**12) == Headroom(None, None, {})


@RULES
@given(st.integers(-(10**12), 10**12), FEN, FEN, FEN)
def test_headroom_is_never_negative_and_using_it_up_leaves_none(assets, single, group, total):
    found = headroom(POOL, assets, Exposure(single, group, total))
    assert min(found.each.values()) == found.fen >= 0
    used = Exposure(single + found.fen, group + found.fen, total + found.fen)
    assert headroom(POOL, assets, used).fen == 0


# --- claims -------------------------------------------------------------------------------------


def claim(day, paid=100, state=STATE):
    refuse_claim(
        POOL, state, due_on=date(2026, 3, 1), claimed_on=date.fromisoformat(day), paid_fen=paid
    )


def test_a_claim_waits_and_is_paid_first():
    claim("2026-05-30")
    with pytest.raises(RuleBroken, match="2026-05-30 起") as told:
        claim("2026-05-29")
    assert told.value.code == "CLAIM_TOO_EARLY"
    with pytest.raises(RuleBroken) as told:
        claim("2026-05-30", paid=0)
    assert told.value.code == "CLAIM_NOT_PAID"


def test_claims_stop_above_five_percent_of_what_was_guaranteed():
    state = replace(STATE, claims_fen=499_999_900)
    claim("2026-06-01", state=state)
    with pytest.raises(RuleBroken) as told:
        claim("2026-06-01", paid=101, state=state)
    assert told.value.code == "CLAIM_RATE_STOP"


def test_a_loss_is_borne_by_shares_to_the_fen():
    assert bear_loss(POOL, 123_456_789) == {
        "guarantor": 49_382_715,
        "pool": 24_691_358,
        "bank": 24_691_358,
        "province": 24_691_358,
    }


def test_the_pool_pays_its_share_within_its_balance_and_its_year():
    assert pool_share(POOL, STATE, 123_456_789, note="L1").result_fen == 24_691_358
    poor = replace(STATE, balance_fen=20_000_000)
    assert pool_share(POOL, poor, 123_456_789, note="L1").result_fen == 20_000_000
    late = replace(STATE, paid_this_year_fen=29_000_000)
    found = pool_share(POOL, late, 123_456_789, note="L1")
    assert found.result_fen == 1_000_000
    assert [step.what for step in found.steps] == ["shares", "balance", "year_cap"]
    free = replace(POOL, year_cap_fen=None)
    assert pool_share(free, late, 123_456_789, note="L1").result_fen == 24_691_358


@RULES
@given(FEN, FEN, st.integers(0, 40_000_000))
def test_a_pool_is_never_overdrawn(paid, balance, this_year):
    state = PoolState(balance, this_year, 0, 0)
    found = pool_share(POOL, state, paid, note="L1").result_fen
    assert 0 <= found <= min(balance, bear_loss(POOL, paid)["pool"])
    assert found <= max(0, 30_000_000 - this_year)


# --- recoveries ---------------------------------------------------------------------------------


def test_a_recovery_goes_back_pro_rata():
    assert share_recovery(100, {"guarantor": 400, "pool": 200, "bank": 201}) == {
        "guarantor": 50,
        "pool": 25,
        "bank": 25,
    }
    with pytest.raises(RuleBroken) as told:
        share_recovery(802, {"guarantor": 400, "pool": 200, "bank": 201})
    assert told.value.code == "RECOVERY_TOO_LARGE"


@RULES
@given(
    st.dictionaries(st.sampled_from("abcd"), st.integers(0, 10**9), min_size=1),
    st.lists(FEN, max_size=6),
)
def test_however_many_recoveries_nobody_gets_back_more_than_it_bore(borne, recoveries):
    still = dict(borne)
    for recovered in [*recoveries, 10**13]:
        now = min(recovered, sum(still.values()))
        parts = share_recovery(now, still)
        assert sum(parts.values()) == now
        still = {who: still[who] - parts[who] for who in still}
        assert min(still.values()) >= 0
    assert sum(still.values()) == 0


@pytest.mark.parametrize(
    "shares",
    [
        (("pool", 9_999),),
        (("bank", 10_000),),
        (("pool", 0), ("bank", 10_000)),
        (("pool", 11_000), ("bank", -1_000)),
        (("pool", 5_000), ("pool", 5_000)),
        (),
    ],
)
def test_shares_make_the_whole_and_one_is_the_pools(shares):
    refuse_pool_terms(POOL)
    with pytest.raises(RuleBroken) as told:
        refuse_pool_terms(replace(POOL, shares=shares))
    assert told.value.code == "SHARES_NOT_WHOLE"
