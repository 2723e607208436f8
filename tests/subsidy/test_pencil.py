"""A calculation in words adds up line by line, as somebody checks it with a pencil."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from plugins.subsidy.pages import pencil
from plugins.subsidy.rules import Calculation, Line


@pytest.fixture(autouse=True)
def in_chinese(app_kept):
    """Sentences are in the app's language."""
    with app_kept.test_request_context():
        yield


def part(begin, end, fen):
    return Line(
        "principal", fen, note="B", begin=begin, end=end, day_count="act_360", rate_ppm=23_000
    )


def test_a_quarter_of_a_loan_repaid_in_part_is_told_to_the_fen():
    """SP-4, loan B in the second quarter: 1,594.6667 yuan, paid as 1,594.67."""
    repaid = date(2025, 5, 8)
    lines = (
        part(date(2025, 3, 21), repaid, 30_000_000),
        part(repaid, date(2025, 6, 21), 24_000_000),
    )
    found = Calculation("interest_subsidy", lines).at_most("interest_paid", 200_000)
    told = pencil.rows(found.rounded("half_up"))
    assert [one["what"] for one in told] == [
        "贷款本金（B）",
        "贷款本金（B）",
        "合计",
        "封顶",
        "取整",
    ]
    assert told[0]["words"].startswith("300,000.00 元 × 年利率 2.30% × 48 天 ÷ 360 天")
    assert [one["amount"] for one in told] == [
        "920.00 元",
        "674.6666… 元",
        "1,594.6666… 元",
        "1,594.6666… 元",
        "1,594.67 元",
    ]
    assert told[3]["words"] == "不超过实际付出的利息 2,000.00 元"
    assert told[4]["words"] == "到分，四舍五入"


def test_an_award_is_scaled_to_the_pool_in_words():
    """SP-5, shop K1: its part of 300,000 yuan of which 315,000 were wanted."""
    found = Calculation("award_tiers", (Line("tier", 8_000_000),))
    told = pencil.rows(found.scaled(7_619_048, 30_000_000, 31_500_000))
    assert [one["words"] for one in told] == [
        "80,000.00 元",
        "80,000.00 × 20 ÷ 21",
        "到分，余数大的先进一分，合计不变",
    ]
    assert told[-1]["amount"] == "76,190.48 元"


def test_a_floor_and_every_rounding_are_told():
    found = Calculation("fee_relief", (Line("fee", 10_001, share_ppm=500_000),))
    raised = found.at_least("interest_paid", 6_000).rounded("down")
    assert [one["what"] for one in pencil.rows(raised)] == ["应缴费用", "保底", "取整"]
    assert pencil.rows(raised)[1]["words"] == "不低于实际付出的利息 60.00 元"


def test_shares_and_exact_amounts_are_written_as_people_do():
    assert [pencil.share_text(bp) for bp in (3_000, 3_050, 10_000)] == ["30%", "30.5%", "100%"]
    assert [pencil.ppm_text(ppm) for ppm in (500_000, 15_000, 1_500_000, 46_001)] == [
        "50%",
        "1.5%",
        "150%",
        "4.6001%",
    ]
    exact = [Fraction(5), Fraction(1, 2), Fraction(1, 3), Fraction(12_345_678), Fraction(-250, 3)]
    assert [pencil.exact_text(fen) for fen in exact] == [
        "0.05",
        "0.0050",
        "0.0033…",
        "123,456.78",
        "-0.8333…",
    ]
