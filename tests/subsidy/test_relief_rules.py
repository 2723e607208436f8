"""Fees that are not charged, taxes that the authority waived, and what has to be declared first."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import RuleBroken
from plugins.subsidy.rules.relief import (
    TAXES,
    Conditions,
    FeeReliefTerms,
    TaxFigure,
    TaxReliefTerms,
    fee_relief,
    refuse_relief_terms,
    refuse_undeclared,
    tax_memo,
)

RULES = settings(max_examples=100, deadline=None, derandomize=True)
FEE = FeeReliefTerms("infrastructure", "某省行政事业性收费目录", 5_000)
NOTHING = Conditions()
BOTH = Conditions(separate_accounts=True, price_promise=True)
TAX = TaxReliefTerms(("property", "land_use"))
FIGURE = TaxFigure(
    "property", 1_234_500, date(2026, 1, 1), date(2027, 1, 1), "tax_authority", "税减免〔2026〕8号"
)


def relief(terms, *fees):
    return fee_relief(terms, fees, required=NOTHING, declared=NOTHING)


def test_a_waived_fee_is_a_memorandum_and_no_expense():
    found = relief(FEE, ("通知书1", 100_001), ("通知书2", 50_000))
    assert (found.memo.result_fen, found.expense.result_fen) == (75_000, 0)
    assert [line.note for line in found.memo.lines] == ["通知书1", "通知书2"]


def test_what_is_compensated_is_an_expense():
    found = relief(replace(FEE, compensated_bp=8_000), ("通知书1", 100_001))
    assert (found.memo.result_fen, found.expense.result_fen) == (50_000, 40_000)


@RULES
@given(
    st.integers(1, 10_000),
    st.integers(0, 10_000),
    st.lists(st.tuples(st.just("通知书"), st.integers(0, 10**12)), max_size=5),
)
def test_never_more_is_waived_than_charged_nor_compensated_than_waived(waived, compensated, fees):
    found = relief(FeeReliefTerms("fee", "依据", waived, compensated), *fees)
    assert 0 <= found.expense.result_fen <= found.memo.result_fen
    assert found.memo.result_fen <= sum(fen for _number, fen in fees)


def test_the_tax_authoritys_figures_are_added_up_and_nothing_is_reckoned():
    figures = [FIGURE, replace(FIGURE, tax="land_use", amount_fen=500)]
    found = tax_memo(TAX, figures, required=BOTH, declared=BOTH)
    assert found.result_fen == 1_235_000
    assert {line.note for line in found.lines} == {"税减免〔2026〕8号"}


@pytest.mark.parametrize(
    ("figure", "code"),
    [
        (replace(FIGURE, source="beneficiary"), "TAX_SOURCE_NOT_ALLOWED"),
        (replace(FIGURE, document=" "), "TAX_SOURCE_NOT_ALLOWED"),
        (replace(FIGURE, tax="vat"), "TAX_NOT_COVERED"),
    ],
)
def test_a_figure_of_anybody_else_or_of_another_tax_is_refused(figure, code):
    with pytest.raises(RuleBroken) as told:
        tax_memo(TAX, [FIGURE, figure], required=NOTHING, declared=NOTHING)
    assert told.value.code == code


@pytest.mark.parametrize(
    ("declared", "code"),
    [
        (Conditions(price_promise=True), "NOT_SEPARATELY_ACCOUNTED"),
        (Conditions(separate_accounts=True), "PRICE_PROMISE_MISSING"),
        (NOTHING, "NOT_SEPARATELY_ACCOUNTED"),
    ],
)
def test_relief_needs_separate_accounts_and_a_price_promise_where_the_scheme_says_so(
    declared, code
):
    refuse_undeclared(NOTHING, NOTHING)
    refuse_undeclared(BOTH, BOTH)
    for ask in (
        lambda: refuse_undeclared(BOTH, declared),
        lambda: fee_relief(FEE, [], required=BOTH, declared=declared),
        lambda: tax_memo(TAX, [], required=BOTH, declared=declared),
    ):
        with pytest.raises(RuleBroken) as told:
            ask()
        assert told.value.code == code


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        (replace(FEE, waived_bp=0), "RELIEF_SHARE_WRONG"),
        (replace(FEE, waived_bp=10_001), "RELIEF_SHARE_WRONG"),
        (replace(FEE, compensated_bp=10_001), "RELIEF_SHARE_WRONG"),
        (TaxReliefTerms(()), "RELIEF_TAX_UNKNOWN"),
        (TaxReliefTerms(("salt",)), "RELIEF_TAX_UNKNOWN"),
    ],
)
def test_shares_beyond_the_whole_and_taxes_that_are_none_may_not_be_published(terms, code):
    refuse_relief_terms(FEE)
    refuse_relief_terms(TaxReliefTerms(TAXES))
    with pytest.raises(RuleBroken) as told:
        refuse_relief_terms(terms)
    assert told.value.code == code
