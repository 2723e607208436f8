"""The shared ledger: accounts, journals of balanced transfers, guarded and derived balances."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Select,
    Text,
    bindparam,
    func,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from core import audit, clock, fiscal
from core.db import Fen, Id, Instant, built_once, db, guarded, insert_once
from core.errors import RuleBroken
from core.formats import yuan
from core.plugins import registry

DEBIT, CREDIT = "debit", "credit"


@dataclass(frozen=True)
class AccountKind:
    """An account kind (科目): its book, normal side and owner keys (`line`, `pool`, `party`).

    `gated` kinds keep a balance row that may not go below zero ("not in budget, must not run");
    all others are derived: their balance is the sum of their transfers.
    """

    code: str
    name: str
    side: str
    keys: tuple[str, ...]
    gated: bool = False

    @property
    def book(self) -> str:
        """Return the book the kind belongs to: line, pool or fin."""
        return self.code.split(".", maxsplit=1)[0]


@dataclass(frozen=True)
class EntryKind:
    """A journal kind (凭证类型): which (debit, credit) pairs it may post, and its legal basis."""

    code: str
    name: str
    pairs: tuple[tuple[str, str], ...]
    basis: str = ""


@dataclass(frozen=True)
class Figure:
    """A named figure of the books, computed for one owner: `bud.available[EDU]`."""

    code: str
    name: str
    run: Callable[[Any], int]


@dataclass(frozen=True)
class Finding:
    """What a check found wrong: where, what the books should say, what they say."""

    where: str
    expected: str
    found: str


@dataclass(frozen=True)
class Check:
    """An integrity check; in order when it returns no finding."""

    name: str
    run: Callable[[], list[Finding]]


@dataclass(frozen=True)
class Owner:
    """An account's kind and owners, before it has a number."""

    kind: str
    line_id: int | None = None
    purchase_id: int | None = None
    pool_id: int | None = None
    party_id: int | None = None

    @property
    def owners(self) -> dict[str, int | None]:
        """Return the numbers of all that may own an account, in the order of its name."""
        return {
            "line": self.line_id,
            "purchase": self.purchase_id,
            "pool": self.pool_id,
            "party": self.party_id,
        }

    @property
    def key(self) -> str:
        """Return the account's unique name, e.g. `line.encumbered/line=3/pool=8`."""
        given = self.owners.items()
        return self.kind + "".join(f"/{name}={value}" for name, value in given if value)


@dataclass(frozen=True)
class Move:
    """One amount in fen from a credit account to a debit account; balanced by construction."""

    debit: Owner
    credit: Owner
    amount_fen: int


