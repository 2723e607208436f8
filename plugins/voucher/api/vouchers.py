"""Acts on vouchers and their carriers."""

from __future__ import annotations

from core.acts import Act, Deed, Reasoned, acts_on
from plugins.voucher import schemas
from plugins.voucher.service import carriers, changes, issuing, lives, renewing

ACTS = [
    Act(
        "auth.login_resident",
        "居民登录",
        "/auth/resident",
        None,
        schemas.RESIDENT_LOGIN,
        carriers.login_resident,
        secret=True,
    ),
    Act(
        "voucher.issue",
        "发放凭单",
        "/voucher/issues",
        "voucher.issue",
        schemas.ISSUE,
        issuing.issue,
        # Who is refused hears what is known of her; that is kept sealed.
        secret=True,
        object_type="programme",
    ),
    Act(
        "voucher.renew",
        "续发额度",
        "/voucher/renewals",
        "voucher.issue",
        schemas.PROGRAMME_ID,
        renewing.renew,
        object_type="programme",
    ),
    Act(
        "voucher.print_cards",
        "制作凭证卡",
        "/voucher/cards",
        "voucher.issue",
        schemas.PRINT_CARDS,
        carriers.print_cards,
        secret=True,
        object_type="voucher",
    ),
    Act(
        "voucher.block_card",
        "挂失凭证卡",
        "/voucher/cards/block",
        "voucher.block",
        schemas.BY_ID_WITH_REASON,
        carriers.block_card,
        object_type="voucher",
    ),
    Act(
        "voucher.replace_card",
        "补换凭证卡",
        "/voucher/cards/replace",
        "voucher.replace",
        schemas.BY_ID_WITH_REASON,
        carriers.replace_card,
        secret=True,
        object_type="voucher",
    ),
    Act(
        "voucher.suspend",
        "暂停凭单",
        "/voucher/suspend",
        "voucher.suspend",
        schemas.SUSPEND,
        lives.suspend,
        object_type="voucher",
    ),
    *acts_on(
        "voucher",
        "/voucher",
        Reasoned("voucher.resume", "恢复凭单", "voucher.suspend", lives.resume),
        Reasoned("voucher.revoke", "撤销凭单", "voucher.revoke", lives.revoke),
    ),
    Act(
        "voucher.end_condition",
        "终止享受",
        "/voucher/end-condition",
        "voucher.suspend",
        schemas.END_CONDITION,
        lives.end_condition,
        object_type="voucher",
    ),
    Act(
        "recovery.list",
        "列出多付额度",
        "/voucher/recoveries",
        "voucher.view",
        schemas.NOTHING,
        changes.recoveries,
        method="GET",
        reads=True,
    ),
    *acts_on(
        "recovery",
        "/voucher/recoveries",
        Reasoned(
            "recovery.in_cash", "以现金追回多付额度", "recovery.order", changes.recover_in_cash
        ),
        Deed("recovery.approve", "批准现金追回", "recovery.approve", changes.approve_recovery),
        Reasoned("recovery.waive", "豁免多付额度", "recovery.approve", changes.waive),
    ),
    Act(
        "voucher.code",
        "出示凭证码",
        "/voucher/code",
        "voucher.code",
        schemas.CODE,
        carriers.code,
        method="GET",
        reads=True,
    ),
]
