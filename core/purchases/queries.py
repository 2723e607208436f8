"""What screens, programs and the public read of plans."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, or_
from sqlalchemy.orm import selectinload

from core import clock
from core.access import Actor, User, visible
from core.budget import BudgetLine, reserved
from core.db import db
from core.divisions import Division
from core.errors import NotFound
from core.parties import Organisation
from core.purchases import forms, gates, rules, steps, telling
from core.purchases.demands import supporters
from core.purchases.drawing import unused
from core.purchases.models import (
    CONSULTING,
    PUBLISHED,
    STATES,
    Purchase,
    PurchaseComment,
    PurchaseCosignature,
)

VIEW = "purchase.view"
LIMIT = 50
# A list adds up what each of its plans costs: read for all of them at once.
_SUMS = (selectinload(Purchase.funding), selectinload(Purchase.forward))


def purchases(
    actor: Actor, *, before: int | None = None, limit: int = LIMIT, state: str | None = None
) -> dict[str, Any]:
    """Return plans, newest first: one's own, those one is asked to co-sign, an overseer's all."""
    query = db.select(Purchase).where(_readable(actor)).order_by(Purchase.id.desc())
    if state in STATES:
        query = query.where(Purchase.state == state)
    return _page(query, before, limit)


def purchase_detail(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Return everything of one plan: its parts, signatures, orders, comments and its money."""
    return detail(readable(actor, id))


def readable(actor: Actor, number: int) -> Purchase:
    """Return a plan that an actor may read, also as one asked to co-sign it."""
    query = db.select(Purchase).where(Purchase.id == number, _readable(actor))
    found: Purchase | None = db.session.scalar(query)
    if found is None:
        raise NotFound("NOT_FOUND", _("没有找到这条记录，或它不在您的管辖范围内。请核对编号。"))
    return found


def detail(purchase: Purchase) -> dict[str, Any]:
    """Return everything of a plan."""
    people = _people(
        (purchase.made_by, purchase.agreed_by, purchase.filed_by, purchase.countersigned_by)
    )
    held = reserved(purchase.id)
    return {
        **row(purchase),
        **_plan(purchase),
        "funding": _funding(purchase, held),
        "reserved_fen": sum(held.values()),
        "unused_fen": sum(unused(purchase).values()),
        "demands": _demands(purchase),
        "comments": comments(purchase, answered_only=False),
        "cosignatures": _cosignatures(purchase),
        "made_by": people.get(purchase.made_by),
        "made_at": _iso(purchase.made_at),
        "agreed_by": people.get(purchase.agreed_by),
        "agreed_at": _iso(purchase.agreed_at),
        "countersigned_by": people.get(purchase.countersigned_by),
        "countersigned_at": _iso(purchase.countersigned_at),
        "filed_by": people.get(purchase.filed_by),
        "sent_back_reason": purchase.sent_back_reason,
        "end_reason": purchase.end_reason,
        "emergency_report": purchase.emergency_report,
        "advice": forms.advised(traits(purchase)),
    }


def traits(purchase: Purchase) -> forms.Traits:
    """Return what of a plan decides its form."""
    return forms.Traits(**purchase.content.get("traits", {}))


def row(purchase: Purchase) -> dict[str, Any]:
    """Return a plan as a line of a list."""
    organisation = db.session.get_one(Organisation, purchase.organisation_id)
    return {
        "id": purchase.id,
        "number": purchase.number,
        "name": purchase.name,
        "organisation_id": organisation.id,
        "organisation": organisation.name,
        "item": gates.item_name(purchase.catalogue_item_id),
        "form": purchase.form,
        "form_name": forms.name_of(purchase.form),
        "fiscal_year": purchase.fiscal_year,
        "starts_on": purchase.starts_on.isoformat(),
        "ends_on": purchase.ends_on.isoformat(),
        "budget_fen": purchase.budget_fen,
        "total_fen": purchase.total_fen,
        "state": purchase.state,
        "state_name": str(steps.STATE_NAMES[purchase.state]),
        "filed_number": purchase.filed_number,
        "filed_at": _iso(purchase.filed_at),
    }


# --- for the public ----------------------------------------------------------------------------


def public_plans(
    actor: Actor,  # noqa: ARG001 - every verb hears who acts
    *,
    before: int | None = None,
    limit: int = LIMIT,
) -> dict[str, Any]:
    """Return the filed plans and those under consultation, newest first."""
    query = db.select(Purchase).where(_is_public()).order_by(Purchase.id.desc())
    return _page(query, before, limit)


