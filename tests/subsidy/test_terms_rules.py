"""What a scheme's document says, and what may not be published."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest

from core.errors import InvalidInput, RuleBroken
from plugins.subsidy.rules.aid import KINDS, AidTerms
from plugins.subsidy.rules.awards import Tier
from plugins.subsidy.rules.relief import Conditions
from plugins.subsidy.rules.terms import CONCLUSIONS, Basis, Review, read_terms, refuse_terms

COMMON = {
    "legal_basis": [{"title": "某省促进条例", "document_no": "省人大公告1号", "article": "第九条"}],
    "review": {
        "reviewed_on": "2026-01-05",
        "conclusion": "no_effect",
        "document": "公审〔2026〕1号",
    },
    "starts_on": "2026-01-10",
    "ends_on": "2027-12-31",
    "envelope_fen": None,
    "aid": {"years": 3, "ceiling_fen": 30_000_000},
    "conditions": {"price_promise": True},
}
REGIME = {
    "from_on": "2023-10-01",
    "method": "share",
    "document": "财金〔2023〕75号",
    "share_ppm": 500_000,
    "rate_over_lpr_ppm": 15_000,
    "classes": [{"code": "person", "name": "个人", "principal_cap_fen": 30_000_000}],
}
PRICES = [
    {"from_units": 50, "to_units": 300, "unit_fen": 200_000},
    {"from_units": 300, "to_units": None, "unit_fen": 500_000},
]
TIERS = [
    {"code": "A", "from_centipoints": 9000, "to_centipoints": None, "amount_fen": 8_000_000},
    {"code": "B", "from_centipoints": 8000, "to_centipoints": 9000, "amount_fen": 5_000_000},
]
OF_KINDS = {
    "interest_subsidy": {"day_count": "act_360", "capped_by_paid": True, "regimes": [REGIME]},
    "guarantee_fee_subsidy": {"day_count": "act_365", "rate_ppm": 5_000, "capped_by_fee": True},
    "risk_pool_share": {
        "shares": [
            {"party": "guarantor", "share_bp": 8_000},
            {"party": "pool", "share_bp": 2_000},
        ],
        "waiting_days": 90,
        "single_bp": 1_000,
    },
    "award_tiers": {
        "weights": [
            {"party": "purchaser", "weight_bp": 5_000},
            {"party": "recipients", "weight_bp": 5_000},
        ],
        "tiers": TIERS,
        "instalments": [{"share_bp": 6_000}, {"share_bp": 4_000}],
        "duty_from": "2026-07-01",
        "duty_months": 12,
        "envelope_fen": 30_000_000,
    },
    "per_unit": {
        "unit_classes": [{"code": "new", "name": "新建床位", "prices": PRICES}],
        "envelope_fen": 90_000_000,
    },
    "fee_relief": {"fee": "基础设施配套费", "fee_basis": "收费目录", "waived_bp": 10_000},
    "tax_relief_memo": {"taxes": ["property", "donation"]},
}


def document(kind, **changes):
    return json.loads(json.dumps({"kind": kind, **COMMON, **OF_KINDS[kind], **changes}))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_read_into_one_typed_part_and_may_be_published(kind):
    terms = read_terms(document(kind))
    parts = (
        terms.interest,
        terms.guarantee_fee,
        terms.risk_pool,
        terms.awards,
        terms.units,
        terms.fee_relief,
        terms.tax_relief,
    )
    assert sum(part is not None for part in parts) == 1
    refuse_terms(terms)


def test_what_every_scheme_has_is_read():
    terms = read_terms(document("award_tiers"))
    assert terms.legal_basis == (Basis("某省促进条例", "省人大公告1号", "第九条"),)
    assert terms.review == Review(date(2026, 1, 5), "no_effect", "公审〔2026〕1号")
    assert (terms.starts_on, terms.ends_on) == (date(2026, 1, 10), date(2027, 12, 31))
    assert terms.aid == AidTerms(3, 30_000_000)
    assert terms.conditions == Conditions(price_promise=True)


def test_the_figures_of_a_kind_are_read():
    awards = read_terms(document("award_tiers")).awards
    assert awards.tiers[1] == Tier("B", 8000, 9000, 5_000_000)
    assert (awards.pool_fen, awards.duty_from) == (30_000_000, date(2026, 7, 1))
    interest = read_terms(document("interest_subsidy")).interest
    assert interest.regimes[0].from_on == date(2023, 10, 1)
    assert (interest.settles_on, interest.regimes[0].months) == (20, None)
    assert read_terms(document("per_unit")).units.envelope_fen == 90_000_000
    assert read_terms(document("risk_pool_share")).risk_pool.shares[1] == ("pool", 2_000)


def test_a_draft_may_lack_what_publishing_asks_for():
    terms = read_terms({"kind": "fee_relief", **OF_KINDS["fee_relief"]})
    assert (terms.review, terms.ends_on, terms.aid, terms.legal_basis) == (None, None, None, ())


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        (document("award_tiers") | {"kind": "lottery"}, "kind"),
        (document("interest_subsidy", day_count="act_364"), "day_count"),
        (document("guarantee_fee_subsidy", day_count=None), "day_count"),
        (document("interest_subsidy", regimes=[REGIME | {"method": "gift"}]), "method"),
        (
            document("award_tiers", review=COMMON["review"] | {"conclusion": "fine"}),
            "conclusion",
        ),
    ],
)
def test_a_word_outside_a_closed_set_is_refused_at_its_field(changed, field):
    with pytest.raises(InvalidInput) as told:
        read_terms(changed)
    assert list(told.value.errors) == [field]


@pytest.mark.parametrize(
    ("changed", "code", "basis"),
    [
        (document("award_tiers", legal_basis=[]), "LEGAL_BASIS_MISSING", "第十条"),
        (document("award_tiers", legal_basis=[{"title": " "}]), "LEGAL_BASIS_MISSING", "第十条"),
        (document("award_tiers", review=None), "REVIEW_MISSING", "第十八条"),
        (
            document("award_tiers", review=COMMON["review"] | {"document": ""}),
            "REVIEW_MISSING",
            "第十八条",
        ),
        (
            document("award_tiers", review=COMMON["review"] | {"conclusion": "restricts"}),
            "REVIEW_FAILED",
            "第十八条",
        ),
        (document("award_tiers", ends_on=None), "END_DATE_MISSING", "第十二条"),
        (document("award_tiers", ends_on="2026-01-09"), "END_DATE_MISSING", "第十二条"),
        (document("tax_relief_memo", envelope_fen=1), "ENVELOPE_NOT_ALLOWED", "第三条"),
    ],
)
def test_a_scheme_without_its_papers_may_not_be_published(changed, code, basis):
    with pytest.raises(RuleBroken) as told:
        refuse_terms(read_terms(changed))
    assert told.value.code == code
    assert told.value.basis.endswith(basis)


GAP = [TIERS[0], TIERS[1] | {"to_centipoints": 8_900}]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        (
            document("award_tiers", weights=[{"party": "purchaser", "weight_bp": 9_999}]),
            "WEIGHTS_NOT_WHOLE",
        ),
        (document("award_tiers", instalments=[{"share_bp": 6_000}]), "INSTALMENTS_NOT_WHOLE"),
        (document("award_tiers", tiers=GAP), "TIERS_GAP"),
        (
            document(
                "per_unit", unit_classes=[{"code": "new", "name": "床位", "prices": PRICES * 2}]
            ),
            "TIERS_OVERLAP",
        ),
        (document("risk_pool_share", shares=[]), "SHARES_NOT_WHOLE"),
        (document("fee_relief", waived_bp=0), "RELIEF_SHARE_WRONG"),
        (document("tax_relief_memo", taxes=[]), "RELIEF_TAX_UNKNOWN"),
        (document("interest_subsidy", regimes=[]), "REGIME_MISSING"),
        (document("interest_subsidy", regimes=[REGIME, REGIME]), "REGIME_TWICE"),
        (document("interest_subsidy", regimes=[REGIME | {"share_ppm": None}]), "REGIME_UNFINISHED"),
        (
            document("interest_subsidy", regimes=[REGIME | {"method": "points"}]),
            "REGIME_UNFINISHED",
        ),
        (document("interest_subsidy", regimes=[REGIME | {"classes": []}]), "REGIME_UNFINISHED"),
        (document("interest_subsidy", regimes=[REGIME | {"document": ""}]), "REGIME_UNFINISHED"),
    ],
)
def test_every_kind_has_figures_that_may_not_be_published(changed, code):
    with pytest.raises(RuleBroken) as told:
        refuse_terms(read_terms(changed))
    assert told.value.code == code


def test_an_exception_that_the_regulation_allows_may_be_published():
    assert CONCLUSIONS[1] == "exception"
    terms = read_terms(document("award_tiers"))
    refuse_terms(replace(terms, review=replace(terms.review, conclusion="exception")))
