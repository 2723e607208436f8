"""The subsidy's tables."""

from __future__ import annotations

from plugins.subsidy.models.aid import AidShare
from plugins.subsidy.models.applications import Application, ApplicationPaper
from plugins.subsidy.models.claims import (
    ClaimApproval,
    ClaimCorrection,
    SchemeYear,
    SubsidyClaim,
    SubsidyUse,
)
from plugins.subsidy.models.grants import BreachRecovery, GrantBreach, SubsidyGrant
from plugins.subsidy.models.guarantors import (
    Guarantee,
    GuaranteeClaim,
    GuaranteeEvent,
    GuaranteeRecovery,
    Guarantor,
    GuarantorFigure,
)
from plugins.subsidy.models.interest import LoanCorrection
from plugins.subsidy.models.loans import BankFile, HandlingBank, Loan, LoanEnding, LoanEvent
from plugins.subsidy.models.promises import PricePromise, PromiseCheck
from plugins.subsidy.models.recoveries import SubsidyRecovery
from plugins.subsidy.models.relief import ReliefPaper, ReliefRecord
from plugins.subsidy.models.results import (
    AwardResult,
    AwardScore,
    ResultObjection,
    ResultVersion,
    RoundApproval,
    ScoringRound,
)
from plugins.subsidy.models.schemes import Scheme, SchemeTerms
from plugins.subsidy.models.units import UnitRound

__all__ = [
    "AidShare",
    "Application",
    "ApplicationPaper",
    "AwardResult",
    "AwardScore",
    "BankFile",
    "BreachRecovery",
    "ClaimApproval",
    "ClaimCorrection",
    "GrantBreach",
    "Guarantee",
    "GuaranteeClaim",
    "GuaranteeEvent",
    "GuaranteeRecovery",
    "Guarantor",
    "GuarantorFigure",
    "HandlingBank",
    "Loan",
    "LoanCorrection",
    "LoanEnding",
    "LoanEvent",
    "PricePromise",
    "PromiseCheck",
    "ReliefPaper",
    "ReliefRecord",
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
    "UnitRound",
]
