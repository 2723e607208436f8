"""Budget lines and commitment pools: the rooms a yuan walks through, and the doors between them.

A line's approved money is available, reserved, encumbered, accrued or disbursed. A pool (额度池)
is one commitment drawn piece by piece; its share of each line is a cascade of its own totals, so
rows and columns both add up. The rooms after `available` are kept per line and pool.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import CheckConstraint, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core import audit, clock, fiscal
from core.access import Actor, fetch
from core.db import Id, db
from core.errors import Conflict, InvalidInput, NotFound, RuleBroken
from core.formats import yuan
from core.ledger import (
    CREDIT,
    DEBIT,
    AccountKind,
    EntryKind,
    Move,
    Owner,
    balance,
    balances,
    locked_balance,
    post,
)
from core.parties import require_organisation

PPM = 1_000_000
GENERAL = "general"

ACCOUNT_KINDS = [
    AccountKind("line.approved", "指标批复", DEBIT, ("line",)),
    AccountKind("line.available", "可用指标", CREDIT, ("line",), gated=True),
    AccountKind("line.reserved", "预留指标", CREDIT, ("line", "purchase"), gated=True),
    AccountKind("line.encumbered", "承诺", CREDIT, ("line", "pool")),
    AccountKind("line.accrued", "应付（预算）", CREDIT, ("line", "pool")),
    AccountKind("line.disbursed", "已付（预算）", CREDIT, ("line", "pool")),
    AccountKind("pool.committed", "额度池承诺", DEBIT, ("pool",)),
    AccountKind("pool.uncharged", "额度池未用", CREDIT, ("pool",)),
    AccountKind("pool.charged", "额度池已用", CREDIT, ("pool",)),
    AccountKind("pool.released", "额度池释放", CREDIT, ("pool",)),
]

_AVAILABLE, _RESERVED, _ENCUMBERED, _ACCRUED, _DISBURSED = (
    "line.available",
    "line.reserved",
    "line.encumbered",
    "line.accrued",
    "line.disbursed",
)
# The difference of two cascades may move a fen between any two rooms of a line.
ROOM_PAIRS = tuple(
    (debit, credit)
    for debit in (_AVAILABLE, _ENCUMBERED, _ACCRUED, _DISBURSED)
    for credit in (_AVAILABLE, _ENCUMBERED, _ACCRUED, _DISBURSED)
    if debit != credit
)
ACCRUE_PAIRS = ROOM_PAIRS
COMMIT_PAIRS = (*ROOM_PAIRS, (_RESERVED, _ENCUMBERED), ("pool.committed", "pool.uncharged"))
RESERVE_PAIRS = ((_AVAILABLE, _RESERVED), (_RESERVED, _AVAILABLE))
RELEASE_PAIRS = (
    *ROOM_PAIRS,
    ("pool.uncharged", "pool.released"),
    ("pool.charged", "pool.released"),
)

ENTRY_KINDS = [
    EntryKind(
        "budget.appropriated",
        "指标下达",
        (("line.approved", "line.available"),),
        "预算法第五十二条",
    ),
    EntryKind(
        "budget.adjusted",
        "指标调整",
        (("line.approved", "line.available"), ("line.available", "line.approved")),
        "预算法第七十二条",
    ),
]


class BudgetLine(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """An approved budget line (预算指标): fiscal year, purchaser, function and economic class."""

    __tablename__ = "budget_line"
    __table_args__ = (UniqueConstraint("fiscal_year", "code"),)
    __scope__ = {"purchaser": "organisation_id", "division": "division_code"}
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    code: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    fiscal_year: Mapped[int]
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"))
    function_code: Mapped[str] = mapped_column(Text)
    economic_code: Mapped[str] = mapped_column(Text)
    document: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text, default=GENERAL)
    # The line of the year before whose money this one goes on with (结转).
    carried_from_id: Mapped[int | None] = mapped_column(Id)


class Pool(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A commitment pool (额度池): one allotment, contract year or scheme round of a component.

    A pool of a purchase draws first on what was reserved for it; with a `fixed_envelope` on
    nothing else, otherwise then on what its lines have available.
    """

    __tablename__ = "pool"
    __table_args__ = (UniqueConstraint("component", "source"),)
    __scope__ = {"purchaser": "organisation_id", "division": "division_code"}
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    component: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    purchase_id: Mapped[int | None] = mapped_column(Id, index=True)
    fixed_envelope: Mapped[bool] = mapped_column(default=False)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"))
    opened_on: Mapped[date]
    closed_on: Mapped[date | None]
    shares: Mapped[list[PoolShare]] = relationship(order_by="PoolShare.position")


