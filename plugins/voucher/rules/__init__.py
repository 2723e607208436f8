"""The voucher's rules: what terms say, and how one use is decided. Pure functions, no database."""

from __future__ import annotations

from datetime import date

from plugins.voucher.rules.correcting import Correction, Drawn, corrected
from plugins.voucher.rules.cutting import cut
from plugins.voucher.rules.measures import measured
from plugins.voucher.rules.paying import pay
from plugins.voucher.rules.periods import (
    Period,
    Span,
    allotment_period,
    effective_day,
    entered_through,
    first_grant,
    opening,
    period_of,
    span,
)
from plugins.voucher.rules.refusing import (
    already_redeemed,
    code_rotated,
    confirm_by,
    covered_service,
    may_void,
    refuse_holder,
    refuse_provider,
    refuse_use,
    refuse_voucher,
    unit_price,
    unknown_code,
)
from plugins.voucher.rules.situation import Decision, Draw, LotState, Situation, Use
from plugins.voucher.rules.terms import (
    DEFAULTS,
    PPM,
    QUANTITY_ONE,
    Allotment,
    Service,
    Terms,
    VoucherClass,
    read_terms,
)

__all__ = [
    "DEFAULTS",
    "PPM",
    "QUANTITY_ONE",
    "Allotment",
    "Correction",
    "Decision",
    "Draw",
    "Drawn",
    "LotState",
    "Period",
    "Service",
    "Situation",
    "Span",
    "Terms",
    "Use",
    "VoucherClass",
    "allotment_period",
    "already_redeemed",
    "code_rotated",
    "confirm_by",
    "corrected",
    "covered_service",
    "cut",
    "decide",
    "effective_day",
    "entered_through",
    "first_grant",
    "may_void",
    "measured",
    "opening",
    "pay",
    "period_of",
    "read_terms",
    "refuse_holder",
    "refuse_provider",
    "refuse_use",
    "refuse_voucher",
    "span",
    "unit_price",
    "unknown_code",
]


def decide(situation: Situation, use: Use, today: date) -> Decision:
    """Decide one use on a business day, or refuse it.

    The checks come in the fixed order: the voucher (revoked before expired before redeemed),
    the holder, the provider, the service, then price, caps and balance.
    """
    day = use.service_on or (use.segments[-1][0] if use.segments else today)
    refuse_voucher(situation, day, today)
    refuse_holder(situation, use, day)
    refuse_provider(situation, day)
    service = covered_service(situation, use)
    refuse_use(situation, use, service, today)
    price = unit_price(situation, use, service)
    return pay(situation, use, service, price, today)
