"""What is read of tenders: by the staff, by providers who may bid, by anybody."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, exists, or_

from core import clock
from core.access import Actor, fetch, scoped
from core.db import db
from core.errors import NotFound
from core.parties import Organisation
from core.purchases import Purchase
from plugins.contract_outsourcing.models import (
    Tender,
    TenderAmendment,
    TenderInvitee,
    TenderQuestion,
)
from plugins.contract_outsourcing.models import tenders as t
from plugins.contract_outsourcing.rules.methods import INVITED, methods
from plugins.contract_outsourcing.service import choosing, figures, inviting, steps, suspension

VIEW, MAKE = "tender.view", "tender.make"
# An invitation is known to nobody else before these.
_OPENED = (t.OPENED, t.EVALUATED, t.DECIDED, t.AWARDED, t.CONTRACTED, t.FAILED)


def tenders(
    actor: Actor, *, state: str | None = None, before: int | None = None, limit: int = 50
) -> dict[str, Any]:
    """Return the tenders a person may see, newest first."""
    query = scoped(Tender, actor, VIEW)
    if state:
        query = query.where(Tender.state == state)
    return _page(query, before, limit)


def tender_detail(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Return a tender with all its parts; who was invited only for who may draw."""
    tender = fetch(Tender, id, actor, VIEW)
    plan = db.session.get_one(Purchase, tender.purchase_id)
    rerun = db.session.scalar(db.select(Tender.id).where(Tender.rerun_of_id == tender.id).limit(1))
    shows_invited = actor.may(MAKE) or tender.state in _OPENED
    content = tender.content
    return _notice(tender) | {
        "purchase_id": plan.id,
        "plan_number": plan.number,
        "plan_name": plan.name,
        "plan_total_fen": plan.total_fen,
        "agency_id": tender.agency_id,
        "reason_code": content.get("reason_code"),
        "provider_id": content.get("provider_id"),
        "sent_back_reason": content.get("sent_back_reason"),
        "failed_code": tender.failed_code,
        "rerun_id": rerun,
        "made_by": tender.made_by,
        "invited_count": _invited_count(tender),
        "invited": _invited(tender) if shows_invited else [],
        "draw": content.get("draw") if shows_invited else None,
        "invitees_min": figures.number(tender, figures.method_of(tender).invitees_min),
        "suspended_until": _day(suspension.until(tender.id)),
    }


def notices(actor: Actor, *, before: int | None = None, limit: int = 50) -> dict[str, Any]:
    """Return the tenders in which a provider may bid now: the open ones, and its invitations."""
    mine = exists().where(
        TenderInvitee.tender_id == Tender.id,
        TenderInvitee.organisation_id.in_(inviting.own_providers(actor)),
    )
    query = (
        db.select(Tender)
        .where(Tender.state == t.PUBLISHED, Tender.closes_at > clock.now())
        .where(or_(Tender.method.not_in(_invited_methods()), mine))
    )
    return _page(query, before, limit)


