"""The financial book of settlement: its account kinds, what its journals may post, their moves."""

from __future__ import annotations

from core.budget import RELEASE_PAIRS, ROOM_PAIRS
from core.ledger import CREDIT, DEBIT, AccountKind, EntryKind, Move, Owner

EXPENSE, PAYABLE, IN_TRANSIT = "fin.expense", "fin.payable", "fin.in_transit"
TREASURY, RECEIVABLE = "fin.treasury", "fin.receivable"
# Money that comes back after the fiscal year's closing, and is handed on to the treasury.
CASH_IN, REMITTED = "fin.cash_in", "fin.remitted"

ACCOUNT_KINDS = [
    AccountKind(EXPENSE, "费用", DEBIT, ("pool",)),
    AccountKind(PAYABLE, "应付账款", CREDIT, ("pool", "party")),
    AccountKind(IN_TRANSIT, "支付在途", CREDIT, ("pool", "party")),
    # Credit, because direct treasury payment books the appropriation income against the payable.
    AccountKind(TREASURY, "国库已付", CREDIT, ("pool",)),
    AccountKind(RECEIVABLE, "应追回款", DEBIT, ("pool", "party")),
    AccountKind(CASH_IN, "年后收回款", DEBIT, ("pool",)),
    AccountKind(REMITTED, "年后已上缴国库", DEBIT, ("pool",)),
]

SENT, SETTLED, RETURNED = "payment.sent", "payment.settled", "payment.rejected"
DECIDED, CAME_BACK = "clawback.decided", "clawback.received"
CAME_LATE, SET_OFF = "clawback.remitted", "clawback.set_off"
OPENED = "takeon.opened"  # opening balances, by core.years

_TREASURY_PAYMENT = "国库集中支付制度"
_RECOVERY = "财政违法行为处罚处分条例第六条"

ENTRY_KINDS = [
    EntryKind(SENT, "支付指令发出", ((PAYABLE, IN_TRANSIT),), _TREASURY_PAYMENT),
    EntryKind(SETTLED, "支付到账", (*ROOM_PAIRS, (IN_TRANSIT, TREASURY)), "预算法第五十八条"),
    EntryKind(RETURNED, "支付被退回", ((IN_TRANSIT, PAYABLE),), _TREASURY_PAYMENT),
    EntryKind(DECIDED, "追回决定", ((RECEIVABLE, EXPENSE),), _RECOVERY),
    EntryKind(CAME_BACK, "追回款到账", (*RELEASE_PAIRS, (TREASURY, RECEIVABLE)), _RECOVERY),
    EntryKind(CAME_LATE, "追回款上缴国库", ((CASH_IN, RECEIVABLE), (REMITTED, CASH_IN)), _RECOVERY),
    EntryKind(SET_OFF, "追回款抵扣", (*RELEASE_PAIRS, (PAYABLE, RECEIVABLE)), _RECOVERY),
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


def remit_moves(*, pool_id: int, party_id: int, amount_fen: int) -> list[Move]:
    """Return the moves of cash that came back too late for its year: received and handed on."""
    receivable = owed(RECEIVABLE, pool_id=pool_id, party_id=party_id)
    cash, remitted = Owner(CASH_IN, pool_id=pool_id), Owner(REMITTED, pool_id=pool_id)
    return [Move(cash, receivable, amount_fen), Move(remitted, cash, amount_fen)]


def set_off_move(*, pool_id: int, paid_pool_id: int, party_id: int, amount_fen: int) -> Move:
    """Return the move of a set-off: what a pool owes against what is due back to another."""
    payable = owed(PAYABLE, pool_id=pool_id, party_id=party_id)
    receivable = owed(RECEIVABLE, pool_id=paid_pool_id, party_id=party_id)
    return Move(payable, receivable, amount_fen)
