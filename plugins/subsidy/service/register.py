"""The public register of subsidies (补贴公示): who was granted how much of which scheme, and why.

Organisations are named in full. Natural persons never are: of them the register tells sums by
scheme and township, and withholds cells of so few people that they could be recognised, with as
many others as it takes that no withheld figure follows from the totals.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Select, case, distinct, func, or_
from sqlalchemy.orm import aliased

from core.access import Actor
from core.db import db
from core.disclosure import FEWEST, PublicSum
from core.divisions import Division
from core.parties import Organisation, Resident
from core.settlement.models import Clawback
from plugins.subsidy.models import Scheme, SchemeTerms, SubsidyClaim, SubsidyRecovery
from plugins.subsidy.models import claims as c
from plugins.subsidy.models import recoveries as r
from plugins.subsidy.service import steps

PAGE = 50
AT_ONCE = 500
_Funder = aliased(Organisation)
OWED_FEN = SubsidyClaim.amount_fen - SubsidyClaim.lowered_fen


def grants(
    actor: Actor,  # noqa: ARG001 - every verb hears who acts
    *,
    q: str | None = None,
    scheme_id: int | None = None,
    before: int | None = None,
    limit: int = PAGE,
) -> dict[str, Any]:
    """Return what organisations were granted, newest first; `q` is in a name, or a number."""
    query = _searched(q, scheme_id)
    if before is not None:
        query = query.where(SubsidyClaim.id < before)
    rows = db.session.execute(query.order_by(SubsidyClaim.id.desc()).limit(limit + 1)).all()
    items = [_item(row) for row in rows[:limit]]
    return {"items": items, "next_before": items[-1]["id"] if len(rows) > limit else None}


def every_grant(q: str | None = None, scheme_id: int | None = None) -> Iterator[dict[str, Any]]:
    """Yield all that organisations were granted, oldest first, for a file that is streamed."""
    query = _searched(q, scheme_id).order_by(SubsidyClaim.id)
    for row in db.session.execute(query.execution_options(yield_per=AT_ONCE)):
        yield _item(row)


def resident_sums(actor: Actor) -> dict[str, Any]:  # noqa: ARG001 - every verb hears who acts
    """Return what residents were granted, by scheme and township; small cells withheld."""
    query = (
        db.select(
            Scheme.id,
            Scheme.name,
            Division.name,
            func.count(distinct(Resident.id)),
            func.sum(OWED_FEN),
        )
        .join(SubsidyClaim, SubsidyClaim.scheme_id == Scheme.id)
        .join(Resident, Resident.id == SubsidyClaim.beneficiary_id)
        .join(Division, Division.code == Resident.division_code)
        .where(SubsidyClaim.state.in_(c.OWED))
        .group_by(Scheme.id, Scheme.name, Division.code, Division.name)
        .order_by(Scheme.id, Division.code)
    )
    found: dict[int, dict[str, Any]] = {}
    for scheme_id, name, place, people, fen in db.session.execute(query):
        one = found.setdefault(scheme_id, {"scheme_id": scheme_id, "scheme": name, "cells": []})
        one["cells"].append({"division": place, "people": int(people), "amount_fen": int(fen)})
    return {"fewest": FEWEST, "items": [_withheld(one) for one in found.values()]}


def public_sums() -> list[PublicSum]:
    """Return what each scheme granted so far: the answer to `public_sums`."""
    returned = (
        db.select(SubsidyClaim.scheme_id, func.sum(Clawback.received_fen))
        .join(SubsidyRecovery, SubsidyRecovery.claim_id == SubsidyClaim.id)
        .join(Clawback, Clawback.id == SubsidyRecovery.clawback_id)
        .group_by(SubsidyClaim.scheme_id)
    )
    back = {number: int(fen) for number, fen in db.session.execute(returned)}
    query = (
        db.select(
            Scheme.id,
            Scheme.name,
            Organisation.name,
            func.count(distinct(SubsidyClaim.payee_id)),
            func.count(distinct(Resident.id)),
            func.sum(OWED_FEN),
            func.sum(case((SubsidyClaim.state == c.PAID, OWED_FEN), else_=0)),
        )
        .join(SubsidyClaim, SubsidyClaim.scheme_id == Scheme.id)
        .join(Organisation, Organisation.id == Scheme.organisation_id)
        .outerjoin(Resident, Resident.id == SubsidyClaim.beneficiary_id)
        .where(SubsidyClaim.state.in_(c.OWED))
        .group_by(Scheme.id, Scheme.name, Organisation.name)
        .order_by(Scheme.id)
    )
    return [
        PublicSum(name, who, payees, people or None, int(fen), int(paid) - back.get(number, 0))
        for number, name, who, payees, people, fen, paid in db.session.execute(query)
    ]


def _searched(q: str | None, scheme_id: int | None) -> Select[Any]:
    decided = (
        db.select(func.coalesce(func.sum(SubsidyRecovery.amount_fen), 0))
        .where(SubsidyRecovery.claim_id == SubsidyClaim.id, SubsidyRecovery.state == r.DECIDED)
        .scalar_subquery()
    )
    received = (
        db.select(func.coalesce(func.sum(Clawback.received_fen), 0))
        .join(SubsidyRecovery, SubsidyRecovery.clawback_id == Clawback.id)
        .where(SubsidyRecovery.claim_id == SubsidyClaim.id)
        .scalar_subquery()
    )
    query = (
        db.select(
            SubsidyClaim, Organisation, _Funder, Scheme, SchemeTerms.document, decided, received
        )
        .join(Organisation, Organisation.id == SubsidyClaim.beneficiary_id)
        .join(_Funder, _Funder.id == SubsidyClaim.organisation_id)
        .join(Scheme, Scheme.id == SubsidyClaim.scheme_id)
        .join(SchemeTerms, SchemeTerms.id == SubsidyClaim.terms_id)
        .where(SubsidyClaim.state.in_(c.OWED))
    )
    if scheme_id is not None:
        query = query.where(SubsidyClaim.scheme_id == scheme_id)
    if q:
        query = query.where(
            or_(
                Organisation.name.contains(q, autoescape=True),
                Scheme.name.contains(q, autoescape=True),
                Organisation.credit_code == q,
                SubsidyClaim.number == q,
            )
        )
    return query


def _item(found: Any) -> dict[str, Any]:
    claim, recipient, funder, scheme, document, decided_fen, received_fen = found
    return {
        "id": claim.id,
        "number": claim.number,
        "recipient": recipient.name,
        "recipient_code": recipient.credit_code,
        "funder": funder.name,
        "funder_code": funder.credit_code,
        "scheme_id": scheme.id,
        "scheme_code": scheme.code,
        "scheme": scheme.name,
        "kind": scheme.kind,
        "basis": [_basis(one) for one in document.get("legal_basis") or []],
        "instalment": claim.instalment,
        "period_from": claim.period_from.isoformat() if claim.period_from else None,
        "period_to": claim.period_to.isoformat() if claim.period_to else None,
        "asked_fen": claim.asked_fen,
        "amount_fen": claim.owed_fen,
        "paid_fen": claim.owed_fen if claim.state == c.PAID else 0,
        "approved_on": claim.approved_on.isoformat() if claim.approved_on else None,
        "paid_on": claim.paid_on.isoformat() if claim.paid_on else None,
        "recovered_fen": int(decided_fen),
        "received_fen": int(received_fen),
        "state": claim.state,
        "state_name": str(steps.claim.names[claim.state]),
    }


def _basis(one: dict[str, Any]) -> str:
    parts = (f"《{one['title']}》", one.get("document_no") or "", one.get("article") or "")
    return " ".join(part for part in parts if part)


def _withheld(one: dict[str, Any]) -> dict[str, Any]:
    """Return a scheme's cells, those of few people withheld, and others that would give them away.

    From the total and the cells shown follows the sum of the withheld ones; so they are none, or
    two at least with five people between them. A total of few people is withheld with all cells.
    """
    cells = sorted(one["cells"], key=lambda cell: int(cell["people"]))
    people = sum(cell["people"] for cell in cells)
    total_fen = sum(cell["amount_fen"] for cell in cells)
    hidden = sum(1 for cell in cells if cell["people"] < FEWEST)
    while 0 < hidden < len(cells) and (
        hidden == 1 or sum(cell["people"] for cell in cells[:hidden]) < FEWEST
    ):
        hidden += 1
    for cell in cells[:hidden]:
        cell |= {"people": None, "amount_fen": None}
    told = people >= FEWEST
    return one | {
        "people": people if told else None,
        "amount_fen": total_fen if told else None,
    }