def notice(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Return the notice of a tender in which a provider may bid, or could; NOT_FOUND otherwise."""
    tender = db.session.get(Tender, id)
    if tender is None or tender.published_at is None or not inviting.may_see(tender, actor):
        raise _unknown()
    accepts = tender.state == t.PUBLISHED and _still_open(tender)
    return _notice(tender) | {"accepts": accepts}


def public_tenders(
    actor: Actor,  # noqa: ARG001 - every verb hears who acts
    *,
    before: int | None = None,
    limit: int = 50,
) -> dict[str, Any]:
    """Return what anybody may read: notices and publicity, newest first."""
    return _page(db.select(Tender).where(_is_public()), before, limit)


def public_tender(
    actor: Actor,  # noqa: ARG001 - every verb hears who acts
    *,
    id: int,  # noqa: A002 - the field
) -> dict[str, Any]:
    """Return a notice as anybody may read it; who was invited only once the bids are opened."""
    tender = require_public(id)
    return _notice(tender) | {"invited": _invited(tender) if tender.state in _OPENED else []}


def require_public(number: int) -> Tender:
    """Return a tender that anybody may read of; NOT_FOUND otherwise."""
    tender: Tender | None = db.session.scalar(
        db.select(Tender).where(Tender.id == number, _is_public())
    )
    if tender is None:
        raise _unknown()
    return tender


# --- parts -------------------------------------------------------------------------------------


def _unknown() -> NotFound:
    return NotFound("NOT_FOUND", _("没有找到这个采购项目，或它没有公开。请核对编号。"))


def _invited_methods() -> list[str]:
    return [method.code for method in methods().values() if method.calls == INVITED]


def _is_public() -> ColumnElement[bool]:
    was_published = or_(Tender.published_at.is_not(None), Tender.publicity_until.is_not(None))
    secret = and_(Tender.method.in_(_invited_methods()), Tender.opened_at.is_(None))
    return and_(was_published, ~secret)


def _still_open(tender: Tender) -> bool:
    return tender.closes_at is not None and clock.now() < tender.closes_at


def _page(query: Any, before: int | None, limit: int) -> dict[str, Any]:
    if before is not None:
        query = query.where(Tender.id < before)
    rows = db.session.scalars(query.order_by(Tender.id.desc()).limit(limit + 1)).all()
    shown = rows[:limit]
    names = _names({row.organisation_id for row in shown})
    return {
        "items": [_item(row, names) for row in shown],
        "next_before": shown[-1].id if len(rows) > limit else None,
    }


def _item(tender: Tender, names: dict[int, str]) -> dict[str, Any]:
    return {
        "id": tender.id,
        "number": tender.number,
        "name": tender.name,
        "organisation": names.get(tender.organisation_id, ""),
        "method": tender.method,
        "method_name": figures.method_of(tender).name,
        "state": tender.state,
        "state_name": str(steps.tender.names[tender.state]),
        "ceiling_fen": tender.ceiling_fen,
        "closes_at": _moment(tender.closes_at),
        "publicity_until": _day(tender.publicity_until),
        "published_at": _moment(tender.published_at),
        "reserved_for": tender.content.get("reserved_for"),
    }


def _notice(tender: Tender) -> dict[str, Any]:
    """Return what a notice says; nothing of who made it, was invited, asks or bids."""
    content, method = tender.content, figures.method_of(tender)
    involved = {tender.organisation_id, tender.agency_id, content.get("provider_id")} - {None}
    names = _names(involved)
    is_direct = not method.is_competitive
    code = content.get("reason_code")
    return _item(tender, names) | {
        "agency": names.get(tender.agency_id),
        "envelopes": method.envelopes,
        "calls": method.calls,
        "basis": method.basis,
        "reason": choosing.reason_name(code) if code else None,
        "method_reason": tender.method_reason,
        "method_approval": tender.method_approval,
        "competition": content.get("competition"),
        "prequalification": content.get("prequalification"),
        "provider": names.get(content.get("provider_id")) if is_direct else None,
        "project": content.get("project"),
        "service": content.get("service"),
        "priced_services": content.get("priced_services") or [],
        "conditions": content.get("conditions", []),
        "preferences": [one for one in tender.sheet.get("indicators", ()) if one.get("preferred")],
        "evaluation": content.get("evaluation"),
        "bid_bond_fen": tender.bid_bond_fen,
        "sheet": tender.sheet,
        "sheet_hash": tender.sheet_hash,
        "documents_until": _day(tender.documents_until),
        "rerun_of_id": tender.rerun_of_id,
        "end_reason": tender.end_reason,
        "amendments": _amendments(tender),
        "questions": _questions(tender),
    }


def _amendments(tender: Tender) -> list[dict[str, Any]]:
    rows = db.session.scalars(
        db.select(TenderAmendment).filter_by(tender_id=tender.id).order_by(TenderAmendment.number)
    )
    return [
        {
            "number": row.number,
            "words": row.words,
            "affects_bids": row.affects_bids,
            "closed_before": _moment(row.closed_before),
            "closes_at": _moment(row.closes_at),
            "made_at": _moment(row.made_at),
        }
        for row in rows
    ]


def _questions(tender: Tender) -> list[dict[str, Any]]:
    rows = db.session.scalars(
        db.select(TenderQuestion).filter_by(tender_id=tender.id).order_by(TenderQuestion.id)
    )
    return [
        {
            "id": row.id,
            "words": row.words,
            "asked_on": clock.day_of(row.asked_at).isoformat(),
            "answer": row.answer,
            "answered_at": _moment(row.answered_at),
        }
        for row in rows
    ]


def _invited_count(tender: Tender) -> int:
    return len(_invited(tender))


def _invited(tender: Tender) -> list[dict[str, Any]]:
    rows = db.session.execute(
        db.select(Organisation.id, Organisation.name)
        .join(TenderInvitee, TenderInvitee.organisation_id == Organisation.id)
        .where(TenderInvitee.tender_id == tender.id)
        .order_by(Organisation.id)
    )
    return [{"id": row.id, "name": row.name} for row in rows]


def _names(ids: set[Any]) -> dict[Any, str]:
    rows = db.session.execute(
        db.select(Organisation.id, Organisation.name).where(Organisation.id.in_(ids))
    )
    return {row.id: row.name for row in rows}


def _moment(moment: Any) -> str | None:
    return moment.isoformat() if moment else None


def _day(day: Any) -> str | None:
    return day.isoformat() if day else None
