"""The end of a contract before its time, and the call of a bond: proposed by one, done by another.

What was paid in advance and stands against no acceptance must come back: it is expense no longer
held back, and at once a claw-back that finance receives, or sets off where it was not paid yet.
"""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from core import audit, clock, states
from core.access import Actor, fetch, four_eyes
from core.db import db
from core.errors import Conflict, RuleBroken
from core.ledger import Move, Owner, balance, post
from core.settlement import approve_clawback, order_clawback
from plugins.contract_outsourcing.models import Bond, Contract, ContractYear, Ending
from plugins.contract_outsourcing.models import contracts as c
from plugins.contract_outsourcing.models import performance as p
from plugins.contract_outsourcing.service import ending, postings, steps

ENDING, COMPONENT = "ending", "contract"
MAKE, AGREE = "contract.make", "contract.agree"
TERMINATE = "contract.terminate"


def terminate(
    actor: Actor,
    *,
    id: int,  # noqa: A002 - the field
    reason: str,
    call_bond: bool,
) -> dict[str, Any]:
    """Propose to end a contract before its time; nothing changes until another approves.

    Refuses MILESTONE_UNDER_ACCEPTANCE while something delivered waits for its acceptance.
    """
    contract = fetch(Contract, id, actor, MAKE)
    steps.contract.require(contract, TERMINATE)
    _refuse_waiting(contract)
    return _propose(actor, contract, Ending(call_bond=call_bond, reason=reason))


def call_bond(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Propose to call a bond for what the provider failed to do; another approves it."""
    contract, bond = ending.bond_of(actor, id, MAKE)
    if bond.state != c.HELD:
        raise Conflict(
            "STATE_CHANGED", _("这笔履约保证金已经退还或兑付，不能再兑付。"), state=bond.state
        )
    return _propose(actor, contract, Ending(bond_id=bond.id, call_bond=True, reason=reason))


def approve(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Approve a proposed end or call, as another person, and carry it out.

    At a contract's end what is not delivered is cancelled and its money released, the bonds are
    called or returned, advances that nothing was delivered for must come back. Refuses
    FOUR_EYES_REQUIRED, and what the proposal refuses.
    """
    contract, row = _fetched(actor, id)
    four_eyes(actor, row.made_by, what=_("解除合同、兑付履约保证金"))
    _decide(actor, row, c.APPROVED)
    if row.bond_id is not None:
        bond = db.session.get_one(Bond, row.bond_id, with_for_update=True)
        ending.end_bond(actor, contract, bond, row.reason, called=True)
        return _said(contract, row)
    steps.contract.require(contract, TERMINATE)
    _refuse_waiting(contract)
    for other in _open(contract.id):
        _decide(actor, other, c.DECLINED, _("合同已解除"))
    released = ending.give_up_rest(contract, "terminated")
    owed_back = _claw_back_advances(actor, contract, row)
    for bond in contract.bonds:
        if bond.state == c.HELD:
            ending.end_bond(actor, contract, bond, row.reason, called=row.call_bond)
    steps.contract.take(contract, TERMINATE, ended_on=clock.today(), end_reason=row.reason)
    return _said(contract, row) | {"released_fen": released, "owed_back_fen": owed_back}


def decline(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Decline a proposed end or call, with a reason; the contract goes on as it was."""
    contract, row = _fetched(actor, id)
    _decide(actor, row, c.DECLINED, reason)
    return _said(contract, row, reason)


# --- parts -------------------------------------------------------------------------------------


def _refuse_waiting(contract: Contract) -> None:
    waiting = [
        row.name for row in ending.milestones(contract) if row.state in {p.SUBMITTED, p.RECORDED}
    ]
    if waiting:
        raise RuleBroken(
            "MILESTONE_UNDER_ACCEPTANCE",
            _(
                "节点“%(names)s”已交付，正在验收。请先验收合格或不合格，再解除合同。",
                names="、".join(waiting),
            ),
            basis="保障中小企业款项支付条例第十五条",
            milestones=waiting,
        )


def _propose(actor: Actor, contract: Contract, row: Ending) -> dict[str, Any]:
    if any(one.bond_id == row.bond_id for one in _open(contract.id)):
        raise Conflict("STATE_CHANGED", _("已经提出，正在等复核。请刷新后查看。"))
    row.contract_id, row.state = contract.id, c.PROPOSED
    row.made_by, row.made_at = actor.user_id, clock.now()
    db.session.add(row)
    db.session.flush()
    states.begin(ENDING, row)
    return _said(contract, row)


def _claw_back_advances(actor: Actor, contract: Contract, row: Ending) -> int:
    """Let come back, by year, what was paid in advance for nothing; return it in fen.

    Who proposed the end has ordered it, who approves the end approves it.
    """
    total, party = 0, contract.provider_id
    for pool_id, year in _pools(contract):
        fen = balance(postings.PREPAID, pool_id=pool_id, party_id=party)
        if not fen:
            continue
        total += fen
        prepaid = Owner(postings.PREPAID, pool_id=pool_id, party_id=party)
        move = Move(postings.of("fin.expense", pool_id), prepaid, fen)
        source = f"contract:{contract.id}/{year}/advance_lost"
        post(postings.ENDED, source, [move], note=contract.number)
        clawback = order_clawback(
            Actor(row.made_by, "", ()),
            component=COMPONENT,
            source=f"contract:{contract.id}/{year}/advance",
            pool_id=pool_id,
            party_id=party,
            amount_fen=fen,
            reason=_("%(number)s 解除，预付款未抵扣", number=contract.number),
        )
        approve_clawback(actor, id=clawback.id)
    return total


def _pools(contract: Contract) -> list[tuple[int, int]]:
    rows = db.session.execute(
        db.select(ContractYear.pool_id, ContractYear.fiscal_year)
        .where(ContractYear.contract_id == contract.id)
        .order_by(ContractYear.fiscal_year)
    )
    return [(row.pool_id, row.fiscal_year) for row in rows]


def _open(contract_id: int) -> list[Ending]:
    query = db.select(Ending).filter_by(contract_id=contract_id, state=c.PROPOSED)
    return list(db.session.scalars(query.order_by(Ending.id)))


def _fetched(actor: Actor, number: int) -> tuple[Contract, Ending]:
    """Return a proposal with its contract, which is locked first as in every act on it."""
    contract_id = db.session.scalar(db.select(Ending.contract_id).where(Ending.id == number))
    contract = fetch(Contract, contract_id or 0, actor, AGREE)
    return contract, db.session.get_one(Ending, number, with_for_update=True)


def _decide(actor: Actor, row: Ending, to: str, decision: str | None = None) -> None:
    states.change(
        ENDING,
        row,
        to=to,
        allowed=[c.PROPOSED],
        decided_by=actor.user_id,
        decided_at=clock.now(),
        decision=decision,
    )


def _said(contract: Contract, row: Ending, detail: str | None = None) -> dict[str, Any]:
    audit.about("contract", contract.id, detail or row.reason)
    return {
        "id": row.id,
        "contract_id": contract.id,
        "bond_id": row.bond_id,
        "state": row.state,
        "contract_state": contract.state,
    }
