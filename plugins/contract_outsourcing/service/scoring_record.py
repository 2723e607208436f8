"""The score of a contract as its final account and its provider's record (履约信用) keep it."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from flask_babel import gettext as _

from core.access import Actor, scoped
from core.db import db
from core.errors import RuleBroken
from plugins.contract_outsourcing.models import Contract, ContractScore
from plugins.contract_outsourcing.models.contracts import CLOSED
from plugins.contract_outsourcing.rules.splitting import BP
from plugins.contract_outsourcing.rules.terms import SIDES, read_terms


def score_of(contract: Contract) -> Fraction | None:
    """Return a contract's score in hundredths of a point: its last period that all sides scored.

    The sides weigh as the contract says, and equally where it says nothing.
    """
    tail = read_terms(contract.terms).tail
    weights = dict(tail.weights) if tail else dict.fromkeys(SIDES, 1)
    weights = {side: weight for side, weight in weights.items() if weight}
    rows = db.session.scalars(
        db.select(ContractScore)
        .where(ContractScore.contract_id == contract.id)
        .order_by(ContractScore.given_at.desc(), ContractScore.id.desc())
    ).all()
    for period in dict.fromkeys(row.period for row in rows):
        given = {row.side: row.centipoints for row in rows if row.period == period}
        if weights.keys() <= given.keys():
            total = sum(given[side] * weight for side, weight in weights.items())
            return Fraction(total, sum(weights.values()) if tail is None else BP)
    return None


def require_score(contract: Contract) -> Fraction:
    """Return a contract's score; refuse SCORE_MISSING while a side has not scored."""
    score = score_of(contract)
    if score is None:
        raise RuleBroken(
            "SCORE_MISSING",
            _("还没有完成三方评价，不能结清或续签。请先完成履约评价。"),
            basis="政府购买服务管理办法第二十一条",
        )
    return score


def shown(score: Fraction) -> str:
    """Return a score in points with two decimals, half up."""
    hundredths = (2 * score.numerator + score.denominator) // (2 * score.denominator)
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def credit(actor: Actor, *, provider_id: int) -> dict[str, Any]:
    """Return how a provider performed its closed contracts, for the next selection."""
    query = (
        scoped(Contract, actor, "contract.view")
        .where(Contract.provider_id == provider_id, Contract.state == CLOSED)
        .order_by(Contract.closed_at.desc(), Contract.id.desc())
        .limit(50)
    )
    items = []
    for row in db.session.scalars(query):
        score = score_of(row)
        items.append(
            {
                "contract_id": row.id,
                "number": row.number,
                "name": row.name,
                "closed_at": row.closed_at.isoformat(),
                "score": shown(score) if score is not None else None,
                "terminated": row.end_reason is not None,
            }
        )
    return {"items": items}
