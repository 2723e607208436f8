"""Acts on guarantors, and what is read of them."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from core.acts import Act, Deed, Reasoned, acts_on
from core.fields import Text, date, fen, identity, one_of, schema
from core.purchases.schemas import one, page
from plugins.subsidy.models.guarantors import STATES
from plugins.subsidy.rules import BP
from plugins.subsidy.service import guarantee_queries, guarantors
from plugins.subsidy.service.guarantee_steps import GUARANTOR
from plugins.subsidy.service.guarantors import APPROVE, NAME, VIEW


def _figures() -> dict[str, Any]:
    share = validate.Range(min=0, max=BP)
    return {
        "as_of": date(),
        "net_assets_fen": fen(minimum=0),
        "small_rural_bp": fields.Integer(strict=True, required=True, validate=share),
        "licence_until": date(),
        "document": Text(required=True, longest=120, public=True),
    }


ACTS = [
    Act(
        "guarantor.name",
        "登记担保公司",
        "/subsidy/guarantors",
        NAME,
        schema(
            "NewGuarantor",
            organisation_id=identity(),
            licence_no=Text(required=True, longest=60, public=True),
            controller_id=identity(required=False, load_default=None, allow_none=True),
            **_figures(),
        ),
        guarantors.name,
        object_type=GUARANTOR,
    ),
    Act(
        "guarantor.report",
        "登记担保公司的新净资产",
        "/subsidy/guarantors/report",
        NAME,
        one("GuarantorFigures", **_figures()),
        guarantors.report,
        object_type=GUARANTOR,
    ),
    *acts_on(
        GUARANTOR,
        "/subsidy/guarantors",
        Deed("guarantor.approve", "复核担保公司登记", APPROVE, guarantors.approve),
        Reasoned("guarantor.end", "终止与担保公司合作", APPROVE, guarantors.end),
    ),
    Act(
        "guarantor.list",
        "查看担保公司列表",
        "/subsidy/guarantors",
        VIEW,
        page(
            "GuarantorList",
            state=one_of(*STATES, required=False, load_default=None, allow_none=True),
        ),
        guarantee_queries.list_guarantors,
        method="GET",
        reads=True,
    ),
    Act(
        "guarantor.show",
        "查看担保公司",
        "/subsidy/guarantor",
        VIEW,
        one("GuarantorQuery"),
        guarantee_queries.show_guarantor,
        method="GET",
        reads=True,
    ),
]