def public_plan(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002, ARG001 - anybody may
    """Return what anybody may read of a plan: service, standard, need, content, budget, goals."""
    purchase = db.session.scalar(db.select(Purchase).where(Purchase.id == id, _is_public()))
    if purchase is None:
        raise NotFound("NOT_FOUND", _("没有找到这个公开的购买计划，请核对编号。"))
    return {
        **row(purchase),
        **_plan(purchase),
        "demands": [
            {name: one[name] for name in ("title", "division", "people", "supporters")}
            for one in _demands(purchase)
        ],
        "comments": comments(purchase, answered_only=True),
        "is_open_for_comment": (
            purchase.state == CONSULTING
            and purchase.consulted_to is not None
            and purchase.consulted_to >= clock.today()
        ),
    }


def _is_public() -> ColumnElement[bool]:
    return Purchase.state.in_((CONSULTING, *PUBLISHED))


def comments(purchase: Purchase, *, answered_only: bool) -> list[dict[str, Any]]:
    """Return what the public said of a plan and how it was answered, in order."""
    query = db.select(PurchaseComment).where(PurchaseComment.purchase_id == purchase.id)
    if answered_only:
        query = query.where(PurchaseComment.answered_at.is_not(None))
    return [
        {
            "id": one.id,
            "words": one.words,
            "said_at": _iso(one.said_at),
            "answer": one.answer,
            "answered_at": _iso(one.answered_at),
        }
        for one in db.session.scalars(query.order_by(PurchaseComment.id))
    ]


# --- parts -------------------------------------------------------------------------------------


def _page(query: Select[Any], before: int | None, limit: int) -> dict[str, Any]:
    if before is not None:
        query = query.where(Purchase.id < before)
    found = list(db.session.scalars(query.options(*_SUMS).limit(limit)))
    return {
        "items": [row(one) for one in found],
        "next_before": found[-1].id if len(found) == limit else None,
    }


def _readable(actor: Actor) -> ColumnElement[bool]:
    asked = db.select(PurchaseCosignature.purchase_id).where(
        visible(PurchaseCosignature, actor, VIEW)
    )
    return or_(visible(Purchase, actor, VIEW), Purchase.id.in_(asked))


def _plan(purchase: Purchase) -> dict[str, Any]:
    content = purchase.content
    return {
        "catalogue_item_id": purchase.catalogue_item_id,
        "by_analogy": purchase.by_analogy,
        "nature": purchase.nature,
        "beneficiary": purchase.beneficiary,
        "origin": purchase.origin,
        "stage": purchase.stage,
        "need": purchase.need,
        "standard": purchase.standard,
        "quantity": purchase.quantity,
        "unit": purchase.unit,
        "goal": purchase.goal,
        "form_reason": purchase.form_reason,
        "is_open_tender": purchase.is_open_tender,
        "split_approval": purchase.split_approval,
        "envelope": purchase.envelope,
        "fund_purpose": purchase.fund_purpose,
        "handover_id": purchase.handover_id,
        "emergency_reason": purchase.emergency_reason,
        "needs_consultation": rules.needs_consultation(purchase),
        "consulted_from": _iso(purchase.consulted_from),
        "consulted_to": _iso(purchase.consulted_to),
        "forward": [
            {"fiscal_year": one.fiscal_year, "amount_fen": one.amount_fen}
            for one in purchase.forward
        ],
        "indicators": [
            {
                name: getattr(one, name)
                for name in ("kind", "name", "unit", "direction", "target", "weight")
            }
            for one in purchase.indicators
        ],
        **{name: content.get(name) for name in ("comparison", "conversion", "traits")},
        **{
            name: content.get(name, [])
            for name in (
                "contributions",
                "hard_conditions",
                "preferred_conditions",
                "no_add",
                "reforms",
                "groups",
            )
        },
    }


def _funding(purchase: Purchase, held: dict[int, int]) -> list[dict[str, Any]]:
    lines = {
        line.id: line
        for line in db.session.scalars(
            db.select(BudgetLine).where(
                BudgetLine.id.in_([one.line_id for one in purchase.funding])
            )
        )
    }
    return [
        {
            "line_id": one.line_id,
            "line": f"{lines[one.line_id].code} {lines[one.line_id].name}",
            "amount_fen": one.amount_fen,
            "reserved_fen": held.get(one.line_id, 0),
        }
        for one in purchase.funding
    ]


def _demands(purchase: Purchase) -> list[dict[str, Any]]:
    names = division_names(one.division_code for one in telling.answered(purchase))
    return [
        {
            "id": one.id,
            "title": one.title,
            "words": one.words,
            "people": one.people,
            "division": names[one.division_code],
            "supporters": supporters(one.id),
        }
        for one in telling.answered(purchase)
    ]


def _cosignatures(purchase: Purchase) -> list[dict[str, Any]]:
    return [
        {
            "id": one.id,
            "organisation_id": one.organisation_id,
            "organisation": db.session.get_one(Organisation, one.organisation_id).name,
            "signed_at": _iso(one.signed_at),
            "remark": one.remark,
        }
        for one in purchase.cosignatures
    ]


def division_names(codes: Iterable[str]) -> dict[str, str]:
    """Return the names of divisions by code."""
    rows = db.session.execute(
        db.select(Division.code, Division.name).where(Division.code.in_(set(codes)))
    )
    return {one.code: one.name for one in rows}


def _people(ids: Iterable[int | None]) -> dict[int | None, str]:
    wanted = {number for number in ids if number}
    rows = db.session.execute(db.select(User.id, User.name).where(User.id.in_(wanted)))
    return {one.id: one.name for one in rows}


def _iso(value: Any) -> str | None:
    return value.isoformat() if value is not None else None
