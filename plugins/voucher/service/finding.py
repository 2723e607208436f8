"""Where a service can be had: offices of admitted providers, for anybody, signed in or not."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, or_

from core import clock
from core.db import db
from core.divisions import Division, within
from core.parties import Office, Organisation
from plugins.voucher.models import Admission, Offer, Programme, Terms
from plugins.voucher.rules import Terms as Rules
from plugins.voucher.rules import read_terms
from plugins.voucher.service.programmes import APPROVED

PAGE = 30


@dataclass(frozen=True)
class Service:
    """A service that a programme buys, as people look for it."""

    programme_id: int
    programme: str
    code: str
    name: str


@dataclass(frozen=True)
class Offered:
    """A service at an office: its price in fen (None: agreed on the spot), unit and programme."""

    service: str
    unit: str
    price_fen: int | None
    programme: str


@dataclass(frozen=True)
class Place:
    """An office where vouchers are taken."""

    id: int
    provider: str
    office: str
    division: str
    address: str
    telephone: str
    offered: tuple[Offered, ...]


@dataclass(frozen=True)
class Places:
    """One page of places; `next_after` is the id to go on from, None at the end."""

    items: list[Place]
    next_after: int | None


def services() -> list[Service]:
    """Return every service of the approved programmes."""
    return [
        Service(programme.id, programme.name, service.code, service.name)
        for programme, terms in _programmes().values()
        for service in terms.services.values()
    ]


def divisions() -> list[tuple[str, str]]:
    """Return the divisions that have an office, as (code, name)."""
    with_office = db.select(Office.division_code)
    query = db.select(Division.code, Division.name).where(Division.code.in_(with_office))
    return [(code, name) for code, name in db.session.execute(query.order_by(Division.code))]


def places(
    *,
    programme_id: int | None = None,
    service_code: str = "",
    division_code: str = "",
    after: int = 0,
    limit: int = PAGE,
) -> Places:
    """Return the offices where a service (any, if none is named) can be had in a division."""
    programmes = _programmes()
    wanted = _in_force()
    if programme_id is not None:
        wanted = and_(
            wanted,
            Admission.programme_id == programme_id,
            Offer.service_code == service_code,
            _accepts(programmes.get(programme_id), service_code),
        )
    providers = (
        db.select(Admission.provider_id)
        .join(Offer, Offer.admission_id == Admission.id)
        .join(Organisation, Organisation.id == Admission.provider_id)
        .where(wanted)
    )
    query = (
        db.select(Office, Organisation.name, Division.name)
        .join(Organisation, Organisation.id == Office.organisation_id)
        .join(Division, Division.code == Office.division_code)
        .where(Office.organisation_id.in_(providers), Office.id > after)
        .order_by(Office.id)
        .limit(limit)
    )
    if division_code:
        query = query.where(within(Office.division_code, division_code))
    rows = db.session.execute(query).all()
    offered = _offered(
        {office.organisation_id for office, _provider, _division in rows}, programmes
    )
    items = [
        Place(
            office.id,
            provider,
            office.name,
            division,
            office.address,
            office.telephone,
            tuple(offered[office.organisation_id]),
        )
        for office, provider, division in rows
    ]
    return Places(items, items[-1].id if len(items) == limit else None)


def _programmes() -> dict[int, tuple[Programme, Rules]]:
    """Return the approved programmes with the newest version of their terms."""
    rows = db.session.execute(
        db.select(Programme, Terms)
        .join(Terms, Terms.programme_id == Programme.id)
        .where(Programme.state == APPROVED)
        .order_by(Programme.id, Terms.version)
    )
    return {programme.id: (programme, read_terms(terms.document)) for programme, terms in rows}


def _in_force() -> ColumnElement[bool]:
    today = clock.today()
    return and_(
        Offer.is_offered,
        Admission.state == "admitted",
        Admission.from_on <= today,
        or_(Admission.to_on.is_(None), Admission.to_on >= today),
        Organisation.suspended_on.is_(None),
    )


def _accepts(programme: tuple[Programme, Rules] | None, service_code: str) -> ColumnElement[bool]:
    """Return the condition that a provider takes some class of voucher for a service."""
    classes = programme[1].classes.values() if programme else ()
    tags = {item.provider_tag for item in classes if service_code in item.services}
    if None in tags:
        return db.true()
    return or_(
        db.false(),
        *(
            Organisation.tags.contains(f" {tag} ", autoescape=True)
            for tag in sorted(filter(None, tags))
        ),
    )


def _offered(
    providers: set[int], programmes: dict[int, tuple[Programme, Rules]]
) -> dict[int, list[Offered]]:
    found: dict[int, list[Offered]] = defaultdict(list)
    rows = db.session.execute(
        db.select(Admission.provider_id, Admission.programme_id, Offer)
        .join(Offer, Offer.admission_id == Admission.id)
        .join(Organisation, Organisation.id == Admission.provider_id)
        .where(Admission.provider_id.in_(providers), _in_force())
        .order_by(Admission.programme_id, Offer.id)
    )
    for provider_id, programme_id, offer in rows:
        if programme_id not in programmes:
            continue
        programme, terms = programmes[programme_id]
        service = terms.services[offer.service_code]
        found[provider_id].append(
            Offered(service.name, service.unit, offer.price_fen, programme.name)
        )
    return found
