"""What the till keeps in memory because it never changes: terms by number, account numbers.

A pool's line changes when it is carried over into the next fiscal year; so no till moves a line's
money outside the year in which the pool began, and what is kept of an old line is not used then.
"""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Engine

from core.budget import BudgetLine, Pool
from core.db import Direct, db
from core.ledger import Owner, account_id
from plugins.voucher.rules import Terms, read_terms

KEPT_MAX = 100_000

# By engine, too: a process may serve several databases. An address would have to be spelled out.
_terms: dict[tuple[Engine, int], Terms] = {}
_accounts: dict[tuple[Engine, int, int], dict[str, int]] = {}


class AccountsUnknown(Exception):  # noqa: N818 - a turn of events, not an error
    """The accounts of these (pool, payee) pairs have not been opened or looked up yet."""

    def __init__(self, pairs: set[tuple[int, int]]) -> None:
        """Keep the pairs that are missing."""
        super().__init__(pairs)
        self.pairs = pairs


def terms_of(connection: Direct, terms_id: int) -> Terms:
    """Return terms by number, read once per process and database."""
    key = (db.engine, terms_id)
    found = _terms.get(key)
    if found is None:
        rows = connection.rows(
            "SELECT document FROM voucher_terms WHERE id = :id", {"id": terms_id}
        )
        document = rows[0][0]
        found = read_terms(json.loads(document) if isinstance(document, str) else document)
        _terms[key] = found
    return found


def accounts_of(pool_id: int, payee_id: int) -> dict[str, int]:
    """Return the account numbers a use of a pool at a payee posts to; raises AccountsUnknown."""
    found = _accounts.get((db.engine, pool_id, payee_id))
    if found is None:
        raise AccountsUnknown({(pool_id, payee_id)})
    return found


def open_accounts(pairs: set[tuple[int, int]]) -> None:
    """Open (if they are new) and remember the accounts of (pool, payee) pairs.

    In a transaction of its own: what is remembered must not be undone by a refusal.
    """
    if len(_accounts) > KEPT_MAX:
        _accounts.clear()
    for pool_id, payee_id in pairs:
        _accounts[db.engine, pool_id, payee_id] = accounts_in_act(pool_id, payee_id)


def accounts_in_act(pool_id: int, payee_id: int) -> dict[str, int]:
    """Return what `accounts_of` does inside an act, which may still be refused: not remembered."""
    pool = db.session.get_one(Pool, pool_id)
    line_id = pool.shares[0].line_id
    year = db.session.get_one(BudgetLine, line_id).fiscal_year
    # The year in which a forfeit may move the line's money; afterwards it may be carried over.
    at_once = year if len(pool.shares) == 1 and pool.opened_on.year == year else 0
    owners: dict[str, Any] = {
        "uncharged_account": Owner("pool.uncharged", pool_id=pool_id),
        "charged_account": Owner("pool.charged", pool_id=pool_id),
        "released_account": Owner("pool.released", pool_id=pool_id),
        "expense_account": Owner("fin.expense", pool_id=pool_id),
        "payable_account": Owner("fin.payable", pool_id=pool_id, party_id=payee_id),
        "encumbered_account": Owner("line.encumbered", line_id=line_id, pool_id=pool_id),
        "available_account": Owner("line.available", line_id=line_id),
    }
    numbers = {name: account_id(owner) for name, owner in owners.items()}
    return numbers | {"forfeit_year": at_once}


def forget() -> None:
    """Forget everything (the database behind the same address was replaced)."""
    _terms.clear()
    _accounts.clear()
