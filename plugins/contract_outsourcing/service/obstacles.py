"""What keeps a contract's pool from closing: milestones not delivered, accepted or paid."""

from __future__ import annotations

from flask_babel import gettext as _

from core.db import db
from core.years import Obstacle
from plugins.contract_outsourcing.models import ContractYear, Milestone
from plugins.contract_outsourcing.models import performance as p

# Who must act next, by the state a milestone is in.
WHO = {
    p.SCHEDULED: "provider_manager",
    p.REFUSED: "provider_manager",
    p.SUBMITTED: "accepter",
    p.RECORDED: "purchaser_approver",
    p.ACCEPTED: "finance_maker",
}


def obstacles(pool_ids: list[int]) -> list[Obstacle]:
    """Return the obstacles of contracts' pools among these: the answer to `pool_obstacles`."""
    rows = db.session.execute(
        db.select(Milestone, ContractYear.pool_id)
        .join(
            ContractYear,
            (ContractYear.contract_id == Milestone.contract_id)
            & (ContractYear.fiscal_year == Milestone.fiscal_year),
        )
        .where(ContractYear.pool_id.in_(pool_ids), Milestone.state.in_(WHO))
        .order_by(Milestone.id)
    )
    return [
        Obstacle(
            pool_id,
            _what(milestone),
            _left(milestone),
            milestone.pay_by if milestone.state == p.ACCEPTED else milestone.due_on,
            WHO[milestone.state],
            "contract_milestones.show",
            {"id": milestone.id},
            "contract.view",
        )
        for milestone, pool_id in rows
    ]


def _what(milestone: Milestone) -> str:
    if milestone.state == p.ACCEPTED:
        return _("“%(name)s”已验收，还没有付款", name=milestone.name)
    if milestone.state in {p.SUBMITTED, p.RECORDED}:
        return _("“%(name)s”已交付，还没有验收", name=milestone.name)
    return _("“%(name)s”还没有交付", name=milestone.name)


def _left(milestone: Milestone) -> int:
    if milestone.state == p.ACCEPTED:
        return milestone.payable_fen - milestone.advance_fen
    return milestone.amount_fen
