"""A contract's money by fiscal year: committed on the lines there are, owed by years to come.

Each year has a pool of its own. What the plan had set aside beyond the contract goes back to its
lines, and its own forward obligations give way to the contract's.
"""

from __future__ import annotations

from flask_babel import gettext as _

from core import clock
from core.access import Actor
from core.budget import (
    Pool,
    Share,
    commit_moves,
    lock_pool,
    release_moves,
    require_lines,
    reserved,
    unreserve_moves,
)
from core.db import db
from core.errors import Conflict, RuleBroken
from core.formats import yuan
from core.ledger import Move, Owner, balance, gated_balance, post
from core.purchases import (
    Purchase,
    fund_pool,
    lines_of,
    open_drawing_pool,
    open_waiting_pool,
    require_drawing,
)
from core.years import forward
from core.years.models import OPEN, ForwardObligation
from plugins.contract_outsourcing.models import Award, Contract, ContractYear, Tender
from plugins.contract_outsourcing.models import awards as a
from plugins.contract_outsourcing.models import tenders as t
from plugins.contract_outsourcing.models.contracts import FRAMEWORK
from plugins.contract_outsourcing.rules.terms import Terms, amounts, by_year, read_terms
from plugins.contract_outsourcing.service import limits, postings

COMPONENT = "contract"


def source(contract_id: int, fiscal_year: int) -> str:
    """Return the name under which a contract's year is known to pools and forward years."""
    return f"contract:{contract_id}/{fiscal_year}"


def commit(actor: Actor, contract: Contract, purchase: Purchase) -> None:
    """Commit what a contract costs at its signing, year by year.

    Refuses BUDGET_INSUFFICIENT, BUDGET_MISSING and FORWARD_EXCEEDS_PLAN; for a framework
    CEILING_DIFFERS.
    """
    if contract.kind == FRAMEWORK:
        _post_ceiling(contract)
        return
    terms = read_terms(contract.terms)
    parts_fen = amounts(terms.milestones, contract.value_fen) or []
    moves: list[Move] = []
    for year, fen in by_year(terms.milestones, parts_fen).items():
        moves += open_year(actor, contract, purchase, year, fen)
    moves += _saving(contract, purchase, moves)
    post(postings.SIGNED, f"contract:{contract.id}/signed", moves, note=contract.number)


def open_year(
    actor: Actor, contract: Contract, purchase: Purchase, year: int, amount_fen: int
) -> list[Move]:
    """Open a year's pool and return the moves that commit it, or register it as forward."""
    terms = read_terms(contract.terms)
    shares = _shares(terms, purchase, year)
    is_forward = year > clock.today().year and not shares
    name = f"{contract.number} {contract.name} {year}"
    if is_forward:
        pool = open_waiting_pool(purchase.id, COMPONENT, source(contract.id, year), name=name)
        # A year that costs nothing, as under a franchise, obliges to nothing.
        if amount_fen:
            forward.take_over(
                actor,
                purchase=purchase,
                source=source(contract.id, year),
                fiscal_year=year,
                amount_fen=amount_fen,
                name=contract.name,
            )
    else:
        require_lines(shares)
        pool = open_drawing_pool(
            purchase.id, COMPONENT, source(contract.id, year), name=name, shares=shares
        )
    db.session.add(
        ContractYear(
            contract_id=contract.id,
            fiscal_year=year,
            amount_fen=amount_fen,
            committed=not is_forward,
            pool_id=pool.id,
        )
    )
    db.session.flush()
    return postings.sign_moves(pool, amount_fen, is_forward=is_forward)


def converted(of: str, line_id: int) -> None:
    """Hear that finance reserved a forward year on its line: fund its pool and commit it."""
    query = db.select(Pool.id).filter_by(component=COMPONENT, source=of)
    pool_id = db.session.scalar(query)
    if pool_id is None:
        return
    pool = lock_pool(pool_id)
    row = db.session.scalars(db.select(ContractYear).filter_by(pool_id=pool.id)).one()
    fund_pool(pool, line_id)
    owed = Move(
        postings.of(postings.FORWARD_DUE, pool.id),
        postings.of(postings.FORWARD, pool.id),
        row.amount_fen,
    )
    moves = [*commit_moves(pool, row.amount_fen), owed]
    post(postings.YEAR_COMMITTED, f"{of}/committed", moves)
    row.committed = True
    db.session.flush()


