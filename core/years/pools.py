"""Open pools (未关闭的额度池): what each still holds, what stands in the way, and who must act."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from flask_babel import gettext as _

from core.access import ROLES, Actor, scoped
from core.budget import BudgetLine, Pool, PoolShare
from core.db import db
from core.ledger import balances
from core.plugins import ask

PAGE = 50


@dataclass(frozen=True)
class Obstacle:
    """What keeps a pool from closing: how much (fen), until which day, and which role must act.

    `endpoint` and `values` name the page on which it is dealt with, `permission` who may open it.
    """

    pool_id: int
    what: str
    amount_fen: int | None = None
    on: date | None = None
    who: str = ""
    endpoint: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    permission: str = ""

    def said(self) -> dict[str, Any]:
        """Return the obstacle as JSON."""
        return {
            "what": self.what,
            "amount_fen": self.amount_fen,
            "on": self.on.isoformat() if self.on else None,
            "who": self.who,
            "who_name": _(ROLES[self.who].name) if self.who else "",
        }


@dataclass
class OpenPool:
    """A pool that is open, with its totals in fen and its obstacles."""

    pool: Pool
    totals: dict[str, int]
    obstacles: list[Obstacle]

    @property
    def next_on(self) -> date | None:
        """Return the next day on which something falls due."""
        return min((one.on for one in self.obstacles if one.on), default=None)

    def said(self) -> dict[str, Any]:
        """Return the pool as JSON."""
        return {
            "pool_id": self.pool.id,
            "name": self.pool.name,
            "component": self.pool.component,
            **{f"{name}_fen": fen for name, fen in self.totals.items()},
            "next_on": self.next_on.isoformat() if self.next_on else None,
            "obstacles": [one.said() for one in self.obstacles],
        }


def listed(
    actor: Actor, *, year: int, after: int | None = None, limit: int = PAGE
) -> dict[str, Any]:
    """Return the open pools on lines of a fiscal year, with what keeps each from closing."""
    found, more = open_pools(actor, year, after=after, limit=limit)
    return {"year": year, "items": [one.said() for one in found], "next_after": more}


def open_pools(
    actor: Actor, year: int, *, after: int | None = None, limit: int = PAGE
) -> tuple[list[OpenPool], int | None]:
    """Return the open pools of a year by number, and after which the next page begins."""
    of_year = (
        db.select(PoolShare.pool_id)
        .join(BudgetLine, BudgetLine.id == PoolShare.line_id)
        .where(BudgetLine.fiscal_year == year)
    )
    query = scoped(Pool, actor, "year.view").where(Pool.closed_on.is_(None), Pool.id.in_(of_year))
    query = query.where(Pool.id > (after or 0)).order_by(Pool.id).limit(limit + 1)
    pools = list(db.session.scalars(query))
    more = len(pools) > limit
    pools = pools[:limit]
    obstacles = obstacles_of([pool.id for pool in pools])
    totals = _totals(pools)
    found = [OpenPool(pool, totals[pool.id], obstacles[pool.id]) for pool in pools]
    return found, (pools[-1].id if more else None)


def obstacles_of(pool_ids: list[int]) -> dict[int, list[Obstacle]]:
    """Ask the components what keeps pools from closing."""
    found: dict[int, list[Obstacle]] = defaultdict(list)
    for one in ask("pool_obstacles", pool_ids=pool_ids) if pool_ids else []:
        found[one.pool_id].append(one)
    return found


def _totals(pools: list[Pool]) -> dict[int, dict[str, int]]:
    kinds = {
        "committed": "pool.committed",
        "uncharged": "pool.uncharged",
        "charged": "pool.charged",
        "accrued": "line.accrued",
        "paid": "line.disbursed",
    }
    by_pool = {name: balances(kind, by="pool_id") for name, kind in kinds.items()}
    return {
        pool.id: {name: held.get(pool.id, 0) for name, held in by_pool.items()} for pool in pools
    }
