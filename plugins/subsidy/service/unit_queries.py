"""What is read of claims per unit: what one may claim now, and how far each period has come."""

from __future__ import annotations

from datetime import date
from typing import Any

from core.access import Actor, scoped
from core.db import db
from plugins.subsidy import rules
from plugins.subsidy.models import Application, Scheme, SubsidyClaim, UnitRound
from plugins.subsidy.models import applications as a
from plugins.subsidy.models import claims as c
from plugins.subsidy.service import claims, conditions, units

ROUNDS = 200


def claimable(actor: Actor) -> dict[str, Any]:
    """Return one's eligible applications, each with classes and the periods it may claim now."""
    query = (
        scoped(Application, actor, claims.MAKE)
        .add_columns(Scheme)
        .join(Scheme, Scheme.id == Application.scheme_id)
        .where(Application.state == a.ELIGIBLE, Scheme.kind == units.KIND)
        .order_by(Application.id.desc())
    )
    return {"items": [_claimable(row, scheme) for row, scheme in db.session.execute(query)]}


def _claimable(row: Application, scheme: Scheme) -> dict[str, Any]:
    terms = rules.read_terms(conditions.terms_of(row).document)
    assert terms.units is not None  # noqa: S101 - of this kind
    taken = _taken(scheme.id, row.applicant_id)
    free = [
        (begins, ends)
        for begins, ends in units.periods(scheme, terms)
        if not any(first <= ends and last >= begins for first, last in taken)
    ]
    return {
        "application_id": row.id,
        "scheme_id": scheme.id,
        "scheme": scheme.name,
        "price_promise": terms.conditions.price_promise,
        "classes": [
            {
                "code": one.code,
                "name": one.name,
                "waiting_months": one.waiting_months,
            }
            for one in terms.units.classes
        ],
        "periods": [
            {"from": begins.isoformat(), "to": ends.isoformat()} for begins, ends in free[::-1]
        ],
    }


def _taken(scheme_id: int, payee_id: int) -> list[tuple[date, date]]:
    """Return the periods for which a payee has a live claim, and those that were concluded."""
    own = db.select(SubsidyClaim.period_from, SubsidyClaim.period_to).where(
        SubsidyClaim.scheme_id == scheme_id,
        SubsidyClaim.payee_id == payee_id,
        SubsidyClaim.state.in_(c.LIVE),
        SubsidyClaim.period_from.is_not(None),
    )
    done = db.select(UnitRound.period_from, UnitRound.period_to).filter_by(scheme_id=scheme_id)
    return [tuple(row) for query in (own, done) for row in db.session.execute(query)]


def rounds(actor: Actor, *, scheme_id: int | None = None) -> dict[str, Any]:
    """Return the periods of schemes with a fixed envelope: open ones first, then concluded."""
    schemes = scoped(Scheme, actor, claims.VIEW).where(Scheme.kind == units.KIND)
    if scheme_id is not None:
        schemes = schemes.where(Scheme.id == scheme_id)
    found = {row.id: row for row in db.session.scalars(schemes)}
    fixed = {number: row for number, row in found.items() if units.envelope_of(row) is not None}
    concluded = db.session.scalars(
        db.select(UnitRound)
        .where(UnitRound.scheme_id.in_(found))
        .order_by(UnitRound.id.desc())
        .limit(ROUNDS)
    )
    return {
        "open": _open(fixed),
        "concluded": [_concluded(row, found[row.scheme_id]) for row in concluded],
    }


def _open(schemes: dict[int, Scheme]) -> list[dict[str, Any]]:
    query = (
        db.select(
            SubsidyClaim.scheme_id,
            SubsidyClaim.period_from,
            SubsidyClaim.period_to,
            db.func.count(SubsidyClaim.id),
            db.func.sum(db.case((SubsidyClaim.state == c.SUBMITTED, 1), else_=0)),
            db.func.sum(SubsidyClaim.amount_fen),
        )
        .where(SubsidyClaim.scheme_id.in_(schemes))
        .where(SubsidyClaim.state.in_((c.SUBMITTED, c.COMPUTED)))
        .group_by(SubsidyClaim.scheme_id, SubsidyClaim.period_from, SubsidyClaim.period_to)
        .order_by(SubsidyClaim.period_from, SubsidyClaim.scheme_id)
    )
    rows = []
    for number, begins, ends, count, unchecked, wanted in db.session.execute(query):
        if units.round_of(number, begins, ends) is not None:
            continue
        scheme = schemes[number]
        left = units.left_fen(scheme, units.envelope_of(scheme) or 0)
        rows.append(
            _period(scheme, begins, ends)
            | {
                "claims": int(count),
                "unchecked": int(unchecked),
                "wanted_fen": int(wanted),
                "left_fen": left,
            }
        )
    return rows


def _concluded(row: UnitRound, scheme: Scheme) -> dict[str, Any]:
    return _period(scheme, row.period_from, row.period_to) | {
        "claims": row.claims,
        "wanted_fen": row.wanted_fen,
        "left_fen": row.left_fen,
        "granted_fen": min(row.wanted_fen, row.left_fen),
    }


def _period(scheme: Scheme, begins: date, ends: date) -> dict[str, Any]:
    return {
        "scheme_id": scheme.id,
        "scheme": scheme.name,
        "period_from": begins.isoformat(),
        "period_to": ends.isoformat(),
    }
