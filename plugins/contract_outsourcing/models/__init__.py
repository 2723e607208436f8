"""What the contract form keeps: procurement, sealed bids, awards, contracts, performance."""

from __future__ import annotations

from plugins.contract_outsourcing.models.awards import (
    Award,
    BidCheck,
    Challenge,
    Expert,
    ExpertTie,
    FinalQuote,
    LowBid,
    PanelDraw,
    PanelMember,
    PartyTie,
    Ranking,
    Score,
)
from plugins.contract_outsourcing.models.bids import Bid, BidFile, BidOpening, BidPrice, KeyHolder
from plugins.contract_outsourcing.models.contracts import (
    Amendment,
    Bond,
    Contract,
    ContractYear,
    ProviderIncome,
    Signature,
    Subcontract,
)
from plugins.contract_outsourcing.models.performance import (
    Acceptance,
    ContractScore,
    Deduction,
    Delivery,
    Milestone,
    Opinion,
    Order,
)
from plugins.contract_outsourcing.models.tenders import (
    Exclusion,
    Tender,
    TenderAmendment,
    TenderInvitee,
    TenderQuestion,
)

__all__ = [
    "Acceptance",
    "Amendment",
    "Award",
    "Bid",
    "BidCheck",
    "BidFile",
    "BidOpening",
    "BidPrice",
    "Bond",
    "Challenge",
    "Contract",
    "ContractScore",
    "ContractYear",
    "Deduction",
    "Delivery",
    "Exclusion",
    "Expert",
    "ExpertTie",
    "FinalQuote",
    "KeyHolder",
    "LowBid",
    "Milestone",
    "Opinion",
    "Order",
    "PanelDraw",
    "PanelMember",
    "PartyTie",
    "ProviderIncome",
    "Ranking",
    "Score",
    "Signature",
    "Subcontract",
    "Tender",
    "TenderAmendment",
    "TenderInvitee",
    "TenderQuestion",
]
