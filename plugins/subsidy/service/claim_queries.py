"""What is read of claims and recoveries: by the office, by who is paid."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select

from core.access import Actor, fetch, is_one_of, scoped
from core.db import db
from core.formats import moment
from core.settlement.claims import payee_names
from core.settlement.models import Clawback
from core.states import StatusLog
from plugins.subsidy.models import (
    ClaimCorrection,
    Scheme,
    SubsidyClaim,
    SubsidyRecovery,
)
from plugins.subsidy.service import steps
from plugins.subsidy.service.claims import MAKE, VIEW, approved_by, persons_needed, said
from plugins.subsidy.service.recovering import STATE
from plugins.subsidy.service.recovering import VIEW as VIEW_RECOVERIES

PAGE = 50


def claims(
    actor: Actor,
    *,
    state: str | None = None,
    scheme_id: int | None = None,
    before: int | None = None,
    limit: int = PAGE,
) -> dict[str, Any]:
    """Return the claims a person may see, newest first, in a state or of a scheme if asked."""
    query = scoped(SubsidyClaim, actor, VIEW)
    if state:
        query = query.where(SubsidyClaim.state == state)
    if scheme_id is not None:
        query = query.where(SubsidyClaim.scheme_id == scheme_id)
    return _page(query, before, limit)


def mine(actor: Actor, *, before: int | None = None, limit: int = PAGE) -> dict[str, Any]:
    """Return one's own claims, newest first."""
    return _page(scoped(SubsidyClaim, actor, MAKE), before, limit)


def claim(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Return a claim whole: what was claimed and found, how it was reckoned, who did what."""
    row: SubsidyClaim = fetch(SubsidyClaim, id, actor, VIEW)
    return _whole(actor, row)


def own_claim(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Return one's own claim whole."""
    row: SubsidyClaim = fetch(SubsidyClaim, id, actor, MAKE)
    return _whole(actor, row)


def recoveries(
    actor: Actor, *, state: str | None = None, before: int | None = None, limit: int = PAGE
) -> dict[str, Any]:
    """Return the recoveries a person may see, newest first: the office's, or one's own."""
    permission = VIEW_RECOVERIES if actor.may(VIEW_RECOVERIES) else STATE
    query = scoped(SubsidyRecovery, actor, permission)
    if state:
        query = query.where(SubsidyRecovery.state == state)
    if before is not None:
        query = query.where(SubsidyRecovery.id < before)
    rows = list(db.session.scalars(query.order_by(SubsidyRecovery.id.desc()).limit(limit + 1)))
    shown = rows[:limit]
    names = payee_names([row.party_id for row in shown])
    return {
        "items": [_recovery(row, names) for row in shown],
        "next_before": shown[-1].id if len(rows) > limit else None,
    }


def recovery(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Return a recovery whole: to the office, or to the party it is asked of."""
    permission = VIEW_RECOVERIES if actor.may(VIEW_RECOVERIES) else STATE
    row: SubsidyRecovery = fetch(SubsidyRecovery, id, actor, permission)
    return _recovery(row, payee_names([row.party_id])) | {
        "claim_number": db.session.get_one(SubsidyClaim, row.claim_id).number,
        "i_proposed": is_one_of(actor.user_id, row.proposed_by),
        "history": history(steps.RECOVERY, row.id, steps.recovery.names),
    }


def history(object_type: str, object_id: int, names: Any) -> list[dict[str, str]]:
    """Return what happened to an object and when, oldest first, by the names of its states."""
    rows = db.session.scalars(
        db.select(StatusLog)
        .filter_by(object_type=object_type, object_id=object_id)
        .order_by(StatusLog.id)
    )
    return [{"at": moment(row.at), "state": str(names[row.to_state])} for row in rows]


def _page(query: Select[Any], before: int | None, limit: int) -> dict[str, Any]:
    if before is not None:
        query = query.where(SubsidyClaim.id < before)
    rows = list(db.session.scalars(query.order_by(SubsidyClaim.id.desc()).limit(limit + 1)))
    shown = rows[:limit]
    names = payee_names({party for row in shown for party in (row.payee_id, row.beneficiary_id)})
    schemes = _scheme_names({row.scheme_id for row in shown})
    return {
        "items": [_item(row, names, schemes) for row in shown],
        "next_before": shown[-1].id if len(rows) > limit else None,
    }


def _item(row: SubsidyClaim, names: dict[int, str], schemes: dict[int, str]) -> dict[str, Any]:
    return {
        "id": row.id,
        "number": row.number,
        "kind": row.kind,
        "scheme_id": row.scheme_id,
        "scheme": schemes[row.scheme_id],
        "payee": names[row.payee_id],
        "beneficiary": names[row.beneficiary_id],
        "period_from": row.period_from.isoformat() if row.period_from else None,
        "period_to": row.period_to.isoformat() if row.period_to else None,
        "instalment": row.instalment,
        "amount_fen": row.amount_fen,
        "owed_fen": row.owed_fen,
        "state": row.state,
        "state_name": str(steps.claim.names[row.state]),
        "made_at": moment(row.made_at),
    }


def _whole(actor: Actor, row: SubsidyClaim) -> dict[str, Any]:
    names = payee_names([row.payee_id, row.beneficiary_id])
    recovered = list(
        db.session.scalars(
            db.select(SubsidyRecovery).filter_by(claim_id=row.id).order_by(SubsidyRecovery.id)
        )
    )
    corrections = db.session.scalars(
        db.select(ClaimCorrection).filter_by(claim_id=row.id).order_by(ClaimCorrection.id)
    )
    parties = payee_names([one.party_id for one in recovered])
    return _item(row, names, _scheme_names({row.scheme_id})) | {
        "application_id": row.application_id,
        "grant_id": row.grant_id,
        "terms_id": row.terms_id,
        "claimed": row.claimed,
        "asked_fen": row.asked_fen,
        "inputs": row.inputs,
        "calculation": row.calculation,
        "units": row.units,
        "lowered_fen": row.lowered_fen,
        "approvals": said(row)["approvals"],
        "persons": persons_needed(row),
        "i_made": is_one_of(actor.user_id, row.made_by, row.computed_by),
        "i_approved": approved_by(row, actor.user_id),
        "pool_id": row.pool_id,
        "journal_id": row.journal_id,
        "paid_on": row.paid_on.isoformat() if row.paid_on else None,
        "ended_reason": row.ended_reason,
        "corrections": [
            {"amount_fen": one.amount_fen, "reason": one.reason, "at": moment(one.made_at)}
            for one in corrections
        ],
        "recoveries": [_recovery(one, parties) for one in recovered],
        "history": history(steps.CLAIM, row.id, steps.claim.names),
    }


def _recovery(row: SubsidyRecovery, names: dict[int, str]) -> dict[str, Any]:
    clawback = db.session.get_one(Clawback, row.clawback_id)
    return {
        "id": row.id,
        "number": row.number,
        "claim_id": row.claim_id,
        "party": names[row.party_id],
        "amount_fen": row.amount_fen,
        "received_fen": clawback.received_fen,
        "clawback_id": row.clawback_id,
        "reason": row.reason,
        "basis": row.basis,
        "state": row.state,
        "state_name": str(steps.recovery.names[row.state]),
        "state_by": row.state_by.isoformat(),
        "statement": row.statement,
        "decided_reason": row.decided_reason,
    }


def _scheme_names(ids: set[int]) -> dict[int, str]:
    query = db.select(Scheme.id, Scheme.name).where(Scheme.id.in_(ids))
    return {row.id: row.name for row in db.session.execute(query)}
