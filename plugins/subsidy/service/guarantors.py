"""Guarantors: named by one person of finance, approved by another; their figures the same way."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import gettext as _

from core import audit, clock, states
from core.access import Actor, fetch, four_eyes
from core.db import db
from core.errors import Conflict, InvalidInput
from core.parties import Organisation, own_organisation, require_organisation
from core.purchasers import kind_on
from plugins.subsidy import rules
from plugins.subsidy.models import Guarantor, GuarantorFigure
from plugins.subsidy.models import guarantors as g
from plugins.subsidy.service import guarantee_steps as steps

VIEW, NAME, APPROVE = "guarantor.view", "guarantor.name", "guarantor.approve"
# Organisations on the government's side, whatever legal kind they were registered with.
GOVERNMENT_SIDE = ("purchaser", "finance", "auditor", "administration")


def name(
    actor: Actor,
    *,
    organisation_id: int,
    licence_no: str,
    controller_id: int | None = None,
    **figures: Any,
) -> dict[str, Any]:
    """Name an organisation as guarantor, with its licence and first figures; another approves.

    Refuses GUARANTOR_NOT_ALLOWED to a unit of the government and to whoever has no licence,
    GUARANTOR_EXISTS to one that is named already.
    """
    organisation = own_organisation(actor, organisation_id, NAME)
    refuse_unfit(organisation, figures["licence_until"])
    if controller_id is not None:
        require_organisation(controller_id)
    if standing(organisation.id) is not None:
        raise Conflict(
            "GUARANTOR_EXISTS",
            _("“%(name)s”已登记为担保公司，不必重复登记。", name=organisation.name),
        )
    guarantor = Guarantor(
        organisation_id=organisation.id,
        division_code=organisation.division_code,
        licence_no=licence_no,
        controller_id=controller_id,
        state=g.NAMED,
        named_by=actor.user_id,
        named_at=clock.now(),
    )
    db.session.add(guarantor)
    db.session.flush()
    states.begin(steps.GUARANTOR, guarantor)
    _add_figure(actor, guarantor, **figures)
    return _said(guarantor)


def approve(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Approve a guarantor, or the figures reported last; never by who named or reported them."""
    guarantor = fetch(Guarantor, id, actor, APPROVE)
    waiting = waiting_figure(guarantor.id)
    if guarantor.state != g.APPROVED or waiting is None:
        steps.guarantor.require(guarantor, "guarantor.approve")
    assert waiting is not None  # noqa: S101 - it is named with its first figures
    makers = [waiting.made_by]
    if guarantor.state == g.NAMED:
        makers.append(guarantor.named_by)
    four_eyes(actor, *makers, what=_("担保公司登记"))
    refuse_unfit(require_organisation(guarantor.organisation_id), waiting.licence_until)
    if guarantor.state == g.NAMED:
        steps.guarantor.take(guarantor, "guarantor.approve", approved_by=actor.user_id)
    waiting.approved_by, waiting.approved_at = actor.user_id, clock.now()
    db.session.flush()
    audit.about(steps.GUARANTOR, guarantor.id)
    return _said(guarantor)


def report(actor: Actor, *, id: int, **figures: Any) -> dict[str, Any]:  # noqa: A002 - the field
    """Report new figures as of a day; they count once another person approved them."""
    guarantor = fetch(Guarantor, id, actor, NAME)
    steps.guarantor.require(guarantor, "guarantor.report")
    _add_figure(actor, guarantor, **figures)
    return _said(guarantor)


def end(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Register no more guarantees of a guarantor; what it guarantees goes on."""
    guarantor = fetch(Guarantor, id, actor, APPROVE)
    steps.guarantor.take(guarantor, "guarantor.end", ended_reason=reason)
    audit.about(steps.GUARANTOR, guarantor.id, reason)
    return _said(guarantor)


def refuse_unfit(
    organisation: Organisation, licence_until: date | None, *, controlled: bool = False
) -> None:
    """Refuse GUARANTOR_NOT_ALLOWED to the government's side and without a licence valid today.

    And CONFLICT_OF_INTEREST where the debtor controls the guarantor.
    """
    found = kind_on(organisation.id, clock.today())
    legal_kind = found.legal_kind if found else None
    if organisation.kind in GOVERNMENT_SIDE and legal_kind not in rules.GOVERNMENT_KINDS:
        legal_kind = rules.GOVERNMENT_KINDS[0]
    licensed = licence_until is not None and licence_until >= clock.today()
    rules.refuse_guarantor(legal_kind, licensed=licensed, controlled=controlled)


def standing(organisation_id: int) -> Guarantor | None:
    """Return the guarantor that an organisation is, named or approved; None where it is none."""
    query = db.select(Guarantor).where(
        Guarantor.organisation_id == organisation_id, Guarantor.state != g.ENDED
    )
    found: Guarantor | None = db.session.scalar(query)
    return found


def figure_in_force(guarantor_id: int) -> GuarantorFigure | None:
    """Return a guarantor's approved figures of the latest day; None before any was approved."""
    query = db.select(GuarantorFigure).where(
        GuarantorFigure.guarantor_id == guarantor_id, GuarantorFigure.approved_at.is_not(None)
    )
    latest = (GuarantorFigure.as_of.desc(), GuarantorFigure.id.desc())
    found: GuarantorFigure | None = db.session.scalars(query.order_by(*latest).limit(1)).first()
    return found


def waiting_figure(guarantor_id: int) -> GuarantorFigure | None:
    """Return the figures reported last, where nobody approved them yet."""
    query = db.select(GuarantorFigure).filter_by(guarantor_id=guarantor_id)
    newest: GuarantorFigure | None = db.session.scalars(
        query.order_by(GuarantorFigure.id.desc()).limit(1)
    ).first()
    return newest if newest is not None and newest.approved_at is None else None


def _add_figure(
    actor: Actor,
    guarantor: Guarantor,
    *,
    as_of: date,
    net_assets_fen: int,
    small_rural_bp: int,
    licence_until: date,
    document: str,
) -> None:
    if as_of > clock.today():
        raise InvalidInput(_("净资产的日期不能晚于今天。"), errors={"as_of": [_("不能晚于今天")]})
    db.session.add(
        GuarantorFigure(
            guarantor_id=guarantor.id,
            as_of=as_of,
            net_assets_fen=net_assets_fen,
            small_rural_bp=small_rural_bp,
            licence_until=licence_until,
            document=document,
            made_by=actor.user_id,
            made_at=clock.now(),
        )
    )
    db.session.flush()
    audit.about(steps.GUARANTOR, guarantor.id)


def _said(guarantor: Guarantor) -> dict[str, Any]:
    figure = figure_in_force(guarantor.id)
    return {
        "id": guarantor.id,
        "state": guarantor.state,
        "net_assets_fen": figure.net_assets_fen if figure else None,
    }
