"""What people see of milestones: lists in their scope, and one with all that was said of it."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from core import clock
from core.access import Actor, fetch, scoped
from core.db import db
from core.errors import Refusal
from core.formats import yuan
from core.settlement.claims import payee_names
from plugins.contract_outsourcing.models import Acceptance, Contract, Deduction, Milestone, Opinion
from plugins.contract_outsourcing.models import performance as p
from plugins.contract_outsourcing.service import (
    accepting,
    deducting,
    evidence,
    opinions,
    scoring_performance,
)
from plugins.contract_outsourcing.service.milestones import contract_of, said, terms_of

VIEW = "contract.view"
PAGE = 50


def listed(
    actor: Actor,
    *,
    contract_id: int | None = None,
    before: int | None = None,
    limit: int = PAGE,
    states: tuple[str, ...] = (),
) -> dict[str, Any]:
    """Return milestones in the actor's scope, newest first, with contract and provider."""
    query = (
        scoped(Milestone, actor, VIEW)
        .join(Contract, Contract.id == Milestone.contract_id)
        .add_columns(Contract)
        .order_by(Milestone.id.desc())
        .limit(limit)
    )
    if contract_id is not None:
        query = query.where(Milestone.contract_id == contract_id)
    if before is not None:
        query = query.where(Milestone.id < before)
    if states:
        query = query.where(Milestone.state.in_(states))
    rows = list(db.session.execute(query))
    names = payee_names(milestone.provider_id for milestone, _contract in rows)
    return {
        "items": [
            said(milestone)
            | {
                "contract": contract.number,
                "contract_name": contract.name,
                "provider": names[milestone.provider_id],
            }
            for milestone, contract in rows
        ],
        "next_before": rows[-1][0].id if len(rows) == limit else None,
    }


def count(actor: Actor, permission: str, *states: str) -> int:
    """Return how many milestones in certain states an actor may deal with."""
    found = scoped(Milestone, actor, permission).where(Milestone.state.in_(states)).subquery()
    return int(db.session.scalar(db.select(db.func.count()).select_from(found)) or 0)


def count_due(actor: Actor) -> int:
    """Return how many milestones a provider should have delivered by today, and has not."""
    found = (
        scoped(Milestone, actor, "milestone.deliver")
        .where(Milestone.state.in_((p.SCHEDULED, p.REFUSED)), Milestone.kind != p.ORDER)
        .where(Milestone.due_on <= clock.today())
        .subquery()
    )
    return int(db.session.scalar(db.select(db.func.count()).select_from(found)) or 0)


