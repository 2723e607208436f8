"""The subsidy's tables."""

from __future__ import annotations

from plugins.subsidy.models.applications import Application, ApplicationPaper
from plugins.subsidy.models.claims import (
    ClaimApproval,
    ClaimCorrection,
    SchemeYear,
    SubsidyClaim,
    SubsidyUse,
)
from plugins.subsidy.models.grants import BreachRecovery, GrantBreach, SubsidyGrant
from plugins.subsidy.models.recoveries import SubsidyRecovery
from plugins.subsidy.models.results import (
    AwardResult,
    AwardScore,
    ResultObjection,
    ResultVersion,
    RoundApproval,
    ScoringRound,
)
from plugins.subsidy.models.schemes import Scheme, SchemeTerms

__all__ = [
    "Application",
    "ApplicationPaper",
    "AwardResult",
    "AwardScore",
    "BreachRecovery",
    "ClaimApproval",
    "ClaimCorrection",
    "GrantBreach",
    "ResultObjection",
    "ResultVersion",
    "RoundApproval",
    "Scheme",
    "SchemeTerms",
    "SchemeYear",
    "ScoringRound",
    "SubsidyClaim",
    "SubsidyGrant",
    "SubsidyRecovery",
    "SubsidyUse",
]
