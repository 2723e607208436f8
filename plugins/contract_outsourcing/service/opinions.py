"""What those say who got the service: delivered or not, how well, and what was found of it.

A public service is not accepted without them; one "not delivered" stops the payment until somebody
who did not handle the contract has looked and answered.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func

from core import audit, clock, rulepack
from core.access import Actor, fetch, four_eyes
from core.db import db
from core.divisions import Division
from core.errors import Conflict, NotFound, RuleBroken
from core.parties import Resident
from plugins.contract_outsourcing.models import Contract, Milestone, Opinion
from plugins.contract_outsourcing.models import performance as p
from plugins.contract_outsourcing.service import steps
from plugins.contract_outsourcing.service.milestones import contract_of, terms_of

OWN, DESK, TELEPHONE = "own", "desk", "telephone"
OPINION = "opinion"
BASIS = "政府采购法实施条例第四十五条"
MINE_SHOWN = 30


def give(
    actor: Actor,
    *,
    milestone_id: int,
    delivered: bool,
    score: int | None = None,
    words: str | None = None,
) -> dict[str, Any]:
    """Say as a resident what became of a service; said again before the acceptance, it is replaced.

    Refuses a service that is not for those who live where the resident lives: NOT_FOUND.
    """
    resident = db.session.get(Resident, actor.resident_id or 0)
    milestone = _locked(milestone_id)
    if resident is None or milestone is None or not _is_for(milestone, resident):
        raise _unknown()
    given = {"way": OWN, "delivered": delivered, "score": score, "words": words}
    return _keep(actor, milestone, resident, given)


def record(
    actor: Actor,
    *,
    milestone_id: int,
    resident_id: int,
    way: str,
    delivered: bool,
    score: int | None = None,
    words: str | None = None,
) -> dict[str, Any]:
    """Write down what a resident said at the desk or by telephone; see `give`.

    What she said herself with her own account is not replaced: OPINION_IS_HERS.
    """
    milestone = fetch(Milestone, milestone_id, actor, "opinion.record")
    resident = db.session.get(Resident, resident_id)
    if resident is None or not _is_for(milestone, resident):
        raise _unknown()
    earlier = _earlier(milestone, resident)
    if earlier is not None and earlier.way == OWN:
        raise RuleBroken(
            "OPINION_IS_HERS",
            _("这位居民已用自己的账号给出意见，不能代为改写。请由本人修改。"),
            basis=BASIS,
        )
    given = {"way": way, "delivered": delivered, "score": score, "words": words}
    return _keep(actor, milestone, resident, given)


def answer(actor: Actor, *, id: int, answer: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Answer an opinion with what was found; by the accepter, who did not handle the contract."""
    opinion = db.session.get(Opinion, id)
    if opinion is None:
        raise _unknown()
    milestone = fetch(Milestone, opinion.milestone_id, actor, "opinion.answer")
    steps.milestone.require(milestone, "opinion.answer")
    db.session.refresh(opinion)
    contract = contract_of(milestone)
    four_eyes(actor, *handlers(contract), opinion.given_by, what=_("答复服务对象的意见"))
    if opinion.answered_at is not None:
        raise Conflict("STATE_CHANGED", _("这条意见已经答复过了。请刷新后查看。"))
    opinion.answer, opinion.answered_by = answer, actor.user_id
    opinion.answered_at = clock.now()
    db.session.flush()
    audit.about(OPINION, opinion.id)
    return _said(opinion)


# --- for acceptance ----------------------------------------------------------------------------


def handlers(contract: Contract) -> tuple[int | None, ...]:
    """Return who drafted and agreed a contract, who may not judge its performance."""
    return contract.made_by, contract.agreed_by


def refuse_unheard(milestone: Milestone, contract: Contract) -> None:
    """Refuse ACCEPTANCE_NEEDS_RECIPIENTS and ACCEPTANCE_DISPUTED for a public service."""
    if milestone.kind == p.ADVANCE:
        return
    if contract.is_public_service:
        _refuse_too_few(milestone, contract)
    disputed = db.session.scalar(
        db.select(func.count()).where(
            Opinion.milestone_id == milestone.id,
            Opinion.delivered.is_(False),
            Opinion.answered_at.is_(None),
        )
    )
    if disputed:
        raise RuleBroken(
            "ACCEPTANCE_DISPUTED",
            _(
                "有 %(count)s 位服务对象说“%(name)s”没有送到，还没有查清答复，不能验收付款。"
                "请由验收人员逐条核实并答复。",
                count=disputed,
                name=milestone.name,
            ),
            basis=BASIS,
            disputed=disputed,
        )


def needed(milestone: Milestone, contract: Contract) -> int:
    """Return how many opinions an acceptance needs: what the law or the contract asks for."""
    if not contract.is_public_service or milestone.kind == p.ADVANCE:
        return 0
    least = rulepack.number(
        "acceptance.recipients_min", on=clock.today(), division_code=contract.division_code
    )
    return max(least, terms_of(contract).recipients_min)


