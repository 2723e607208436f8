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
from plugins.subsidy.models.grants import SubsidyGrant
from plugins.subsidy.models.interest import LoanCorrection
from plugins.subsidy.models.loans import BankFile, HandlingBank, Loan, LoanEnding, LoanEvent
from plugins.subsidy.models.recoveries import SubsidyRecovery
from plugins.subsidy.models.schemes import Scheme, SchemeTerms

__all__ = [
    "Application",
    "ApplicationPaper",
    "BankFile",
    "ClaimApproval",
    "ClaimCorrection",
    "HandlingBank",
    "Loan",
    "LoanCorrection",
    "LoanEnding",
    "LoanEvent",
    "Scheme",
    "SchemeTerms",
    "SchemeYear",
    "SubsidyClaim",
    "SubsidyGrant",
    "SubsidyRecovery",
    "SubsidyUse",
]
