"""The contract's stations of a yuan: from the pool over contract and milestone to the claim."""

from __future__ import annotations

import re
from typing import Any

from flask_babel import gettext as _

from core.access import Actor, scoped
from core.budget import Pool
from core.db import db
from core.ledger import Journal
from core.parties import Organisation
from core.settlement.models import PaymentClaim
from core.trace import BANK, BUDGET, MOST, Place, Step, claim_place, pool_place
from plugins.contract_outsourcing.models import Amendment, Contract, ContractYear, Milestone
from plugins.contract_outsourcing.service.years import COMPONENT

CONTRACT, MILESTONE = "contract", "contract_milestone"
VIEW = "contract.view"


def found(text: str, actor: Actor) -> list[Place]:
    """Return the contracts and milestones a text names, as far as in view.

    A contract's number, `contract:3`, `milestone:7`, `amendment:2`, or a source of our journals.
    """
    kind, number = _numbered(text)
    changed = db.select(Amendment.contract_id).where(
        Amendment.id == (number if kind == "amendment" else 0)
    )
    contracts = scoped(Contract, actor, VIEW).where(
        db.or_(
            Contract.number == text,
            Contract.id == (number if kind == CONTRACT else 0),
            Contract.id.in_(changed),
        )
    )
    milestones = scoped(Milestone, actor, VIEW).where(
        Milestone.id == (number if kind == "milestone" else 0)
    )
    return [*map(contract_place, _some(contracts)), *map(milestone_place, _some(milestones))]


def steps(place: Place) -> list[Step]:
    """Return the contract's stations next to a place, its own, a pool or a claim."""
    around = {
        "pool": _after_pool,
        CONTRACT: _around_contract,
        MILESTONE: _around_milestone,
        "claim": _before_claim,
    }
    return around[place.kind](int(place.key)) if place.kind in around else []


def contract_place(row: Contract) -> Place:
    """Return a contract as a station, with the journals that changed its value."""
    changes = [
        f"amendment:{number}/in_force"
        for number in db.session.scalars(
            db.select(Amendment.id).where(Amendment.contract_id == row.id)
        )
    ]
    journals = db.session.scalars(
        db.select(Journal.id)
        .where(
            db.or_(Journal.source.startswith(f"contract:{row.id}/"), Journal.source.in_(changes))
        )
        .order_by(Journal.id)
    )
    return Place(
        CONTRACT,
        str(row.id),
        _("合同 %(number)s", number=row.number),
        f"{row.name} · {db.session.get_one(Organisation, row.provider_id).name}",
        row.value_fen,
        row.signed_at,
        tuple(journals),
        "contract_contracts.show",
        {"id": row.id},
        VIEW,
    )


def milestone_place(row: Milestone) -> Place:
    """Return a milestone as a station, with the journals of its acceptance."""
    journals = db.session.scalars(
        db.select(Journal.id)
        .where(Journal.source.startswith(f"milestone:{row.id}/"))
        .order_by(Journal.id)
    )
    return Place(
        MILESTONE,
        str(row.id),
        _("节点 %(name)s", name=row.name),
        _("%(year)s 年度", year=row.fiscal_year),
        row.payable_fen or row.amount_fen,
        row.accepted_on or row.due_on,
        tuple(journals),
        "contract_contracts.show",
        {"id": row.contract_id},
        VIEW,
    )


# --- what lies next to them --------------------------------------------------------------------


def _after_pool(number: int) -> list[Step]:
    query = (
        db.select(Contract)
        .join(ContractYear, ContractYear.contract_id == Contract.id)
        .where(ContractYear.pool_id == number)
    )
    return [Step(BANK, contract_place(row)) for row in _some(query)]


def _around_contract(number: int) -> list[Step]:
    pools = (
        db.select(Pool)
        .join(ContractYear, ContractYear.pool_id == Pool.id)
        .where(ContractYear.contract_id == number)
        .order_by(Pool.id)
    )
    milestones = db.select(Milestone).where(Milestone.contract_id == number)
    return [
        *(Step(BUDGET, pool_place(pool)) for pool in _some(pools)),
        *(Step(BANK, milestone_place(row)) for row in _some(milestones.order_by(Milestone.id))),
    ]


def _around_milestone(number: int) -> list[Step]:
    contracts = (
        db.select(Contract)
        .join(Milestone, Milestone.contract_id == Contract.id)
        .where(Milestone.id == number)
    )
    claims = db.select(PaymentClaim).where(
        PaymentClaim.component == COMPONENT, PaymentClaim.source == f"milestone:{number}"
    )
    return [
        *(Step(BUDGET, contract_place(row)) for row in _some(contracts)),
        *(Step(BANK, claim_place(row)) for row in _some(claims)),
    ]


def _before_claim(number: int) -> list[Step]:
    claim = db.session.get(PaymentClaim, number)
    if claim is None or claim.component != COMPONENT:
        return []
    kind, milestone_id = _numbered(claim.source)
    if kind != "milestone":
        return []
    rows = db.select(Milestone).where(Milestone.id == milestone_id)
    return [Step(BUDGET, milestone_place(row)) for row in _some(rows)]


def _numbered(text: str) -> tuple[str, int]:
    read = re.match(r"([a-z_]+):(\d{1,18})(?:/|$)", text)
    return (read[1], int(read[2])) if read else ("", 0)


def _some(query: Any) -> list[Any]:
    # One more than is shown, so that the walk knows when it was cut.
    return list(db.session.scalars(query.limit(MOST + 1)).unique())
