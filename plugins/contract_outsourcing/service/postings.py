"""What the contract form posts: its register of contracts, and the moves of each act.

The register (memorandum) says where every fen of a contract is: value = unpaid + paid + deducted +
cancelled, by the pool of each year. Years without a budget stand as forward = forward_due, too. A
framework's ceiling is gated: ceiling = free + used, by purchase.
"""

from __future__ import annotations

from core.budget import (
    ACCRUE_PAIRS,
    COMMIT_PAIRS,
    RELEASE_PAIRS,
    Pool,
    accrue_moves,
    commit_moves,
    release_moves,
)
from core.ledger import CREDIT, DEBIT, AccountKind, EntryKind, Move, Owner, balance

VALUE, UNPAID, PAID = "contract.value", "contract.unpaid", "contract.paid"
DEDUCTED, CANCELLED = "contract.deducted", "contract.cancelled"
FORWARD, FORWARD_DUE = "contract.forward", "contract.forward_due"
CEILING, CEILING_FREE, CEILING_USED = (
    "contract.ceiling",
    "contract.ceiling_free",
    "contract.ceiling_used",
)
PREPAID = "contract.prepaid"
RECEIVABLE, INCOME, REMITTED = "contract.receivable", "contract.income", "contract.remitted"

ACCOUNT_KINDS = [
    AccountKind(VALUE, "合同金额", DEBIT, ("pool",)),
    AccountKind(UNPAID, "合同未付", CREDIT, ("pool",)),
    AccountKind(PAID, "合同已付", CREDIT, ("pool",)),
    AccountKind(DEDUCTED, "合同扣减", CREDIT, ("pool",)),
    AccountKind(CANCELLED, "合同取消", CREDIT, ("pool",)),
    AccountKind(FORWARD, "跨年支出责任", DEBIT, ("pool",)),
    AccountKind(FORWARD_DUE, "以后年度待落实", CREDIT, ("pool",)),
    AccountKind(CEILING, "框架协议上限", DEBIT, ("purchase",)),
    AccountKind(CEILING_FREE, "框架协议可用上限", CREDIT, ("purchase",), gated=True),
    AccountKind(CEILING_USED, "框架协议已用上限", CREDIT, ("purchase",)),
    AccountKind(PREPAID, "预付账款", DEBIT, ("pool", "party")),
    AccountKind(RECEIVABLE, "应收上缴款", DEBIT, ("pool", "party")),
    AccountKind(INCOME, "应缴财政款", CREDIT, ("pool",)),
    AccountKind(REMITTED, "已缴财政款", DEBIT, ("pool",)),
]

_REGISTER = (VALUE, UNPAID)
_DEDUCT = (UNPAID, DEDUCTED)
_CANCEL = (UNPAID, CANCELLED)
_CHARGE = ("pool.uncharged", "pool.charged")
_OWE = ("fin.expense", "fin.payable")
_STANDARD = "政府会计准则——基本准则"

SIGNED, AMENDED, YEAR_COMMITTED = (
    "contract.signed",
    "contract.amended",
    "contract.year_committed",
)
ORDERED, ACCEPTED, ADVANCED = "contract.ordered", "contract.accepted", "contract.advanced"
SETTLED, ENDED = "contract.settled", "contract.ended"
ORDER_CANCELLED = "contract.order_cancelled"
INCOME_DUE, INCOME_RECEIVED = "contract.income_due", "contract.income_received"

ENTRY_KINDS = [
    EntryKind(
        SIGNED,
        "合同签订",
        (
            *COMMIT_PAIRS,
            *RELEASE_PAIRS,
            ("line.reserved", "line.available"),
            _REGISTER,
            (FORWARD, FORWARD_DUE),
            (CEILING, CEILING_FREE),
        ),
        "政府采购法第四十六条",
    ),
    EntryKind(
        AMENDED,
        "合同变更",
        (
            *COMMIT_PAIRS,
            *RELEASE_PAIRS,
            _REGISTER,
            _CANCEL,
            (FORWARD, FORWARD_DUE),
            (FORWARD_DUE, FORWARD),
        ),
        "政府采购法第四十九条",
    ),
    EntryKind(
        YEAR_COMMITTED,
        "跨年合同落实预算",
        (*COMMIT_PAIRS, (FORWARD_DUE, FORWARD)),
        "政府购买服务管理办法第二十四条",
    ),
    EntryKind(
        ORDERED,
        "框架协议下单",
        (*COMMIT_PAIRS, _REGISTER, (CEILING_FREE, CEILING_USED)),
        "政府采购框架协议采购方式管理暂行办法",
    ),
    EntryKind(
        ORDER_CANCELLED,
        "框架协议撤单",
        (*RELEASE_PAIRS, _CANCEL, (CEILING_USED, CEILING_FREE)),
        "政府采购框架协议采购方式管理暂行办法",
    ),
    EntryKind(
        ACCEPTED,
        "验收",
        (
            *ACCRUE_PAIRS,
            *RELEASE_PAIRS,
            _CHARGE,
            _OWE,
            _DEDUCT,
            ("fin.expense", PREPAID),
            (CEILING_USED, CEILING_FREE),
        ),
        _STANDARD,
    ),
    EntryKind(ADVANCED, "预付款", (*ACCRUE_PAIRS, _CHARGE, (PREPAID, "fin.payable")), _STANDARD),
    EntryKind(SETTLED, "合同付款登记", ((UNPAID, PAID),), "政府采购法第五十一条"),
    EntryKind(
        ENDED,
        "合同结清",
        (
            *RELEASE_PAIRS,
            _CANCEL,
            _DEDUCT,
            (FORWARD_DUE, FORWARD),
            (CEILING_USED, CEILING_FREE),
            ("fin.expense", PREPAID),
        ),
        "民法典第五百五十七条",
    ),
    EntryKind(INCOME_DUE, "应收承接主体款项", ((RECEIVABLE, INCOME),), "预算法第五十六条"),
    EntryKind(INCOME_RECEIVED, "承接主体上缴款", ((REMITTED, RECEIVABLE),), "预算法第五十六条"),
]


