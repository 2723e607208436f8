"""From what is owed to what was paid, whatever the form: claims, batches, bank files, claw-back."""

from __future__ import annotations

from core.settlement.acts import ACTS, PERMISSIONS
from core.settlement.bank import BANK_FORMATS, BankFormat, Order, OrderLine, ResultLine
from core.settlement.books import ACCOUNT_KINDS, ENTRY_KINDS
from core.settlement.checks import CHECKS
from core.settlement.claims import is_taken
from core.settlement.clawback import approve_clawback, cancel_clawback, order_clawback
from core.settlement.models import Claim, Clawback
from core.settlement.queries import state_name

__all__ = [
    "ACCOUNT_KINDS",
    "ACTS",
    "BANK_FORMATS",
    "CHECKS",
    "ENTRY_KINDS",
    "PERMISSIONS",
    "BankFormat",
    "Claim",
    "Clawback",
    "Order",
    "OrderLine",
    "ResultLine",
    "approve_clawback",
    "cancel_clawback",
    "is_taken",
    "order_clawback",
    "state_name",
]
