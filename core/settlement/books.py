"""The financial book of settlement: its account kinds, what its journals may post, their moves."""

from __future__ import annotations

from core.budget import RELEASE_PAIRS, ROOM_PAIRS
from core.ledger import CREDIT, DEBIT, AccountKind, EntryKind, Move, Owner

EXPENSE, PAYABLE, IN_TRANSIT = "fin.expense", "fin.payable", "fin.in_transit"
TREASURY, RECEIVABLE = "fin.treasury", "fin.receivable"

ACCOUNT_KINDS = [
    AccountKind(EXPENSE, "费用", DEBIT, ("pool",)),
    AccountKind(PAYABLE, "应付账款", CREDIT, ("pool", "party")),
    AccountKind(IN_TRANSIT, "支付在途", CREDIT, ("pool", "party")),
    # Credit, because direct treasury payment books the appropriation income against the payable.
    AccountKind(TREASURY, "国库已付", CREDIT, ("pool",)),
    AccountKind(RECEIVABLE, "应追回款", DEBIT, ("pool", "party")),
]

SENT, SETTLED, RETURNED = "payment.sent", "payment.settled", "payment.rejected"
DECIDED, CAME_BACK = "clawback.decided", "clawback.received"

_TREASURY_PAYMENT = "国库集中支付制度"
_RECOVERY = "财政违法行为处罚处分条例第六条"

ENTRY_KINDS = [
    EntryKind(SENT, "支付指令发出", ((PAYABLE, IN_TRANSIT),), _TREASURY_PAYMENT),
    EntryKind(SETTLED, "支付到账", (*ROOM_PAIRS, (IN_TRANSIT, TREASURY)), "预算法第五十八条"),
    EntryKind(RETURNED, "支付被退回", ((IN_TRANSIT, PAYABLE),), _TREASURY_PAYMENT),
    EntryKind(DECIDED, "追回决定", ((RECEIVABLE, EXPENSE),), _RECOVERY),
    EntryKind(CAME_BACK, "追回款到账", (*RELEASE_PAIRS, (TREASURY, RECEIVABLE)), _RECOVERY),
]


def owed(kind: str, *, pool_id: int, party_id: int) -> Owner:
    """Return the account of what stands between a pool and a party."""
    return Owner(kind, pool_id=pool_id, party_id=party_id)


def send_move(*, pool_id: int, party_id: int, amount_fen: int) -> Move:
    """Return the move of a payment order given to the bank: payable -> in transit."""
    payable = owed(PAYABLE, pool_id=pool_id, party_id=party_id)
    transit = owed(IN_TRANSIT, pool_id=pool_id, party_id=party_id)
    return Move(payable, transit, amount_fen)


def settle_move(*, pool_id: int, party_id: int, amount_fen: int) -> Move:
    """Return the move of a payment the bank confirms: in transit -> treasury."""
    transit = owed(IN_TRANSIT, pool_id=pool_id, party_id=party_id)
    return Move(transit, Owner(TREASURY, pool_id=pool_id), amount_fen)


def return_move(*, pool_id: int, party_id: int, amount_fen: int) -> Move:
    """Return the move of a payment the bank rejects: in transit -> payable again."""
    sent = send_move(pool_id=pool_id, party_id=party_id, amount_fen=amount_fen)
    return Move(sent.credit, sent.debit, amount_fen)


def decide_move(*, pool_id: int, party_id: int, amount_fen: int) -> Move:
    """Return the move of a claw-back decided: receivable against the expense."""
    receivable = owed(RECEIVABLE, pool_id=pool_id, party_id=party_id)
    return Move(receivable, Owner(EXPENSE, pool_id=pool_id), amount_fen)


def come_back_move(*, pool_id: int, party_id: int, amount_fen: int) -> Move:
    """Return the move of cash that came back: treasury against the receivable."""
    receivable = owed(RECEIVABLE, pool_id=pool_id, party_id=party_id)
    return Move(Owner(TREASURY, pool_id=pool_id), receivable, amount_fen)
