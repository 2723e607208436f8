"""What subsidies post: commitments of agreements, claims approved and lowered, money let go."""

from __future__ import annotations

from core.budget import (
    ACCRUE_PAIRS,
    COMMIT_PAIRS,
    RELEASE_PAIRS,
    Pool,
    accrue_moves,
    release_moves,
)
from core.ledger import EntryKind, Move, Owner

GRANTED, YEAR_COMMITTED = "subsidy.granted", "subsidy.year_committed"
APPROVED, LOWERED, LET_GO = "subsidy.approved", "subsidy.lowered", "subsidy.let_go"

_CHARGE = ("pool.uncharged", "pool.charged")
_OWE = ("fin.expense", "fin.payable")
_STANDARD = "政府会计准则——基本准则"

ENTRY_KINDS = [
    EntryKind(
        GRANTED, "补贴协议", (*COMMIT_PAIRS, *ACCRUE_PAIRS, _CHARGE, _OWE), "预算法第五十七条"
    ),
    EntryKind(YEAR_COMMITTED, "跨年补贴落实预算", COMMIT_PAIRS, "预算法第五十七条"),
    EntryKind(APPROVED, "补贴核定", (*COMMIT_PAIRS, *ACCRUE_PAIRS, _CHARGE, _OWE), _STANDARD),
    EntryKind(LOWERED, "补贴核减", (*RELEASE_PAIRS, ("fin.payable", "fin.expense")), _STANDARD),
    EntryKind(LET_GO, "补贴不再拨付", RELEASE_PAIRS, "预算法第五十七条"),
]


def owe_moves(pool: Pool, party_id: int, amount_fen: int) -> list[Move]:
    """Return the moves by which committed money (fen) becomes owed to a party."""
    return [
        Move(_of("pool.uncharged", pool), _of("pool.charged", pool), amount_fen),
        Move(_of("fin.expense", pool), _payable(pool, party_id), amount_fen),
        *accrue_moves(pool, amount_fen),
    ]


def lower_moves(pool: Pool, party_id: int, amount_fen: int) -> list[Move]:
    """Return the moves by which so much (fen) is owed no more, before it was paid."""
    return [
        Move(_payable(pool, party_id), _of("fin.expense", pool), amount_fen),
        *release_moves(pool, amount_fen, charged=True, room="line.accrued"),
    ]


def _of(kind: str, pool: Pool) -> Owner:
    return Owner(kind, pool_id=pool.id)


def _payable(pool: Pool, party_id: int) -> Owner:
    return Owner("fin.payable", pool_id=pool.id, party_id=party_id)
