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

PERMISSIONS = [
    Permission("scheme.view", "查看补贴项目", (*_OFFICE, *_WATCH)),
    Permission("scheme.define", "编制补贴项目", ("purchaser_clerk",)),
    Permission("scheme.publish", "公布和停止补贴项目", ("purchaser_approver",)),
]
