"""How a contract rests and ends: suspended, completed, its bond returned, its final account."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _

from core import audit, clock, states
from core.access import Actor, fetch
from core.budget import lock_pool, release_moves
from core.db import db
from core.errors import RuleBroken
from core.formats import yuan
from core.ledger import Move, Owner, balance, post
from core.years import forward
from plugins.contract_outsourcing.models import (
    Bond,
    Contract,
    ContractYear,
    Milestone,
)
from plugins.contract_outsourcing.models import contracts as c
from plugins.contract_outsourcing.models import performance as p
from plugins.contract_outsourcing.service import (
    contract_clocks,
    contracts,
    incomes,
    postings,
    scoring_record,
    signing,
    steps,
    years,
)

END = "contract.agree"
BOND = signing.BOND


def publish(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Make a signed contract public (two working days)."""
    contract = fetch(Contract, id, actor, "contract.make")
    steps.contract.require(contract, "contract.publish")
    if contract.published_at is None:
        contract.published_at = clock.now()
        db.session.flush()
        contract_clocks.stop(contract_clocks.PUBLISH, contract)
    return contracts.about(contract)


def file(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """File the copy of a signed contract with finance (seven working days)."""
    contract = fetch(Contract, id, actor, "contract.file")
    steps.contract.require(contract, "contract.file")
    if contract.filed_at is None:
        contract.filed_at, contract.filed_by = clock.now(), actor.user_id
        db.session.flush()
        contract_clocks.stop(contract_clocks.FILE, contract)
    return contracts.about(contract)


def suspend(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Let a contract rest: nothing more is delivered, what was delivered is still paid."""
    contract = fetch(Contract, id, actor, END)
    steps.contract.take(contract, "contract.suspend", suspended_from=clock.today())
    return contracts.about(contract, reason)


def resume(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Let a suspended contract go on."""
    contract = fetch(Contract, id, actor, END)
    steps.contract.take(contract, "contract.resume", suspended_from=None)
    return contracts.about(contract, reason)


def complete(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Say that a contract was performed: every milestone is paid or cancelled.

    An advance that was never asked for is cancelled: the whole was paid without it.
    """
    contract = fetch(Contract, id, actor, END)
    steps.contract.require(contract, "contract.complete")
    unasked = [
        row
        for row in milestones(contract)
        if row.kind == p.ADVANCE and row.state in {p.SCHEDULED, p.REFUSED}
    ]
    _refuse_open(contract, but=unasked)
    for row in unasked:
        steps.milestone.take(row, "milestone.cancel")
    steps.contract.take(contract, "contract.complete", ended_on=clock.today())
    return contracts.about(contract)


def close(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Close a contract's final account: nothing owed, the rest released, the score on record.

    Refuses MILESTONES_OPEN, CONTRACT_OWED, BOND_HELD, SCORE_MISSING.
    """
    contract = fetch(Contract, id, actor, END)
    steps.contract.require(contract, "contract.close")
    _refuse_open(contract)
    _refuse_owed(contract)
    if any(bond.state == c.HELD for bond in contract.bonds):
        raise RuleBroken("BOND_HELD", _("履约保证金还没有退还或兑付，不能结清。请先办理。"))
    score = scoring_record.require_score(contract)
    released = give_up_rest(contract, "closed")
    for pool_id in years.pools_of(contract.id):
        lock_pool(pool_id).closed_on = clock.today()
    steps.contract.take(contract, "contract.close", closed_at=clock.now())
    return contracts.about(contract) | {
        "released_fen": released,
        "score": scoring_record.shown(score),
        **postings.registered(years.pools_of(contract.id)),
    }


def return_bond(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Return a bond once the contract was performed or ended. Refuses BOND_STILL_NEEDED."""
    contract, bond = bond_of(actor, id, END)
    if contract.state not in {c.COMPLETED, c.TERMINATED}:
        raise RuleBroken(
            "BOND_STILL_NEEDED",
            _("合同还在履行，履约保证金在履行完毕或解除后退还。"),
            basis="政府采购法实施条例第四十八条",
        )
    end_bond(actor, contract, bond, reason, called=False)
    return _bond_said(bond)


# --- parts -------------------------------------------------------------------------------------


def give_up_rest(contract: Contract, why: str) -> int:
    """Cancel what will not be delivered and release its money; return it in fen.

    Open milestones are cancelled, forward obligations dropped, a framework's ceiling is freed.
    """
    open_rows = [row for row in milestones(contract) if row.state in {p.SCHEDULED, p.REFUSED}]
    moves, total = [], 0
    for row in _years(contract):
        pool = lock_pool(row.pool_id)
        kind = "pool.uncharged" if row.committed else postings.FORWARD_DUE
        fen = balance(kind, pool_id=pool.id)
        if not fen:
            continue
        total += fen
        row.amount_fen -= fen
        unpaid, cancelled = postings.UNPAID, postings.CANCELLED
        moves.append(Move(postings.of(unpaid, pool.id), postings.of(cancelled, pool.id), fen))
        if row.committed:
            moves += release_moves(pool, fen)
        else:
            due, stands = postings.FORWARD_DUE, postings.FORWARD
            moves.append(Move(postings.of(due, pool.id), postings.of(stands, pool.id), fen))
            forward.cancel(years.source(contract.id, row.fiscal_year))
    ordered = sum(row.amount_fen for row in open_rows if row.kind == p.ORDER)
    if ordered:
        used, free = postings.CEILING_USED, postings.CEILING_FREE
        owner = {"purchase_id": contract.purchase_id}
        moves.append(Move(Owner(used, **owner), Owner(free, **owner), ordered))
    for milestone in open_rows:
        steps.milestone.take(milestone, "milestone.cancel")
    if moves:
        post(postings.ENDED, f"contract:{contract.id}/{why}", moves, note=contract.number)
    return total


def milestones(contract: Contract) -> list[Milestone]:
    """Return a contract's milestones in order, locked."""
    query = db.select(Milestone).filter_by(contract_id=contract.id).order_by(Milestone.sequence)
    return list(db.session.scalars(query.with_for_update()))


def _years(contract: Contract) -> list[ContractYear]:
    query = db.select(ContractYear).filter_by(contract_id=contract.id)
    return list(db.session.scalars(query.order_by(ContractYear.fiscal_year).with_for_update()))


def _refuse_open(contract: Contract, *, but: Sequence[Milestone] = ()) -> None:
    done = {row.id for row in but}
    open_names = [
        row.name
        for row in milestones(contract)
        if row.id not in done and row.state not in {p.PAID, p.CANCELLED}
    ]
    if open_names:
        raise RuleBroken(
            "MILESTONES_OPEN",
            _(
                "还有节点没有付清：%(names)s。请先验收付款，或变更、解除合同。",
                names="、".join(open_names),
            ),
            milestones=open_names,
        )


def _refuse_owed(contract: Contract) -> None:
    pools = years.pools_of(contract.id)
    owed = sum(balance("fin.payable", pool_id=pool_id) for pool_id in pools)
    prepaid = sum(balance(postings.PREPAID, pool_id=pool_id) for pool_id in pools)
    due = sum(balance(postings.RECEIVABLE, pool_id=pool_id) for pool_id in pools)
    back = sum(balance("fin.receivable", pool_id=pool_id) for pool_id in pools)
    if owed or prepaid or due or back:
        raise RuleBroken(
            "CONTRACT_OWED",
            _(
                "账目还没有结清：应付 %(owed)s 元，预付未抵 %(prepaid)s 元，应收上缴 %(due)s 元，"
                "待追回 %(back)s 元。",
                owed=yuan(owed),
                prepaid=yuan(prepaid),
                due=yuan(due),
                back=yuan(back),
            ),
            owed_fen=owed,
            prepaid_fen=prepaid,
            receivable_fen=due,
            clawback_fen=back,
        )


def bond_of(actor: Actor, number: int, permission: str) -> tuple[Contract, Bond]:
    """Return a bond with its contract, which is locked first as in every act on it."""
    contract_id = db.session.scalar(db.select(Bond.contract_id).where(Bond.id == number))
    contract = fetch(Contract, contract_id or 0, actor, permission)
    return contract, db.session.get_one(Bond, number, with_for_update=True)


def end_bond(actor: Actor, contract: Contract, bond: Bond, reason: str, *, called: bool) -> None:
    """Return a bond, or call it: then the money is owed to the treasury."""
    states.change(
        BOND,
        bond,
        to=c.CALLED if called else c.RETURNED,
        allowed=[c.HELD],
        ended_by=actor.user_id,
        ended_at=clock.now(),
        end_reason=reason,
    )
    audit.about("contract", contract.id, reason)
    if called:
        incomes.owe(
            actor, contract, bond.amount_fen, _("履约保证金 %(paper)s", paper=bond.document)
        )


def _bond_said(bond: Bond) -> dict[str, Any]:
    return {
        "id": bond.id,
        "contract_id": bond.contract_id,
        "state": bond.state,
        "amount_fen": bond.amount_fen,
    }
