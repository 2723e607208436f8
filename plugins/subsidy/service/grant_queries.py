"""What is read of agreements: by the office and the beneficiary, and the text to be signed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import or_

from core import clock
from core.access import Actor, fetch, scoped
from core.db import db
from core.errors import NotFound
from core.formats import moment
from core.settlement.claims import payee_names
from plugins.subsidy.models import (
    AwardResult,
    GrantBreach,
    Scheme,
    ScoringRound,
    SubsidyClaim,
    SubsidyGrant,
)
from plugins.subsidy.models import claims as c
from plugins.subsidy.models import grants as g
from plugins.subsidy.models import results as m
from plugins.subsidy.service import agreements, award_steps, duties, grants, steps
from plugins.subsidy.service.grants import SIGN, VIEW

PAGE = 50
DUE = "due"


def listed(
    actor: Actor,
    *,
    state: str | None = None,
    before: int | None = None,
    limit: int = PAGE,
) -> dict[str, Any]:
    """Return the agreements a person may see, newest first; `due`: those that wait for the office.

    An instalment whose day has come, or a breach that waits for its decision.
    """
    query = scoped(SubsidyGrant, actor, VIEW)
    if state == DUE:
        waiting = db.select(SubsidyClaim.grant_id).where(
            SubsidyClaim.grant_id.is_not(None),
            SubsidyClaim.state.in_(duties.WAITING),
            SubsidyClaim.due_on <= clock.today(),
        )
        query = query.where(
            or_(
                SubsidyGrant.state == g.QUESTIONED,
                (SubsidyGrant.state == g.SIGNED) & SubsidyGrant.id.in_(waiting),
            )
        )
    elif state:
        query = query.where(SubsidyGrant.state == state)
    if before is not None:
        query = query.where(SubsidyGrant.id < before)
    rows = list(db.session.scalars(query.order_by(SubsidyGrant.id.desc()).limit(limit + 1)))
    return {
        "items": brief(rows[:limit]),
        "next_before": rows[limit - 1].id if len(rows) > limit else None,
    }


def show(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Return an agreement whole: its text, its instalments, what was said of its duty."""
    row: SubsidyGrant = fetch(SubsidyGrant, id, actor, VIEW)
    result = db.session.get_one(AwardResult, row.result_id)
    ground = db.session.get_one(ScoringRound, result.round_id)
    ends = grants.duty_end(row)
    return brief([row])[0] | {
        "document": agreements.document(result, ground),
        "text_hash": row.text_hash,
        "application_id": row.application_id,
        "result_id": row.result_id,
        "duty_ends_on": ends.isoformat() if ends else None,
        "duty_is_over": ends is None or clock.today() > ends,
        "instalments": [_instalment(one) for one in grants.instalments_of(row.id)],
        "breaches": [_breach(one, actor) for one in _breaches(row.id)],
    }


def offer(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Return the text of the agreement about one's own final award, and its hash to sign."""
    result: AwardResult = fetch(AwardResult, id, actor, SIGN)
    row = db.session.get_one(ScoringRound, result.round_id)
    if row.state != m.CONCLUDED or not result.final_fen:
        raise NotFound("NOT_FOUND", _("还没有可签的协议：奖励金额尚未确定，或没有获得奖励。"))
    text = agreements.document(result, row)
    signed = db.session.scalar(db.select(SubsidyGrant.id).filter_by(result_id=result.id))
    return {
        "result_id": result.id,
        "document": text,
        "text_hash": agreements.hash_of(text),
        "grant_id": signed,
    }


def brief(rows: Sequence[SubsidyGrant]) -> list[dict[str, Any]]:
    """Return agreements as lists tell them."""
    names = payee_names(row.beneficiary_id for row in rows)
    schemes = {
        one.id: one.name
        for one in db.session.scalars(
            db.select(Scheme).where(Scheme.id.in_({row.scheme_id for row in rows}))
        )
    }
    return [
        {
            "id": row.id,
            "number": row.number,
            "scheme": schemes[row.scheme_id],
            "beneficiary": names[row.beneficiary_id],
            "amount_fen": row.amount_fen,
            "forfeited_fen": row.forfeited_fen,
            "state": row.state,
            "state_name": str(award_steps.grant.names[row.state]),
            "signed_at": moment(row.signed_at),
            "broken_from": row.broken_from.isoformat() if row.broken_from else None,
            "broken_reason": row.broken_reason,
        }
        for row in rows
    ]


def _instalment(claim: SubsidyClaim) -> dict[str, Any]:
    is_waiting = claim.state in duties.WAITING
    return {
        "claim_id": claim.id,
        "number": claim.instalment,
        "amount_fen": claim.amount_fen,
        "lowered_fen": claim.lowered_fen,
        "owed_fen": claim.owed_fen,
        "state": claim.state,
        "state_name": str(steps.claim.names[claim.state]),
        "fiscal_year": claim.fiscal_year,
        "due_on": claim.due_on.isoformat() if claim.due_on else None,
        "is_due": is_waiting and (claim.due_on is None or claim.due_on <= clock.today()),
        "paid_on": claim.paid_on.isoformat() if claim.paid_on else None,
        "calculation": claim.calculation if claim.state != c.SUBMITTED else None,
        "checked": (claim.inputs or {}).get("document"),
    }


def _breaches(grant_id: int) -> list[GrantBreach]:
    query = db.select(GrantBreach).filter_by(grant_id=grant_id).order_by(GrantBreach.id)
    return list(db.session.scalars(query))


def _breach(row: GrantBreach, actor: Actor) -> dict[str, Any]:
    return {
        "id": row.id,
        "closed_from": row.closed_from.isoformat(),
        "reason": row.reason,
        "basis": row.basis,
        "state": row.state,
        "state_name": str(award_steps.breach.names[row.state]),
        "months": row.months,
        "state_by": row.state_by.isoformat(),
        "statement": row.statement,
        "decided_reason": row.decided_reason,
        "clawback_fen": row.clawback_fen,
        "lowered_fen": row.lowered_fen,
        "forfeited_fen": row.forfeited_fen,
        "i_proposed": actor.user_id == row.proposed_by,
        "recoveries": [
            {"id": one.id, "number": one.number, "amount_fen": one.amount_fen}
            for one in duties.recoveries_of(row.id)
        ],
    }