def budgeted_pool(actor: Actor, contract: Contract, year: int) -> Pool:
    """Return the locked pool of a year that has its budget, opened at need.

    Refuses BUDGET_MISSING, and PLAN_NOT_FILED when the plan is no longer carried out.
    """
    purchase = require_drawing(contract.purchase_id)
    assert purchase is not None  # noqa: S101 - a contract carries out a plan
    row = db.session.get(ContractYear, (contract.id, year), with_for_update=True)
    if row is None:
        require_lines(_shares(read_terms(contract.terms), purchase, year))
        open_year(actor, contract, purchase, year, 0)
        row = db.session.get_one(ContractYear, (contract.id, year))
    pool = lock_pool(row.pool_id)
    require_lines([Share(share.line_id, share.share_ppm) for share in pool.shares])
    return pool


def raise_year(actor: Actor, contract: Contract, year: int, amount_fen: int) -> list[Move]:
    """Return the moves by which a supplement (fen) is added to a year, opened at need."""
    row = db.session.get(ContractYear, (contract.id, year), with_for_update=True)
    if row is None:
        purchase = db.session.get_one(Purchase, contract.purchase_id)
        return open_year(actor, contract, purchase, year, amount_fen)
    pool = lock_pool(row.pool_id)
    moves = postings.sign_moves(pool, amount_fen, is_forward=not row.committed)
    row.amount_fen += amount_fen
    db.session.flush()
    _follow_obligation(actor, contract, row)
    return moves


def cancel_part(actor: Actor, contract: Contract, year: int, amount_fen: int) -> list[Move]:
    """Return the moves by which a year loses what will not be delivered (fen)."""
    row = db.session.get_one(ContractYear, (contract.id, year), with_for_update=True)
    pool = lock_pool(row.pool_id)
    moves = [
        Move(
            postings.of(postings.UNPAID, pool.id),
            postings.of(postings.CANCELLED, pool.id),
            amount_fen,
        )
    ]
    row.amount_fen -= amount_fen
    db.session.flush()
    if row.committed:
        return [*moves, *release_moves(pool, amount_fen)] if amount_fen else moves
    _follow_obligation(actor, contract, row)
    due, stands = postings.FORWARD_DUE, postings.FORWARD
    return [*moves, Move(postings.of(due, pool.id), postings.of(stands, pool.id), amount_fen)]


def require_room(contract: Contract, year: int, amount_fen: int) -> None:
    """Refuse BUDGET_INSUFFICIENT when a year's lines have too little for more (fen)."""
    row = db.session.get(ContractYear, (contract.id, year))
    if row is None or not row.committed:
        return
    for move in commit_moves(lock_pool(row.pool_id), amount_fen):
        if move.debit.kind != "line.available":
            continue
        free = gated_balance(move.debit)
        if free < move.amount_fen:
            raise RuleBroken(
                "BUDGET_INSUFFICIENT",
                _(
                    "指标可用额度不足：本次需要 %(amount_fen)s 元，可用 %(available)s 元，"
                    "差 %(short)s 元。请减少数量，或先办理指标调整。",
                    amount_fen=yuan(move.amount_fen),
                    available=yuan(free),
                    short=yuan(move.amount_fen - free),
                ),
                basis="预算法第十三条",
                line_id=move.debit.line_id,
                required_fen=move.amount_fen,
                available_fen=free,
            )


def pools_of(contract_id: int) -> list[int]:
    """Return the pools of a contract, by year."""
    query = db.select(ContractYear.pool_id).filter_by(contract_id=contract_id)
    return list(db.session.scalars(query.order_by(ContractYear.fiscal_year)))


# --- parts -------------------------------------------------------------------------------------


