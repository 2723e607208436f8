"""A county that subsidises: a filed subsidy plan, a scheme of any kind in any state."""

from __future__ import annotations

import itertools
from typing import Any

from core import clock
from tests import factories
from tests.factories import County, do

CONSULTED, PLANNED, WRITTEN = "2026-01-03T09:00", "2026-02-05T09:00", "2026-02-09T09:00"
_serial = itertools.count(1)

BASIS = [{"title": "某省公共文化条例", "document_no": "省人大公告1号", "article": "第九条"}]
REVIEW = {"reviewed_on": "2026-02-05", "conclusion": "no_effect", "document": "公审〔2026〕1号"}
TIERS = [
    {"code": "A", "from_centipoints": 9_000, "amount_fen": 8_000_000},
    {"code": "B", "from_centipoints": 8_000, "to_centipoints": 9_000, "amount_fen": 5_000_000},
]
OF_KIND: dict[str, dict[str, Any]] = {
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
                "classes": [{"code": "person", "name": "个人", "principal_cap_fen": 30_000_000}],
            }
        ],
    },
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
    },
    "per_unit": {
        "unit_classes": [
            {
                "code": "new",
                "name": "新建床位",
                "prices": [{"from_units": 50, "unit_fen": 200_000}],
            }
        ]
    },
    "fee_relief": {"fee": "基础设施配套费", "fee_basis": "收费目录", "waived_bp": 10_000},
    "tax_relief_memo": {"taxes": ["property", "donation"]},
}


def make_plan(county: County, *, file: bool = True, line: int | None = None, **changes: Any) -> int:
    """Write a subsidy plan of 10,000 yuan, file it, and return its number.

    It reserves on the line given, else on the county's.
    """
    clerk = county.actor("purchaser_clerk")
    with clock.frozen(CONSULTED):
        fields = factories.PLAN | {
            "name": "实体书店奖励",
            "form": "subsidy",
            "form_reason": "书店已经在经营，奖励做得好的。",
            "recipients_choose": False,
            "to_producers": True,
        }
        number = do(
            "purchase.create",
            clerk,
            organisation_id=county.purchaser,
            catalogue_item_id=factories.catalogue_item(county, "A07"),
            funding=[{"line_id": line or county.line, "amount_fen": 1_000_000}],
            **fields | changes,
        )["id"]
        do("purchase.consult", clerk, id=number)
    if file:
        with clock.frozen(PLANNED):
            do("purchase.submit", clerk, id=number)
            do("purchase.agree", county.actor("purchaser_approver"), id=number)
            do("purchase.file", county.actor("finance_budget"), id=number)
    return int(number)


def written(county: County, kind: str = "award_tiers", **changes: Any) -> dict[str, Any]:
    """Return whole terms of a kind, changed as asked."""
    return {
        "kind": kind,
        "legal_basis": BASIS,
        "review": REVIEW,
        "starts_on": "2026-03-01",
        "ends_on": "2027-12-31",
        "funding": [{"line_id": county.line, "share_ppm": 1_000_000}],
        **OF_KIND[kind],
    } | changes


def make_scheme(
    county: County, plan: int | None, *, kind: str = "award_tiers", **changes: Any
) -> int:
    """Write a scheme as the clerk, its terms changed as asked, and return its number."""
    return int(
        do(
            "scheme.create",
            county.actor("purchaser_clerk"),
            code=f"SCH{next(_serial)}",
            name="实体书店奖励",
            organisation_id=county.purchaser,
            purchase_id=plan,
            terms=written(county, kind, **changes),
        )["id"]
    )


def publish_scheme(county: County, plan: int | None, **changes: Any) -> int:
    """Write a scheme and publish it as the approver; return its number."""
    number = make_scheme(county, plan, **changes)
    do("scheme.submit", county.actor("purchaser_clerk"), id=number)
    do("scheme.publish", county.actor("purchaser_approver"), id=number)
    return number
