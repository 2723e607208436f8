"""What relief posts: memoranda of fees not charged and taxes waived, by plan and beneficiary.

No money of the budget moves: what a beneficiary was spared stands against what the public forwent.
"""

from __future__ import annotations

from sqlalchemy import func

from core.db import db
from core.formats import yuan
from core.ledger import CREDIT, DEBIT, AccountKind, Check, EntryKind, Finding, Move, Owner, balances
from plugins.subsidy.models import ReliefRecord, Scheme
from plugins.subsidy.models import relief as r

WAIVED, FOREGONE = "subsidy.waived", "subsidy.foregone"
TAX_WAIVED, TAX_FOREGONE = "subsidy.tax_waived", "subsidy.tax_foregone"
RELIEF, CANCELLED = "subsidy.relief", "subsidy.relief_cancelled"
SIDES = {r.FEE: (WAIVED, FOREGONE), r.TAX: (TAX_WAIVED, TAX_FOREGONE)}

ACCOUNT_KINDS = [
    AccountKind(WAIVED, "减免收费（备查）", DEBIT, ("purchase", "party")),
    AccountKind(FOREGONE, "少收收费（备查）", CREDIT, ("purchase", "party")),
    AccountKind(TAX_WAIVED, "减免税额（备查）", DEBIT, ("purchase", "party")),
    AccountKind(TAX_FOREGONE, "少收税款（备查）", CREDIT, ("purchase", "party")),
]
_PAIRS = tuple(SIDES.values())
ENTRY_KINDS = [
    EntryKind(RELIEF, "减免登记", _PAIRS, "税收征收管理法第三条"),
    EntryKind(
        CANCELLED, "撤销减免登记", tuple((credit, debit) for debit, credit in _PAIRS), "会计法"
    ),
]


def relief_moves(row: ReliefRecord, purchase_id: int) -> list[Move]:
    """Return the move that notes what a beneficiary was spared."""
    waived, foregone = (
        Owner(kind, purchase_id=purchase_id, party_id=row.beneficiary_id)
        for kind in SIDES[row.kind]
    )
    return [Move(waived, foregone, row.amount_fen)]


def cancel_moves(row: ReliefRecord, purchase_id: int) -> list[Move]:
    """Return the move that takes the note back."""
    return [Move(m.credit, m.debit, m.amount_fen) for m in relief_moves(row, purchase_id)]


def check_noted() -> list[Finding]:
    """Find plans whose memoranda are not the sum of the approved records."""
    found = []
    for kind, sides in SIDES.items():
        query = (
            db.select(Scheme.purchase_id, func.sum(ReliefRecord.amount_fen))
            .join(ReliefRecord, ReliefRecord.scheme_id == Scheme.id)
            .where(ReliefRecord.kind == kind, ReliefRecord.state == r.APPROVED)
            .group_by(Scheme.purchase_id)
        )
        due = {plan: int(fen) for plan, fen in db.session.execute(query)}
        for side in sides:
            held = balances(side, by="purchase_id")
            found += [
                Finding(f"{side} {plan}", yuan(due.get(plan, 0)), yuan(held.get(plan, 0)))
                for plan in sorted(due.keys() | held.keys())
                if due.get(plan, 0) != held.get(plan, 0)
            ]
    return found


CHECKS = [Check("subsidy.relief", check_noted)]
