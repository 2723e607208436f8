"""How a round ends: scaled to the pool after the notice, approved in bands of amount, concluded."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from flask_babel import gettext as _

from core import audit, clock
from core.access import Actor, fetch, four_eyes
from core.db import db
from core.errors import Conflict, RuleBroken
from plugins.subsidy import rules
from plugins.subsidy.models import (
    Application,
    AwardResult,
    RoundApproval,
    Scheme,
    SchemeTerms,
    ScoringRound,
)
from plugins.subsidy.models import results as m
from plugins.subsidy.service import award_steps, objecting, results, scoring, steps, years
from plugins.subsidy.service.claims import persons_for

APPROVE = "result.approve"


def conclude(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Scale a round's awards to what is left of the pool, for others to approve.

    Refuses NOTICE_NOT_FINISHED with the day, OBJECTION_OPEN.
    """
    row: ScoringRound = fetch(ScoringRound, id, actor, results.SETTLE)
    refuse_during_notice(row)
    award_steps.scoring_round.require(row, "result.conclude")
    _refuse_open_objections(row)
    found = results.competing(row)
    terms = results.award_terms(row.terms_id)
    pool_fen = _pool_left(row, terms)
    scaled = rules.scale(replace(terms, pool_fen=pool_fen), [_assessed(one) for one in found])
    _forget_amounts(row)
    for result, one in zip(found, scaled, strict=True):
        result.final_fen = one.award.result_fen
        result.calculation = rules.written(one.award)
    award_steps.scoring_round.take(
        row,
        "result.conclude",
        pool_fen=pool_fen,
        wanted_fen=sum(one.award_fen for one in found),
        settled_by=actor.user_id,
        settled_at=clock.now(),
    )
    audit.about(award_steps.ROUND, row.id)
    return said(row)


def send_back(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Give a settled round back to the clerk with a reason; approvals so far are void."""
    row: ScoringRound = fetch(ScoringRound, id, actor, APPROVE)
    award_steps.scoring_round.take(row, "result.send_back")
    audit.about(award_steps.ROUND, row.id, reason)
    return said(row)


def approve(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Approve a round's awards; with the last person that their sum asks for, they stand.

    Never by who scored for the purchaser or settled it. Who gets nothing is told so; below every
    tier nobody applies again before the next year is over.
    """
    row: ScoringRound = fetch(ScoringRound, id, actor, APPROVE)
    refuse_during_notice(row)
    award_steps.scoring_round.require(row, "result.approve")
    found = _all(row)
    approved = approvals(row)
    four_eyes(
        actor,
        row.settled_by,
        *scoring.scorers([one.id for one in found]),
        *approved,
        what=_("奖励金额"),
    )
    assert row.settled_at is not None  # noqa: S101 - its state is settled
    db.session.add(
        RoundApproval(
            round_id=row.id, settled_at=row.settled_at, person_id=actor.user_id, at=clock.now()
        )
    )
    db.session.flush()
    audit.about(award_steps.ROUND, row.id)
    if len(approved) + 1 >= persons(row):
        _end(row, found)
    return said(row)


def refuse_during_notice(row: ScoringRound) -> None:
    """Refuse NOTICE_NOT_FINISHED until the last day of the notice is over."""
    if row.state == m.PUBLICISED and row.notice_until is not None:
        if clock.today() > row.notice_until:
            return
        raise RuleBroken(
            "NOTICE_NOT_FINISHED",
            _(
                "评审结果公示到 %(day)s（含当日），公示期内不能确定金额，也不能支付。"
                "请在公示期满、异议处理完后办理。",
                day=row.notice_until,
            ),
            basis="预算法第十四条、政府信息公开条例第十九条",
            notice_until=row.notice_until.isoformat(),
        )


def persons(row: ScoringRound) -> int:
    """Return how many different people approve a round: by the band of the sum of its awards."""
    total = sum(one.final_fen for one in _all(row))
    return persons_for(db.session.get_one(SchemeTerms, row.terms_id), total)


def approvals(row: ScoringRound) -> list[int]:
    """Return who approved a round as it was settled."""
    if row.settled_at is None:
        return []
    query = db.select(RoundApproval.person_id).filter_by(round_id=row.id, settled_at=row.settled_at)
    return list(db.session.scalars(query.order_by(RoundApproval.id)))


def said(row: ScoringRound) -> dict[str, Any]:
    """Return what an act answers of a round that ends."""
    total = sum(one.final_fen for one in _all(row))
    return results.said(row) | {
        "total_fen": total,
        "approvals": len(approvals(row)),
        "persons": persons(row),
    }


def _end(row: ScoringRound, found: list[AwardResult]) -> None:
    standing = {one.id for one in results.competing(row)}
    for result in found:
        if result.is_below and result.id in standing:
            result.blocked_until = date(row.year + 1, 12, 31)
    db.session.flush()
    for result in found:
        if result.final_fen == 0 and result.id in standing:
            application = db.session.get_one(Application, result.application_id)
            steps.application.take(application, "result.approve", ended_reason=_why(result))
    award_steps.scoring_round.take(row, "result.approve", concluded_on=clock.today())


def _why(result: AwardResult) -> str:
    if result.veto is not None:
        return _("一票否决：%(reason)s", reason=result.veto)
    if result.is_below:
        return _(
            "综合得分 %(score)s 分，没有达到任何一档。",
            score=rules.points_text(result.composite or 0),
        )
    return _("按规则计算奖励为 0 元。")


def _all(row: ScoringRound) -> list[AwardResult]:
    query = db.select(AwardResult).filter_by(round_id=row.id).order_by(AwardResult.id)
    return list(db.session.scalars(query))


def _assessed(result: AwardResult) -> rules.Assessed:
    """Return a result as it was assessed, for scaling: from the newest version kept of it."""
    calculation = rules.read_calculation(results.newest_version(result).calculation)
    return rules.Assessed(result.id, result.composite, result.tier, calculation)


def _forget_amounts(row: ScoringRound) -> None:
    """Let nobody who left the round meanwhile keep an amount of an earlier settlement."""
    for result in _all(row):
        result.final_fen = 0


def _pool_left(row: ScoringRound, terms: rules.AwardTerms) -> int | None:
    """Return what a fixed envelope has left (fen) after what the scheme granted before."""
    if terms.pool_fen is None:
        return None
    scheme = db.session.get_one(Scheme, row.scheme_id)
    return max(terms.pool_fen - years.granted_fen(scheme.id), 0)


def _refuse_open_objections(row: ScoringRound) -> None:
    waiting = objecting.open_of(row.id)
    if waiting:
        raise Conflict(
            "OBJECTION_OPEN",
            _(
                "还有 %(n)s 份异议没有处理完，不能确定金额。请先决定异议，并由评分方完成更正。",
                n=len(waiting),
            ),
            objections=waiting,
        )
