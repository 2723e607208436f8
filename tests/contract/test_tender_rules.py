"""The rules of tenders alone: fair conditions, whole sheets, checkable lots, methods as rows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.contract_outsourcing.rules import fairness, invitations, sheets
from plugins.contract_outsourcing.rules.methods import Method, methods

UNFAIR = {
    "国有企业优先": fairness.OWNERSHIP,
    "民营企业加 2 分": fairness.OWNERSHIP,
    "不同所有制的供应商分别评分": fairness.OWNERSHIP,
    "仅限企业参加": fairness.FORM,
    "事业单位不得参加": fairness.FORM,
    "供应商是事业单位的得 5 分": fairness.FORM,
    "注册地在望城区的得 3 分": fairness.PLACE,
    "在本市注册": fairness.PLACE,
    "本地企业": fairness.PLACE,
    "在望城区设有分支机构": fairness.PLACE,
    "成立满 3 年": fairness.AGE,
    "成立 5 年以上": fairness.AGE,
    "设立时间不少于两年": fairness.AGE,
    "注册资本 500 万元以上": fairness.SIZE,
    "上年营业收入不低于 1000 万元": fairness.SIZE,
    "资产总额": fairness.SIZE,
}
FAIR = [
    "具备独立承担民事责任的能力",
    "近三年无重大违法记录",
    "持有保安服务许可证",
    "项目经理有 5 年以上同类服务经验",
    "近三年承担过两个以上同类项目",
    "在民政部门登记，具有法人资格",
    "依法在中国境内注册",
    "提供上年度资产负债表和利润表",
    "接到通知后 2 小时内到场",
    "不限所有制",
    "不以注册资本为条件",
]


@pytest.mark.parametrize(("text", "ground"), UNFAIR.items())
def test_a_condition_that_judges_what_a_provider_is_names_its_ground(text, ground):
    assert ground in {one.ground for one in fairness.exclusions(text)}


@pytest.mark.parametrize("text", FAIR)
def test_a_condition_about_the_service_is_fair(text):
    assert fairness.exclusions(text) == []


@given(st.sampled_from(sorted(UNFAIR)), st.sampled_from(FAIR))
def test_fair_words_around_do_not_hide_unfair_ones(unfair, fair):
    assert fairness.exclusions(f"{fair}；{unfair}")


@given(st.text())
def test_any_text_can_be_judged(text):
    for one in fairness.exclusions(text):
        assert one.words in text


# --- sheets ----------------------------------------------------------------------------------


def indicator(code, points, **changes):
    levels = (sheets.Level(points, "好"), sheets.Level(0, "差"))
    return sheets.Indicator(
        **{"code": code, "name": code, "points": points, "standard": "分档", "levels": levels}
        | changes
    )


def codes(price_weight_bp, *indicators, deduction_bp=1000, scored=True):
    sheet = sheets.Sheet("comprehensive", price_weight_bp, deduction_bp, indicators, "technical")
    bounds = sheets.Bounds(1000, 3000, 1000, 2000)
    return [fault.code for fault in sheets.faults(sheet, bounds, scored=scored)]


def test_the_weights_of_a_sheet_make_a_hundred():
    assert codes(3000, indicator("a", 40), indicator("b", 30)) == []
    assert codes(3000, indicator("a", 40), indicator("b", 29)) == [sheets.WEIGHTS]
    assert codes(2950, indicator("a", 70)) == [sheets.WEIGHTS]


@given(st.integers(0, 10_000), st.lists(st.integers(1, 100), max_size=6))
def test_a_sheet_passes_only_with_whole_weights_and_a_lawful_price(price, points):
    rows = [indicator(f"i{n}", value) for n, value in enumerate(points)]
    whole = price + 100 * sum(points) == 10_000
    lawful = 1000 <= price <= 3000
    assert (codes(price, *rows) == []) == (whole and lawful)


def test_the_price_weighs_what_the_law_allows():
    assert codes(3001, indicator("a", 70)) == [sheets.WEIGHTS, sheets.PRICE_WEIGHT]
    assert codes(900, indicator("a", 91)) == [sheets.PRICE_WEIGHT]
    assert codes(1000, indicator("a", 90)) == []


@pytest.mark.parametrize("steps", [(), (40,), (30, 0), (40, 40), (40, 0, 20)])
def test_an_indicator_without_falling_steps_is_not_quantified(steps):
    levels = tuple(sheets.Level(points, "情形") for points in steps)
    assert codes(3000, indicator("a", 40, levels=levels), indicator("b", 30)) == [
        sheets.UNQUANTIFIED
    ]


def test_a_code_stands_once_and_the_deduction_is_bounded():
    assert codes(3000, indicator("a", 40), indicator("a", 30)) == [sheets.CODES]
    assert codes(3000, indicator("a", 70), deduction_bp=999) == [sheets.DEDUCTION]
    assert codes(3000, indicator("a", 70), deduction_bp=2001) == [sheets.DEDUCTION]


def test_where_only_the_price_counts_there_is_no_sheet():
    assert codes(0, scored=False) == []
    assert codes(0, indicator("a", 100), scored=False) == [sheets.UNWANTED]


def test_what_is_frozen_is_the_same_in_any_order_and_another_after_any_change():
    one = sheets.frozen_hash(100, {"a": 1, "b": [2]}, ["条件"])
    assert one == sheets.frozen_hash(100, {"b": [2], "a": 1}, ["条件"])
    assert one != sheets.frozen_hash(101, {"a": 1, "b": [2]}, ["条件"])
    assert one != sheets.frozen_hash(100, {"a": 1, "b": [2]}, ["条件", "又一条"])


# --- lots and rows -----------------------------------------------------------------------------


@given(st.sets(st.integers(1, 500), min_size=3), st.text(min_size=1))
def test_a_draw_can_be_checked_and_takes_candidates_only(candidates, seed):
    found = invitations.drawn(candidates, 3, seed)
    assert found == invitations.drawn(sorted(candidates, reverse=True), 3, seed)
    assert len(set(found)) == 3
    assert set(found) <= candidates


def test_lots_favour_nobody():
    counts = dict.fromkeys(range(10), 0)
    for seed in range(1000):
        for number in invitations.drawn(range(10), 3, str(seed)):
            counts[number] += 1
    assert all(250 < count < 350 for count in counts.values())


@pytest.mark.requirement("R002-39", in_part=True)
def test_every_method_has_a_row():
    wanted = {"open_tender", "invited_tender", "negotiation", "single_source", "inquiry"}
    assert wanted <= set(methods())
    assert all(isinstance(method, Method) and method.basis for method in methods().values())


def test_who_takes_bids_has_a_panel_that_judges_them_and_nobody_else():
    for method in methods().values():
        panel = (method.panel_min is not None, method.panel_expert_share is not None)
        assert panel == (bool(method.envelopes), bool(method.envelopes)), method.code
