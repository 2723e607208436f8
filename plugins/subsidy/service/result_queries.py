"""What is read of rounds and results: by the office and who scores, by applicants, by anybody."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Select

from core.access import Actor, User, fetch, scoped
from core.db import db
from core.errors import NotFound
from core.formats import moment
from core.settlement.claims import payee_names
from plugins.subsidy import rules
from plugins.subsidy.models import (
    Application,
    ApplicationPaper,
    AwardResult,
    AwardScore,
    ResultObjection,
    ResultVersion,
    Scheme,
    ScoringRound,
    SubsidyGrant,
)
from plugins.subsidy.models import applications as a
from plugins.subsidy.models import results as m
from plugins.subsidy.service import (
    application_checks,
    award_steps,
    concluding,
    objecting,
    results,
    scoring,
)
from plugins.subsidy.service.results import VIEW

MINE = "result.mine"
PAGE = 50


def rounds(actor: Actor, *, before: int | None = None, limit: int = PAGE) -> dict[str, Any]:
    """Return the rounds a person may see, newest first."""
    return _rounds(scoped(ScoringRound, actor, VIEW), before, limit)


def scoring_round(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Return a round with every result in it, in the order of their numbers."""
    row: ScoringRound = fetch(ScoringRound, id, actor, VIEW)
    found = _results(row)
    scorers = scoring.scorers([one.id for one in found])
    approved = concluding.approvals(row)
    return _round(row) | {
        "weights": dict(results.award_terms(row.terms_id).weights_bp),
        "results": brief(found),
        "open_objections": objecting.open_of(row.id),
        "persons": concluding.persons(row),
        "approvals": len(approved),
        "i_scored": actor.user_id in scorers or actor.user_id == row.settled_by,
        "i_approved": actor.user_id in approved,
        "total_fen": sum(one.final_fen for one in found),
        "award_total_fen": sum(one.award_fen for one in found),
    }


