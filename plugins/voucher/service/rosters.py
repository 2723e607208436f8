"""Who is enrolled with a provider (在册名单), as its till shows it for a day of attendance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, and_, func, or_

from core import privacy
from core.access import Actor, fetch, scoped
from core.db import db
from core.parties import Organisation, Resident
from plugins.voucher.models import (
    Admission,
    Enrolment,
    Offer,
    Programme,
    Redemption,
    Terms,
    Voucher,
)
from plugins.voucher.rules import Service, read_terms
from plugins.voucher.rules import Terms as Rules
from plugins.voucher.service.enrolling import OPEN
from plugins.voucher.service.membership import EFFECTIVE_STATES

PERMISSION = "voucher.redeem"
MOST = 500


@dataclass(frozen=True)
class Enrolled:
    """A holder on the list; `price_fen` None where it is entered, `receipt` the day's, if any."""

    id: int
    state: str
    holder: str
    programme: str
    voucher: str
    provider: str
    service: Service
    terms: Rules
    price_fen: int | None
    from_on: date
    to_on: date | None
    receipt: str
    amount_fen: int


def count(actor: Actor) -> int:
    """Return how many holders are enrolled with the actor's provider."""
    query = scoped(Enrolment, actor, PERMISSION).where(Enrolment.state == OPEN)
    rows = query.with_only_columns(func.count()).order_by(None)
    return int(db.session.scalar(rows) or 0) if actor.may(PERMISSION) else 0


def roster(actor: Actor, day: date) -> list[Enrolled]:
    """Return who was enrolled with the actor's provider on a day, in the order of enrolment."""
    chosen = scoped(Enrolment, actor, PERMISSION).where(
        Enrolment.from_on <= day, or_(Enrolment.state == OPEN, Enrolment.to_on >= day)
    )
    return _read(chosen.with_only_columns(Enrolment.id).order_by(Enrolment.id).limit(MOST), day)


def enrolled(actor: Actor, number: int, day: date) -> Enrolled:
    """Return one enrolment with the actor's provider; raises NotFound."""
    row = fetch(Enrolment, number, actor, PERMISSION)
    (found,) = _read(db.select(Enrolment.id).filter_by(id=row.id), day)
    return found


def of_voucher(voucher_id: int, day: date) -> list[Enrolled]:
    """Return the open enrolments of a voucher that may be seen."""
    return _read(db.select(Enrolment.id).filter_by(voucher_id=voucher_id, state=OPEN), day)


def _read(ids: Any, day: date) -> list[Enrolled]:
    # Redemptions are found by their voucher.
    attended = and_(
        Redemption.voucher_id == Enrolment.voucher_id,
        Redemption.enrolment_id == Enrolment.id,
        Redemption.service_on == day,
        Redemption.state.in_(EFFECTIVE_STATES),
    )
    admitted = and_(
        Admission.programme_id == Enrolment.programme_id,
        Admission.provider_id == Enrolment.provider_id,
    )
    offered = and_(Offer.admission_id == Admission.id, Offer.service_code == Enrolment.service_code)
    rows = db.session.execute(
        db.select(Enrolment, Voucher.number, Terms, Programme.name, Resident.name)
        .add_columns(Organisation.name, Offer.price_fen, Redemption.receipt, Redemption.amount_fen)
        .join(Voucher, Voucher.id == Enrolment.voucher_id)
        .join(Terms, Terms.id == Voucher.terms_id)
        .join(Programme, Programme.id == Enrolment.programme_id)
        .join(Resident, Resident.id == Voucher.resident_id)
        .join(Organisation, Organisation.id == Enrolment.provider_id)
        .outerjoin(Admission, admitted)
        .outerjoin(Offer, offered)
        .outerjoin(Redemption, attended)
        .where(Enrolment.id.in_(ids))
        .order_by(Enrolment.id)
    )
    documents: dict[int, Rules] = {}
    return [_enrolled(row, documents) for row in rows]


def _enrolled(row: Row[Any], documents: dict[int, Rules]) -> Enrolled:
    enrolment, number, terms, programme, holder, provider, price_fen, receipt, amount_fen = row
    if terms.id not in documents:
        documents[terms.id] = read_terms(terms.document)
    rules = documents[terms.id]
    return Enrolled(
        id=enrolment.id,
        state=enrolment.state,
        holder=privacy.mask_name(holder),
        programme=programme,
        voucher=number,
        provider=provider,
        service=rules.services[enrolment.service_code],
        terms=rules,
        price_fen=price_fen,
        from_on=enrolment.from_on,
        to_on=enrolment.to_on,
        receipt=receipt or "",
        amount_fen=amount_fen or 0,
    )
