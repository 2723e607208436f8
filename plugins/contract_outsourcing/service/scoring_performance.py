"""The score of a contract's performance, given by three sides, and what the tail makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flask_babel import gettext as _

from core import audit, clock
from core.access import Actor, fetch
from core.db import db
from core.errors import Conflict, InvalidInput, RuleBroken
from core.formats import yuan
from plugins.contract_outsourcing.models import Contract, ContractScore, Milestone
from plugins.contract_outsourcing.models import performance as p
from plugins.contract_outsourcing.rules import tail
from plugins.contract_outsourcing.service import opinions
from plugins.contract_outsourcing.service.milestones import terms_of
from plugins.contract_outsourcing.service.steps import CONTRACT

FINAL = "final"
BASIS = "政府购买服务管理办法第二十条"


@dataclass(frozen=True)
class Settled:
    """What a tail's score is and does: points as people read them, fen that are not paid."""

    points: str
    factor_bp: int
    deducted_fen: int
    words: str


def score(
    actor: Actor,
    *,
    id: int,  # noqa: A002 - the field
    side: str,
    period: str = FINAL,
    centipoints: int | None = None,
    words: str | None = None,
) -> dict[str, Any]:
    """Write down the purchaser's score, or the recipients' (a survey, or the mean of opinions).

    Hundredths of a point. Refuses NO_SCORED_OPINIONS, and STATE_CHANGED once the tail is settled.
    """
    contract = fetch(Contract, id, actor, "contract.score")
    if side == p.RECIPIENTS and centipoints is None:
        given = opinions.scores(contract.id)
        if not given:
            raise RuleBroken(
                "NO_SCORED_OPINIONS",
                _("还没有服务对象打分，不能取平均。请先请服务对象评价，或填写满意度调查的得分。"),
                basis="政府采购法实施条例第四十五条",
            )
        centipoints = tail.mean(given)
    if centipoints is None:
        raise InvalidInput(_("请填写得分。"), errors={"centipoints": [_("请填写")]})
    return _keep(actor, contract, (period, side), centipoints, words)


def evaluate(
    actor: Actor,
    *,
    id: int,  # noqa: A002 - the field
    centipoints: int,
    period: str = FINAL,
    words: str | None = None,
) -> dict[str, Any]:
    """Write down the score of the third party that the contract names, by one of its people."""
    contract = fetch(Contract, id, actor, "contract.evaluate")
    return _keep(actor, contract, (period, p.THIRD_PARTY), centipoints, words)


def given(contract_id: int, period: str = FINAL) -> dict[str, int]:
    """Return the scores of a period by side, in hundredths of a point."""
    query = db.select(ContractScore.side, ContractScore.centipoints)
    rows = db.session.execute(query.filter_by(contract_id=contract_id, period=period))
    return {row.side: row.centipoints for row in rows}


def points(contract_id: int) -> dict[str, str]:
    """Return the final scores by side in points, as people read them."""
    return {side: tail.shown(Fraction(score)) for side, score in given(contract_id).items()}


def of_tail(milestone: Milestone, contract: Contract) -> Settled | None:
    """Return what the score does to a tail; None where nothing depends on it.

    Refuses SCORE_MISSING until every side with a weight has scored.
    """
    agreed = terms_of(contract).tail
    if milestone.kind != p.TAIL or agreed is None:
        return None
    scores = given(contract.id)
    missing = tail.missing(scores, agreed.weights)
    if missing:
        raise RuleBroken(
            "SCORE_MISSING",
            _(
                "绩效尾款按三方评价支付，还缺：%(sides)s。请先完成评价。",
                sides="、".join(side_name(side) for side in missing),
            ),
            basis=BASIS,
            missing=missing,
        )
    total = tail.total(scores, agreed.weights)
    factor = tail.factor(total, agreed.tiers)
    payable = tail.payable(milestone.amount_fen, factor)
    words = _(
        "综合得分 %(points)s，支付比例 %(percent)s%%，应付 %(payable)s 元。",
        points=tail.shown(total),
        percent=_percent(factor),
        payable=yuan(payable),
    )
    return Settled(tail.shown(total), factor, milestone.amount_fen - payable, words)


def side_name(side: str) -> str:
    """Return the word for who scores."""
    return {
        p.PURCHASER: _("购买主体"),
        p.RECIPIENTS: _("服务对象"),
        p.THIRD_PARTY: _("第三方"),
    }[side]


def _percent(bp: int) -> str:
    return f"{bp // 100}.{bp % 100:02d}".removesuffix(".00")


def _keep(
    actor: Actor,
    contract: Contract,
    of: tuple[str, str],
    centipoints: int,
    words: str | None,
) -> dict[str, Any]:
    period, side = of
    settled = db.select(Milestone.id).where(
        Milestone.contract_id == contract.id,
        Milestone.kind == p.TAIL,
        Milestone.state.in_({p.ACCEPTED, p.PAID}),
    )
    if period == FINAL and db.session.scalars(settled.limit(1)).first() is not None:
        raise Conflict("STATE_CHANGED", _("绩效尾款已按得分结算，不能再改得分。"))
    named = {"contract_id": contract.id, "period": period, "side": side}
    row = db.session.scalar(db.select(ContractScore).filter_by(**named))
    if row is None:
        row = ContractScore(**named)
        db.session.add(row)
    row.centipoints, row.words = centipoints, words
    row.given_by, row.given_at = actor.user_id, clock.now()
    db.session.flush()
    audit.about(CONTRACT, contract.id, f"{side} {period}")
    return {"id": contract.id, "side": side, "period": period, "centipoints": centipoints}
