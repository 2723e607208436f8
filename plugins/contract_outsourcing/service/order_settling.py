"""An order's end: claimed by the provider, counted by residents' confirmations, settled.

Paid is the least of ordered, claimed and verified, by bands of what was paid before in the quarter.
Claiming more than the tolerance beyond what was verified costs the excess once more. That is a
deduction, so the provider is heard: what it says with its claim (`statement`) is its hearing, and
the order may be settled the same day; without it the order waits until the days for it are over.
The confirmations are the opinion of those who were served; no separate acceptance follows.
"""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from core import audit, clock, rulepack, states, workdays
from core.access import Actor, four_eyes
from core.db import db
from core.errors import RuleBroken
from core.fields import FEN_MAX
from core.formats import day
from core.ledger import post
from plugins.contract_outsourcing.models import Contract, Deduction, Milestone, Order
from plugins.contract_outsourcing.models.performance import (
    DECIDED,
    DROPPED,
    OVERCLAIM,
    PROPOSED,
    STATED,
)
from plugins.contract_outsourcing.rules.bands import Settlement, days_of
from plugins.contract_outsourcing.rules.bands import settle as reckon
from plugins.contract_outsourcing.service import (
    challenges,
    deducting,
    frameworks,
    payment_clocks,
    postings,
    steps,
)
from plugins.contract_outsourcing.service.frameworks import BASIS
from plugins.contract_outsourcing.service.milestones import (
    contract_of,
    locked_pool,
    refuse_not_owing,
    terms_of,
)
from plugins.contract_outsourcing.service.orders import delivered, fetch_order

CLAIM, SETTLE = "order.claim", "order.settle"
# As it is kept with the order, whoever's language it is in which it is claimed.
CLAUSE = "申报数量超过核实数量且超出容许比例的，超出部分按第一档单价再扣一次。"


def claim(
    actor: Actor,
    *,
    id: int,  # noqa: A002 - the field
    quantity: int,
    statement: str | None = None,
) -> dict[str, Any]:
    """Claim a quantity for an order whose month is over; from here on no delivery is added.

    Answers what was verified and what the order comes to. Refuses PERIOD_NOT_OVER.
    """
    milestone, order = fetch_order(actor, id, CLAIM)
    steps.milestone.require(milestone, CLAIM)
    last = days_of(order.period)[1]
    if clock.today() <= last:
        raise RuleBroken(
            "PERIOD_NOT_OVER",
            _(
                "%(period)s 还没有结束，不能申报数量。请在 %(last)s 之后申报。",
                period=order.period,
                last=day(last),
            ),
            basis=BASIS,
        )
    order.claimed, order.verified = quantity, delivered(order)
    found = reckoned(order)
    if found.excess:
        _propose(actor, milestone, order, found, statement)
    steps.milestone.take(
        milestone,
        CLAIM,
        delivered_on=last,
        submitted_at=clock.now(),
        submitted_by=actor.user_id,
        evidence={"claimed": quantity, "verified": order.verified, "statement": statement},
    )
    audit.about(steps.MILESTONE, milestone.id, f"{quantity}/{order.verified}")
    return {
        "id": milestone.id,
        "state": milestone.state,
        "claimed": quantity,
        "verified": order.verified,
        **worth(found),
    }


