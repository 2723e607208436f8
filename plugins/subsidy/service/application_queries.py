"""What applicants and the office read of applications: the worklist, one of them whole, my own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, or_

from core import clock
from core.access import Actor, RoleGrant, scoped
from core.db import db
from core.errors import Refusal
from core.facts import ORGANISATION, facts_about
from core.formats import moment
from core.settlement.claims import payee_names
from core.states import StatusLog
from plugins.subsidy.models import Application, Scheme
from plugins.subsidy.models import applications as a
from plugins.subsidy.service import (
    application_checks,
    application_clocks,
    applications,
    finding,
    steps,
)

PAGE = 50


def listed(
    actor: Actor,
    *,
    state: str | None = None,
    scheme_id: int | None = None,
    after: int | None = None,
    limit: int = PAGE,
) -> dict[str, Any]:
    """Return the office's applications, oldest first; `after` is the last number seen."""
    query = scoped(Application, actor, applications.VIEW).where(_brought(actor))
    if state is not None:
        query = query.where(Application.state == state)
    if scheme_id is not None:
        query = query.where(Application.scheme_id == scheme_id)
    if after is not None:
        query = query.where(Application.id > after)
    rows = _page(query.order_by(Application.id), limit)
    shown = rows[:limit]
    return {
        "items": brief(shown),
        "next_after": shown[-1].id if len(rows) > limit else None,
    }


def mine(actor: Actor, *, before: int | None = None, limit: int = PAGE) -> dict[str, Any]:
    """Return the applications of the own organisation, or one's own, newest first."""
    own = Application.applicant_id.in_(applications.own_parties(actor))
    query = scoped(Application, actor, applications.MAKE).where(own)
    if before is not None:
        query = query.where(Application.id < before)
    rows = _page(query.order_by(Application.id.desc()), limit)
    shown = rows[:limit]
    return {
        "items": brief(shown),
        "next_before": shown[-1].id if len(rows) > limit else None,
    }


def show(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Return an application: what it says, its papers, what was found, what happened to it."""
    row = applications.seen(actor, id)
    is_mine = row.applicant_id in applications.own_parties(actor)
    terms = application_checks.terms_of(row)
    document = terms.document
    opens, closes = application_checks.days_of(document)
    return brief([row])[0] | {
        "terms_id": row.terms_id,
        "version": terms.version,
        "applicant_kind": document["applicant"],
        "is_mine": is_mine,
        "at_desk": _at_desk(row),
        "opens_on": opens.isoformat() if opens else None,
        "closes_on": closes.isoformat() if closes else None,
        "takes_more": _takes_more(row),
        "rule": finding.rule_words(document),
        "questions": questions(document),
        "declared": dict(row.declared),
        "words": row.words,
        "asks_separate_accounts": bool((document["conditions"] or {}).get("separate_accounts")),
        "separate_accounts": row.separate_accounts,
        "papers": _papers(row, document),
        "judged_on": row.judged_on.isoformat() if row.judged_on else None,
        "reasons": list(row.reasons),
        "sent_back_reason": row.sent_back_reason,
        "ended_reason": row.ended_reason,
        "history": _history(row),
    }


def brief(rows: Sequence[Application]) -> list[dict[str, Any]]:
    """Return applications as lists tell them, each with by when the office has to act."""
    names = payee_names(row.applicant_id for row in rows)
    wanted = {row.scheme_id for row in rows}
    schemes = {
        one.id: one for one in db.session.scalars(db.select(Scheme).where(Scheme.id.in_(wanted)))
    }
    due, today = application_clocks.due([row.id for row in rows]), clock.today()
    return [
        {
            "id": row.id,
            "number": row.number,
            "scheme_id": row.scheme_id,
            "scheme": schemes[row.scheme_id].name,
            "kind": schemes[row.scheme_id].kind,
            "applicant_id": row.applicant_id,
            "applicant": names[row.applicant_id],
            "state": row.state,
            "state_name": str(steps.application.names[row.state]),
            "sent_back": row.state == a.DRAFT and row.sent_back_reason is not None,
            "submitted_at": moment(row.submitted_at) if row.submitted_at else None,
            "due_on": due[row.id].isoformat() if row.id in due else None,
            "days_left": (due[row.id] - today).days if row.id in due else None,
        }
        for row in rows
    ]


def name_of(party_id: int) -> str:
    """Return how an applicant is called: an organisation in full, a resident masked."""
    return payee_names([party_id])[party_id]


def questions(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what an applicant declares under terms, as a form asks for it."""
    facts = facts_about(ORGANISATION)
    return [finding.question(facts[code]) for code in application_checks.facts_asked(document)]


def _brought(actor: Actor) -> Any:
    return or_(
        Application.submitted_at.is_not(None),
        Application.made_by == actor.user_id,
        Application.applicant_id.in_(applications.own_parties(actor)),
    )


def _page(query: Select[Any], limit: int) -> list[Application]:
    return list(db.session.scalars(query.limit(limit + 1)))


def _papers(row: Application, document: dict[str, Any]) -> list[dict[str, Any]]:
    there = application_checks.papers_of(row.id)
    found = []
    for asked in document["evidence"]:
        paper = there.get(asked["code"])
        found.append(
            {
                "code": asked["code"],
                "title": asked["name"],
                "id": paper.id if paper else None,
                "name": paper.name if paper else None,
                "sha256": paper.sha256 if paper else None,
                "added_at": moment(paper.added_at) if paper else None,
            }
        )
    return found


def _history(row: Application) -> list[dict[str, Any]]:
    log = (
        db.select(StatusLog)
        .filter_by(object_type=steps.APPLICATION, object_id=row.id)
        .order_by(StatusLog.id)
    )
    return [
        {
            "at": moment(one.at),
            "act": one.act,
            "state": one.to_state,
            "state_name": str(steps.application.names[one.to_state]),
        }
        for one in db.session.scalars(log)
    ]


def _takes_more(row: Application) -> bool:
    """Tell whether the scheme takes applications today."""
    try:
        application_checks.refuse_closed(db.session.get_one(Scheme, row.scheme_id))
    except Refusal:
        return False
    return True


def _at_desk(row: Application) -> bool:
    """Tell whether the purchaser's clerk wrote an application for its applicant."""
    held = db.select(RoleGrant.id).filter_by(
        user_id=row.made_by, organisation_id=row.organisation_id
    )
    return row.organisation_id != row.applicant_id and db.session.scalar(held.limit(1)) is not None