def result(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Return a result whole: scores with who and when, versions, objections, how it is reckoned."""
    row: AwardResult = fetch(AwardResult, id, actor, VIEW)
    application = db.session.get_one(Application, row.application_id)
    papers = application_checks.papers_of(application.id)
    return _whole(row) | {
        "given": _scores(row.id),
        "words": application.words,
        "papers": [{"id": one.id, "name": one.name} for one in papers.values()],
    }


def paper(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Return a paper of an application that is scored, to the office and to who scores."""
    found = db.session.get(ApplicationPaper, id)
    number = found.application_id if found is not None else 0
    seen = scoped(AwardResult, actor, VIEW).where(AwardResult.application_id == number)
    if found is None or db.session.scalar(seen) is None:
        raise NotFound("NOT_FOUND", _("没有找到这份材料。"))
    return {
        "id": found.id,
        "name": found.name,
        "kind": found.kind,
        "sha256": found.sha256,
        "content": base64.b64encode(found.content).decode(),
    }


def mine(actor: Actor, *, before: int | None = None, limit: int = PAGE) -> dict[str, Any]:
    """Return one's own results that were made public, newest first."""
    query = _public(scoped(AwardResult, actor, MINE))
    if before is not None:
        query = query.where(AwardResult.id < before)
    rows = list(db.session.scalars(query.order_by(AwardResult.id.desc()).limit(limit + 1)))
    return {
        "items": brief(rows[:limit]),
        "next_before": rows[limit - 1].id if len(rows) > limit else None,
    }


def own(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Return one's own result once it was made public."""
    query = _public(scoped(AwardResult, actor, MINE)).where(AwardResult.id == id)
    row = db.session.scalar(query)
    if row is None:
        raise NotFound("NOT_FOUND", _("没有找到这次评审，或它还没有公示。"))
    return _whole(row)


def public_rounds(
    actor: Actor,  # noqa: ARG001 - anybody
    *,
    before: int | None = None,
    limit: int = PAGE,
) -> dict[str, Any]:
    """Return the rounds whose results are public, newest first."""
    return _rounds(db.select(ScoringRound).where(ScoringRound.state != m.OPEN), before, limit)


def public_round(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002, ARG001 - anybody
    """Return the results of a round: score, tier, amount, veto reason, every version."""
    row = db.session.get(ScoringRound, id)
    if row is None or row.state == m.OPEN:
        raise NotFound("NOT_FOUND", _("没有找到这次评审，或它还没有公示。"))
    found = _results(row)
    versions = _versions([one.id for one in found])
    objections = _objections([one.id for one in found])
    return _round(row) | {
        "results": [
            _published(said)
            | {
                "versions": versions[said["id"]],
                "objections": [_objection_published(each) for each in objections[said["id"]]],
            }
            for said in brief(found)
        ],
    }


def brief(rows: Sequence[AwardResult]) -> list[dict[str, Any]]:
    """Return results as lists tell them."""
    names = payee_names(row.applicant_id for row in rows)
    numbers = [row.id for row in rows]
    scores = results.scores_of(numbers)
    of = {
        one.id: one
        for one in db.session.scalars(
            db.select(Application).where(Application.id.in_([row.application_id for row in rows]))
        )
    }
    owners = _round_facts({row.round_id for row in rows})
    return [
        {
            "id": row.id,
            "round_id": row.round_id,
            "year": owners[row.round_id].year,
            "scheme": owners[row.round_id].name,
            "round_state": owners[row.round_id].state,
            "state_name": str(award_steps.scoring_round.names[owners[row.round_id].state]),
            "application_id": row.application_id,
            "application": of[row.application_id].number,
            "stands": of[row.application_id].state not in (a.WITHDRAWN, a.REVOKED),
            "applicant": names[row.applicant_id],
            "scores": scores[row.id],
            "answers": row.answers,
            "investment_fen": row.investment_fen,
            "veto": row.veto,
            "composite": row.composite,
            "composite_text": _points(row.composite),
            "tier": row.tier,
            "few_answers": row.few_answers,
            "award_fen": row.award_fen,
            "final_fen": row.final_fen if _is_final(owners[row.round_id].state) else None,
            "is_below": row.is_below,
            "blocked_until": row.blocked_until.isoformat() if row.blocked_until else None,
            "version": row.version,
        }
        for row in rows
    ]


def _is_final(state: str) -> bool:
    return state in (m.SETTLED, m.CONCLUDED)


def _rounds(query: Select[Any], before: int | None, limit: int) -> dict[str, Any]:
    if before is not None:
        query = query.where(ScoringRound.id < before)
    rows = list(db.session.scalars(query.order_by(ScoringRound.id.desc()).limit(limit + 1)))
    return {
        "items": [_round(row) for row in rows[:limit]],
        "next_before": rows[limit - 1].id if len(rows) > limit else None,
    }


def _round(row: ScoringRound) -> dict[str, Any]:
    scheme = db.session.get_one(Scheme, row.scheme_id)
    return {
        "id": row.id,
        "scheme_id": row.scheme_id,
        "scheme": scheme.name,
        "year": row.year,
        "evaluator": payee_names([row.evaluator_id])[row.evaluator_id]
        if row.evaluator_id
        else None,
        "state": row.state,
        "state_name": str(award_steps.scoring_round.names[row.state]),
        "publicised_on": row.publicised_on.isoformat() if row.publicised_on else None,
        "notice_until": row.notice_until.isoformat() if row.notice_until else None,
        "pool_fen": row.pool_fen,
        "wanted_fen": row.wanted_fen,
        "concluded_on": row.concluded_on.isoformat() if row.concluded_on else None,
    }


def _results(row: ScoringRound) -> list[AwardResult]:
    query = db.select(AwardResult).filter_by(round_id=row.id).order_by(AwardResult.id)
    return list(db.session.scalars(query))


def _public(query: Select[Any]) -> Select[Any]:
    opened = db.select(ScoringRound.id).where(ScoringRound.state != m.OPEN)
    return query.where(AwardResult.round_id.in_(opened))


def _round_facts(ids: set[int]) -> dict[int, Any]:
    rows = db.session.execute(
        db.select(ScoringRound.id, ScoringRound.year, ScoringRound.state, Scheme.name)
        .join(Scheme, Scheme.id == ScoringRound.scheme_id)
        .where(ScoringRound.id.in_(ids))
    )
    return {row.id: row for row in rows}


def _whole(row: AwardResult) -> dict[str, Any]:
    ground = db.session.get_one(ScoringRound, row.round_id)
    objections = _objections([row.id])[row.id]
    signed = db.session.scalar(db.select(SubsidyGrant.id).filter_by(result_id=row.id))
    return brief([row])[0] | {
        "notice_until": ground.notice_until.isoformat() if ground.notice_until else None,
        "concluded_on": ground.concluded_on.isoformat() if ground.concluded_on else None,
        "weights": dict(results.award_terms(ground.terms_id).weights_bp),
        "current": results.scores_of([row.id])[row.id],
        "investment_document": row.investment_document,
        "investment_bp": results.award_terms(row.terms_id).investment_bp,
        "declared_investment_fen": db.session.get_one(Application, row.application_id).declared.get(
            results.INVESTED
        ),
        "calculation": row.calculation,
        "versions": _versions([row.id])[row.id],
        "objections": objections,
        "grant_id": signed,
    }


def _scores(result_id: int) -> list[dict[str, Any]]:
    rows = db.session.execute(
        db.select(AwardScore, User.name)
        .outerjoin(User, User.id == AwardScore.scored_by)
        .where(AwardScore.result_id == result_id)
        .order_by(AwardScore.id)
    )
    return [
        {
            "party": row.party,
            "centipoints": row.centipoints,
            "score": rules.points_text(row.centipoints),
            "before": row.before,
            "before_text": _points(row.before),
            "reason": row.reason,
            "document": row.document,
            "by": name,
            "at": moment(row.scored_at),
        }
        for row, name in rows
    ]


def _versions(ids: list[int]) -> dict[int, list[dict[str, Any]]]:
    query = db.select(ResultVersion).where(ResultVersion.result_id.in_(ids))
    found: dict[int, list[dict[str, Any]]] = {number: [] for number in ids}
    for row in db.session.scalars(query.order_by(ResultVersion.id)):
        found[row.result_id].append(
            {
                "version": row.version,
                "scores": {who: rules.points_text(fen) for who, fen in row.scores.items()},
                "answers": row.entry["answers"],
                "investment_fen": row.entry["investment_fen"],
                "veto": row.entry["veto"],
                "composite": row.composite,
                "composite_text": _points(row.composite),
                "tier": row.tier,
                "award_fen": row.award_fen,
                "at": moment(row.at),
            }
        )
    return found


def _objections(ids: list[int]) -> dict[int, list[dict[str, Any]]]:
    query = db.select(ResultObjection).where(ResultObjection.result_id.in_(ids))
    found: dict[int, list[dict[str, Any]]] = {number: [] for number in ids}
    for row in db.session.scalars(query.order_by(ResultObjection.id)):
        found[row.result_id].append(
            {
                "id": row.id,
                "state": row.state,
                "state_name": str(award_steps.objection.names[row.state]),
                "words": row.words,
                "by_name": row.by_name,
                "raised_at": moment(row.raised_at),
                "about": row.about,
                "decided_reason": row.decided_reason,
                "version_before": row.version_before,
                "version_after": row.version_after,
            }
        )
    return found


def _published(said: dict[str, Any]) -> dict[str, Any]:
    """Return what of a result anybody may read."""
    kept = (
        "id",
        "applicant",
        "scores",
        "answers",
        "veto",
        "composite",
        "composite_text",
        "tier",
        "few_answers",
        "award_fen",
        "final_fen",
        "is_below",
        "stands",
        "version",
    )
    return {name: said[name] for name in kept}


def _objection_published(said: dict[str, Any]) -> dict[str, Any]:
    """Return what of an objection anybody may read: neither its words nor who raised it."""
    kept = ("state", "state_name", "about", "decided_reason", "version_before", "version_after")
    return {name: said[name] for name in kept}


def _points(centipoints: int | None) -> str | None:
    return rules.points_text(centipoints) if centipoints is not None else None