def send_back(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Send a claim back to its provider with a reason; its deduction falls with it."""
    milestone, order = fetch_order(actor, id, SETTLE)
    steps.milestone.require(milestone, "order.send_back")
    for row in _overclaims(milestone):
        deducting.end(actor, row, DROPPED, reason)
    order.claimed = order.verified = None
    steps.milestone.take(
        milestone, "order.send_back", delivered_on=None, submitted_at=None, submitted_by=None
    )
    audit.about(steps.MILESTONE, milestone.id, reason)
    return {"id": milestone.id, "state": milestone.state}


def settle(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Settle a claimed order: what is payable is owed, the rest frees its money and its ceiling.

    Refuses CONTRACT_NOT_PERFORMING, CHALLENGE_OPEN, FOUR_EYES_REQUIRED, STATEMENT_PENDING while
    the provider may still answer, DEDUCTION_PENDING while another deduction is not decided.
    """
    milestone, order = fetch_order(actor, id, SETTLE)
    steps.milestone.require(milestone, SETTLE)
    four_eyes(actor, order.placed_by, milestone.submitted_by, what=_("订单核定"))
    contract = contract_of(milestone)
    refuse_not_owing(contract)
    challenges.refuse_while_challenged(contract.tender_id)
    found, penalty_fen = reckoned(order), _decide(actor, milestone)
    # Whatever else was decided, for bad service say, comes off with it.
    net_fen = max(0, found.gross_fen - deducting.decided_fen(milestone))
    deducted_fen = milestone.amount_fen - net_fen
    moves = [
        *postings.accept_moves(
            locked_pool(milestone),
            contract.provider_id,
            payable_fen=net_fen,
            deducted_fen=deducted_fen,
        ),
        postings.free_ceiling(contract.purchase_id, deducted_fen),
    ]
    journal_id = post(postings.ACCEPTED, f"milestone:{milestone.id}/accepted", moves)
    order.paid = found.paid
    order.bands = [[part.quantity, part.unit_fen] for part in found.parts]
    order.penalty_fen = penalty_fen
    order.settled_by, order.settled_at = actor.user_id, clock.now()
    _owe(milestone, contract, journal_id, net_fen)
    audit.about(steps.MILESTONE, milestone.id, contract.number)
    return {
        "id": milestone.id,
        "state": milestone.state,
        **worth(found),
        "penalty_fen": penalty_fen,
        "payable_fen": net_fen,
        "deducted_fen": deducted_fen,
        "pay_by": str(milestone.pay_by),
    }


def reckoned(order: Order) -> Settlement:
    """Return what a claimed order comes to, by its contract's prices."""
    contract = db.session.get_one(Contract, order.contract_id)
    price = frameworks.require_price(contract, order.service)
    return reckon(
        price.bands,
        frameworks.paid_before(contract.id, order.service, order.quarter),
        ordered=order.ordered,
        claimed=order.claimed or 0,
        verified=order.verified or 0,
        tolerance_ppm=price.tolerance_ppm,
    )


def worth(found: Settlement) -> dict[str, Any]:
    """Return a settlement's figures as an answer gives them."""
    return {
        "paid": found.paid,
        "bands": [[part.quantity, part.unit_fen] for part in found.parts],
        "gross_fen": found.gross_fen,
        "excess": found.excess,
        "penalty_fen": found.penalty_fen,
        "net_fen": found.net_fen,
    }


# --- parts -------------------------------------------------------------------------------------


def _propose(
    actor: Actor, milestone: Milestone, order: Order, found: Settlement, statement: str | None
) -> None:
    """Propose the deduction of an overclaim; the provider may have answered with its claim."""
    today, is_stated = clock.today(), statement is not None
    term = rulepack.number(
        "deduction.statement_working_days", on=today, division_code=milestone.division_code
    )
    row = Deduction(
        milestone_id=milestone.id,
        kind=OVERCLAIM,
        clause=CLAUSE,
        units=found.excess,
        unit_fen=found.excess_fen // found.excess,
        # A claim may be beyond any sum of money; no more than the order is worth is taken off.
        amount_fen=min(found.excess_fen, FEN_MAX),
        capped_fen=found.penalty_fen,
        evidence=f"申报 {order.claimed}，居民确认 {order.verified}。",
        state=STATED if is_stated else PROPOSED,
        proposed_by=None,
        proposed_at=clock.now(),
        statement=statement,
        stated_by=actor.user_id if is_stated else None,
        stated_at=clock.now() if is_stated else None,
        statement_until=workdays.after(today, term).on,
    )
    db.session.add(row)
    db.session.flush()
    states.begin(deducting.DEDUCTION, row)


def _overclaims(milestone: Milestone) -> list[Deduction]:
    """Return the open deductions for overclaiming, at most one."""
    rows = deducting.of(milestone.id)
    return [row for row in rows if row.kind == OVERCLAIM and row.state in deducting.OPEN]


def _decide(actor: Actor, milestone: Milestone) -> int:
    """Decide the overclaim's deduction with the order; return what it takes off (fen).

    One that was dropped before takes nothing off.
    """
    for row in _overclaims(milestone):
        deducting.require_heard(row)
        deducting.end(actor, row, DECIDED, CLAUSE)
    return sum(
        row.capped_fen
        for row in deducting.of(milestone.id)
        if row.kind == OVERCLAIM and row.state == DECIDED
    )


def _owe(milestone: Milestone, contract: Contract, journal_id: int, net_fen: int) -> None:
    """Call a milestone accepted and start the time to pay, if there is something to pay."""
    today, terms = clock.today(), terms_of(contract)
    start_on, pay_by = payment_clocks.pay_by(milestone, terms, today)
    steps.milestone.take(
        milestone,
        SETTLE,
        accepted_on=today,
        payable_fen=net_fen,
        deducted_fen=milestone.amount_fen - net_fen,
        pay_by=pay_by,
        journal_id=journal_id,
    )
    if net_fen:
        payment_clocks.start(milestone, contract, start_on, terms.payment_days)
    else:
        steps.milestone.take(milestone, "milestone.paid", paid_on=today)
