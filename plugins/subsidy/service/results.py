"""A scheme's round of scoring: opened over its eligible applications, reckoned, made public.

Whoever writes locks the round first, then the results in it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from flask_babel import gettext as _

from core import audit, clock, states
from core.access import Actor, fetch
from core.db import db
from core.errors import NotFound, RuleBroken
from core.parties import Organisation
from core.settlement.claims import payee_names
from plugins.subsidy import rules
from plugins.subsidy.models import (
    Application,
    AwardResult,
    AwardScore,
    ResultVersion,
    Scheme,
    SchemeTerms,
    ScoringRound,
)
from plugins.subsidy.models import applications as a
from plugins.subsidy.models import results as m
from plugins.subsidy.rules import awards
from plugins.subsidy.service import award_steps
from plugins.subsidy.service.schemes import terms_in_force

SETTLE, DECIDE, VIEW = "result.settle", "result.decide", "result.view"
INVESTED = "org.invested_fen"
PENDING = (a.SUBMITTED, a.COMPLETE)


def open_round(actor: Actor, *, scheme_id: int, evaluator_id: int | None = None) -> dict[str, Any]:
    """Open this year's round over a scheme's eligible applications, or take in those new since.

    Refuses NOT_AN_AWARD, EVALUATOR_MISSING where the third party's score counts, ROUND_EMPTY.
    """
    scheme: Scheme = fetch(Scheme, scheme_id, actor, SETTLE)
    terms = terms_in_force(scheme)
    if scheme.kind != awards.KIND or terms is None:
        raise RuleBroken(
            "NOT_AN_AWARD",
            _("“%(name)s”不是以奖代补项目，或还没有公布，不能开展评审。", name=scheme.name),
        )
    row = _round_of(scheme, clock.today().year)
    if row is None:
        row = _begin(actor, scheme, terms, evaluator_id)
    award_steps.scoring_round.require(row, "result.open")
    taken = _take_in(scheme, row)
    if not db.session.scalar(db.select(AwardResult.id).filter_by(round_id=row.id).limit(1)):
        raise RuleBroken(
            "ROUND_EMPTY",
            _("“%(name)s”没有审核合格的申请，不能开展评审。请先审核申请。", name=scheme.name),
        )
    audit.about(award_steps.ROUND, row.id)
    return said(row) | {"taken": taken}


def verify(
    actor: Actor,
    *,
    id: int,  # noqa: A002 - the field
    investment_fen: int,
    document: str,
) -> dict[str, Any]:
    """Keep an applicant's own investment (fen) as the clerk verified it, with the document."""
    row, result = locked(actor, id, SETTLE)
    award_steps.scoring_round.require(row, "result.verify")
    invest(actor, result, investment_fen, document)
    audit.about(award_steps.RESULT, result.id, document)
    return {"id": result.id, "investment_fen": investment_fen}


def invest(actor: Actor, result: AwardResult, investment_fen: int, document: str) -> None:
    """Keep a verified investment (fen) on a result."""
    result.investment_fen, result.investment_document = investment_fen, document
    result.investment_by = actor.user_id
    db.session.flush()


