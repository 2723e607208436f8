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
    Permission("result.view", "查看奖励评审", (*_OFFICE, *_WATCH, "evaluator")),
    Permission("result.settle", "办理奖励评审", ("purchaser_clerk",)),
    Permission("result.score", "奖励评审打分", ("purchaser_clerk", "evaluator")),
    # Which party's score: the purchaser never enters the third party's, nor the other way round.
    Permission("result.assess", "录入购买主体和服务对象评分", ("purchaser_clerk",)),
    Permission("result.evaluate", "录入第三方评分", ("evaluator",)),
    Permission("result.decide", "公示评审结果、一票否决、处理异议", ("purchaser_approver",)),
    Permission("result.approve", "批准奖励金额", ("purchaser_approver", "finance_approver")),
    Permission("result.object", "对评审结果提出异议", ("purchaser_clerk", *_APPLICANTS)),
    Permission("result.mine", "查看本单位或本人的评审结果", _APPLICANTS),
    Permission("grant.view", "查看补贴协议", (*_OFFICE, *_WATCH, *_APPLICANTS)),
    Permission("grant.sign", "签订补贴协议", ("provider_manager", "resident")),
    Permission("grant.answer", "就履约情况陈述", _APPLICANTS),
    Permission("grant.check", "核查补贴协议履约", ("purchaser_clerk",)),
    Permission("grant.decide", "决定补贴协议未履约", ("purchaser_approver",)),
    Permission("relief.fee", "登记减免的收费", ("purchaser_clerk",)),
    Permission("relief.tax", "登记减免的税额", ("finance_maker",)),
    Permission("relief.decide", "复核减免登记", ("purchaser_approver", "finance_approver")),
    Permission("relief.approve_fee", "复核减免的收费", ("purchaser_approver",)),
    Permission("relief.check_tax", "复核减免的税额", ("finance_approver",)),
    Permission("relief.view", "查看减免登记簿", (*_OFFICE, *_WATCH, *_APPLICANTS)),
]
