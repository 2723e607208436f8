"""Acts on claims per unit: claimed, verified on the spot, a period concluded."""

from __future__ import annotations

from marshmallow import fields, validate

from core.acts import Act
from core.fields import Text, date, identity, schema
from core.purchases.schemas import one
from plugins.subsidy.service import claims, unit_queries, units
from plugins.subsidy.service.steps import CLAIM
from plugins.subsidy.terms_schema import UNITS_MAX

PATH = "/subsidy/units"
ROWS_MOST, CERTIFICATES_MOST = 50, 500


def _count(least: int) -> fields.Integer:
    return fields.Integer(
        strict=True, required=True, validate=validate.Range(min=least, max=UNITS_MAX)
    )


_ROW = schema(
    "ClaimedUnits",
    class_code=Text(required=True, longest=20, public=True),
    units=_count(1),
    in_use_from=date(required=False, load_default=None, allow_none=True),
    certificates=fields.List(
        Text(required=True, longest=60, public=True),
        required=True,
        validate=validate.Length(min=1, max=CERTIFICATES_MOST),
    ),
)

ACTS = [
    Act(
        "units.claim",
        "按数量申报补贴",
        f"{PATH}/claims",
        claims.MAKE,
        schema(
            "UnitClaim",
            application_id=identity(),
            period_from=date(),
            period_to=date(),
            units=fields.List(
                fields.Nested(_ROW), required=True, validate=validate.Length(min=1, max=ROWS_MOST)
            ),
        ),
        units.claim,
        object_type=CLAIM,
    ),
    Act(
        "units.verify",
        "登记现场核实的数量",
        f"{PATH}/verify",
        claims.CHECK,
        one(
            "UnitsVerified",
            verified=fields.List(
                _count(0), required=True, validate=validate.Length(min=1, max=ROWS_MOST)
            ),
            document=Text(required=True, longest=120, public=True),
        ),
        units.verify,
        object_type=CLAIM,
    ),
    Act(
        "units.reduce",
        "汇总一期申报并按资金总额核减",
        f"{PATH}/reduce",
        claims.CHECK,
        schema("UnitRound", scheme_id=identity(), period_from=date(), period_to=date()),
        units.reduce,
        object_type=units.ROUND,
    ),
    Act(
        "units.claimable",
        "查看现在可以按数量申报什么",
        f"{PATH}/claimable",
        claims.MAKE,
        schema("Claimable"),
        unit_queries.claimable,
        method="GET",
        reads=True,
    ),
    Act(
        "units.rounds",
        "查看各期申报的汇总",
        f"{PATH}/rounds",
        claims.VIEW,
        schema(
            "UnitRounds", scheme_id=identity(required=False, load_default=None, allow_none=True)
        ),
        unit_queries.rounds,
        method="GET",
        reads=True,
    ),
]
