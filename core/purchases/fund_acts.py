"""The acts of special funds, and who may perform them."""

from __future__ import annotations

from marshmallow import fields, validate

from core.access import Permission
from core.acts import Act
from core.fields import Text, identity, one_of, schema
from core.purchases import funds, schemas

PERMISSIONS = [Permission(funds.MAKE, "设立专项资金", ("finance_budget",))]

ACTS = [
    Act(
        "fund.create",
        "设立专项资金",
        "/funds",
        funds.MAKE,
        schema(
            "NewFund",
            name=Text(required=True, longest=120),
            document=Text(required=True, longest=120),
            division_code=Text(required=True, longest=12),
            purposes=fields.List(
                one_of(*funds.PURPOSES),
                required=True,
                validate=validate.Length(min=1, max=len(funds.PURPOSES)),
            ),
        ),
        funds.create,
        object_type=funds.FUND,
    ),
    Act(
        "fund.add_line",
        "把指标归入专项资金",
        "/funds/lines",
        funds.MAKE,
        schemas.one("FundLine", line_id=identity()),
        funds.add_line,
        object_type=funds.FUND,
    ),
    Act(
        "fund.list",
        "列出专项资金及其余额",
        "/funds",
        funds.VIEW,
        schema("Funds"),
        funds.funds,
        method="GET",
        reads=True,
    ),
]
