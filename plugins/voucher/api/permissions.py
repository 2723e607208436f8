"""Who may do what with vouchers."""

from __future__ import annotations

from core.access import Permission

_OFFICE = ("purchaser_clerk", "purchaser_approver")
_FINANCE = ("finance_budget", "finance_maker", "finance_approver", "treasurer")
_PROVIDER = ("provider_clerk", "provider_manager")

PERMISSIONS = [
    Permission("programme.view", "查看凭单项目", (*_OFFICE, *_FINANCE, "auditor")),
    Permission("programme.define", "编制凭单项目", ("purchaser_clerk",)),
    Permission("programme.approve", "复核凭单项目", ("purchaser_approver",)),
    Permission("admission.view", "查看准入", (*_OFFICE, *_FINANCE, "auditor", *_PROVIDER)),
    Permission("admission.decide", "办理准入", ("purchaser_clerk",)),
    Permission("offer.set", "登记服务与价格", ("provider_manager",)),
    Permission("voucher.view", "查看凭单", (*_OFFICE, "auditor")),
    Permission("voucher.own", "查看本人凭单", ("resident",)),
    Permission("voucher.issue", "发放凭单", ("purchaser_clerk",)),
    Permission("voucher.code", "出示凭证码", ("resident",)),
    Permission("voucher.block", "挂失", ("purchaser_clerk", "resident")),
    Permission("voucher.replace", "补换卡", ("purchaser_clerk",)),
    Permission("voucher.suspend", "暂停与恢复凭单", ("purchaser_clerk",)),
    Permission("voucher.revoke", "撤销凭单", ("purchaser_approver",)),
    Permission("recovery.order", "追回多付额度", ("purchaser_clerk",)),
    Permission("recovery.approve", "批准追回或豁免多付额度", ("purchaser_approver",)),
    Permission("voucher.lookup", "查验凭证码", _PROVIDER),
    Permission("voucher.redeem", "核销凭单", _PROVIDER),
    Permission("voucher.lapse", "到期处理", ("finance_maker",)),
    Permission("redemption.view", "查看核销", (*_OFFICE, *_FINANCE, "auditor", *_PROVIDER)),
    Permission("redemption.void", "撤销核销", _PROVIDER),
    Permission("redemption.reverse", "申请冲正或追回", ("purchaser_clerk", "finance_maker")),
    Permission(
        "redemption.approve_reversal", "批准冲正或追回", ("purchaser_approver", "finance_approver")
    ),
    Permission(
        "statement.view", "查看对账单", (*_OFFICE, *_FINANCE, "auditor", "provider_manager")
    ),
    Permission("statement.lock", "锁定结算期", ("finance_maker",)),
    Permission("statement.confirm", "确认或提出异议", ("provider_manager",)),
    Permission("statement.resolve", "处理异议", ("purchaser_approver",)),
]
