"""The voucher's tables."""

from __future__ import annotations

from plugins.voucher.models.programmes import Admission, Offer, Programme, Terms
from plugins.voucher.models.settlement import Objection, SettlementPeriod, Statement, StatementPool
from plugins.voucher.models.uses import (
    Count,
    Counter,
    Enrolment,
    HeldLot,
    Hold,
    Redemption,
    Reversal,
)
from plugins.voucher.models.vouchers import Credential, Decision, Lot, LotMove, Recovery, Voucher

__all__ = [
    "Admission",
    "Count",
    "Counter",
    "Credential",
    "Decision",
    "Enrolment",
    "HeldLot",
    "Hold",
    "Lot",
    "LotMove",
    "Objection",
    "Offer",
    "Programme",
    "Recovery",
    "Redemption",
    "Reversal",
    "SettlementPeriod",
    "Statement",
    "StatementPool",
    "Terms",
    "Voucher",
]
