"""The parties' scores: each entered by who may, the earlier value always kept."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from core import audit, clock
from core.access import Actor, require
from core.db import db
from core.errors import InvalidInput, RuleBroken
from plugins.subsidy import rules
from plugins.subsidy.models import AwardResult, AwardScore
from plugins.subsidy.models import results as m
from plugins.subsidy.service import award_steps, results

SCORE = "result.score"
# Who enters which party's score: never the purchaser the third party's.
WHOSE = {
    m.PURCHASER: "result.assess",
    m.RECIPIENTS: "result.assess",
    m.THIRD_PARTY: "result.evaluate",
}


def score(
    actor: Actor,
    *,
    id: int,  # noqa: A002 - the field
    party: str,
    centipoints: int,
    answers: int | None = None,
    document: str = "",
    reason: str = "",
) -> dict[str, Any]:
    """Enter one party's score of one application, in hundredths of a point.

    The recipients' comes with the number of valid answers and the survey it is from. Refuses
    ROLE_NOT_ALLOWED, PARTY_NOT_SCORING, ANSWERS_MISSING, SCORE_REASON_MISSING for a second one.
    """
    require(actor, WHOSE[party])
    row, result = results.locked(actor, id, WHOSE[party])
    award_steps.scoring_round.require(row, "result.score")
    if not results.award_terms(row.terms_id).weights_bp.get(party):
        raise RuleBroken(
            "PARTY_NOT_SCORING", _("按这个项目的办法，这一方不参加评分。请选择其他评分方。")
        )
    enter(actor, result, party, centipoints, answers=answers, document=document, reason=reason)
    audit.about(award_steps.RESULT, result.id, reason or None)
    return {"id": result.id, "party": party, "score": rules.points_text(centipoints)}


def enter(
    actor: Actor,
    result: AwardResult,
    party: str,
    centipoints: int,
    *,
    answers: int | None,
    document: str,
    reason: str,
) -> AwardScore:
    """Add a party's score after what it scored before; for acts on a result they locked."""
    before = results.scores_of([result.id])[result.id].get(party)
    if party == m.RECIPIENTS:
        result.answers = _answers(answers, document)
    if before is not None and not reason:
        raise InvalidInput(
            _("这一方已评 %(score)s 分。修改评分请写明原因。", score=rules.points_text(before)),
            errors={"reason": [_("请写明修改评分的原因")]},
            code="SCORE_REASON_MISSING",
        )
    made = AwardScore(
        result_id=result.id,
        party=party,
        centipoints=centipoints,
        before=before,
        reason=reason,
        document=document,
        scored_by=actor.user_id,
        scored_at=clock.now(),
    )
    db.session.add(made)
    db.session.flush()
    return made


def scorers(result_ids: list[int]) -> list[int]:
    """Return who entered scores of results."""
    query = db.select(AwardScore.scored_by).where(AwardScore.result_id.in_(result_ids))
    return [number for number in db.session.scalars(query.distinct()) if number is not None]


def _answers(answers: int | None, document: str) -> int:
    if answers is None or not document:
        raise RuleBroken(
            "ANSWERS_MISSING",
            _("服务对象评分须写明有效答卷份数和调查报告名称。请补充后再提交。"),
            basis="政府购买服务管理办法第二十二条",
            errors={
                name: [_("请填写")]
                for name, value in (("answers", answers), ("document", document or None))
                if value is None
            },
        )
    return answers