def scores(contract_id: int) -> list[int]:
    """Return the scores recipients gave all the milestones of a contract."""
    query = (
        db.select(Opinion.score)
        .join(Milestone, Milestone.id == Opinion.milestone_id)
        .where(Milestone.contract_id == contract_id, Opinion.score.is_not(None))
        .order_by(Opinion.id)
    )
    return [score for score in db.session.scalars(query) if score is not None]


# --- for the resident's page -------------------------------------------------------------------


def mine(actor: Actor) -> dict[str, Any]:
    """Return the services of a resident's place that were delivered, with what she said of them.

    Those that wait for an opinion first.
    """
    resident = db.session.get(Resident, actor.resident_id or 0)
    place = db.session.get(Division, resident.division_code) if resident else None
    if resident is None or place is None:
        return {"items": []}
    codes = place.path.strip("/").split("/")
    rows = db.session.execute(
        db.select(Milestone, Contract, Opinion)
        .join(Contract, Contract.id == Milestone.contract_id)
        .outerjoin(
            Opinion,
            (Opinion.milestone_id == Milestone.id) & (Opinion.resident_id == resident.id),
        )
        .where(
            Contract.is_public_service,
            Contract.division_code.in_(codes),
            Milestone.kind.not_in({p.ADVANCE, p.ORDER}),
            Milestone.state.in_({p.SUBMITTED, p.RECORDED}) | Opinion.id.is_not(None),
        )
        .order_by(Opinion.id.is_not(None), Milestone.submitted_at.desc(), Milestone.id)
        .limit(MINE_SHOWN)
    )
    return {"items": [_for_her(milestone, contract, one) for milestone, contract, one in rows]}


# --- parts -------------------------------------------------------------------------------------


def _refuse_too_few(milestone: Milestone, contract: Contract) -> None:
    least = needed(milestone, contract)
    heard = db.session.scalar(db.select(func.count()).where(Opinion.milestone_id == milestone.id))
    if (heard or 0) >= least:
        return
    raise RuleBroken(
        "ACCEPTANCE_NEEDS_RECIPIENTS",
        _(
            "公共服务项目验收应当请服务对象参与并出具意见：“%(name)s”需要 %(least)s 份，"
            "现有 %(heard)s 份，还缺 %(missing)s 份。请先请服务对象给出意见。",
            name=milestone.name,
            least=least,
            heard=heard or 0,
            missing=least - (heard or 0),
        ),
        basis=BASIS,
        required=least,
        given=heard or 0,
    )


def _locked(milestone_id: int) -> Milestone | None:
    found: Milestone | None = db.session.scalar(
        db.select(Milestone).where(Milestone.id == milestone_id).with_for_update(of=Milestone)
    )
    return found


def _is_for(milestone: Milestone, resident: Resident) -> bool:
    """Tell whether a milestone is a public service where a resident lives."""
    contract = contract_of(milestone)
    place = db.session.get_one(Division, resident.division_code)
    return contract.is_public_service and contract.division_code in place.path.split("/")


def _earlier(milestone: Milestone, resident: Resident) -> Opinion | None:
    found: Opinion | None = db.session.scalar(
        db.select(Opinion).filter_by(milestone_id=milestone.id, resident_id=resident.id)
    )
    return found


def _keep(
    actor: Actor, milestone: Milestone, resident: Resident, given: Mapping[str, Any]
) -> dict[str, Any]:
    steps.milestone.require(milestone, "opinion.give")
    opinion = _earlier(milestone, resident)
    if opinion is None:
        opinion = Opinion(milestone_id=milestone.id, resident_id=resident.id)
        db.session.add(opinion)
    for name, value in given.items():
        setattr(opinion, name, value)
    opinion.given_at, opinion.given_by = clock.now(), actor.user_id
    # What was answered was answered to other words.
    opinion.answer = opinion.answered_by = opinion.answered_at = None
    db.session.flush()
    audit.about(OPINION, opinion.id)
    return _said(opinion)


def _said(opinion: Opinion) -> dict[str, Any]:
    return {
        "id": opinion.id,
        "milestone_id": opinion.milestone_id,
        "way": opinion.way,
        "delivered": opinion.delivered,
        "score": opinion.score,
        "answered": opinion.answered_at is not None,
    }


def _for_her(milestone: Milestone, contract: Contract, opinion: Opinion | None) -> dict[str, Any]:
    return {
        "milestone_id": milestone.id,
        "service": contract.name,
        "name": milestone.name,
        "delivered_on": milestone.delivered_on.isoformat() if milestone.delivered_on else None,
        "may_say": milestone.state in {p.SUBMITTED, p.RECORDED},
        "said": None
        if opinion is None
        else {
            "delivered": opinion.delivered,
            "score": opinion.score,
            "words": opinion.words,
            "answer": opinion.answer,
        },
    }


def _unknown() -> NotFound:
    return NotFound("NOT_FOUND", _("没有找到这条记录，或它不在您的管辖范围内。请核对编号。"))
