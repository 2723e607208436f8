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
_BANK = ("provider_clerk", "provider_manager")

PERMISSIONS = [
    Permission("scheme.view", "查看补贴项目", (*_OFFICE, *_WATCH)),
    Permission("scheme.define", "编制补贴项目", ("purchaser_clerk",)),
    Permission("scheme.publish", "公布和停止补贴项目", ("purchaser_approver",)),
    Permission("bank.name", "指定贷款经办银行", ("purchaser_approver",)),
    Permission("loan.view", "查看贴息贷款", (*_OFFICE, *_WATCH, *_BANK)),
    Permission("loan.report", "报送贴息贷款", _BANK),
    Permission("loan.end", "提出停止贷款贴息", ("purchaser_clerk",)),
    Permission("loan.decide_end", "决定停止贷款贴息", ("purchaser_approver",)),
]
