"""How a redemption reads to people: names of its states, its quantity, the facts of its slip."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask_babel import gettext as _

from core.formats import day, moment, yuan_text
from plugins.voucher.rules import QUANTITY_ONE, measured
from plugins.voucher.service import slips
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


def in_unit(quantity: int, unit: str) -> str:
    """Write a quantity in a programme's unit: the filter `in_unit` of templates."""
    return measured(unit, quantity)


def weekday(value: date) -> str:
    """Name the day of the week: the filter `weekday` of templates."""
    return [
        _("星期一"),
        _("星期二"),
        _("星期三"),
        _("星期四"),
        _("星期五"),
        _("星期六"),
        _("星期日"),
    ][value.weekday()]


def quantity(thousandths: int, unit: str, measure: str = "unit") -> str:
    """Write a quantity given in thousandths of its unit or of minutes: 1500 -> "1.5 次"."""
    if measure == "minute":
        return measured("minute", thousandths // QUANTITY_ONE)
    whole, rest = divmod(thousandths, QUANTITY_ONE)
    return f"{whole}{f'.{rest:03d}'.rstrip('0') if rest else ''} {unit}"


def thousandths_of(text: str) -> int | str:
    """Return a typed quantity in thousandths; nothing typed is one; what is none stays text."""
    plain = text.strip() or "1"
    whole, _dot, rest = plain.partition(".")
    if not whole.isdecimal() or not (rest.isdecimal() or not rest) or len(rest) > 3:  # noqa: PLR2004
        return text
    return int(whole[:9]) * QUANTITY_ONE + int((rest + "000")[:3])


def quote_facts(quote: Mapping[str, Any]) -> Facts:
    """Return who would pay what of a use, and what would be left, as a quote tells it."""
    facts = []
    if quote["self_pay_fen"] or quote["others_fen"]:
        facts.append((_("价格"), yuan_text(quote["price_fen"])))
    if quote["others_fen"]:
        facts.append((_("其他支付方已付"), yuan_text(quote["others_fen"])))
    if quote["self_pay_fen"]:
        facts.append((_("居民自付"), yuan_text(quote["self_pay_fen"])))
    if quote["unit"] != "fen":
        facts.append((_("用掉"), in_unit(quote["drawn"], quote["unit"])))
    facts.append((_("还剩"), in_unit(quote["remaining"], quote["unit"])))
    return facts


def to_collect(quote: Mapping[str, Any], payee: str) -> int:
    """Return what the provider collects from the resident, in fen.

    All of it where the programme pays the resident herself.
    """
    if payee == "resident":
        return int(quote["price_fen"] - quote["others_fen"])
    return int(quote["self_pay_fen"])


def served(slip: Slip) -> str:
    """Return the service of a slip and how much of it."""
    return f"{slip.service} {quantity(slip.quantity, slip.unit, slip.measure)}"


def slip_facts(slip: Slip) -> Facts:
    """Return what a slip tells everybody: when, where, what, who paid how much, what is left."""
    facts = [
        (_("时间"), moment(slip.redeemed_at)),
        (_("地点"), f"{slip.provider} {slip.office}".strip()),
        (_("凭单"), f"{slip.programme} {slip.voucher}"),
        (_("服务"), served(slip)),
        *_when_and_how(slip),
        (_("价格"), yuan_text(slip.price_fen)),
        *((_("%(payer)s付", payer=name), yuan_text(fen)) for name, fen in slip.others),
        (_("凭单支付"), yuan_text(slip.amount_fen)),
    ]
    if slip.reversed_fen:
        facts.append((_("后来更正退回"), yuan_text(slip.reversed_fen)))
        facts.append((_("更正后凭单支付"), yuan_text(slip.paid_fen)))
    facts.append((_("自己付"), yuan_text(slip.self_pay_fen)))
    if slip.pays_holder:
        facts.append((_("补贴付给"), _("居民本人（先付后补）")))
    if slip.lost_fen:
        facts.append((_("不找零、作废"), yuan_text(slip.lost_fen)))
    if slip.voucher_unit != "fen":
        facts.append((_("凭单用掉"), in_unit(slips.drawn(slip), slip.voucher_unit)))
    facts.append((_("用后还剩"), in_unit(slips.remaining_after(slip), slip.voucher_unit)))
    facts.append((_("小票编号"), slip.receipt))
    return facts


def _when_and_how(slip: Slip) -> Facts:
    """Return from when to when, on which day and with which result, where that is not plain."""
    facts = []
    if slip.started_at is not None and slip.ended_at is not None and slip.measure == "minute":
        facts.append((_("开始"), moment(slip.started_at)))
        facts.append((_("结束"), moment(slip.ended_at)))
    if day(slip.service_on) != day(slip.redeemed_at):
        facts.append((_("服务日期"), day(slip.service_on)))
    if slip.result:
        facts.append((_("结果"), slip.result))
    return facts
