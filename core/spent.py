"""What the ledger says of a purchase's money: reserved for it, and what its pools made of it."""

from __future__ import annotations

from collections.abc import Iterable

from core.budget import Pool
from core.db import db
from core.ledger import balances

ROOMS = ("reserved", "encumbered", "accrued", "disbursed")


def by_purchase(purchase_ids: Iterable[int]) -> dict[int, dict[str, int]]:
    """Return each purchase's money in fen by room, with their sum as `total`.

    What was released or given back stands in none of them.
    """
    found = {number: dict.fromkeys(ROOMS, 0) for number in purchase_ids}
    for number, fen in balances("line.reserved", by="purchase_id").items():
        if number in found:
            found[number]["reserved"] += fen
    drawing = db.select(Pool.id, Pool.purchase_id).where(Pool.purchase_id.in_(found))
    pools = {row.id: row.purchase_id for row in db.session.execute(drawing)}
    for room in ROOMS[1:]:
        for pool, fen in balances(f"line.{room}", by="pool_id").items():
            if pool in pools:
                found[pools[pool]][room] += fen
    return {number: rooms | {"total": sum(rooms.values())} for number, rooms in found.items()}
