"""What a year's end asks for: closing, carry-over, debts without budget, forward years, take-on."""

from __future__ import annotations

from core.settlement import Claim
from core.years import carrying, debts, forward, takeon
from core.years.acts import ACTS, PERMISSIONS
from core.years.behind import Fault
from core.years.checks import CHECKS
from core.years.pools import Obstacle

ENTRY_KINDS = [
    *carrying.ENTRY_KINDS,
    *debts.ENTRY_KINDS,
    *forward.ENTRY_KINDS,
    *takeon.ENTRY_KINDS,
]

__all__ = [
    "ACTS",
    "CHECKS",
    "ENTRY_KINDS",
    "PERMISSIONS",
    "Fault",
    "Obstacle",
    "claim_settled",
    "claims",
]


def claims() -> list[Claim]:
    """Return what the core itself owes and may pay: funded debts, and what was owed before."""
    return [*debts.claims(), *takeon.claims()]


def claim_settled(claim: Claim) -> None:
    """Hear that a claim was paid; only the core's own are heard."""
    if claim.component == debts.DEBT:
        debts.on_claim_settled(claim)
    elif claim.component == takeon.TAKEON:
        takeon.on_claim_settled(claim)
