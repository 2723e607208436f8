"""Acceptance: found line by line by one person, decided by a second, and from then on owed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from flask_babel import gettext as _

from core import audit, clock, states
from core.access import Actor, fetch, four_eyes
from core.budget import Pool
from core.db import db
from core.errors import InvalidInput, RuleBroken
from core.formats import yuan
from core.ledger import Move, post
from plugins.contract_outsourcing.models import Acceptance, Contract, Milestone
from plugins.contract_outsourcing.models import performance as p
from plugins.contract_outsourcing.rules.terms import StandardLine
from plugins.contract_outsourcing.service import (
    advances,
    deducting,
    incomes,
    payment_clocks,
    postings,
    scoring_performance,
    steps,
)
from plugins.contract_outsourcing.service.challenges import refuse_while_challenged
from plugins.contract_outsourcing.service.milestones import (
    LAW,
    contract_of,
    locked_pool,
    refuse_not_owing,
    refuse_order,
    said,
    terms_of,
)
from plugins.contract_outsourcing.service.opinions import handlers, refuse_unheard

ACCEPTANCE = "acceptance"
RECORDED, APPROVED, SENT_BACK, REFUSED = "recorded", "approved", "sent_back", "refused"
FOUND = (p.MET, p.PARTLY, p.NOT_MET)


def record(
    actor: Actor,
    *,
    id: int,  # noqa: A002 - the field
    results: list[dict[str, Any]],
    words: str | None = None,
) -> dict[str, Any]:
    """Record what an accepter found of each line of the standard; who handled the contract may not.

    Refuses FOUR_EYES_REQUIRED, ACCEPTANCE_INCOMPLETE, ACCEPTANCE_NEEDS_RECIPIENTS and
    ACCEPTANCE_DISPUTED.
    """
    milestone = fetch(Milestone, id, actor, "acceptance.record")
    steps.milestone.require(milestone, "acceptance.record")
    refuse_order(milestone)
    contract = contract_of(milestone)
    refuse_not_owing(contract)
    refuse_while_challenged(contract.tender_id)
    four_eyes(actor, *handlers(contract), milestone.submitted_by, what=_("验收"))
    found = _results(results, standard_of(milestone, contract))
    refuse_unheard(milestone, contract)
    row = Acceptance(
        milestone_id=milestone.id,
        results=found,
        words=words,
        recorded_by=actor.user_id,
        recorded_at=clock.now(),
        state=RECORDED,
    )
    db.session.add(row)
    db.session.flush()
    states.begin(ACCEPTANCE, row)
    steps.milestone.take(milestone, "acceptance.record")
    audit.about(steps.MILESTONE, milestone.id, contract.number)
    return said(milestone) | {"acceptance_id": row.id}


def approve(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Approve a recorded acceptance: what is payable is owed from now on, the rest goes back.

    By the purchaser's approver, never by who recorded it or handled the contract. Refuses what
    recording refuses, ACCEPTANCE_NOT_MET, DEDUCTION_PENDING, SCORE_MISSING (the tail),
    BUDGET_MISSING (a year that has no budget yet), ADVANCE_TOO_LARGE.
    """
    milestone = fetch(Milestone, id, actor, "acceptance.approve")
    steps.milestone.require(milestone, "acceptance.approve")
    contract, row = contract_of(milestone), recorded(milestone.id)
    refuse_not_owing(contract)
    refuse_while_challenged(contract.tender_id)
    four_eyes(actor, row.recorded_by, contract.made_by, milestone.submitted_by, what=_("验收结果"))
    refuse_unheard(milestone, contract)
    _refuse_not_met(row, standard_of(milestone, contract))
    pool = locked_pool(milestone)
    _settle(actor, milestone, contract, pool)
    _decide(actor, row, APPROVED, None)
    if contract.is_public_service:
        row.published_at = clock.now()
    audit.about(steps.MILESTONE, milestone.id, contract.number)
    return said(milestone) | {"journal_id": milestone.journal_id}


