"""What may be asked of the plugin, by whom, and at which address."""

from __future__ import annotations

from core.access import Permission
from core.acts import Act
from core.fields import Text, identity, one_of, schema
from huigou_legalaid import service

PERMISSIONS = [
    Permission("legalaid.accept", "受理法律援助结案", ("purchaser_clerk",)),
    Permission(
        "legalaid.view",
        "查看法律援助案件",
        ("purchaser_clerk", "purchaser_approver", "provider_manager", "finance_maker", "auditor"),
    ),
]
ACTS = [
    Act(
        "legalaid.accept",
        "受理法律援助结案",
        "/legalaid/cases",
        "legalaid.accept",
        schema(
            "AcceptCase",
            number=Text(required=True, longest=40),
            kind=one_of(*service.FEES),
            firm_id=identity(),
            line_id=identity(),
        ),
        service.accept,
        object_type="legalaid_case",
    )
]
