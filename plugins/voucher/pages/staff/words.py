"""How staff pages name the states of things, and in which tone."""

from __future__ import annotations

from datetime import date

from flask_babel import lazy_gettext as _

from core import clock
from plugins.voucher.models import Lot, Reversal, Voucher
from plugins.voucher.rules import Terms, measured

Word = tuple[object, str]


def grants(terms: Terms, class_code: str) -> str:
    """Return what a class is granted, in words: each allotment with its amounts."""
    said = []
    for allotment in terms.allotments.values():
        amounts = sorted(
            {
                one.quantity
                for one in allotment.amounts
                if not one.classes or class_code in one.classes
            }
        )
        if amounts:
            bounds = dict.fromkeys((amounts[0], amounts[-1]))
            said.append(
                f"{allotment.name} " + "–".join(measured(terms.unit, one) for one in bounds)
            )
    return "；".join(said)


PROGRAMME: dict[str, Word] = {
    "draft": (_("草稿"), "plain"),
    "submitted": (_("待复核"), "wait"),
    "approved": (_("已批准"), "good"),
    "closed": (_("已关闭"), "plain"),
}
ADMISSION: dict[str, Word] = {
    "admitted": (_("已准入"), "good"),
    "suspended": (_("已暂停"), "wait"),
    "ended": (_("已终止"), "plain"),
}
VOUCHER: dict[str, Word] = {
    "active": (_("可用"), "good"),
    "suspended": (_("已暂停"), "wait"),
    "revoked": (_("已撤销"), "plain"),
}
ENDED: Word = (_("资格已终止"), "plain")
EXPIRED: Word = (_("已过期"), "plain")
USED_UP: Word = (_("已用完"), "plain")
CREDENTIAL: dict[str, Word] = {
    "active": (_("在用"), "good"),
    "blocked": (_("已作废"), "plain"),
}
CREDENTIAL_KIND = {"phone": _("手机码"), "card": _("实体卡")}
REVERSAL: dict[str, Word] = {
    "ordered": (_("待批准"), "wait"),
    "approved": (_("已批准"), "good"),
    "cancelled": (_("已退回"), "plain"),
}
CORRECTED = _("部分更正")
EFFECT = {
    "voided": _("冲正（未对账）"),
    "reversed": _("冲正（已对账，未付款）"),
    "clawed_back": _("追回（已付款）"),
}
RECOVERY: dict[str, Word] = {
    "open": (_("下次发放时扣回"), "wait"),
    "ordered": (_("现金追回待批准"), "wait"),
    "cash": (_("现金追回中"), "wait"),
    "recovered": (_("已扣清"), "good"),
    "waived": (_("已豁免"), "plain"),
}
STATEMENT: dict[str, Word] = {
    "open": (_("待确认"), "wait"),
    "confirmed": (_("已确认"), "info"),
    "paid": (_("已付清"), "good"),
}
OBJECTION: dict[str, Word] = {
    "open": (_("待处理"), "wait"),
    "dismissed": (_("不成立"), "plain"),
    "upheld": (_("成立"), "info"),
}
PAYMENT: dict[str, Word] = {
    "pending": (_("待支付"), "wait"),
    "in_transit": (_("在途"), "wait"),
    "paid": (_("已支付"), "good"),
    "rejected": (_("被退回"), "bad"),
    "cancelled": (_("已作废"), "plain"),
}
LOT_STATE = {
    "issued": _("发放"),
    "available": _("可用"),
    "held": _("占用"),
    "redeemed": _("已核销"),
    "expired": _("已过期"),
    "forfeited": _("余额作废"),
    "cancelled": _("已取消"),
}


def effect(row: Reversal) -> object:
    """Return what a reversal does, in a word; a correction says to what."""
    word = EFFECT.get(row.effect or "", "")
    return f"{CORRECTED} · {word}" if row.is_partial else word


def voucher(row: Voucher, lots: list[Lot]) -> Word:
    """Return a voucher's state as a person would say it: expired and used up are told by its lots.

    `lots` are all lots of the voucher.
    """
    if row.state != "active":
        return VOUCHER[row.state]
    today, first, last = clock.today(), row.suspended_from, row.suspended_through
    if row.ended_on is not None and row.ended_on <= today:
        return ENDED
    if first is not None and first <= today and (last is None or today <= last):
        return VOUCHER["suspended"]
    if today > max((lot.valid_through for lot in lots), default=date.max):
        return EXPIRED
    if lots and not any(lot.available for lot in lots):
        return USED_UP
    return VOUCHER["active"]