def send_back(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Send a recorded acceptance back to the accepter, to look again."""
    milestone = fetch(Milestone, id, actor, "acceptance.approve")
    steps.milestone.require(milestone, "acceptance.send_back")
    _decide(actor, recorded(milestone.id), SENT_BACK, reason)
    steps.milestone.take(milestone, "acceptance.send_back")
    audit.about(steps.MILESTONE, milestone.id, reason)
    return said(milestone)


def refuse(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Refuse a milestone that does not meet the contract; the provider may deliver again.

    By a second person. Deductions for lateness are given up: they followed from a day of delivery
    that no longer counts.
    """
    milestone = fetch(Milestone, id, actor, "acceptance.approve")
    steps.milestone.require(milestone, "acceptance.refuse")
    row = recorded(milestone.id)
    four_eyes(actor, row.recorded_by, what=_("验收结果"))
    _decide(actor, row, REFUSED, reason)
    deducting.drop_late(actor, milestone, reason)
    steps.milestone.take(milestone, "acceptance.refuse")
    audit.about(steps.MILESTONE, milestone.id, reason)
    return said(milestone)


# --- for pages ---------------------------------------------------------------------------------


def recorded(milestone_id: int) -> Acceptance:
    """Return the acceptance of a milestone that waits for its second person."""
    query = db.select(Acceptance).filter_by(milestone_id=milestone_id, state=RECORDED)
    return db.session.scalars(query).one()


def standard_of(milestone: Milestone, contract: Contract) -> tuple[StandardLine, ...]:
    """Return the lines by which a milestone is accepted; an advance has nothing to accept."""
    return () if milestone.kind == p.ADVANCE else terms_of(contract).standard


def state_name(state: str) -> str:
    """Return the word for an acceptance's state."""
    return {
        RECORDED: _("待复核"),
        APPROVED: _("验收合格"),
        SENT_BACK: _("退回重新验收"),
        REFUSED: _("验收不合格"),
    }[state]


def reckoned(milestone: Milestone, contract: Contract) -> dict[str, Any]:
    """Return what an approval now would owe (fen), by the same rules; `score` where it counts.

    `beyond_fen` of what is deducted was paid in advance and cannot be withheld: the provider owes
    it. Refuses what the approval would refuse of advances, deductions and scores.
    """
    if milestone.kind == p.ADVANCE:
        advances.refuse_large(milestone)
        payable = milestone.amount_fen
        return {"payable_fen": payable, "deducted_fen": 0, "beyond_fen": 0, "score": None}
    scored = scoring_performance.of_tail(milestone, contract)
    by_score = scored.deducted_fen if scored else 0
    most = milestone.amount_fen - by_score
    deducted = by_score + min(deducting.decided_fen(milestone), most)
    left = advances.left_fen(contract.id, milestone.fiscal_year)
    withheld = deducted if left is None else min(deducted, left)
    return {
        "payable_fen": milestone.amount_fen - withheld,
        "deducted_fen": withheld,
        "beyond_fen": deducted - withheld,
        "score": scored,
    }


# --- parts -------------------------------------------------------------------------------------


def _results(
    given: list[dict[str, Any]], standard: Iterable[StandardLine]
) -> dict[str, dict[str, str]]:
    """Return what was found by line's code: one result each, of every required line, no other."""
    lines = {line.code: line for line in standard}
    found = {one["line"]: {"found": one["found"], "words": one.get("words", "")} for one in given}
    if len(found) < len(given):
        raise InvalidInput(
            _("同一项验收标准给了两个结果，请每项只给一个。"),
            errors={"results": [_("同一项给了两个结果")]},
        )
    unknown = sorted(set(found) - set(lines))
    if unknown:
        raise InvalidInput(
            _("合同的验收标准里没有“%(codes)s”，请核对。", codes="、".join(unknown)),
            errors={"results": [_("没有这一项")]},
        )
    missing = [line for line in lines.values() if line.required and line.code not in found]
    if missing:
        raise RuleBroken(
            "ACCEPTANCE_INCOMPLETE",
            _(
                "验收标准还有 %(count)s 项没有结果：%(names)s。请逐项核对后再提交。",
                count=len(missing),
                names="、".join(line.name for line in missing),
            ),
            basis=LAW,
            missing=[line.code for line in missing],
        )
    return found


def _refuse_not_met(row: Acceptance, standard: Iterable[StandardLine]) -> None:
    failed = [
        line.name
        for line in standard
        if line.required and row.results[line.code]["found"] == p.NOT_MET
    ]
    if failed:
        raise RuleBroken(
            "ACCEPTANCE_NOT_MET",
            _(
                "验收标准中“%(names)s”不合格，不能通过验收。请退回重新交付，"
                "或由验收人员按部分合格记录并提出扣减。",
                names="、".join(failed),
            ),
            basis=LAW,
        )


def _settle(actor: Actor, milestone: Milestone, contract: Contract, pool: Pool) -> None:
    """Post what is owed and what is not, and start the time to pay."""
    due = reckoned(milestone, contract)
    payable, deducted = due["payable_fen"], due["deducted_fen"]
    if scored := due["score"]:
        deducting.by_score(actor, milestone, scored.deducted_fen, f"综合得分 {scored.points}")
    standing = advances.standing_fen(pool.id, milestone.provider_id)
    advance = 0 if milestone.kind == p.ADVANCE else min(payable, standing)
    journal_id = _post(milestone, pool, payable, deducted, advance)
    if due["beyond_fen"]:
        reason = _("“%(name)s”的扣减中已经预付的部分", name=milestone.name)
        incomes.owe(actor, contract, due["beyond_fen"], reason)
    today, terms = clock.today(), terms_of(contract)
    start_on, pay_by = payment_clocks.pay_by(milestone, terms, today)
    steps.milestone.take(
        milestone,
        "acceptance.approve",
        accepted_on=today,
        payable_fen=payable,
        deducted_fen=deducted,
        advance_fen=advance,
        pay_by=pay_by,
        journal_id=journal_id,
    )
    if payable > advance:
        payment_clocks.start(milestone, contract, start_on, terms.payment_days)
    else:
        _nothing_owed(milestone, today)


def _post(milestone: Milestone, pool: Pool, payable: int, deducted: int, advance: int) -> int:
    source = f"milestone:{milestone.id}/accepted"
    if milestone.kind == p.ADVANCE:
        moves = postings.advance_moves(pool, milestone.provider_id, payable)
        return post(postings.ADVANCED, source, moves, note=yuan(payable))
    moves: list[Move] = postings.accept_moves(
        pool,
        milestone.provider_id,
        payable_fen=payable,
        deducted_fen=deducted,
        advance_fen=advance,
    )
    return post(postings.ACCEPTED, source, moves, note=yuan(payable))


def _nothing_owed(milestone: Milestone, today: date) -> None:
    """End a milestone of which nothing is to be paid: all was deducted or paid in advance."""
    steps.milestone.take(milestone, "milestone.paid", paid_on=today)


def _decide(actor: Actor, row: Acceptance, to: str, reason: str | None) -> None:
    states.change(
        ACCEPTANCE,
        row,
        to=to,
        allowed={RECORDED},
        decided_by=actor.user_id,
        decided_at=clock.now(),
        reason=reason,
    )