class PoolShare(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """One step of a pool's cascade: this line takes `share_ppm` of what the earlier ones left."""

    __tablename__ = "pool_share"
    __table_args__ = (CheckConstraint("share_ppm BETWEEN 0 AND 1000000", name="share"),)
    pool_id: Mapped[int] = mapped_column(ForeignKey("pool.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    line_id: Mapped[int] = mapped_column(ForeignKey("budget_line.id"), index=True)
    share_ppm: Mapped[int]


def cascade(total_fen: int, shares_ppm: list[int]) -> list[int]:
    """Split a running total over lines by two-way splits, each rounded down; the last takes all.

    No part falls when the total rises, which a split of all parts at once does not promise.
    """
    parts, rest = [], total_fen
    for share in shares_ppm[:-1]:
        part = rest * share // PPM
        parts.append(part)
        rest -= part
    return [*parts, rest]


# --- lines -------------------------------------------------------------------------------------


def appropriate(
    actor: Actor,  # noqa: ARG001 - every verb hears who acts
    *,
    code: str,
    name: str,
    fiscal_year: int,
    organisation_id: int,
    function_code: str,
    economic_code: str,
    document: str,
    amount_fen: int,
    source: str = GENERAL,
) -> dict[str, Any]:
    """Record an approved budget line and its money (fen), with the approving document's number."""
    organisation = require_organisation(organisation_id)
    fiscal.refuse_closed_year(fiscal_year, organisation.division_code)
    taken = db.select(BudgetLine.id).filter_by(fiscal_year=fiscal_year, code=code)
    if db.session.scalar(taken):
        raise Conflict(
            "LINE_EXISTS",
            _(
                "%(fiscal_year)s 年已有编号为“%(code)s”的指标，请改用指标调整。",
                fiscal_year=fiscal_year,
                code=code,
            ),
        )
    line = BudgetLine(
        code=code,
        name=name,
        fiscal_year=fiscal_year,
        organisation_id=organisation_id,
        division_code=organisation.division_code,
        function_code=function_code,
        economic_code=economic_code,
        document=document,
        source=source,
    )
    db.session.add(line)
    db.session.flush()
    approved, available = _room("line.approved", line.id), _room(_AVAILABLE, line.id)
    post(
        "budget.appropriated",
        f"budget.appropriate:{line.id}",
        [Move(approved, available, amount_fen)],
        note=document,
    )
    audit.about("budget_line", line.id, document)
    return {"id": line.id, "code": code, "approved_fen": amount_fen}


def adjust(actor: Actor, *, id: int, amount_fen: int, document: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Raise (+) or cut (-) a line by fen under a document; a cut takes available money only."""
    line = fetch(BudgetLine, id, actor, "budget.adjust")
    if amount_fen == 0:
        raise InvalidInput(_("调整金额不能为零。"), errors={"amount_fen": ["不能为零"]})
    approved, available = _room("line.approved", line.id), _room(_AVAILABLE, line.id)
    move = (
        Move(approved, available, amount_fen)
        if amount_fen > 0
        else Move(available, approved, -amount_fen)
    )
    post("budget.adjusted", f"budget.adjust:{audit.current().act}", [move], note=document)
    audit.about("budget_line", line.id, document)
    return {"id": line.id, "approved_fen": balance("line.approved", line_id=line.id)}


def rooms(line_id: int) -> dict[str, int]:
    """Return a line's rooms in fen, by name, from approved to disbursed."""
    names = ("approved", "available", "reserved", "encumbered", "accrued", "disbursed")
    return {name: balance(f"line.{name}", line_id=line_id) for name in names}


def line_number(code: str) -> int:
    """Return the number of the newest line with a code, or of a line given by its number."""
    query = db.select(BudgetLine.id).where(BudgetLine.code == str(code))
    found: int | None = db.session.scalars(query.order_by(BudgetLine.fiscal_year.desc())).first()
    if found is None:
        raise NotFound("NOT_FOUND", _("没有编号为“%(code)s”的指标。", code=code))
    return found


def pools_of(line_id: int) -> list[int]:
    """Return the pools that draw on a line, or did before they were carried over."""
    drawing = set(db.session.scalars(db.select(PoolShare.pool_id).filter_by(line_id=line_id)))
    return sorted(drawing.union(fiscal.carried_pools(line_id)))


# --- reservations ------------------------------------------------------------------------------


def reserve_moves(purchase_id: int, amounts_fen: dict[int, int]) -> list[Move]:
    """Return the moves that reserve money for a purchase, fen by line: available -> reserved."""
    return [
        Move(_room(_AVAILABLE, line), _reserved(line, purchase_id), fen)
        for line, fen in sorted(amounts_fen.items())
    ]


def unreserve_moves(purchase_id: int, amounts_fen: dict[int, int]) -> list[Move]:
    """Return the moves that give a purchase's reserved money back to its lines, fen by line."""
    return [
        Move(_reserved(line, purchase_id), _room(_AVAILABLE, line), fen)
        for line, fen in sorted(amounts_fen.items())
    ]


def reserved(purchase_id: int) -> dict[int, int]:
    """Return what is still reserved for a purchase, fen by line."""
    held = balances(_RESERVED, by="line_id", purchase_id=purchase_id)
    return {line: fen for line, fen in held.items() if line is not None and fen}


# --- pools -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Share:
    """A line and its share (ppm) of what the earlier lines of the cascade left."""

    line_id: int
    share_ppm: int = PPM


def open_pool(
    component: str,
    source: str,
    *,
    name: str,
    shares: list[Share],
    purchase_id: int | None = None,
    fixed_envelope: bool = False,
) -> Pool:
    """Open a pool on its lines; refuse BUDGET_MISSING when there is no line to draw on.

    A pool of a purchase draws first on the purchase's reservation.
    """
    require_lines(shares)
    line = db.session.get(BudgetLine, shares[0].line_id)
    assert line is not None  # noqa: S101 - the caller took it from the lines
    pool = Pool(
        component=component,
        source=source,
        name=name,
        purchase_id=purchase_id,
        fixed_envelope=fixed_envelope,
        organisation_id=line.organisation_id,
        division_code=line.division_code,
        opened_on=clock.today(),
        shares=[
            PoolShare(position=position, line_id=share.line_id, share_ppm=share.share_ppm)
            for position, share in enumerate(shares)
        ],
    )
    db.session.add(pool)
    db.session.flush()
    return pool


def require_lines(shares: list[Share]) -> None:
    """Refuse BUDGET_MISSING when there is no line to draw on."""
    if not shares:
        raise RuleBroken(
            "BUDGET_MISSING",
            _("没有对应的预算指标，不得实施。请先由财政部门下达指标，再发起购买。"),
            basis="政府购买服务管理办法第十七条",
        )


def lock_pool(pool_id: int) -> Pool:
    """Return a pool locked against other rare acts; a till never takes this lock."""
    query = db.select(Pool).where(Pool.id == pool_id).with_for_update(of=Pool)
    # What the session knew of the pool may be older than the lock.
    pool: Pool = db.session.scalars(query.execution_options(populate_existing=True)).one()
    return pool


def pool_totals(pool_id: int) -> dict[str, int]:
    """Return a pool's totals in fen: committed, uncharged, charged, released, accrued, paid.

    `accrued` and `paid` are running totals: paid money was accrued before.
    """
    totals = {
        name: balance(f"pool.{name}", pool_id=pool_id)
        for name in ("committed", "uncharged", "charged", "released")
    }
    totals["paid"] = balance(_DISBURSED, pool_id=pool_id)
    totals["accrued"] = balance(_ACCRUED, pool_id=pool_id) + totals["paid"]
    return totals


def commit_moves(pool: Pool, amount_fen: int, *, again: bool = False) -> list[Move]:
    """Return the moves that commit money to a pool, line by line: reserved first, then available.

    Locks the purchase's reservations until the act ends. Refuses ENVELOPE_EXCEEDED when a fixed
    envelope has less left. `again` takes back what the pool had released: from the available money
    to which it went, and within any envelope, because it was once.
    """
    drawn = _line_moves(pool, _AVAILABLE, _ENCUMBERED, live=amount_fen)
    return [
        *(part for move in drawn for part in ([move] if again else _reserved_first(pool, move))),
        Move(_pool("pool.committed", pool), _pool("pool.uncharged", pool), amount_fen),
    ]


def release_moves(
    pool: Pool, amount_fen: int, *, charged: bool = False, room: str = _ENCUMBERED
) -> list[Move]:
    """Return the moves that give a pool's money back to its lines.

    From the uncharged part, or (`charged`) from money once redeemed that is owed no more; `room`
    is where the line holds it: encumbered, accrued (statement locked) or disbursed (paid back).
    """
    source = "pool.charged" if charged else "pool.uncharged"
    lowers = {
        _ENCUMBERED: {"live": -amount_fen},
        _ACCRUED: {"live": -amount_fen, "accrued": -amount_fen},
        _DISBURSED: {"live": -amount_fen, "accrued": -amount_fen, "paid": -amount_fen},
    }[room]
    return [
        *_line_moves(pool, room, _AVAILABLE, **lowers),
        Move(_pool(source, pool), _pool("pool.released", pool), amount_fen),
    ]


def accrue_moves(pool: Pool, amount_fen: int) -> list[Move]:
    """Return the moves of a locked statement or accepted claim: encumbered -> accrued."""
    return _line_moves(pool, _ENCUMBERED, _ACCRUED, accrued=amount_fen)


def unaccrue_moves(pool: Pool, amount_fen: int) -> list[Move]:
    """Return the moves of a reversal after the lock: accrued -> encumbered."""
    return _line_moves(pool, _ACCRUED, _ENCUMBERED, accrued=-amount_fen)


def disburse_moves(pool: Pool, amount_fen: int) -> list[Move]:
    """Return the moves of a confirmed payment: accrued -> disbursed."""
    return _line_moves(pool, _ACCRUED, _DISBURSED, paid=amount_fen)


def _line_moves(
    pool: Pool, debit: str, credit: str, *, live: int = 0, accrued: int = 0, paid: int = 0
) -> list[Move]:
    """Return the moves between rooms, line by line, as the difference of two cascades.

    `live`, `accrued` and `paid` change the pool's running totals in fen. A pool of one line needs
    no totals, so a till may use this without reading a balance.
    """
    if len(pool.shares) == 1:
        line = pool.shares[0].line_id
        amount = abs(live or accrued or paid)
        return [Move(_line(debit, line, pool), _line(credit, line, pool), amount)]
    before = pool_totals(pool.id)
    before["live"] = before["uncharged"] + before["charged"]
    changed = {"live": live, "accrued": accrued, "paid": paid}
    after = {name: before[name] + change for name, change in changed.items()}
    moves = []
    for share, old, new in zip(
        pool.shares, _cascaded(pool, before), _cascaded(pool, after), strict=True
    ):
        change = {room: new[room] - old[room] for room in old}
        change[_AVAILABLE] = -sum(change.values())
        moves += [
            Move(_line(out, share.line_id, pool), _line(into, share.line_id, pool), amount)
            for out, into, amount in _matched(change)
        ]
    return moves


def _reserved_first(pool: Pool, move: Move) -> list[Move]:
    """Let a move out of the available money take what is reserved for the pool's purchase first."""
    line = move.debit.line_id
    if pool.purchase_id is None or move.debit.kind != _AVAILABLE or not move.amount_fen:
        return [move]
    assert line is not None  # noqa: S101 - available money is a line's
    source = _reserved(line, pool.purchase_id)
    held = locked_balance(source)
    if pool.fixed_envelope and held < move.amount_fen:
        raise RuleBroken(
            "ENVELOPE_EXCEEDED",
            _(
                "超出购买项目的预留额度：本次需要 %(needed)s 元，预留只剩 %(held)s 元。"
                "请减少数量，或另行备案新的购买计划。",
                needed=yuan(move.amount_fen),
                held=yuan(held),
            ),
            basis="预算法第十三条",
            line_id=line,
            required_fen=move.amount_fen,
            reserved_fen=held,
        )
    first = min(held, move.amount_fen)
    return [
        Move(source, move.credit, first),
        Move(move.debit, move.credit, move.amount_fen - first),
    ]


def _matched(change: dict[str, int]) -> list[tuple[str, str, int]]:
    """Return (from, to, fen) steps that realise changes of rooms which sum to zero."""
    losing = {room: -fen for room, fen in change.items() if fen < 0}
    steps = []
    for room, fen in change.items():
        missing = fen
        while missing > 0:
            source, most = next(iter(losing.items()))
            part = min(missing, most)
            steps.append((source, room, part))
            missing -= part
            losing[source] -= part
            if not losing[source]:
                del losing[source]
    return steps


def _cascaded(pool: Pool, totals: dict[str, int]) -> list[dict[str, int]]:
    shares = [share.share_ppm for share in pool.shares]
    live, accrued, paid = (cascade(totals[name], shares) for name in ("live", "accrued", "paid"))
    return [
        {_ENCUMBERED: one - two, _ACCRUED: two - three, _DISBURSED: three}
        for one, two, three in zip(live, accrued, paid, strict=True)
    ]


def _room(kind: str, line_id: int) -> Owner:
    return Owner(kind, line_id=line_id)


def _reserved(line_id: int, purchase_id: int) -> Owner:
    return Owner(_RESERVED, line_id=line_id, purchase_id=purchase_id)


def _line(kind: str, line_id: int, pool: Pool) -> Owner:
    return Owner(kind, line_id=line_id, pool_id=None if kind == _AVAILABLE else pool.id)


def _pool(kind: str, pool: Pool) -> Owner:
    return Owner(kind, pool_id=pool.id)
