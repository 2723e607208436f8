"""Granting allotments (额度): lots from pools, one commitment a pool, all of a batch or none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, insert

from core import audit, clock
from core.budget import Pool, Share, commit_moves, lock_pool
from core.db import db
from core.errors import RuleBroken
from core.ledger import post
from core.purchases import open_drawing_pool, require_drawing
from plugins.voucher.models import Lot, LotMove, Programme, Recovery, Terms, Voucher
from plugins.voucher.rules import Allotment, Period, Span, span
from plugins.voucher.rules import Terms as Rules
from plugins.voucher.rules.terms import PPM

OPEN, RECOVERED = "open", "recovered"
# What a holder was entitled to and did not get is no part of her lot; its move tells of it.
ENTITLED, WITHHELD = "entitled", "withheld"
NEXT_ALLOTMENT = "next_allotment"


@dataclass(frozen=True)
class Holder:
    """Whose a voucher is, and of which class."""

    resident_id: int
    class_code: str


@dataclass(frozen=True)
class Grant:
    """One lot to be: for a voucher, of an allotment's period; quantity in the unit, money in fen.

    `withheld` of the quantity she was entitled to makes up for an earlier overpayment.
    """

    voucher_id: int
    allotment: Allotment
    period: Period
    span: Span
    quantity: int
    committed_fen: int
    withheld: int = 0


def grant_of(
    rules: Rules,
    allotment: Allotment,
    class_code: str,
    *,
    voucher_id: int,
    period: Period,
    quantity: int,
) -> Grant | None:
    """Return the grant of a quantity for a period, None where no day or nothing is left of it."""
    days = span(rules, allotment, period, clock.today())
    if not quantity or days.valid_through < days.valid_from:
        return None
    fen = commitment(rules, class_code, quantity)
    return Grant(voucher_id, allotment, period, days, quantity, fen)


def commitment(rules: Rules, class_code: str, quantity: int) -> int:
    """Return the money a quantity commits: its value, or what it may cost at most.

    At most: the dearest covered service at its highest price, the voucher's part of it, rounded up
    to the fen.
    """
    dearest = (0, 1)
    for code in rules.classes[class_code].services:
        service = rules.services[code]
        if service.maximum_price_fen is None:
            continue
        rate = rules.share_of(class_code, code).rate_ppm
        price = (service.maximum_price_fen * rate, service.priced_per * PPM)
        if price[0] * dearest[1] > dearest[0] * price[1]:
            dearest = price
    if rules.unit == "fen":
        most = -(-dearest[0] // dearest[1])
        # One use at most, and never dearer than this.
        limits = rules.commit == "maximum_price" and rules.single_use and most
        return min(quantity, most) if limits else quantity
    return -(-quantity * dearest[0] // dearest[1])


def write_grants(
    programme: Programme, terms: Terms, rules: Rules, grants: Iterable[Grant], *, source: str
) -> list[dict[str, Any]]:
    """Commit what grants cost and write their lots; return what each pool committed.

    Refuses BUDGET_MISSING without a line, BUDGET_INSUFFICIENT when the lines cannot cover all.
    """
    by_pool: dict[tuple[str, str], list[Grant]] = defaultdict(list)
    for grant in grants:
        by_pool[grant.allotment.code, grant.period.code].append(grant)
    return [
        _write_pool(programme, terms, rules, some, source=source)
        for _key, some in sorted(by_pool.items())
    ]


def shares_of(rules: Rules) -> list[Share]:
    """Return the funding lines of terms, as a pool wants them."""
    return [Share(line_id, share_ppm) for line_id, share_ppm in rules.funding]


def _write_pool(
    programme: Programme, terms: Terms, rules: Rules, grants: list[Grant], *, source: str
) -> dict[str, Any]:
    allotment, period = grants[0].allotment, grants[0].period
    pool = _pool(programme, terms, rules, allotment, period)
    total = sum(grant.committed_fen for grant in grants)
    journal_id = (
        post("voucher.issued", f"{source}/pool:{pool.id}", commit_moves(pool, total))
        if total
        else None
    )
    _write_lots(pool, rules, grants, journal_id)
    return {
        "pool_id": pool.id,
        "allotment": allotment.code,
        "period": period.code,
        "lots": len(grants),
        "granted": sum(grant.quantity for grant in grants),
        "committed_fen": total,
    }


def _pool(
    programme: Programme, terms: Terms, rules: Rules, allotment: Allotment, period: Period
) -> Pool:
    """Return the pool of an allotment's period under a version of the terms, locked."""
    source = f"programme:{programme.id}/v{terms.version}/{allotment.code}/{period.code}"
    found = db.session.scalar(db.select(Pool.id).filter_by(component="voucher", source=source))
    if found is not None:
        pool = lock_pool(found)
        if pool.closed_on is not None:
            raise RuleBroken("VOUCHER_EXPIRED", _("项目的额度池已关闭，不能再发放。"))
        require_drawing(pool.purchase_id)
        return pool
    name = programme.name
    if period.code != "once" or len(rules.allotments) > 1:
        label = allotment.name if period.code == "once" else f"{allotment.name} {period.code}"
        name = f"{programme.name} {label}"
    return open_drawing_pool(
        programme.purchase_id, "voucher", source, name=name, shares=shares_of(rules)
    )


