"""The acts about legal kinds and who may perform them."""

from __future__ import annotations

from typing import Any

from marshmallow import fields as plain

from core import parties
from core.access import Permission
from core.acts import Act
from core.fields import Text, date, identity, one_of, schema
from core.purchasers import service
from core.purchasers.kinds import CLASSES, FLAGS, KINDS

PERMISSIONS = [
    Permission(service.RECORD, "登记法定类别", ("administrator", "staffing_office")),
]


def _kind_fields() -> dict[str, Any]:
    flags = {flag: plain.Boolean(load_default=False) for flag in FLAGS}
    chosen = one_of(*CLASSES, required=False, load_default=None, allow_none=True)
    return {"institution_class": chosen, **flags}


ACTS = [
    Act(
        "party.add_organisation",
        "登记单位",
        "/organisations",
        "party.register",
        schema(
            "NewOrganisation",
            credit_code=Text(required=True, longest=30),
            name=Text(required=True, longest=120),
            kind=one_of(*parties.ORGANISATION_KINDS),
            division_code=Text(required=True, longest=12),
            tags=plain.List(Text(longest=40), load_default=list),
            legal_kind=one_of(*KINDS, required=False, load_default=None, allow_none=True),
            legal_document=Text(load_default=None, allow_none=True, longest=120),
            **_kind_fields(),
        ),
        service.register,
        object_type="organisation",
    ),
    Act(
        "party.record_kind",
        "登记法定类别",
        "/organisations/kinds",
        service.RECORD,
        schema(
            "NewOrganisationKind",
            organisation_id=identity(),
            legal_kind=one_of(*KINDS),
            from_on=date(),
            document=Text(required=True, longest=120),
            credit_code=Text(load_default=None, allow_none=True, longest=30),
            **_kind_fields(),
        ),
        service.record_kind,
        object_type="organisation",
    ),
    Act(
        "party.kinds",
        "查看法定类别与购买资格",
        "/organisations/kinds",
        "party.view",
        schema(
            "KindsOf",
            organisation_id=identity(),
            on=date(required=False, load_default=None),
        ),
        service.kinds,
        method="GET",
        reads=True,
    ),
]
