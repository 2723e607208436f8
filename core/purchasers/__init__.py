"""Who may buy public services and who may provide them: an organisation's legal kind on a day."""

from __future__ import annotations

from core.purchasers.acts import ACTS, PERMISSIONS
from core.purchasers.coupling import refuse_coupled, ties_of
from core.purchasers.judging import Verdict, judge, may_provide, require_purchaser
from core.purchasers.kinds import (
    CLASSES,
    FLAGS,
    KINDS,
    OrganisationKind,
    class_name,
    kind_name,
    kind_on,
    kinds_of,
)
from core.purchasers.rules import BY_ANALOGY, RULE_SETS, rule_set

__all__ = [
    "ACTS",
    "BY_ANALOGY",
    "CLASSES",
    "FLAGS",
    "KINDS",
    "PERMISSIONS",
    "RULE_SETS",
    "OrganisationKind",
    "Verdict",
    "class_name",
    "judge",
    "kind_name",
    "kind_on",
    "kinds_of",
    "may_provide",
    "refuse_coupled",
    "require_purchaser",
    "rule_set",
    "ties_of",
]
