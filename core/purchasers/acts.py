"""The acts about legal kinds and who may perform them."""

from __future__ import annotations

from typing import Any

from marshmallow import fields as plain

from core import parties
from core.access import Permission
from core.acts import Act
from core.fields import Text, date, identity, one_of, schema
from core.purchasers import coupling, incubators, service
from core.purchasers.kinds import CLASSES, FLAGS, KINDS, RECORD

PERMISSIONS = [
    Permission(RECORD, "登记法定类别", ("administrator", "staffing_office")),
    Permission(incubators.MANAGE, "登记孵化基地", ("administrator", "purchaser_clerk")),
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
        RECORD,
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
        "party.couple",
        "登记协会商会的主管单位",
        "/organisations/ties",
        RECORD,
        schema(
            "NewTie",
            organisation_id=identity(),
            authority_id=identity(),
            document=Text(required=True, longest=120),
        ),
        coupling.couple,
        object_type="organisation",
    ),
    Act(
        "party.decouple",
        "登记协会商会脱钩",
        "/organisations/ties/cut",
        RECORD,
        schema(
            "CutTie",
            organisation_id=identity(),
            authority_id=identity(),
            decoupled_on=date(),
            document=Text(required=True, longest=120),
        ),
        coupling.decouple,
        object_type="organisation",
    ),
    Act(
        "incubator.add",
        "登记孵化基地",
        "/incubators",
        incubators.MANAGE,
        schema(
            "NewIncubator",
            name=Text(required=True, longest=120),
            division_code=Text(required=True, longest=12),
            since_on=date(),
            document=Text(required=True, longest=120),
        ),
        incubators.add,
        object_type=incubators.INCUBATOR,
    ),
    Act(
        "incubator.foster",
        "登记孵化基地培育的承接主体",
        "/incubators/providers",
        incubators.MANAGE,
        schema("Foster", id=identity(), provider_id=identity(), from_on=date()),
        incubators.foster,
        object_type=incubators.INCUBATOR,
    ),
    Act(
        "incubator.list",
        "列出三级孵化基地",
        "/incubators",
        "party.view",
        schema("Incubators"),
        incubators.register,
        method="GET",
        reads=True,
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
