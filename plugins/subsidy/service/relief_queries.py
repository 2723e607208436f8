"""What is read of relief: the registers of fees and of taxes, one record, their sums."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func

from core import clock
from core.access import Actor, fetch, scoped, visible
from core.db import db
from core.settlement.claims import payee_names
from plugins.subsidy.models import ReliefRecord, Scheme, SubsidyClaim
from plugins.subsidy.models import relief as r
from plugins.subsidy.service import relief_steps
from plugins.subsidy.service.relief import VIEW

ALL = 10_000


def reliefs(
    actor: Actor,
    *,
    kind: str | None = None,
    state: str | None = None,
    scheme_id: int | None = None,
    before: int | None = None,
    limit: int = 50,
) -> dict[str, Any]:
    """Return the records a person may see, newest first, and the sum of all that are approved."""
    asked = {"kind": kind, "state": state, "scheme_id": scheme_id}
    conditions = [
        getattr(ReliefRecord, name) == value for name, value in asked.items() if value is not None
    ]
    query = scoped(ReliefRecord, actor, VIEW).where(*conditions)
    if before is not None:
        query = query.where(ReliefRecord.id < before)
    rows = db.session.scalars(query.order_by(ReliefRecord.id.desc()).limit(limit + 1)).all()
    total = db.select(func.sum(ReliefRecord.amount_fen)).where(
        visible(ReliefRecord, actor, VIEW), ReliefRecord.state == r.APPROVED, *conditions
    )
    return {
        "items": _items(rows[:limit]),
        "next_before": rows[limit - 1].id if len(rows) > limit else None,
        "approved_fen": int(db.session.scalar(total) or 0),
    }


def relief(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Return a record whole: its papers, how it was reckoned, the claim that compensates it."""
    row = fetch(ReliefRecord, id, actor, VIEW)
    claim = db.session.get(SubsidyClaim, row.claim_id) if row.claim_id else None
    charger = payee_names([row.charger_id])[row.charger_id] if row.charger_id else None
    return _items([row])[0] | {
        "charger": charger,
        "inputs": row.inputs,
        "calculation": row.calculation,
        "journal_id": row.journal_id,
        "claim_id": row.claim_id,
        "claim_number": claim.number if claim else None,
        "made_on": clock.day_of(row.made_at).isoformat(),
        "decided_on": clock.day_of(row.decided_at).isoformat() if row.decided_at else None,
        "decided_reason": row.decided_reason,
        "i_made": actor.user_id is not None and actor.user_id == row.made_by,
    }


def _items(rows: Any) -> list[dict[str, Any]]:
    names = payee_names(row.beneficiary_id for row in rows)
    query = db.select(Scheme.id, Scheme.name).where(Scheme.id.in_({row.scheme_id for row in rows}))
    schemes = {one.id: one.name for one in db.session.execute(query)}
    return [
        {
            "id": row.id,
            "kind": row.kind,
            "scheme_id": row.scheme_id,
            "scheme": schemes[row.scheme_id],
            "beneficiary_id": row.beneficiary_id,
            "beneficiary": names[row.beneficiary_id],
            "period_from": row.period_from.isoformat(),
            "period_to": row.period_to.isoformat(),
            "papers": papers(row),
            "free_hours": row.free_hours,
            "amount_fen": row.amount_fen,
            "compensated_fen": row.compensated_fen,
            "state": row.state,
            "state_name": str(relief_steps.relief.names[row.state]),
        }
        for row in rows
    ]


def papers(row: ReliefRecord) -> list[str]:
    """Return the numbers of the papers a record rests on."""
    if row.kind == r.FEE:
        return [one["number"] for one in row.inputs["fees"]]
    return sorted({one["document"] for one in row.inputs["figures"]})
