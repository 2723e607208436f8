"""Published schemes for the public's pages: terms of every kind, and how they are published."""

from __future__ import annotations

from typing import Any

from core import clock
from tests import factories
from tests.factories import County, do

DRAFTED, PUBLISHED = "2026-04-21T09:00", "2026-04-22T09:00"
COMMON: dict[str, Any] = {
    "legal_basis": [{"title": "公共服务条例", "document_no": "省人大公告1号", "article": "第九条"}],
    "review": {
        "reviewed_on": "2026-01-05",
        "conclusion": "no_effect",
        "document": "公审〔2026〕1号",
    },
    "starts_on": "2026-01-10",
    "ends_on": "2027-12-31",
}
BOOKSHOP: dict[str, Any] = {
    "all": [
        {"fact": "org.trade", "is": "书店"},
        {"fact": "org.registered_on", "months_ago_at_least": 12},
        {"fact": "org.place", "within": "430112"},
    ]
}
SMALL: dict[str, Any] = {
    "any": [
        {"fact": "org.nature", "is": "个体工商户"},
        {"all": [{"fact": "org.nature", "is": "企业"}, {"fact": "org.size", "at_most": "小型"}]},
    ]
}
PARTS: dict[str, dict[str, Any]] = {
    "interest_subsidy": {
        "day_count": "act_360",
        "capped_by_paid": True,
        "regimes": [
            {
                "from_on": "2023-10-01",
                "method": "share",
                "document": "财金〔2023〕75号",
                "share_ppm": 500_000,
                "rate_over_lpr_ppm": 15_000,
                "classes": [
                    {"code": "person", "name": "个人", "principal_cap_fen": 30_000_000},
                    {"code": "firm", "name": "小微企业", "principal_cap_fen": 400_000_000},
                ],
            }
        ],
    },
    "guarantee_fee_subsidy": {"day_count": "act_365", "rate_ppm": 5_000, "capped_by_fee": True},
    "risk_pool_share": {
        "shares": [
            {"party": "guarantor", "share_bp": 5_000},
            {"party": "bank", "share_bp": 2_000},
            {"party": "pool", "share_bp": 3_000},
        ],
        "waiting_days": 90,
        "single_bp": 1_000,
        "single_fen": 1_000_000_000,
    },
    "award_tiers": {
        "weights": [
            {"party": "purchaser", "weight_bp": 3_000},
            {"party": "recipients", "weight_bp": 3_000},
            {"party": "third_party", "weight_bp": 4_000},
        ],
        "tiers": [
            {"code": "A", "from_centipoints": 9_000, "amount_fen": 8_000_000},
            {
                "code": "B",
                "from_centipoints": 8_000,
                "to_centipoints": 9_000,
                "amount_fen": 5_000_000,
            },
            {
                "code": "C",
                "from_centipoints": 7_000,
                "to_centipoints": 8_000,
                "amount_fen": 3_000_000,
            },
        ],
        "instalments": [{"share_bp": 6_000}, {"share_bp": 4_000}],
        "answers_min": 30,
        "few_answers_tier": "C",
        "investment_bp": 3_000,
        "envelope_fen": 30_000_000,
        "duty_from": "2026-07-01",
        "duty_months": 12,
    },
    "per_unit": {
        "unit_classes": [
            {
                "code": "new",
                "name": "新建床位",
                "prices": [
                    {"from_units": 50, "to_units": 300, "unit_fen": 200_000},
                    {"from_units": 300, "to_units": None, "unit_fen": 500_000},
                ],
                "waiting_months": 12,
            },
            {
                "code": "severe",
                "name": "重度失能老人入住床位（每月）",
                "prices": [{"from_units": 1, "to_units": None, "unit_fen": 20_000}],
                "factor_ppm": 3_000_000,
            },
        ],
        "period_cap_fen": 50_000_000,
        "envelope_fen": 90_000_000,
    },
    "fee_relief": {
        "fee": "城市基础设施配套费",
        "fee_basis": "收费目录",
        "waived_bp": 10_000,
        "compensated_bp": 5_000,
    },
    "tax_relief_memo": {"taxes": ["property", "land_use"]},
}


def document(kind: str, **changes: Any) -> dict[str, Any]:
    """Return the terms of a scheme of a kind, changed as asked."""
    return {"kind": kind, **COMMON, **PARTS[kind], **changes}


def publish(county: County, kind: str, *, code: str, name: str, **changes: Any) -> int:
    """Publish a scheme of the county's purchaser and return its number; terms changed as asked."""
    number = submit(county, kind, code=code, name=name, **changes)
    with clock.frozen(PUBLISHED):
        do("scheme.publish", county.actor("purchaser_approver"), id=number)
    return number


def submit(county: County, kind: str, *, code: str, name: str, **changes: Any) -> int:
    """Draft a scheme on a filed plan of its own and leave it to the approver."""
    plan = factories.file_plan(county, county.line, form="subsidy", to_producers=True)
    clerk = county.actor("purchaser_clerk")
    with clock.frozen(DRAFTED):
        number = do(
            "scheme.create",
            clerk,
            code=code,
            name=name,
            organisation_id=county.purchaser,
            purchase_id=plan,
            terms=document(kind, **changes),
        )["id"]
        do("scheme.submit", clerk, id=number)
    return int(number)
