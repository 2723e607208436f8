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
_PROVIDER = ("provider_clerk", "provider_manager")
_APPLICANTS = (*_PROVIDER, "resident")
_OWN = ("provider_manager", "resident")

PERMISSIONS = [
    Permission("scheme.view", "查看补贴项目", (*_OFFICE, *_WATCH)),
    Permission("scheme.define", "编制补贴项目", ("purchaser_clerk",)),
    Permission("scheme.publish", "公布和停止补贴项目", ("purchaser_approver",)),
    Permission("promise.make", "作出价格承诺和陈述", _APPLICANTS),
    Permission("promise.check", "检查价格承诺", ("purchaser_clerk", "accepter", "supervisor")),
    Permission("promise.notify", "告知违诺", ("purchaser_clerk",)),
    Permission("promise.decide", "处理违诺", ("purchaser_approver",)),
    Permission("promise.view", "查看价格承诺", (*_OFFICE, "accepter", *_WATCH, *_APPLICANTS)),
    Permission("guarantor.view", "查看担保公司", (*_OFFICE, *_WATCH, *_PROVIDER)),
    Permission("guarantor.name", "登记担保公司", ("finance_maker",)),
    Permission("guarantor.approve", "复核和终止担保公司登记", ("finance_approver",)),
    Permission("guarantee.view", "查看担保", (*_OFFICE, *_WATCH, *_PROVIDER)),
    Permission("guarantee.keep", "登记担保、申请担保支持", ("provider_manager",)),
    Permission("bank.name", "指定贷款经办银行", ("purchaser_approver",)),
    Permission("loan.view", "查看贴息贷款", (*_OFFICE, *_WATCH, *_PROVIDER)),
    Permission("loan.report", "报送贴息贷款", _PROVIDER),
    Permission("loan.end", "提出停止贷款贴息", ("purchaser_clerk",)),
    Permission("loan.decide_end", "决定停止贷款贴息", ("purchaser_approver",)),
    Permission("claim.view", "查看补贴申报", (*_OFFICE, *_WATCH)),
    Permission("claim.check", "核验补贴申报", ("purchaser_clerk",)),
    Permission("claim.approve", "批准补贴申报", ("purchaser_approver", "finance_approver")),
    Permission("claim.make", "申报补贴", _APPLICANTS),
    Permission("subsidy_recovery.view", "查看追回补贴", (*_OFFICE, *_WATCH, *_APPLICANTS)),
    Permission("subsidy_recovery.propose", "提出追回补贴", ("purchaser_clerk",)),
    Permission("subsidy_recovery.state", "对追回陈述申辩", _APPLICANTS),
    Permission("subsidy_recovery.decide", "决定追回补贴", ("purchaser_approver",)),
    Permission("application.view", "查看补贴申请", (*_OFFICE, *_WATCH, *_APPLICANTS)),
    # The purchaser's clerk writes for who comes to the desk.
    Permission("application.make", "填写和提交补贴申请", ("purchaser_clerk", *_APPLICANTS)),
    Permission("application.check", "受理和审核补贴申请", ("purchaser_clerk",)),
    Permission("application.decide", "驳回和撤销补贴申请", ("purchaser_approver",)),
    Permission("relief.fee", "登记减免的收费", ("purchaser_clerk",)),
    Permission("relief.tax", "登记减免的税额", ("finance_maker",)),
    Permission("relief.decide", "复核减免登记", ("purchaser_approver", "finance_approver")),
    Permission("relief.approve_fee", "复核减免的收费", ("purchaser_approver",)),
    Permission("relief.check_tax", "复核减免的税额", ("finance_approver",)),
    Permission("relief.view", "查看减免登记簿", (*_OFFICE, *_WATCH, *_APPLICANTS)),
]