def veto(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Veto an application whatever its scores, for a reason that is made public."""
    row, result = locked(actor, id, DECIDE)
    award_steps.scoring_round.require(row, "result.veto")
    result.veto, result.vetoed_by = reason, actor.user_id
    db.session.flush()
    audit.about(award_steps.RESULT, result.id, reason)
    return {"id": result.id, "veto": reason}


def publicise(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Reckon every result and make the round public for the days its terms name.

    The first day counts from the day after. Refuses APPLICATIONS_PENDING, SCORE_MISSING,
    INVESTMENT_NOT_VERIFIED.
    """
    row: ScoringRound = fetch(ScoringRound, id, actor, DECIDE)
    award_steps.scoring_round.require(row, "result.publicise")
    _refuse_pending(row)
    found = competing(row)
    _refuse_unscored(row, found)
    _refuse_unverified(found)
    for result in found:
        reckon(result)
    days = int(document_of(row.terms_id).get("publicity_days") or 0)
    award_steps.scoring_round.take(
        row,
        "result.publicise",
        publicised_on=clock.today(),
        notice_until=clock.today() + timedelta(days=days),
    )
    audit.about(award_steps.ROUND, row.id)
    return said(row) | {"award_total_fen": sum(one.award_fen for one in found)}


def reckon(result: AwardResult, *, objection_id: int | None = None) -> int:
    """Reckon a result from its scores by its application's terms; keep it as its next version."""
    scores = scores_of([result.id])[result.id]
    terms = award_terms(result.terms_id)
    entry = rules.Entry(
        result.id, scores, result.answers or 0, result.investment_fen, veto=result.veto
    )
    assessed = rules.assess(terms, entry)
    calculation = named(assessed.award, assessed.tier)
    result.version += 1
    result.composite, result.tier = assessed.composite, assessed.tier
    result.few_answers, result.is_below = assessed.few_answers, assessed.blocked
    result.award_fen = assessed.award.result_fen
    result.calculation = rules.written(calculation)
    db.session.add(
        ResultVersion(
            result_id=result.id,
            version=result.version,
            scores=scores,
            entry={
                "answers": result.answers,
                "investment_fen": result.investment_fen,
                "veto": result.veto,
            },
            composite=result.composite,
            tier=result.tier,
            award_fen=result.award_fen,
            calculation=result.calculation,
            objection_id=objection_id,
            at=clock.now(),
        )
    )
    db.session.flush()
    return result.version


def newest_version(result: AwardResult) -> ResultVersion:
    """Return the newest version kept of a result."""
    query = db.select(ResultVersion).filter_by(result_id=result.id, version=result.version)
    return db.session.scalars(query).one()


def named(calculation: rules.Calculation, tier: str | None) -> rules.Calculation:
    """Return a calculation whose lines are noted with the tier, as people read it."""
    lines = tuple(replace(line, note=tier or "") for line in calculation.lines)
    return replace(calculation, lines=lines)


def locked(actor: Actor, number: int, permission: str) -> tuple[ScoringRound, AwardResult]:
    """Return a result and its round, both locked, the round first."""
    round_id = db.session.scalar(db.select(AwardResult.round_id).where(AwardResult.id == number))
    if round_id is None:
        raise NotFound("NOT_FOUND", _("没有找到这份评审结果，或它不在您的管辖范围内。"))
    row = lock_round(round_id)
    return row, fetch(AwardResult, number, actor, permission)


def lock_round(number: int) -> ScoringRound:
    """Return a round that nobody changes until the act is over."""
    found: ScoringRound = db.session.get_one(
        ScoringRound, number, with_for_update=True, populate_existing=True
    )
    return found


def competing(row: ScoringRound) -> list[AwardResult]:
    """Return the results of the applications that still stand, in the order of their numbers."""
    query = (
        db.select(AwardResult)
        .join(Application, Application.id == AwardResult.application_id)
        .where(AwardResult.round_id == row.id, Application.state == a.ELIGIBLE)
        .order_by(AwardResult.id)
    )
    return list(db.session.scalars(query))


def scores_of(result_ids: list[int]) -> dict[int, dict[str, int]]:
    """Return the newest score of each party by result."""
    query = db.select(AwardScore).where(AwardScore.result_id.in_(result_ids))
    found: dict[int, dict[str, int]] = {number: {} for number in result_ids}
    for score in db.session.scalars(query.order_by(AwardScore.id)):
        found[score.result_id][score.party] = score.centipoints
    return found


def document_of(terms_id: int) -> dict[str, Any]:
    """Return what a version of terms says."""
    return db.session.get_one(SchemeTerms, terms_id).document


def award_terms(terms_id: int) -> rules.AwardTerms:
    """Return the award part of a version of terms."""
    terms = rules.read_terms(document_of(terms_id)).awards
    assert terms is not None  # noqa: S101 - only awards have rounds
    return terms


def said(row: ScoringRound) -> dict[str, Any]:
    """Return what an act answers of a round."""
    return {
        "id": row.id,
        "year": row.year,
        "state": row.state,
        "notice_until": row.notice_until.isoformat() if row.notice_until else None,
        "wanted_fen": row.wanted_fen,
        "pool_fen": row.pool_fen,
    }


def _round_of(scheme: Scheme, year: int) -> ScoringRound | None:
    query = db.select(ScoringRound).filter_by(scheme_id=scheme.id, year=year)
    found: ScoringRound | None = db.session.scalar(query.with_for_update())
    return found


def _begin(
    actor: Actor, scheme: Scheme, terms: SchemeTerms, evaluator_id: int | None
) -> ScoringRound:
    _refuse_evaluator(scheme, terms, evaluator_id)
    row = ScoringRound(
        scheme_id=scheme.id,
        terms_id=terms.id,
        year=clock.today().year,
        evaluator_id=evaluator_id,
        organisation_id=scheme.organisation_id,
        division_code=scheme.division_code,
        state=m.OPEN,
        opened_by=actor.user_id,
        opened_at=clock.now(),
    )
    db.session.add(row)
    db.session.flush()
    states.begin(award_steps.ROUND, row)
    return row


def _refuse_evaluator(scheme: Scheme, terms: SchemeTerms, evaluator_id: int | None) -> None:
    weights = award_terms(terms.id).weights_bp
    if evaluator_id is None and not weights.get(m.THIRD_PARTY):
        return
    organisation = db.session.get(Organisation, evaluator_id) if evaluator_id else None
    if organisation is None or organisation.kind != "evaluator":
        raise RuleBroken(
            "EVALUATOR_MISSING",
            _(
                "“%(name)s”由第三方评价机构打分。请选择一家评价机构；购买主体不能自己打第三方的分。",
                name=scheme.name,
            ),
            basis="政府购买服务管理办法第二十二条",
            errors={"evaluator_id": [_("请选择评价机构")]},
        )


def _take_in(scheme: Scheme, row: ScoringRound) -> int:
    """Give every eligible application without a result one; return how many."""
    known = db.select(AwardResult.application_id)
    query = (
        db.select(Application)
        .where(Application.scheme_id == scheme.id, Application.state == a.ELIGIBLE)
        .where(Application.id.not_in(known))
        .order_by(Application.id)
    )
    found = list(db.session.scalars(query))
    for application in found:
        db.session.add(
            AwardResult(
                round_id=row.id,
                application_id=application.id,
                terms_id=application.terms_id,
                applicant_id=application.applicant_id,
                organisation_id=row.organisation_id,
                division_code=row.division_code,
                evaluator_id=row.evaluator_id,
            )
        )
        db.session.flush()
    return len(found)


def _refuse_pending(row: ScoringRound) -> None:
    """Refuse APPLICATIONS_PENDING while somebody who competes for the same money is not scored."""
    inside = db.select(AwardResult.application_id)
    outside = (
        db.select(Application.number)
        .where(Application.scheme_id == row.scheme_id)
        .where(
            Application.state.in_(PENDING)
            | ((Application.state == a.ELIGIBLE) & Application.id.not_in(inside))
        )
        .order_by(Application.id)
    )
    numbers = list(db.session.scalars(outside))
    if numbers:
        raise RuleBroken(
            "APPLICATIONS_PENDING",
            _(
                "还有 %(n)s 份申请没有审核或没有纳入评审（%(numbers)s），它们分享同一笔资金。"
                "请先办完，再公示。",
                n=len(numbers),
                numbers="、".join(numbers[:5]),
            ),
            numbers=numbers,
        )


def _refuse_unscored(row: ScoringRound, found: list[AwardResult]) -> None:
    scores = scores_of([one.id for one in found])
    asked = [who for who, weight in award_terms(row.terms_id).weights_bp.items() if weight]
    lacking = [
        one for one in found if one.veto is None and any(who not in scores[one.id] for who in asked)
    ]
    if lacking:
        names = payee_names([one.applicant_id for one in lacking])
        raise RuleBroken(
            "SCORE_MISSING",
            _(
                "还有 %(n)s 份申请的评分不全：%(names)s。请各方评分后再公示。",
                n=len(lacking),
                names="、".join(names[one.applicant_id] for one in lacking[:5]),
            ),
            results=[one.id for one in lacking],
        )


def _refuse_unverified(found: list[AwardResult]) -> None:
    """Refuse INVESTMENT_NOT_VERIFIED where an investment was declared and limits the award."""
    for one in found:
        if award_terms(one.terms_id).investment_bp is None or one.investment_fen is not None:
            continue
        application = db.session.get_one(Application, one.application_id)
        if application.declared.get(INVESTED) is not None and one.veto is None:
            raise RuleBroken(
                "INVESTMENT_NOT_VERIFIED",
                _(
                    "申请 %(number)s 申报了自有投入，奖励不得超过它的规定比例。"
                    "请先核实自有投入金额并登记凭据。",
                    number=application.number,
                ),
                result=one.id,
            )
