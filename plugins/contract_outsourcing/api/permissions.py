"""Who may do what in procurement and with contracts."""

from __future__ import annotations

from core.access import Permission

_OFFICE = ("purchaser_clerk", "purchaser_approver")
_FINANCE = ("finance_budget", "finance_maker", "finance_approver", "treasurer")
_WATCH = (*_FINANCE, "supervisor", "auditor")

# --- tenders -----------------------------------------------------------------------------------
TENDERS = [
    Permission("tender.view", "查看采购项目", (*_OFFICE, "procurement_agent", *_WATCH)),
    Permission("tender.make", "编制采购项目", ("purchaser_clerk", "procurement_agent")),
    Permission("tender.agree", "复核采购项目", ("purchaser_approver",)),
    Permission("tender.cancel", "终止采购项目", (*_OFFICE, "procurement_agent")),
    Permission("tender.ask", "查看采购公告并提问", ("provider_clerk", "provider_manager")),
]
# --- bids and openings -------------------------------------------------------------------------
BIDS = [
    Permission("bid.make", "投标", ("provider_manager",)),
    Permission(
        "opening.hold",
        "保管开标密钥",
        (
            "purchaser_clerk",
            "purchaser_approver",
            "procurement_agent",
            "supervisor",
            "finance_maker",
        ),
    ),
]
# --- panels, awards, challenges ----------------------------------------------------------------
AWARDS = [
    Permission("panel.serve", "参加评审", ("expert", "purchaser_approver")),
]
# --- contracts ---------------------------------------------------------------------------------
CONTRACTS = [
    Permission(
        "contract.view",
        "查看合同",
        (*_OFFICE, "accepter", "evaluator", *_WATCH, "provider_manager"),
    ),
]
# --- performance -------------------------------------------------------------------------------
PERFORMANCE: list[Permission] = []
# --- frameworks --------------------------------------------------------------------------------
FRAMEWORKS: list[Permission] = []

PERMISSIONS = [*TENDERS, *BIDS, *AWARDS, *CONTRACTS, *PERFORMANCE, *FRAMEWORKS]
