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
_PROVIDER = ("provider_manager",)
AWARDS = [
    Permission("expert.view", "查看评审专家库", ("finance_maker", "supervisor", "auditor")),
    Permission("expert.make", "维护评审专家库和回避关系", ("finance_maker",)),
    Permission("panel.serve", "参加评审", ("expert", "purchaser_approver")),
    Permission("panel.hold", "组织评审", ("purchaser_clerk", "procurement_agent")),
    Permission("tender.negotiate", "登记协商结果", ("purchaser_clerk", "procurement_agent")),
    Permission("award.view", "查看评审和中标结果", (*_OFFICE, "procurement_agent", *_WATCH)),
    Permission("award.decide", "确定中标、成交供应商", ("purchaser_approver",)),
    Permission("award.publish", "公告中标、成交结果", ("purchaser_clerk", "procurement_agent")),
    Permission("award.decline", "查看和放弃中标", _PROVIDER),
    Permission("challenge.file", "询问、质疑和投诉", _PROVIDER),
    Permission("challenge.answer", "答复询问和质疑", _OFFICE),
    Permission("challenge.view", "查看质疑投诉", (*_OFFICE, *_PROVIDER, "supervisor", "auditor")),
    Permission("complaint.decide", "处理投诉", ("supervisor",)),
    Permission("exclusion.view", "查看受限承接主体", (*_OFFICE, "procurement_agent", *_WATCH)),
    Permission("exclusion.record", "限制承接主体", ("purchaser_approver", "supervisor")),
]
# --- contracts ---------------------------------------------------------------------------------
CONTRACTS = [
    Permission(
        "contract.view",
        "查看合同",
        (*_OFFICE, "accepter", "evaluator", *_WATCH, "provider_manager"),
    ),
    Permission("contract.make", "起草合同", ("purchaser_clerk",)),
    Permission("contract.agree", "复核合同", ("purchaser_approver",)),
    Permission("contract.sign", "签署合同", ("purchaser_approver", "provider_manager")),
    Permission("contract.file", "备案合同", ("finance_budget",)),
    Permission("contract.subcontract", "申请分包和确认应付账款", ("provider_manager",)),
    Permission("contract.receive", "登记承接主体上缴款", ("finance_maker",)),
]
# --- performance -------------------------------------------------------------------------------
PERFORMANCE: list[Permission] = [
    Permission("milestone.deliver", "申报交付", ("provider_manager",)),
    Permission("opinion.give", "评价自己得到的服务", ("resident",)),
    Permission("opinion.record", "代记服务对象意见", ("purchaser_clerk",)),
    Permission("opinion.answer", "答复服务对象意见", ("accepter",)),
    Permission("deduction.propose", "提出扣减", ("accepter",)),
    Permission("deduction.state", "对扣减陈述申辩", ("provider_manager",)),
    Permission("deduction.decide", "决定扣减", ("purchaser_approver",)),
    Permission("deduction.drop", "撤回扣减", ("accepter", "purchaser_approver")),
    Permission("acceptance.record", "记录验收", ("accepter",)),
    Permission("acceptance.approve", "复核验收", ("purchaser_approver",)),
    Permission("contract.score", "给合同履行打分", ("purchaser_clerk",)),
    Permission("contract.evaluate", "第三方评价打分", ("evaluator",)),
]
# --- frameworks --------------------------------------------------------------------------------
_PROVIDER = ("provider_clerk", "provider_manager")
FRAMEWORKS = [
    Permission("framework.view", "查看框架协议和订单", (*_OFFICE, *_WATCH, *_PROVIDER)),
    Permission("order.place", "下达和撤销框架协议订单", ("purchaser_clerk",)),
    Permission("order.settle", "核定框架协议订单", ("purchaser_approver",)),
    Permission("order.claim", "申报框架协议订单的数量", ("provider_manager",)),
    Permission("delivery.record", "登记服务确认", _PROVIDER),
]

# --- the whole case ----------------------------------------------------------------------------
# Who may see the tender or a contract of it; how much of the case that opens, the case decides.
CASES = [
    Permission(
        "case.view",
        "查看项目全过程",
        (*_OFFICE, "procurement_agent", "accepter", "evaluator", *_WATCH, "provider_manager"),
    ),
]

PERMISSIONS = [*CASES, *TENDERS, *BIDS, *AWARDS, *CONTRACTS, *PERFORMANCE, *FRAMEWORKS]
