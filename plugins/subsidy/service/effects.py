"""What subsidies achieve: by scheme and year what was granted, paid and recovered, for what result.

A page of schemes takes the same few statements, however many it holds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from sqlalchemy import case, distinct, func

from core.access import Actor, scoped
from core.db import db
from core.parties import Organisation
from core.settlement.models import Clawback
from plugins.subsidy import rules
from plugins.subsidy.models import Application, Scheme, SchemeTerms, SubsidyClaim, SubsidyRecovery
from plugins.subsidy.models import applications as a
from plugins.subsidy.models import claims as c
from plugins.subsidy.models import schemes as s
from plugins.subsidy.rules import BP, half_up
from plugins.subsidy.service.schemes import VIEW

PAGE = 50
OWED_FEN = SubsidyClaim.amount_fen - SubsidyClaim.lowered_fen


def effects(
    actor: Actor, *, year: int | None = None, before: int | None = None, limit: int = PAGE
) -> dict[str, Any]:
    """Return the published schemes in view, newest first, each with its years, or one of them.

    `granted_fen` is approved or agreed, `paid_fen` was paid of it, `recovered_fen` came back.
    `unit_fen` is what a verified result cost. `reach_bp` is how many of those who applied benefit.
    """
    query = scoped(Scheme, actor, VIEW).where(Scheme.state.in_((s.PUBLISHED, s.CLOSED)))
    if before is not None:
        query = query.where(Scheme.id < before)
    rows = list(db.session.scalars(query.order_by(Scheme.id.desc()).limit(limit + 1)))
    shown = rows[:limit]
    ids = [row.id for row in shown]
    years, benefit, applied = _years(ids, year), _beneficiaries(ids), _applicants(ids)
    envelopes, names = _envelopes(ids), _names(shown)
    return {
        "items": [
            {
                "id": row.id,
                "name": row.name,
                "kind": row.kind,
                "organisation": names[row.organisation_id],
                "envelope_fen": envelopes.get(row.id),
                "beneficiaries": benefit.get(row.id, 0),
                "applicants": applied.get(row.id, 0),
                "reach_bp": _part(benefit.get(row.id, 0), applied.get(row.id, 0)),
                "years": years.get(row.id, []),
            }
            for row in shown
        ],
        "next_before": shown[-1].id if len(rows) > limit else None,
    }


def _years(ids: list[int], year: int | None) -> dict[int, list[dict[str, Any]]]:
    """Return what each year of schemes came to, the first year first."""
    is_owed = SubsidyClaim.state.in_(c.OWED)
    is_counted = is_owed & SubsidyClaim.units.is_not(None)
    is_promised = SubsidyClaim.state.in_((c.SUBMITTED, c.COMPUTED)) & SubsidyClaim.grant_id.is_not(
        None
    )
    query = (
        db.select(
            SubsidyClaim.scheme_id,
            SubsidyClaim.fiscal_year,
            func.sum(
                case((is_owed, OWED_FEN), (is_promised, SubsidyClaim.amount_fen), else_=0)
            ).label("granted_fen"),
            func.sum(case((SubsidyClaim.state == c.PAID, OWED_FEN), else_=0)).label("paid_fen"),
            func.count(distinct(case((is_owed, SubsidyClaim.beneficiary_id)))).label(
                "beneficiaries"
            ),
            func.sum(case((is_counted, SubsidyClaim.units))).label("units"),
            func.sum(case((is_counted, OWED_FEN), else_=0)).label("counted_fen"),
        )
        .where(SubsidyClaim.scheme_id.in_(ids))
        .group_by(SubsidyClaim.scheme_id, SubsidyClaim.fiscal_year)
        .order_by(SubsidyClaim.scheme_id, SubsidyClaim.fiscal_year)
    )
    if year is not None:
        query = query.where(SubsidyClaim.fiscal_year == year)
    back, found = _received(ids), defaultdict(list)
    for row in db.session.execute(query):
        if not row.granted_fen:
            continue
        units = None if row.units is None else int(row.units)
        found[row.scheme_id].append(
            {
                "year": row.fiscal_year,
                "granted_fen": int(row.granted_fen),
                "paid_fen": int(row.paid_fen),
                "recovered_fen": back.get((row.scheme_id, row.fiscal_year), 0),
                "beneficiaries": row.beneficiaries,
                "units": units,
                "unit_fen": half_up(Fraction(int(row.counted_fen), units)) if units else None,
            }
        )
    return dict(found)


def _received(ids: list[int]) -> dict[tuple[int, int], int]:
    rows = db.session.execute(
        db.select(SubsidyClaim.scheme_id, SubsidyClaim.fiscal_year, func.sum(Clawback.received_fen))
        .join(SubsidyRecovery, SubsidyRecovery.claim_id == SubsidyClaim.id)
        .join(Clawback, Clawback.id == SubsidyRecovery.clawback_id)
        .where(SubsidyClaim.scheme_id.in_(ids))
        .group_by(SubsidyClaim.scheme_id, SubsidyClaim.fiscal_year)
    )
    return {(scheme, year): int(fen) for scheme, year, fen in rows}


def _beneficiaries(ids: list[int]) -> dict[int, int]:
    rows = db.session.execute(
        db.select(
            SubsidyClaim.scheme_id,
            func.count(distinct(SubsidyClaim.beneficiary_id)).label("people"),
        )
        .where(SubsidyClaim.scheme_id.in_(ids), SubsidyClaim.state.in_(c.OWED))
        .group_by(SubsidyClaim.scheme_id)
    )
    return {row.scheme_id: row.people for row in rows}


def _applicants(ids: list[int]) -> dict[int, int]:
    """Return how many applied for each scheme; drafts and what was withdrawn do not count."""
    rows = db.session.execute(
        db.select(
            Application.scheme_id, func.count(distinct(Application.applicant_id)).label("people")
        )
        .where(Application.scheme_id.in_(ids))
        .where(Application.state.not_in((a.DRAFT, a.WITHDRAWN)))
        .group_by(Application.scheme_id)
    )
    return {row.scheme_id: row.people for row in rows}


def _envelopes(ids: list[int]) -> dict[int, int | None]:
    """Return the envelopes (fen) of the newest approved terms; None is up to the budget line."""
    rows = db.session.execute(
        db.select(SchemeTerms.scheme_id, SchemeTerms.document)
        .where(SchemeTerms.scheme_id.in_(ids), SchemeTerms.state == s.APPROVED)
        .order_by(SchemeTerms.version)
    )
    return {scheme: rules.read_terms(document).envelope_fen for scheme, document in rows}


def _names(rows: Iterable[Scheme]) -> dict[int, str]:
    wanted = {row.organisation_id for row in rows}
    query = db.select(Organisation.id, Organisation.name).where(Organisation.id.in_(wanted))
    return {row.id: row.name for row in db.session.execute(query)}


def _part(some: int, whole: int) -> int | None:
    return half_up(Fraction(min(some, whole) * BP, whole)) if whole else None
