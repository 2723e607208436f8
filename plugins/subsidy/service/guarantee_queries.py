"""What is read of guarantors and guarantees: lists, one with its room, claims and recoveries."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import func

from core.access import Actor, fetch, scoped
from core.db import db
from core.settlement.claims import payee_names
from plugins.subsidy import rules
from plugins.subsidy.models import (
    Guarantee,
    GuaranteeClaim,
    GuaranteeRecovery,
    Guarantor,
    GuarantorFigure,
    Scheme,
    SubsidyClaim,
)
from plugins.subsidy.models import guarantors as g
from plugins.subsidy.service import exposure, guarantees, guarantors
from plugins.subsidy.service import guarantee_steps as steps


def list_guarantors(
    actor: Actor,
    *,
    state: str | None = None,
    before: int | None = None,
    limit: int = 50,
) -> dict[str, Any]:
    """Return the guarantors a person may see, newest first."""
    query = scoped(Guarantor, actor, guarantors.VIEW)
    if state is not None:
        query = query.where(Guarantor.state == state)
    shown, next_before = _page(Guarantor, query, before, limit)
    names = payee_names(row.organisation_id for row in shown)
    used = _used_by(row.id for row in shown)
    return {
        "items": [_guarantor(row, names, used.get(row.id, 0)) for row in shown],
        "next_before": next_before,
    }


def show_guarantor(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Return a guarantor with its figures, newest first, and its room for a new debtor."""
    row = fetch(Guarantor, id, actor, guarantors.VIEW)
    names = payee_names(one for one in (row.organisation_id, row.controller_id) if one is not None)
    figure = guarantors.figure_in_force(row.id)
    figures = db.session.scalars(
        db.select(GuarantorFigure)
        .filter_by(guarantor_id=row.id)
        .order_by(GuarantorFigure.as_of.desc(), GuarantorFigure.id.desc())
        .limit(50)
    )
    return _guarantor(row, names, _used_by([row.id]).get(row.id, 0)) | {
        "controller": names.get(row.controller_id) if row.controller_id else None,
        "named_by": row.named_by,
        "ended_reason": row.ended_reason,
        "is_waiting": guarantors.waiting_figure(row.id) is not None,
        "figures": [_figure(one) for one in figures],
        "room": _room(row, figure),
    }


def list_guarantees(
    actor: Actor,
    *,
    state: str | None = None,
    guarantor_id: int | None = None,
    before: int | None = None,
    limit: int = 50,
) -> dict[str, Any]:
    """Return the guarantees a person may see, newest first."""
    query = scoped(Guarantee, actor, guarantees.VIEW)
    if state is not None:
        query = query.where(Guarantee.state == state)
    if guarantor_id is not None:
        query = query.where(Guarantee.guarantor_id == guarantor_id)
    shown, next_before = _page(Guarantee, query, before, limit)
    names = payee_names(one for row in shown for one in (row.provider_id, row.debtor_id))
    return {"items": [_guarantee(row, names) for row in shown], "next_before": next_before}


