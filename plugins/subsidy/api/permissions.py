"""Who may do what with subsidies."""

from __future__ import annotations

from core.access import Permission

_OFFICE = ("purchaser_clerk", "purchaser_approver")
_WATCH = (
    "finance_budget",
    "finance_maker",
    "finance_approver",
    "treasurer",
    "supervisor",
    "auditor",
)
_APPLICANTS = ("provider_clerk", "provider_manager", "resident")

PERMISSIONS = [
    Permission("scheme.view", "查看补贴项目", (*_OFFICE, *_WATCH)),
    Permission("scheme.define", "编制补贴项目", ("purchaser_clerk",)),
    Permission("scheme.publish", "公布和停止补贴项目", ("purchaser_approver",)),
    Permission("claim.view", "查看补贴申报", (*_OFFICE, *_WATCH)),
    Permission("claim.check", "核验补贴申报", ("purchaser_clerk",)),
    Permission("claim.approve", "批准补贴申报", ("purchaser_approver", "finance_approver")),
    Permission("claim.make", "申报补贴", _APPLICANTS),
    Permission("subsidy_recovery.view", "查看追回补贴", (*_OFFICE, *_WATCH, *_APPLICANTS)),
    Permission("subsidy_recovery.propose", "提出追回补贴", ("purchaser_clerk",)),
    Permission("subsidy_recovery.state", "对追回陈述申辩", _APPLICANTS),
    Permission("subsidy_recovery.decide", "决定追回补贴", ("purchaser_approver",)),
]
