"""Reading a case whole: from the plan to the final account."""

from __future__ import annotations

from core.acts import Act
from core.purchases.schemas import one
from plugins.contract_outsourcing.service import cases

ACTS: list[Act] = [
    Act(
        "case.show",
        "查看项目全过程",
        "/contract/case",
        cases.VIEW,
        one("CaseQuery"),
        cases.case,
        method="GET",
        reads=True,
    ),
    Act(
        "public.case",
        "查看公开的项目全过程",
        "/contract/public/case",
        None,
        one("PublicCase"),
        cases.public,
        method="GET",
        reads=True,
    ),
]
