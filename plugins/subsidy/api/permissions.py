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
    Permission("promise.make", "作出价格承诺和陈述", _APPLICANTS),
    Permission("promise.check", "检查价格承诺", ("purchaser_clerk", "accepter", "supervisor")),
    Permission("promise.notify", "告知违诺", ("purchaser_clerk",)),
    Permission("promise.decide", "处理违诺", ("purchaser_approver",)),
    Permission("promise.view", "查看价格承诺", (*_OFFICE, "accepter", *_WATCH, *_APPLICANTS)),
    Permission("claim.view", "查看补贴申报", (*_OFFICE, *_WATCH)),
    Permission("claim.check", "核验补贴申报", ("purchaser_clerk",)),
    Permission("claim.approve", "批准补贴申报", ("purchaser_approver", "finance_approver")),
    Permission("claim.make", "申报补贴", _APPLICANTS),
    Permission("subsidy_recovery.view", "查看追回补贴", (*_OFFICE, *_WATCH, *_APPLICANTS)),
    Permission("subsidy_recovery.propose", "提出追回补贴", ("purchaser_clerk",)),
    Permission("subsidy_recovery.state", "对追回陈述申辩", _APPLICANTS),
    Permission("subsidy_recovery.decide", "决定追回补贴", ("purchaser_approver",)),
    Permission("relief.fee", "登记减免的收费", ("purchaser_clerk",)),
    Permission("relief.tax", "登记减免的税额", ("finance_maker",)),
    Permission("relief.decide", "复核减免登记", ("purchaser_approver", "finance_approver")),
    Permission("relief.approve_fee", "复核减免的收费", ("purchaser_approver",)),
    Permission("relief.check_tax", "复核减免的税额", ("finance_approver",)),
    Permission("relief.view", "查看减免登记簿", (*_OFFICE, *_WATCH, *_APPLICANTS)),
]