def _shares(terms: Terms, purchase: Purchase, year: int) -> list[Share]:
    """Return the lines of a year: those the contract names, or else the plan's of that year."""
    named = {share.line_id: share.share_ppm for share in terms.funding}
    own = lines_of(purchase)
    of_year = limits.line_years([*named, *own])
    shares = [Share(line, ppm) for line, ppm in named.items() if of_year.get(line) == year]
    return shares or [Share(line) for line in sorted(own) if of_year[line] == year][:1]


def _saving(contract: Contract, purchase: Purchase, drawn: list[Move]) -> list[Move]:
    """Return the moves that give back what the plan reserved beyond the contract.

    Nothing while others may still be contracted for the same plan.
    """
    if _others_open(contract):
        return []
    left = reserved(purchase.id)
    for move in drawn:
        # A plan whose first contract took all it had reserved has nothing left for the next.
        if move.debit.kind == "line.reserved" and move.amount_fen and move.debit.line_id:
            left[move.debit.line_id] -= move.amount_fen
    for row in _obligations(purchase.id):
        if row.source.startswith(forward.of_plan(purchase.id, "")):
            forward.cancel(row.source)
    return unreserve_moves(purchase.id, {line: fen for line, fen in left.items() if fen})


def _others_open(contract: Contract) -> bool:
    """Tell whether other tenders or awards of the plan may still become contracts."""
    tender = db.session.scalar(
        db.select(Tender.id)
        .where(Tender.purchase_id == contract.purchase_id, Tender.id != contract.tender_id)
        .where(Tender.state.not_in((t.CONTRACTED, t.FAILED, t.CANCELLED)))
        .limit(1)
    )
    signed = db.select(Contract.award_id).where(Contract.signed_at.is_not(None))
    award = db.session.scalar(
        db.select(Award.id)
        .join(Tender, Tender.id == Award.tender_id)
        .where(Tender.purchase_id == contract.purchase_id, Award.id != contract.award_id)
        .where(Award.state.in_((a.DECIDED, a.PUBLISHED)), Award.id.not_in(signed))
        .limit(1)
    )
    return tender is not None or award is not None


def _obligations(purchase_id: int) -> list[ForwardObligation]:
    return list(
        db.session.scalars(
            db.select(ForwardObligation)
            .where(ForwardObligation.purchase_id == purchase_id, ForwardObligation.state == OPEN)
            .order_by(ForwardObligation.id)
        )
    )


def _follow_obligation(actor: Actor, contract: Contract, row: ContractYear) -> None:
    """Bring the forward obligation of a year without budget up to its amount."""
    if row.committed:
        return
    name = source(contract.id, row.fiscal_year)
    if not row.amount_fen:
        forward.cancel(name)
        return
    purchase = db.session.get_one(Purchase, contract.purchase_id)
    forward.add(
        actor,
        source=name,
        purchase_id=purchase.id,
        organisation_id=purchase.organisation_id,
        name=contract.name,
        fiscal_year=row.fiscal_year,
        amount_fen=row.amount_fen,
    )


def _post_ceiling(contract: Contract) -> None:
    """Register a framework's ceiling with the first of its contracts; the others name the same."""
    asked = read_terms(contract.terms).ceiling_fen or 0
    stands = balance(postings.CEILING, purchase_id=contract.purchase_id)
    if stands and stands != asked:
        raise Conflict(
            "CEILING_DIFFERS",
            _(
                "同一框架协议的上限须一致：已登记 %(stands)s 元，本合同写的是 %(asked)s 元。"
                "请作废本合同，按已登记的上限重新起草。",
                stands=yuan(stands),
                asked=yuan(asked),
            ),
            ceiling_fen=stands,
        )
    if stands:
        return
    move = Move(
        Owner(postings.CEILING, purchase_id=contract.purchase_id),
        Owner(postings.CEILING_FREE, purchase_id=contract.purchase_id),
        asked,
    )
    post(postings.SIGNED, f"purchase:{contract.purchase_id}/ceiling", [move], note=contract.number)
