"""Objections to a public result: raised in time, decided by another, corrected by who may."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from core import audit, clock, states
from core.access import Actor, fetch, four_eyes, require
from core.db import db
from core.errors import InvalidInput, NotFound, RuleBroken
from plugins.subsidy import rules
from plugins.subsidy.models import AwardResult, ResultObjection, ScoringRound
from plugins.subsidy.models import results as m
from plugins.subsidy.service import applications, award_steps, results, scoring

OBJECT, DECIDE = "result.object", results.DECIDE
# Who makes which correction: each party its own score, the clerk what was verified.
WHOSE = scoring.WHOSE | {m.INVESTMENT: results.SETTLE}


def raise_objection(
    actor: Actor,
    *,
    id: int,  # noqa: A002 - the field
    words: str,
    by_name: str | None = None,
) -> dict[str, Any]:
    """Object to one's own result during the notice; the office enters what a third person says.

    Refuses OBJECTION_LATE after the last day, OBJECTOR_MISSING where the office names nobody.
    """
    row, result = results.locked(actor, id, OBJECT)
    is_own = result.applicant_id in applications.own_parties(actor)
    if not is_own and not by_name:
        raise InvalidInput(
            _("代为登记异议须写明是谁提出的。请填写异议人。"),
            errors={"by_name": [_("请填写异议人")]},
            code="OBJECTOR_MISSING",
        )
    refuse_late(row)
    made = ResultObjection(
        round_id=row.id,
        result_id=result.id,
        applicant_id=result.applicant_id,
        organisation_id=result.organisation_id,
        division_code=result.division_code,
        evaluator_id=result.evaluator_id,
        state=m.RAISED,
        words=words,
        by_name=None if is_own else by_name,
        raised_by=actor.user_id,
        raised_at=clock.now(),
    )
    db.session.add(made)
    db.session.flush()
    states.begin(award_steps.OBJECTION, made)
    audit.about(award_steps.OBJECTION, made.id)
    return said(made)


def refuse_late(row: ScoringRound) -> None:
    """Refuse OBJECTION_LATE once the notice is over, STATE_CHANGED before it began."""
    if row.notice_until is not None and clock.today() > row.notice_until:
        raise RuleBroken(
            "OBJECTION_LATE",
            _(
                "公示到 %(day)s 为止，异议期已过，不能再提出异议。如认为有错，请向监督部门反映。",
                day=row.notice_until,
            ),
            basis="参照政府采购质疑和投诉办法第十条",
            notice_until=row.notice_until.isoformat(),
        )
    award_steps.scoring_round.require(row, "result.object")


def decide(
    actor: Actor,
    *,
    id: int,  # noqa: A002 - the field
    upheld: bool,
    reason: str,
    about: str | None = None,
) -> dict[str, Any]:
    """Uphold an objection, saying what has to be corrected, or reject it with the reason.

    Never by who scored, vetoed or entered it. Upheld against a veto, the veto falls at once; every
    other correction is entered by who may. Refuses CORRECTION_MISSING.
    """
    row, made, result = _locked(actor, id, DECIDE)
    award_steps.scoring_round.require(row, "result.decide_objection")
    four_eyes(
        actor,
        *scoring.scorers([result.id]),
        result.vetoed_by,
        made.raised_by,
        what=_("异议处理"),
    )
    decided = {
        "decided_by": actor.user_id,
        "decided_at": clock.now(),
        "decided_reason": reason,
    }
    if not upheld:
        award_steps.objection.take(made, "result.reject", **decided)
    else:
        _refuse_pointless(result, about)
        award_steps.objection.take(
            made, "result.uphold", about=about, version_before=result.version, **decided
        )
        if about == m.VETO:
            result.veto, result.vetoed_by = None, None
            _corrected(made, result)
    audit.about(award_steps.OBJECTION, made.id, reason)
    return said(made)


def correct(
    actor: Actor,
    *,
    id: int,  # noqa: A002 - the field
    centipoints: int | None = None,
    answers: int | None = None,
    investment_fen: int | None = None,
    document: str = "",
    reason: str,
) -> dict[str, Any]:
    """Correct what an upheld objection is about; the value before it is kept beside the new one.

    By the party itself, never another: ROLE_NOT_ALLOWED. Refuses CORRECTION_MISSING.
    """
    known = db.session.get(ResultObjection, id)
    permission = WHOSE.get(known.about or "") if known is not None else None
    if permission is not None:
        require(actor, permission)
    row, made, result = _locked(actor, id, permission or scoring.SCORE)
    award_steps.scoring_round.require(row, "result.correct")
    award_steps.objection.require(made, "result.correct")
    if made.about == m.INVESTMENT:
        _refuse_missing("investment_fen", investment_fen)
        _refuse_missing("document", document or None)
        results.invest(actor, result, investment_fen or 0, document)
    else:
        _refuse_missing("centipoints", centipoints)
        scoring.enter(
            actor,
            result,
            made.about or "",
            centipoints or 0,
            answers=answers,
            document=document,
            reason=reason,
        )
    _corrected(made, result)
    audit.about(award_steps.OBJECTION, made.id, reason)
    return said(made) | {
        "composite": result.composite,
        "score": rules.points_text(result.composite) if result.composite is not None else None,
        "tier": result.tier,
        "award_fen": result.award_fen,
    }


def open_of(round_id: int) -> list[int]:
    """Return the objections of a round that still wait for a decision or a correction."""
    query = db.select(ResultObjection.id).where(
        ResultObjection.round_id == round_id,
        ResultObjection.state.in_((m.RAISED, m.UPHELD)),
    )
    return list(db.session.scalars(query.order_by(ResultObjection.id)))


def said(made: ResultObjection) -> dict[str, Any]:
    """Return what an act answers of an objection."""
    return {"id": made.id, "state": made.state, "about": made.about}


def _locked(
    actor: Actor, number: int, permission: str
) -> tuple[ScoringRound, ResultObjection, AwardResult]:
    known = db.session.get(ResultObjection, number)
    if known is None:
        raise NotFound("NOT_FOUND", _("没有找到这份异议，或它不在您的管辖范围内。"))
    row = results.lock_round(known.round_id)
    made = fetch(ResultObjection, number, actor, permission)
    db.session.refresh(made)
    result = db.session.get_one(
        AwardResult, made.result_id, with_for_update=True, populate_existing=True
    )
    return row, made, result


def _corrected(made: ResultObjection, result: AwardResult) -> None:
    version = results.reckon(result, objection_id=made.id)
    award_steps.objection.take(made, "result.correct", version_after=version)


def _refuse_pointless(result: AwardResult, about: str | None) -> None:
    if about is None or (about == m.VETO and result.veto is None):
        raise InvalidInput(
            _("异议成立的，请选择要更正哪一项：一方的评分、自有投入，或一票否决（须已被否决）。"),
            errors={"about": [_("请选择要更正的内容")]},
            code="CORRECTION_MISSING",
        )


def _refuse_missing(name: str, value: object) -> None:
    if value is None:
        raise InvalidInput(
            _("请填写更正后的内容。"), errors={name: [_("请填写")]}, code="CORRECTION_MISSING"
        )