def _write_lots(pool: Pool, rules: Rules, grants: list[Grant], journal_id: int | None) -> None:
    lots = db.session.scalars(
        insert(Lot).returning(Lot.id, sort_by_parameter_order=True),
        [
            {
                "voucher_id": grant.voucher_id,
                "pool_id": pool.id,
                "unit": rules.unit,
                "granted": grant.quantity,
                "committed_fen": grant.committed_fen,
                "valid_from": grant.span.valid_from,
                "valid_through": grant.span.valid_through,
                "entry_through": grant.span.entry_through,
                "allotment": grant.allotment.code,
                "period": grant.period.code,
            }
            for grant in grants
        ],
    ).all()
    moves = [
        {
            "lot_id": lot_id,
            "journal_id": journal_id,
            "from_state": source,
            "to_state": target,
            "quantity": quantity,
            "amount_fen": fen,
            "act": audit.current().act,
        }
        for lot_id, grant in zip(lots, grants, strict=True)
        for source, target, quantity, fen in (
            ("issued", "available", grant.quantity, grant.committed_fen),
            (ENTITLED, WITHHELD, grant.withheld, 0),
        )
        if quantity
    ]
    if moves:
        db.session.execute(insert(LotMove), moves)


# --- overpayments --------------------------------------------------------------------------------


def withhold(
    programme: Programme, rules: Rules, grants: list[Grant], holder_of: Mapping[int, Holder]
) -> list[Grant]:
    """Return grants less what their holders were overpaid before, and write down how much.

    The debt is the holder's, whichever of her vouchers of the programme it was found on. A grant
    that it uses up entirely makes an empty lot, so that the period is not granted again.
    """
    people = {holder_of[grant.voucher_id].resident_id for grant in grants}
    query = (
        db.select(Recovery, Voucher.resident_id)
        .join(Voucher, Voucher.id == Recovery.voucher_id)
        .join(Lot, Lot.id == Recovery.lot_id)
        .where(Voucher.programme_id == programme.id, Voucher.resident_id.in_(people))
        .where(Recovery.state == OPEN, Recovery.how == NEXT_ALLOTMENT, Lot.unit == rules.unit)
        .order_by(Recovery.id)
        .with_for_update(of=Recovery)
    )
    due: dict[int, list[Recovery]] = defaultdict(list)
    for recovery, resident_id in db.session.execute(query) if people else ():
        due[resident_id].append(recovery)
    kept = []
    for grant in grants:
        holder, less = holder_of[grant.voucher_id], 0
        for recovery in due[holder.resident_id]:
            part = min(recovery.quantity - recovery.recovered, grant.quantity - less)
            recovery.recovered += part
            less += part
            if recovery.recovered == recovery.quantity:
                recovery.state = RECOVERED
        quantity = grant.quantity - less
        fen = commitment(rules, holder.class_code, quantity)
        kept.append(replace(grant, quantity=quantity, committed_fen=fen, withheld=less))
    db.session.flush()
    return kept


def withheld_of(lot: Lot) -> int:
    """Return what was withheld from a lot when it was granted."""
    query = db.select(func.coalesce(func.sum(LotMove.quantity), 0)).where(
        LotMove.lot_id == lot.id, LotMove.to_state == WITHHELD
    )
    return int(db.session.scalar(query) or 0)