def of(kind: str, pool_id: int) -> Owner:
    """Return a pool's account of a kind."""
    return Owner(kind, pool_id=pool_id)


def sign_moves(pool: Pool, amount_fen: int, *, is_forward: bool = False) -> list[Move]:
    """Return the moves of a contract's or order's amount (fen) in one year.

    Committed on the pool's lines, reserved money first; a forward year only in the register.
    """
    register = Move(of(VALUE, pool.id), of(UNPAID, pool.id), amount_fen)
    if is_forward:
        return [register, Move(of(FORWARD, pool.id), of(FORWARD_DUE, pool.id), amount_fen)]
    return [*commit_moves(pool, amount_fen), register]


def use_ceiling(purchase_id: int, amount_fen: int) -> Move:
    """Return the move of an order's amount (fen) out of a framework's free ceiling."""
    free = Owner(CEILING_FREE, purchase_id=purchase_id)
    return Move(free, Owner(CEILING_USED, purchase_id=purchase_id), amount_fen)


def free_ceiling(purchase_id: int, amount_fen: int) -> Move:
    """Return the move that frees a framework's ceiling of what will not be owed (fen)."""
    free = Owner(CEILING_FREE, purchase_id=purchase_id)
    return Move(Owner(CEILING_USED, purchase_id=purchase_id), free, amount_fen)


def accept_moves(
    pool: Pool, party_id: int, *, payable_fen: int, deducted_fen: int, advance_fen: int = 0
) -> list[Move]:
    """Return the moves of an acceptance: owed to the provider, the deduction back to its lines.

    `advance_fen` of what is payable was paid in advance: expense, but owed no more.
    """
    owed_fen = payable_fen - advance_fen
    payable = Owner("fin.payable", pool_id=pool.id, party_id=party_id)
    prepaid = Owner(PREPAID, pool_id=pool.id, party_id=party_id)
    moves = [
        Move(of("pool.uncharged", pool.id), of("pool.charged", pool.id), owed_fen),
        Move(of("fin.expense", pool.id), payable, owed_fen),
        Move(of("fin.expense", pool.id), prepaid, advance_fen),
        Move(of(UNPAID, pool.id), of(DEDUCTED, pool.id), deducted_fen),
    ]
    if owed_fen:
        moves += accrue_moves(pool, owed_fen)
    if deducted_fen:
        moves += release_moves(pool, deducted_fen)
    return moves


def advance_moves(pool: Pool, party_id: int, amount_fen: int) -> list[Move]:
    """Return the moves of an advance (fen) that is granted: owed now, no expense yet."""
    prepaid = Owner(PREPAID, pool_id=pool.id, party_id=party_id)
    payable = Owner("fin.payable", pool_id=pool.id, party_id=party_id)
    return [
        Move(of("pool.uncharged", pool.id), of("pool.charged", pool.id), amount_fen),
        Move(prepaid, payable, amount_fen),
        *accrue_moves(pool, amount_fen),
    ]


def pay_moves(pool_id: int, amount_fen: int) -> list[Move]:
    """Return the move of the register when the bank has confirmed a payment."""
    return [Move(of(UNPAID, pool_id), of(PAID, pool_id), amount_fen)]


def registered(pool_ids: list[int]) -> dict[str, int]:
    """Return where the money of a contract's pools is, fen by name (value, unpaid, paid ...)."""
    names = {"value": VALUE, "unpaid": UNPAID, "paid": PAID}
    names |= {"deducted": DEDUCTED, "cancelled": CANCELLED}
    return {
        name: sum(balance(kind, pool_id=pool_id) for pool_id in pool_ids)
        for name, kind in names.items()
    }