class Account(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """An account: kind plus owners. Opened at its first transfer, never changed."""

    __tablename__ = "account"
    __scope__ = {"provider": "party_id"}
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(Text, unique=True)
    kind: Mapped[str] = mapped_column(Text, index=True)
    line_id: Mapped[int | None] = mapped_column(Id, index=True)
    purchase_id: Mapped[int | None] = mapped_column(Id, index=True)
    pool_id: Mapped[int | None] = mapped_column(Id, index=True)
    party_id: Mapped[int | None] = mapped_column(Id, index=True)


class Journal(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A journal (凭证): one act's transfers, dated by business day. Append-only.

    `source` is unique, so that one event of business is posted once; `act` names the audit entry.
    """

    __tablename__ = "journal"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    entry_kind: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text, unique=True)
    act: Mapped[str] = mapped_column(Text, index=True)
    actor_id: Mapped[int | None] = mapped_column(Id)
    business_date: Mapped[date]
    posted_at: Mapped[datetime] = mapped_column(Instant)
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("journal.id"))
    note: Mapped[str | None] = mapped_column(Text)


class Transfer(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """One amount in fen from a credit account to a debit account. Append-only."""

    __tablename__ = "transfer"
    __table_args__ = (
        CheckConstraint("amount_fen > 0", name="positive"),
        CheckConstraint("debit_id <> credit_id", name="two_accounts"),
        Index("ix_transfer_debit_id", "debit_id"),
        Index("ix_transfer_credit_id", "credit_id"),
        Index("ix_transfer_journal_id", "journal_id"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    journal_id: Mapped[int] = mapped_column(Id)
    debit_id: Mapped[int] = mapped_column(Id)
    credit_id: Mapped[int] = mapped_column(Id)
    amount_fen: Mapped[int] = mapped_column(Fen)


class GatedBalance(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """The guarded balance of a gated account; balance = this row + its pending increases."""

    __tablename__ = "gated_balance"
    __table_args__ = (CheckConstraint("balance_fen >= 0", name="floor"),)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    balance_fen: Mapped[int] = mapped_column(Fen)


class PendingIncrease(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """An increase not yet added to its gated row, so that a till never locks a line."""

    __tablename__ = "pending_increase"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(Id, index=True)
    amount_fen: Mapped[int] = mapped_column(Fen)


def post(
    kind: str,
    source: str,
    moves: Iterable[Move],
    *,
    reverses_id: int | None = None,
    note: str | None = None,
) -> int:
    """Post one journal of the act under way and return its id.

    Moves of zero fen are left out. Refuses BUDGET_INSUFFICIENT when a gated account would go
    below zero, PERIOD_CLOSED when the business day's accounting period takes no more entries,
    YEAR_CLOSED when a line of a closed fiscal year would be touched.
    """
    moves = [move for move in moves if move.amount_fen]
    _check_declared(kind, moves)
    act, day = audit.current(), clock.today()
    refuse_closed(day)
    lines = {one.line_id for move in moves for one in (move.debit, move.credit) if one.line_id}
    fiscal.hold_open(_unseen(moves))
    fiscal.refuse_closed_lines(lines)
    journal = Journal(
        entry_kind=kind,
        source=source,
        act=act.act,
        actor_id=act.actor_id,
        business_date=day,
        posted_at=act.at,
        reverses_id=reverses_id,
        note=note,
    )
    db.session.add(journal)
    db.session.flush()
    rows = [
        {
            "journal_id": journal.id,
            "debit_id": account_id(move.debit),
            "credit_id": account_id(move.credit),
            "amount_fen": move.amount_fen,
        }
        for move in moves
    ]
    if rows:
        # Guarded first: transfers that take the same gate are then numbered in the gate's order.
        _guard(moves)
        # Who waited for a gate may have waited for the closing of its year.
        fiscal.refuse_closed_lines(lines)
        db.session.execute(db.insert(Transfer), rows)
    return journal.id


def account_id(owner: Owner) -> int:
    """Return the number of an account, opening it if it is new."""
    query, asked = _account(), {"key": owner.key}
    found = db.session.scalar(query, asked)
    if found is None:
        kind = registry().account_kinds[owner.kind]
        owners = owner.owners
        given = tuple(name for name, value in owners.items() if value is not None)
        assert given == kind.keys, f"{owner.kind} is keyed by {kind.keys}, not {given}"  # noqa: S101
        row = {
            "key": owner.key,
            "kind": owner.kind,
            **{f"{name}_id": value for name, value in owners.items()},
        }
        opened = insert_once(Account.__table__, row)
        found = db.session.scalar(query, asked)
        if opened and kind.gated:
            db.session.execute(db.insert(GatedBalance).values(account_id=found, balance_fen=0))
    assert found is not None  # noqa: S101 - just opened
    return int(found)


@built_once
def _account() -> Select[Any]:
    query: Select[Any] = db.select(Account.id)
    return query.where(Account.key == bindparam("key"))


def balance(kind: str, **owners: int) -> int:
    """Return the balance in fen of all accounts of a kind with these owners, on its normal side.

    `owners` are `line_id`, `purchase_id`, `pool_id`, `party_id`; those left out are summed over.
    """
    return sum(balances(kind, by="line_id", **owners).values())


def balances(kind: str, *, by: str, **owners: int) -> dict[int | None, int]:
    """Return balances in fen of a kind, grouped `by` one of the owners' columns."""
    side = 1 if registry().account_kinds[kind].side == DEBIT else -1
    totals: dict[int | None, int] = {}
    for statement, sign in zip(_both_sides(by, *owners), (side, -side), strict=True):
        for owner, amount in db.session.execute(statement, {"kind": kind, **owners}):
            totals[owner] = totals.get(owner, 0) + sign * int(amount)
    return totals


@built_once
def _both_sides(by: str, *named: str) -> list[Select[Any]]:
    """Return what sums the debits and the credits of the accounts of a kind and named owners."""
    conditions = [getattr(Account, name) == bindparam(name) for name in ("kind", *named)]
    accounts = db.select(Account.id, getattr(Account, by).label("owner")).where(*conditions)
    chosen = accounts.subquery()
    return [
        db.select(chosen.c.owner, func.sum(Transfer.amount_fen))
        .join(chosen, chosen.c.id == column)
        .group_by(chosen.c.owner)
        for column in (Transfer.debit_id, Transfer.credit_id)
    ]


def gated_balance(owner: Owner) -> int:
    """Return the guarded balance in fen: the row plus what is pending; zero before it is opened."""
    number = db.select(Account.id).where(Account.key == owner.key).scalar_subquery()
    row = db.session.scalar(
        db.select(GatedBalance.balance_fen).where(GatedBalance.account_id == number)
    )
    waiting = db.session.scalar(
        db.select(func.sum(PendingIncrease.amount_fen)).where(PendingIncrease.account_id == number)
    )
    return int(row or 0) + int(waiting or 0)


def locked_balance(owner: Owner) -> int:
    """Return the guarded balance in fen, locked until the act ends; zero before it is opened."""
    number = db.select(Account.id).where(Account.key == owner.key).scalar_subquery()
    row = db.select(GatedBalance.account_id).where(GatedBalance.account_id == number)
    db.session.execute(row.with_for_update())
    return gated_balance(owner)


def _unseen(moves: list[Move]) -> set[int]:
    """Return the lines of which a closing would not see that their money is about to move.

    What is reserved, encumbered or accrued stands in its way, and available money is gated.
    """
    silent = {"line.approved", "line.disbursed"}
    return {m.debit.line_id for m in moves if m.debit.kind in silent and m.debit.line_id}


def _check_declared(kind: str, moves: list[Move]) -> None:
    """Refuse to post what no component declared; a programming error, so it asserts."""
    pairs = registry().entry_kinds[kind].pairs
    for move in moves:
        assert move.amount_fen > 0, "an amount is positive"  # noqa: S101
        assert (move.debit.kind, move.credit.kind) in pairs, (  # noqa: S101
            f"{kind} may not post {move.debit.kind} / {move.credit.kind}"
        )


def _guard(moves: list[Move]) -> None:
    """Apply gated increases and decreases: decreases under the row's lock, in account order."""
    kinds = registry().account_kinds
    changes: dict[Owner, int] = {}
    for move in moves:
        for owner, grows_on in ((move.debit, DEBIT), (move.credit, CREDIT)):
            kind = kinds[owner.kind]
            if kind.gated:
                sign = 1 if kind.side == grows_on else -1
                changes[owner] = changes.get(owner, 0) + sign * move.amount_fen
    for owner, change in sorted(changes.items(), key=lambda item: item[0].key):
        number = account_id(owner)
        if change > 0:
            row = {"account_id": number, "amount_fen": change}
            db.session.execute(db.insert(PendingIncrease).values(row))
        elif change < 0:
            _decrease(number, owner, -change)


def _decrease(number: int, owner: Owner, amount_fen: int) -> None:
    """Take an amount from a gated row, folding in the increases seen under its lock."""
    lock = db.select(GatedBalance.balance_fen).where(GatedBalance.account_id == number)
    before = db.session.scalar(lock.with_for_update())
    pending = db.session.scalars(
        db.delete(PendingIncrease)
        .where(PendingIncrease.account_id == number)
        .returning(PendingIncrease.amount_fen)
    ).all()
    available = int(before or 0) + sum(pending)
    taken = guarded(
        update(GatedBalance)
        .where(GatedBalance.account_id == number)
        .where(GatedBalance.balance_fen + sum(pending) >= amount_fen)
        .values(balance_fen=GatedBalance.balance_fen + sum(pending) - amount_fen)
    )
    if taken != 1:
        short = amount_fen - available
        raise RuleBroken(
            "BUDGET_INSUFFICIENT",
            _(
                "指标可用额度不足：本次需要 %(amount_fen)s 元，可用 %(available)s 元，"
                "差 %(short)s 元。请减少数量，或先办理指标调整。",
                amount_fen=yuan(amount_fen),
                available=yuan(available),
                short=yuan(short),
            ),
            basis="预算法第十三条",
            line_id=owner.line_id,
            required_fen=amount_fen,
            available_fen=available,
        )


# --- accounting periods ------------------------------------------------------------------------


class AccountingPeriod(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """An accounting period (会计期间), one calendar month; a month without a row is open.

    Locked takes no entries but may be opened again; closed is for good. A trigger refuses
    entries in the database too.
    """

    __tablename__ = "accounting_period"
    __table_args__ = (CheckConstraint("state IN ('open', 'locked', 'closed')", name="state"),)
    month: Mapped[str] = mapped_column(Text, primary_key=True)
    state: Mapped[str] = mapped_column(Text)


def month_of(day: date) -> str:
    """Return the accounting period of a business day, as `YYYY-MM`."""
    return f"{day:%Y-%m}"


def refuse_closed(day: date) -> None:
    """Refuse a business day whose accounting period takes no more entries."""
    period = db.session.get(AccountingPeriod, month_of(day))
    if period is not None and period.state != "open":
        raise period_closed(period.month, period.state)


def period_closed(month: str, state: str) -> RuleBroken:
    """Return the refusal of an entry in a locked or closed accounting period."""
    return RuleBroken(
        "PERIOD_CLOSED",
        _(
            "会计期间 %(month)s 已%(what)s，不能再记账。请在当前开放期间办理，"
            "或请财政复核开放该期间。",
            month=month,
            what=_("结账") if state == "closed" else _("锁定"),
        ),
        basis="会计法第十七条",
    )


def set_period(actor: Any, *, month: str, state: str, reason: str) -> dict[str, Any]:  # noqa: ARG001 - verbs hear who acts
    """Lock, open or close an accounting period; a closed one stays closed."""
    period = db.session.get(AccountingPeriod, month, with_for_update=True)
    if period is None:
        period = AccountingPeriod(month=month, state="open")
        db.session.add(period)
    if period.state == "closed":
        raise RuleBroken(
            "PERIOD_CLOSED",
            _("会计期间 %(month)s 已结账，不能改变。更正请记入当前期间。", month=month),
        )
    period.state = state
    audit.about("accounting_period", month, reason)
    return {"month": month, "state": state}
