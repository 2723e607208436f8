"""What the books show a person: the accounts in view, their journals, and words for both."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, CompoundSelect, Select, and_, exists, func, or_, select, union

from core.access import Actor, visible
from core.audit import AuditEntry
from core.budget import BudgetLine, Pool
from core.db import db
from core.errors import NotFound
from core.ledger import DEBIT, Account, Journal, Transfer
from core.parties import Organisation
from core.plugins import registry
from core.seal import Seal

LIMIT = 50
# Whoever may see a line may see what moved its money; a provider, what was owed and paid to it.
BOOKS, OWN_BOOKS = "budget.view", "payment.view"


@dataclass(frozen=True)
class Chosen:
    """Which journals are asked for; `account` is an account's key, dates are business days.

    Of several lines or pools those of any; `among` is a select of the journals' numbers.
    """

    account: str | None = None
    line: tuple[int, ...] = ()
    pool: tuple[int, ...] = ()
    party: int | None = None
    kind: str | None = None
    act: str | None = None
    entry_kind: str | None = None
    from_on: date | None = None
    to_on: date | None = None
    among: Select[Any] | CompoundSelect[Any] | None = None

    @property
    def of_accounts(self) -> bool:
        """Tell whether single accounts are chosen."""
        return any((self.account, self.line, self.pool, self.party, self.kind))


@dataclass
class Entry:
    """A journal in a list: what it was about, and what it did to the chosen accounts.

    `change_fen` is on the accounts' normal side, None unless accounts of one kind are chosen.
    """

    journal: Journal
    amount_fen: int
    change_fen: int | None
    actor_name: str
    action: str


@dataclass
class Named:
    """An account in words: its kind and its owners, with the numbers that lead to them."""

    key: str
    kind: str
    kind_name: str
    line: BudgetLine | None = None
    pool: Pool | None = None
    party_id: int | None = None
    party_name: str = ""


@dataclass
class Whole:
    """A journal with everything around it: its transfers, its act, and where its money belongs."""

    journal: Journal
    transfers: list[tuple[Transfer, Named, Named]]
    entry: AuditEntry | None
    seal: Seal | None
    reverses: Journal | None
    reversed_by: list[Journal]
    same_act: list[Journal]
    lines: list[BudgetLine] = field(default_factory=list)
    pools: list[Pool] = field(default_factory=list)


def may_read(actor: Actor) -> bool:
    """Tell whether any part of the books is open to a person."""
    return actor.may(BOOKS) or actor.may(OWN_BOOKS)


def in_view(actor: Actor) -> ColumnElement[bool]:
    """Return the condition of the accounts whose journals a person may see."""
    lines = db.select(BudgetLine.id).where(visible(BudgetLine, actor, BOOKS))
    pools = db.select(Pool.id).where(visible(Pool, actor, BOOKS))
    own = visible(Account, actor, OWN_BOOKS)
    return or_(Account.line_id.in_(lines), Account.pool_id.in_(pools), own)


def listed(
    actor: Actor, chosen: Chosen, *, before: int | None = None, limit: int = LIMIT
) -> tuple[list[Entry], int | None]:
    """Return journals newest first, and the number before which the next page begins."""
    query = db.select(Journal).where(_journal_condition(actor, chosen))
    if before is not None:
        query = query.where(Journal.id < before)
    rows = list(db.session.scalars(query.order_by(Journal.id.desc()).limit(limit + 1)))
    more = len(rows) > limit
    rows = rows[:limit]
    return _entries(rows, actor, chosen), (rows[-1].id if more else None)


def total(actor: Actor, chosen: Chosen) -> int | None:
    """Return the balance in fen of the chosen accounts over the chosen journals.

    On their normal side; None unless accounts of one kind are chosen.
    """
    kind = _kind_of(chosen)
    if kind is None:
        return None
    accounts = _accounts(actor, chosen).subquery()
    side = 1 if registry().account_kinds[kind].side == DEBIT else -1
    fen = 0
    for column, sign in ((Transfer.debit_id, side), (Transfer.credit_id, -side)):
        query = (
            db.select(func.coalesce(func.sum(Transfer.amount_fen), 0))
            .join(accounts, accounts.c.id == column)
            .join(Journal, Journal.id == Transfer.journal_id)
            .where(*_plain_conditions(chosen))
        )
        fen += sign * int(db.session.scalar(query) or 0)
    return fen


def whole(actor: Actor, number: int) -> Whole:
    """Return a journal in view with its transfers, act and neighbours; else NOT_FOUND."""
    condition = _journal_condition(actor, Chosen())
    journal = db.session.scalar(db.select(Journal).where(Journal.id == number, condition))
    if journal is None:
        raise NotFound("NOT_FOUND", _("没有找到这张凭证，或它不在您的管辖范围内。请核对编号。"))
    transfers = list(
        db.session.scalars(
            db.select(Transfer).where(Transfer.journal_id == number).order_by(Transfer.id)
        )
    )
    names = named({number for row in transfers for number in (row.debit_id, row.credit_id)})
    found = Whole(
        journal,
        [(row, names[row.debit_id], names[row.credit_id]) for row in transfers],
        db.session.scalar(db.select(AuditEntry).where(AuditEntry.act == journal.act)),
        db.session.scalar(db.select(Seal).filter_by(subject="journal", subject_id=number)),
        db.session.get(Journal, journal.reverses_id) if journal.reverses_id else None,
        _journals(Journal.reverses_id == number),
        [row for row in _journals(Journal.act == journal.act) if row.id != number],
    )
    found.pools = _distinct(name.pool for name in names.values())
    # A till moves pools only; the way up to the line goes on from there.
    of_pools = [share.line_id for pool in found.pools for share in pool.shares]
    lines = _by_id(BudgetLine, set(of_pools))
    found.lines = _distinct([*lines.values(), *(name.line for name in names.values())])
    return found


def named(account_ids: Collection[int]) -> dict[int, Named]:
    """Return accounts in words, by their number."""
    accounts = list(db.session.scalars(db.select(Account).where(Account.id.in_(account_ids))))
    lines = _by_id(BudgetLine, {account.line_id for account in accounts})
    pools = _by_id(Pool, {account.pool_id for account in accounts})
    parties = _by_id(Organisation, {account.party_id for account in accounts})
    return {
        account.id: Named(
            account.key,
            account.kind,
            kind_name(account.kind),
            lines.get(account.line_id),
            pools.get(account.pool_id),
            account.party_id,
            _party_name(account.party_id, parties),
        )
        for account in accounts
    }


def kind_name(code: str) -> str:
    """Return the word for an account kind."""
    kind = registry().account_kinds.get(code)
    return _(kind.name) if kind else code


def entry_name(code: str) -> str:
    """Return the word for an entry kind."""
    kind = registry().entry_kinds.get(code)
    return _(kind.name) if kind else code


def action_name(operation_id: str) -> str:
    """Return the word for an act."""
    act = registry().acts.get(operation_id)
    return _(act.summary) if act else operation_id


def account_named(actor: Actor, key: str) -> Named | None:
    """Return an account in view in words, by its key."""
    query = db.select(Account.id).where(Account.key == key, in_view(actor))
    number = db.session.scalar(query)
    return None if number is None else named([number])[number]


def _accounts(actor: Actor, chosen: Chosen) -> Select[Any]:
    given = {
        Account.key: chosen.account,
        Account.party_id: chosen.party,
        Account.kind: chosen.kind,
    }
    asked = [column == value for column, value in given.items() if value]
    several = {Account.line_id: chosen.line, Account.pool_id: chosen.pool}
    asked += [column.in_(numbers) for column, numbers in several.items() if numbers]
    return select(Account.id).where(in_view(actor), *asked)


def _journal_condition(actor: Actor, chosen: Chosen) -> ColumnElement[bool]:
    accounts = _accounts(actor, chosen)
    if chosen.of_accounts:
        # Two index look-ups; asked with OR, PostgreSQL would read every transfer.
        touched: ColumnElement[bool] = Journal.id.in_(
            union(
                db.select(Transfer.journal_id).where(Transfer.debit_id.in_(accounts)),
                db.select(Transfer.journal_id).where(Transfer.credit_id.in_(accounts)),
            )
        )
    else:
        touched = exists().where(
            Transfer.journal_id == Journal.id,
            or_(Transfer.debit_id.in_(accounts), Transfer.credit_id.in_(accounts)),
        )
    conditions = [touched, *_plain_conditions(chosen)]
    return and_(*conditions)


def _plain_conditions(chosen: Chosen) -> list[ColumnElement[bool]]:
    conditions = []
    if chosen.act:
        conditions.append(Journal.act == chosen.act)
    if chosen.entry_kind:
        conditions.append(Journal.entry_kind == chosen.entry_kind)
    if chosen.from_on:
        conditions.append(Journal.business_date >= chosen.from_on)
    if chosen.to_on:
        conditions.append(Journal.business_date <= chosen.to_on)
    if chosen.among is not None:
        conditions.append(Journal.id.in_(chosen.among))
    return conditions


def _kind_of(chosen: Chosen) -> str | None:
    kind = chosen.account.partition("/")[0] if chosen.account else chosen.kind
    return kind if kind in registry().account_kinds else None


def _entries(rows: list[Journal], actor: Actor, chosen: Chosen) -> list[Entry]:
    ids = [row.id for row in rows]
    acts = {entry.act: entry for entry in _audit_entries({row.act for row in rows})}
    about: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    transfers = list(db.session.scalars(db.select(Transfer).where(Transfer.journal_id.in_(ids))))
    kinds = _kinds({number for row in transfers for number in (row.debit_id, row.credit_id)})
    for row in transfers:
        about[row.journal_id][kinds[row.debit_id]] += row.amount_fen
    changes = _changes(transfers, actor, chosen)
    return [
        Entry(
            row,
            max(about[row.id].values(), default=0),
            None if changes is None else changes[row.id],
            acts[row.act].actor_name if row.act in acts else "",
            action_name(acts[row.act].action) if row.act in acts else "",
        )
        for row in rows
    ]


def _changes(transfers: list[Transfer], actor: Actor, chosen: Chosen) -> dict[int, int] | None:
    kind = _kind_of(chosen)
    if kind is None:
        return None
    touched = {number for row in transfers for number in (row.debit_id, row.credit_id)}
    query = _accounts(actor, chosen).where(Account.id.in_(touched))
    mine = set(db.session.scalars(query))
    side = 1 if registry().account_kinds[kind].side == DEBIT else -1
    changes: dict[int, int] = defaultdict(int)
    for row in transfers:
        changes[row.journal_id] += side * row.amount_fen * (row.debit_id in mine)
        changes[row.journal_id] -= side * row.amount_fen * (row.credit_id in mine)
    return changes


def _kinds(account_ids: Collection[int]) -> dict[int, str]:
    rows = db.session.execute(
        db.select(Account.id, Account.kind).where(Account.id.in_(account_ids))
    )
    return {row.id: row.kind for row in rows}


def _audit_entries(acts: Collection[str]) -> list[AuditEntry]:
    return list(db.session.scalars(db.select(AuditEntry).where(AuditEntry.act.in_(acts))))


def _journals(condition: ColumnElement[bool]) -> list[Journal]:
    query = db.select(Journal).where(condition).order_by(Journal.id).limit(LIMIT)
    return list(db.session.scalars(query))


def _by_id(model: Any, ids: set[int | None]) -> dict[int | None, Any]:
    wanted = [number for number in ids if number is not None]
    return {row.id: row for row in db.session.scalars(db.select(model).where(model.id.in_(wanted)))}


def _party_name(party_id: int | None, organisations: dict[int | None, Organisation]) -> str:
    if party_id is None:
        return ""
    found = organisations.get(party_id)
    # A resident's name is nobody's business here.
    return found.name if found else _("居民 %(number)s 号", number=party_id)


def _distinct(rows: Iterable[Any]) -> list[Any]:
    return sorted({row.id: row for row in rows if row is not None}.values(), key=lambda row: row.id)
