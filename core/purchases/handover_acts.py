"""The acts of functions handed over, and who may perform them."""

from __future__ import annotations

from marshmallow import fields, validate

from core.access import Permission
from core.acts import Act
from core.fields import Text, date, identity, one_of, schema
from core.purchases import handovers

PERMISSIONS = [
    Permission(handovers.CONFIRM, "确认职能转移", ("staffing_office",)),
    Permission(
        handovers.VIEW,
        "查看职能转移",
        (
            "staffing_office",
            "purchaser_clerk",
            "purchaser_approver",
            "finance_budget",
            "finance_approver",
            "auditor",
        ),
    ),
]

ACTS = [
    Act(
        "handover.confirm",
        "确认职能转移",
        "/handovers",
        handovers.CONFIRM,
        schema(
            "NewHandover",
            organisation_id=identity(),
            catalogue_item_id=identity(),
            to_organisation_id=identity(required=False, load_default=None, allow_none=True),
            to_kind=one_of(
                *handovers.RECEIVING,
                required=False,
                load_default=None,
                allow_none=True,
            ),
            from_on=date(),
            document=Text(required=True, longest=120),
        ),
        handovers.confirm,
        object_type=handovers.HANDOVER,
    ),
    Act(
        "handover.list",
        "列出职能转移及其购买金额",
        "/handovers",
        handovers.VIEW,
        schema(
            "Handovers",
            year=fields.Integer(load_default=None, validate=validate.Range(min=1900, max=2199)),
        ),
        handovers.handovers,
        method="GET",
        reads=True,
    ),
]
