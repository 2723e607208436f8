"""How a redemption reads to people: names of its states, its quantity, the facts of its slip."""

from __future__ import annotations

from flask_babel import gettext as _

from core.formats import day, moment, yuan_text
from plugins.voucher.rules import QUANTITY_ONE
from plugins.voucher.service.slips import Slip

Facts = list[tuple[str, str]]


def state(name: str) -> tuple[str, str]:
    """Return the word for a redemption's state and its tone."""
    return {
        "captured": (_("已核销"), "good"),
        "voided": (_("已撤销"), "plain"),
        "reversed": (_("已冲正"), "plain"),
        "clawed_back": (_("已追回"), "plain"),
    }[name]


def quantity(thousandths: int, unit: str) -> str:
    """Write a quantity given in thousandths of its unit: 1500 -> "1.5 小时"."""
    whole, rest = divmod(thousandths, QUANTITY_ONE)
    return f"{whole}{f'.{rest:03d}'.rstrip('0') if rest else ''} {unit}"


def thousandths_of(text: str) -> int | str:
    """Return a typed quantity in thousandths; nothing typed is one; what is none stays text."""
    plain = text.strip() or "1"
    whole, _dot, rest = plain.partition(".")
    if not whole.isdecimal() or not (rest.isdecimal() or not rest) or len(rest) > 3:  # noqa: PLR2004
        return text
    return int(whole[:9]) * QUANTITY_ONE + int((rest + "000")[:3])


def slip_facts(slip: Slip, remaining_fen: int) -> Facts:
    """Return what a slip tells everybody: when, where, what, who paid how much, what is left."""
    facts = [
        (_("时间"), moment(slip.redeemed_at)),
        (_("地点"), f"{slip.provider} {slip.office}".strip()),
        (_("凭单"), f"{slip.programme} {slip.voucher}"),
        (_("服务"), f"{slip.service} {quantity(slip.quantity, slip.unit)}"),
        (_("价格"), yuan_text(slip.price_fen)),
        (_("凭单支付"), yuan_text(slip.amount_fen)),
        (_("自己付"), yuan_text(slip.self_pay_fen)),
    ]
    if slip.lost_fen:
        facts.append((_("不找零、作废"), yuan_text(slip.lost_fen)))
    facts.append((_("用后还剩"), yuan_text(remaining_fen)))
    if day(slip.service_on) != day(slip.redeemed_at):
        facts.append((_("服务日期"), day(slip.service_on)))
    facts.append((_("小票编号"), slip.receipt))
    return facts