def results(
    actor: Actor,  # noqa: ARG001 - public
    *,
    before: int | None = None,
    limit: int = PAGE,
) -> dict[str, Any]:
    """Return the published results of accepting public services, newest first; nobody is named."""
    query = (
        db.select(Acceptance, Milestone, Contract)
        .join(Milestone, Milestone.id == Acceptance.milestone_id)
        .join(Contract, Contract.id == Milestone.contract_id)
        .where(Acceptance.published_at.is_not(None), Acceptance.state == accepting.APPROVED)
        .order_by(Acceptance.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(Acceptance.id < before)
    rows = list(db.session.execute(query))
    heard = _heard([milestone.id for _one, milestone, _contract in rows])
    names = payee_names(
        number for _one, one, _contract in rows for number in (one.provider_id, one.organisation_id)
    )
    return {
        "items": [
            {
                "contract_name": contract.name,
                "name": milestone.name,
                "organisation": names[milestone.organisation_id],
                "provider": names[milestone.provider_id],
                "accepted_on": milestone.accepted_on.isoformat() if milestone.accepted_on else None,
                "payable_fen": milestone.payable_fen,
                "deducted_fen": milestone.deducted_fen,
                "opinions": heard.get(milestone.id, (0, 0))[0],
                "delivered": heard.get(milestone.id, (0, 0))[1],
            }
            for _one, milestone, contract in rows
        ],
        "next_before": rows[-1][0].id if len(rows) == limit else None,
    }


def scores(actor: Actor, *, before: int | None = None, limit: int = PAGE) -> dict[str, Any]:
    """Return the contracts in the actor's scope with the scores given so far, newest first."""
    query = scoped(Contract, actor, VIEW).where(Contract.signed_at.is_not(None))
    if before is not None:
        query = query.where(Contract.id < before)
    rows = list(db.session.scalars(query.order_by(Contract.id.desc()).limit(limit)))
    names = payee_names(row.provider_id for row in rows)
    return {
        "items": [_scored(row, names) for row in rows],
        "next_before": rows[-1].id if len(rows) == limit else None,
    }


def scored(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Return a contract with the scores given so far."""
    row = fetch(Contract, id, actor, VIEW)
    return _scored(row, payee_names([row.provider_id]))


def _scored(row: Contract, names: dict[int, str]) -> dict[str, Any]:
    return {
        "id": row.id,
        "contract": row.number,
        "contract_name": row.name,
        "provider": names[row.provider_id],
        **dict.fromkeys((p.PURCHASER, p.RECIPIENTS, p.THIRD_PARTY)),
        **scoring_performance.points(row.id),
    }


def _heard(milestone_ids: list[int]) -> dict[int, tuple[int, int]]:
    """Return how many opinions each milestone has, and how many say "delivered"."""
    yes = db.func.sum(db.case((Opinion.delivered, 1), else_=0))
    rows = db.session.execute(
        db.select(Opinion.milestone_id, db.func.count(), yes)
        .where(Opinion.milestone_id.in_(milestone_ids))
        .group_by(Opinion.milestone_id)
    )
    return {number: (count, int(delivered)) for number, count, delivered in rows}


def count_to_state(actor: Actor) -> int:
    """Return how many proposed deductions a provider may still say something to."""
    found = (
        scoped(Milestone, actor, "deduction.state")
        .join(Deduction, Deduction.milestone_id == Milestone.id)
        .where(Deduction.state == p.PROPOSED)
        .subquery()
    )
    return int(db.session.scalar(db.select(db.func.count()).select_from(found)) or 0)


def shown(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Return a milestone with its evidence, opinions, deductions, acceptances and amounts.

    Recipients are not named. `reckoned` is what an approval now would owe; where it would be
    refused, `obstacle` says why.
    """
    milestone = fetch(Milestone, id, actor, VIEW)
    contract = contract_of(milestone)
    names = payee_names([milestone.provider_id, milestone.organisation_id])
    return (
        said(milestone)
        | {
            "contract": contract.number,
            "contract_name": contract.name,
            "tender_id": contract.tender_id,
            "is_public_service": contract.is_public_service,
            "provider": names[milestone.provider_id],
            "organisation": names[milestone.organisation_id],
            "evidence": milestone.evidence,
            "files": evidence.listed(milestone.id),
            "standard": [
                {"code": line.code, "name": line.name, "required": line.required}
                for line in accepting.standard_of(milestone, contract)
            ],
            "clauses": [
                {"code": one.code, "name": one.name, "unit": one.unit, "unit_fen": one.unit_fen}
                for one in terms_of(contract).quality
            ],
            "opinions": _opinions(milestone),
            "opinions_needed": opinions.needed(milestone, contract),
            "deductions": [
                _deduction(row, milestone, contract) for row in deducting.of(milestone.id)
            ],
            "acceptances": _acceptances(milestone),
            "scores": scoring_performance.given(contract.id),
            "points": scoring_performance.points(contract.id),
        }
        | _outlook(milestone, contract)
    )


def _outlook(milestone: Milestone, contract: Contract) -> dict[str, Any]:
    """Return what an approval now would owe, or the sentence that stands in its way."""
    if milestone.state not in {p.SUBMITTED, p.RECORDED}:
        return {"reckoned": None, "obstacle": None}
    try:
        opinions.refuse_unheard(milestone, contract)
        found = accepting.reckoned(milestone, contract)
    except Refusal as refusal:
        return {"reckoned": None, "obstacle": {"code": refusal.code, "detail": refusal.message}}
    scored = found.pop("score")
    return {"reckoned": found | {"words": scored.words if scored else None}, "obstacle": None}


def _opinions(milestone: Milestone) -> list[dict[str, Any]]:
    query = db.select(Opinion).filter_by(milestone_id=milestone.id)
    ways = {
        opinions.OWN: _("本人账号"),
        opinions.DESK: _("窗口"),
        opinions.TELEPHONE: _("电话"),
    }
    return [
        {
            "id": one.id,
            "way": ways[one.way],
            "delivered": one.delivered,
            "score": one.score,
            "words": one.words,
            "answer": one.answer,
            "given_on": clock.day_of(one.given_at).isoformat(),
        }
        for one in db.session.scalars(query.order_by(Opinion.delivered, Opinion.id))
    ]


def _deduction(row: Deduction, milestone: Milestone, contract: Contract) -> dict[str, Any]:
    return deducting.said(row) | {
        "arithmetic": _arithmetic(row, milestone, contract),
        "state_name": deducting.state_name(row.state),
        "evidence": row.evidence,
        "statement": row.statement,
        "reason": row.reason,
        "decided_on": clock.day_of(row.decided_at).isoformat() if row.decided_at else None,
    }


def _arithmetic(row: Deduction, milestone: Milestone, contract: Contract) -> str:
    """Return how a deduction was reckoned, so that everybody can do it again."""
    late = terms_of(contract).late
    if row.kind == p.LATE and late is not None:
        percent = f"{late.ppm_per_day // 10_000}.{late.ppm_per_day % 10_000:04d}".rstrip("0")
        words = _(
            "%(base)s 元 × %(days)s 天 × %(percent)s%% = %(amount)s 元",
            base=yuan(milestone.amount_fen),
            days=row.units,
            percent=percent.rstrip("."),
            amount=yuan(row.amount_fen),
        )
    elif row.unit_fen is not None:
        words = _(
            "%(units)s × %(each)s 元 = %(amount)s 元",
            units=row.units,
            each=yuan(row.unit_fen),
            amount=yuan(row.amount_fen),
        )
    else:
        words = row.evidence
    if row.capped_fen < row.amount_fen:
        words += _("，受上限限制扣 %(capped)s 元", capped=yuan(row.capped_fen))
    return words


def _acceptances(milestone: Milestone) -> list[dict[str, Any]]:
    query = db.select(Acceptance).filter_by(milestone_id=milestone.id).order_by(Acceptance.id)
    return [
        {
            "id": one.id,
            "state": one.state,
            "state_name": accepting.state_name(one.state),
            "results": one.results,
            "words": one.words,
            "reason": one.reason,
            "recorded_on": clock.day_of(one.recorded_at).isoformat(),
            "decided_on": clock.day_of(one.decided_at).isoformat() if one.decided_at else None,
        }
        for one in db.session.scalars(query)
    ]