def show_guarantee(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Return a guarantee with what happened to it, its claims, and what came back."""
    row = fetch(Guarantee, id, actor, guarantees.VIEW)
    return _guarantee(row, payee_names([row.provider_id, row.debtor_id])) | {
        "guarantor_id": row.guarantor_id,
        "principal_fen": row.principal_fen,
        "fee_scheme": _scheme(row.fee_scheme_id),
        "pool_scheme": _scheme(row.pool_scheme_id),
        "paid_fen": row.paid_fen,
        "paid_on": row.paid_on.isoformat() if row.paid_on else None,
        "paid_document": row.paid_document,
        "ended_on": row.ended_on.isoformat() if row.ended_on else None,
        "ended_reason": row.ended_reason,
        "events": [
            {
                "kind": one.kind,
                "on": one.on.isoformat(),
                "amount_fen": one.amount_fen,
                "document": one.document,
            }
            for one in guarantees.events(row)
        ],
        "claims": [_claim(one) for one in claims_of(row)],
        "recoveries": [
            {
                "on": one.on.isoformat(),
                "amount_fen": one.amount_fen,
                "parts": one.parts,
                "document": one.document,
                "recovery_id": one.recovery_id,
            }
            for one in recoveries_of(row)
        ],
    }


def claims_of(row: Guarantee) -> list[SubsidyClaim]:
    """Return the claims about a guarantee, newest first."""
    query = (
        db.select(SubsidyClaim)
        .join(GuaranteeClaim, GuaranteeClaim.claim_id == SubsidyClaim.id)
        .where(GuaranteeClaim.guarantee_id == row.id)
    )
    return list(db.session.scalars(query.order_by(SubsidyClaim.id.desc())))


def recoveries_of(row: Guarantee) -> list[GuaranteeRecovery]:
    """Return what the debtor paid after the guarantor had, in order."""
    query = db.select(GuaranteeRecovery).filter_by(guarantee_id=row.id)
    return list(db.session.scalars(query.order_by(GuaranteeRecovery.id)))


def _page(model: Any, query: Any, before: int | None, limit: int) -> tuple[list[Any], int | None]:
    if before is not None:
        query = query.where(model.id < before)
    rows = list(db.session.scalars(query.order_by(model.id.desc()).limit(limit + 1)))
    shown = rows[:limit]
    return shown, shown[-1].id if len(rows) > limit else None


def _used_by(ids: Iterable[int]) -> dict[int, int]:
    """Return what each of these guarantors guarantees now (fen)."""
    query = (
        db.select(Guarantee.guarantor_id, func.sum(Guarantee.outstanding_fen).label("fen"))
        .where(Guarantee.guarantor_id.in_(list(ids)), Guarantee.state == g.ACTIVE)
        .group_by(Guarantee.guarantor_id)
    )
    return {row.guarantor_id: int(row.fen) for row in db.session.execute(query)}


def _guarantor(row: Guarantor, names: dict[int, str], used_fen: int) -> dict[str, Any]:
    figure = guarantors.figure_in_force(row.id)
    return {
        "id": row.id,
        "name": names[row.organisation_id],
        "licence_no": row.licence_no,
        "licence_until": figure.licence_until.isoformat() if figure else None,
        "net_assets_fen": figure.net_assets_fen if figure else None,
        "outstanding_fen": used_fen,
        "state": row.state,
        "state_name": str(steps.guarantor.names[row.state]),
    }


def _figure(one: GuarantorFigure) -> dict[str, Any]:
    return {
        "as_of": one.as_of.isoformat(),
        "net_assets_fen": one.net_assets_fen,
        "small_rural_bp": one.small_rural_bp,
        "licence_until": one.licence_until.isoformat(),
        "document": one.document,
        "is_approved": one.approved_at is not None,
    }


def _room(row: Guarantor, figure: GuarantorFigure | None) -> list[dict[str, Any]]:
    """Return each limit (fen) that the law sets a guarantor: how much, used, and left.

    Of those that go by debtor it tells about the debtors for whom it guarantees most.
    """
    if figure is None:
        return []
    found = exposure.room(row, figure, pool=None, pool_scheme_id=None)
    most = rules.headroom(found.law, found.net_assets_fen, rules.Exposure(0, 0, 0)).each
    greatest = _most_for_one(row.id)
    used = {"single": greatest, "group": greatest, "multiple": found.used.total_fen}
    return [
        {
            "limit": limit,
            "most_fen": fen,
            "used_fen": used[limit],
            "left_fen": max(0, fen - used[limit]),
        }
        for limit, fen in most.items()
    ]


def _most_for_one(guarantor_id: int) -> int:
    query = (
        db.select(func.sum(Guarantee.outstanding_fen))
        .where(Guarantee.guarantor_id == guarantor_id, Guarantee.state == g.ACTIVE)
        .group_by(Guarantee.debtor_id)
    )
    return max((int(one or 0) for one in db.session.scalars(query)), default=0)


def _guarantee(row: Guarantee, names: dict[int, str]) -> dict[str, Any]:
    return {
        "id": row.id,
        "number": row.number,
        "guarantor": names[row.provider_id],
        "debtor": names[row.debtor_id],
        "bank": row.bank,
        "loan_number": row.loan_number,
        "guaranteed_fen": row.guaranteed_fen,
        "outstanding_fen": row.outstanding_fen,
        "from_on": row.from_on.isoformat(),
        "due_on": row.due_on.isoformat(),
        "state": row.state,
        "state_name": str(steps.guarantee.names[row.state]),
    }


def _scheme(number: int | None) -> dict[str, Any] | None:
    if number is None:
        return None
    row = db.session.get_one(Scheme, number)
    return {"id": row.id, "name": row.name}


def _claim(one: SubsidyClaim) -> dict[str, Any]:
    return {
        "id": one.id,
        "number": one.number,
        "kind": one.kind,
        "period_from": one.period_from.isoformat() if one.period_from else None,
        "period_to": one.period_to.isoformat() if one.period_to else None,
        "amount_fen": one.amount_fen if one.calculation is not None else None,
        "state": one.state,
    }
