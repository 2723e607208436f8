"""Acts on relief: fees and taxes recorded, approved, taken back; the registers."""

from __future__ import annotations

from marshmallow import fields, validate

from core.acts import Act, Deed, Reasoned, acts_on
from core.fields import Text, date, fen, identity, one_of, schema
from core.purchases.schemas import one, page
from plugins.subsidy.models.relief import FEE, STATES, TAX
from plugins.subsidy.rules import TAXES
from plugins.subsidy.rules.relief import SOURCES
from plugins.subsidy.service import relief, relief_queries
from plugins.subsidy.service.relief_steps import RELIEF

PATH = "/subsidy/reliefs"
HOURS_MOST = 100_000
ROWS = validate.Length(min=1, max=50)

_FEE_ROW = schema(
    "WaivedFee", number=Text(required=True, longest=60, public=True), amount_fen=fen()
)
_TAX_ROW = schema(
    "SparedTax",
    tax=one_of(*TAXES),
    amount_fen=fen(),
    source=one_of(*SOURCES),
    document=Text(longest=60, shortest=0, public=True, load_default=""),
)


def _optional(*choices: str) -> fields.Field:
    return one_of(*choices, required=False, load_default=None, allow_none=True)


ACTS = [
    Act(
        "relief.fee",
        "登记减免的收费",
        f"{PATH}/fees",
        relief.FEE,
        schema(
            "FeeRelief",
            scheme_id=identity(),
            beneficiary_id=identity(),
            period_from=date(),
            period_to=date(),
            fees=fields.List(fields.Nested(_FEE_ROW), required=True, validate=ROWS),
            document=Text(required=True, longest=120, public=True),
            free_hours=fields.Integer(
                strict=True,
                load_default=None,
                allow_none=True,
                validate=validate.Range(min=0, max=HOURS_MOST),
            ),
            charger_id=identity(required=False, load_default=None, allow_none=True),
        ),
        relief.fee,
        object_type=RELIEF,
    ),
    Act(
        "relief.tax",
        "登记减免的税额",
        f"{PATH}/taxes",
        relief.TAX,
        schema(
            "TaxRelief",
            scheme_id=identity(),
            taxpayer_id=identity(),
            period_from=date(),
            period_to=date(),
            figures=fields.List(fields.Nested(_TAX_ROW), required=True, validate=ROWS),
            separate_accounts=fields.Boolean(load_default=False, truthy={True}, falsy={False}),
        ),
        relief.tax,
        object_type=RELIEF,
    ),
    *acts_on(
        RELIEF,
        PATH,
        Deed("relief.approve", "批准减免登记", relief.DECIDE, relief.approve),
        Reasoned("relief.refuse", "退回减免登记", relief.DECIDE, relief.refuse),
        Reasoned("relief.cancel", "撤销减免登记", relief.DECIDE, relief.cancel),
    ),
    Act(
        "relief.list",
        "查看减免登记簿",
        PATH,
        relief.VIEW,
        page(
            "ReliefList",
            kind=_optional(FEE, TAX),
            state=_optional(*STATES),
            scheme_id=identity(required=False, load_default=None, allow_none=True),
        ),
        relief_queries.reliefs,
        method="GET",
        reads=True,
    ),
    Act(
        "relief.show",
        "查看一笔减免登记",
        "/subsidy/relief",
        relief.VIEW,
        one("ReliefQuery"),
        relief_queries.relief,
        method="GET",
        reads=True,
    ),
]
