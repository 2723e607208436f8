"""What a resident holds and whether it can be used today: the facts from which pages make words."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta

from flask_babel import gettext as _
from sqlalchemy import func

from core import clock
from core.access import Actor, visible
from core.db import db
from core.errors import NotFound
from core.parties import Organisation
from plugins.voucher.models import Credential, Lot, Programme, Recovery, Terms, Voucher
from plugins.voucher.rules import Terms as Rules
from plugins.voucher.rules import allotment_period, read_terms
from plugins.voucher.service.granting import NEXT_ALLOTMENT, OPEN
from plugins.voucher.service.lives import ACTIVE, REVOKED, SUSPENDED
from plugins.voucher.service.programmes import CLOSED

USABLE, NOT_YET, USED_UP, EXPIRED = "usable", "not_yet", "used_up", "expired"
WAITING, ENDED = "waiting", "ended"
ORDER = (USABLE, NOT_YET, SUSPENDED, WAITING, USED_UP, ENDED, EXPIRED, REVOKED)


@dataclass(frozen=True)
class Part:
    """An allotment that can be used now or later, in the programme's unit; days inclusive."""

    name: str
    left: int
    used: int
    first_on: date
    last_on: date
    is_coming: bool
    comes_again: bool


@dataclass(frozen=True)
class Holding:
    """A voucher as its holder sees it; quantities in `unit` (fen, minutes, counts), days inclusive.

    `standing` is one of `ORDER`. `available` may still be used up to `last_on`, in `parts`; `held`
    is with services that are under way, `used` was used, `lost_fen` was forfeited because no
    change is given. `withheld` of what was used too much is still to be taken off what `next_on`
    grants. From `ended_on` the holder's condition is over.
    """

    id: int
    programme_id: int
    programme: str
    class_code: str
    class_name: str
    office: str
    services: tuple[tuple[str, str], ...]
    standing: str
    unit: str
    available: int
    held: int
    used: int
    lost_fen: int
    parts: tuple[Part, ...]
    first_on: date
    last_on: date
    next_on: date | None
    withheld: int
    ended_on: date | None
    suspended_from: date | None
    suspended_through: date | None
    single_use: bool
    has_card: bool


def holdings(actor: Actor) -> list[Holding]:
    """Return the actor's own vouchers, those that can be used first."""
    found = _read(db.select(Voucher.id).where(visible(Voucher, actor, "voucher.own")))
    return sorted(found, key=lambda held: (ORDER.index(held.standing), held.last_on, held.id))


def holding(actor: Actor, voucher_id: int) -> Holding:
    """Return one of the actor's own vouchers; raises NotFound."""
    own = db.select(Voucher.id).where(
        Voucher.id == voucher_id, visible(Voucher, actor, "voucher.own")
    )
    for found in _read(own):
        return found
    raise NotFound("NOT_FOUND", _("没有找到这张凭单。请回到“我的凭单”重新选择。"))


def _read(ids: db.Select[tuple[int]]) -> list[Holding]:
    rows = db.session.execute(
        db.select(Voucher, Programme, Terms, Organisation.name)
        .join(Programme, Programme.id == Voucher.programme_id)
        .join(Terms, Terms.id == Voucher.terms_id)
        .join(Organisation, Organisation.id == Voucher.organisation_id)
        .where(Voucher.id.in_(ids))
    ).all()
    lots: dict[int, list[Lot]] = defaultdict(list)
    for lot in db.session.scalars(db.select(Lot).where(Lot.voucher_id.in_(ids)).order_by(Lot.id)):
        lots[lot.voucher_id].append(lot)
    cards = db.select(Credential.voucher_id).where(
        Credential.voucher_id.in_(ids), Credential.kind == "card", Credential.state == ACTIVE
    )
    with_card, withheld = set(db.session.scalars(cards)), _withheld(ids)
    return [
        _holding(
            voucher,
            programme,
            read_terms(terms.document),
            lots[voucher.id],
            office=office,
            has_card=voucher.id in with_card,
            withheld=withheld.get(voucher.id, 0),
        )
        for voucher, programme, terms, office in rows
    ]


def _withheld(ids: db.Select[tuple[int]]) -> dict[int, int]:
    """Return what is still to be taken off the next allotments, by voucher."""
    rows = db.session.execute(
        db.select(Recovery.voucher_id, func.sum(Recovery.quantity - Recovery.recovered))
        .where(Recovery.voucher_id.in_(ids))
        .where(Recovery.state == OPEN, Recovery.how == NEXT_ALLOTMENT)
        .group_by(Recovery.voucher_id)
    )
    return {number: int(quantity) for number, quantity in rows}


def _holding(
    voucher: Voucher,
    programme: Programme,
    terms: Rules,
    lots: list[Lot],
    *,
    office: str,
    has_card: bool,
    withheld: int,
) -> Holding:
    today, covered = clock.today(), terms.classes[voucher.class_code]
    live = [lot for lot in lots if lot.valid_through >= today]
    next_on = _next_grant(voucher, programme, terms)
    is_dated = voucher.suspended_through is None or voucher.suspended_through >= today
    return Holding(
        id=voucher.id,
        programme_id=programme.id,
        programme=programme.name,
        class_code=covered.code,
        class_name=covered.name,
        office=office,
        services=tuple((code, terms.services[code].name) for code in covered.services),
        standing=_standing(voucher, programme, terms, lots, comes_again=next_on is not None),
        unit=terms.unit,
        available=sum(lot.available for lot in live),
        held=sum(lot.held for lot in lots),
        used=sum(lot.redeemed for lot in lots),
        lost_fen=sum(lot.forfeited for lot in lots) if terms.unit == "fen" else 0,
        parts=tuple(_part(lot, terms) for lot in live if lot.available or lot.redeemed),
        first_on=min((lot.valid_from for lot in live or lots), default=terms.valid_from),
        last_on=max((lot.valid_through for lot in lots), default=terms.valid_through),
        next_on=next_on,
        withheld=withheld,
        ended_on=voucher.ended_on,
        suspended_from=voucher.suspended_from if is_dated else None,
        suspended_through=voucher.suspended_through if is_dated else None,
        single_use=terms.single_use,
        has_card=has_card,
    )


def _part(lot: Lot, terms: Rules) -> Part:
    allotment = terms.allotments.get(lot.allotment)
    return Part(
        name=allotment.name if allotment else "",
        left=lot.available,
        used=lot.redeemed,
        first_on=lot.valid_from,
        last_on=lot.valid_through,
        is_coming=lot.valid_from > clock.today(),
        comes_again=lot.period != "once",
    )


def _next_grant(voucher: Voucher, programme: Programme, terms: Rules) -> date | None:
    """Return the first day of the next period that grants something, None where none comes."""
    if voucher.state == REVOKED or programme.state == CLOSED:
        return None
    today = clock.today()
    days = [
        terms.valid_from
        if today < terms.valid_from
        else allotment_period(terms, allotment, today).last + timedelta(days=1)
        for allotment in terms.allotments.values()
        if allotment.period != "once"
    ]
    last = terms.valid_through
    if voucher.ended_on is not None:
        last = min(last, voucher.ended_on - timedelta(days=1))
    return min((day for day in days if today < day <= last), default=None)


def _standing(
    voucher: Voucher, programme: Programme, terms: Rules, lots: list[Lot], *, comes_again: bool
) -> str:
    """Return the most final reason first, in the order in which the till refuses."""
    today = clock.today()
    if voucher.state == REVOKED:
        return REVOKED
    if voucher.ended_on is not None and voucher.ended_on <= today:
        return ENDED
    over = all(lot.valid_through < today for lot in lots)
    if programme.state == CLOSED or (over and not comes_again):
        return EXPIRED
    used = terms.single_use and any(lot.redeemed for lot in lots)
    if used or not any(lot.available for lot in lots if lot.valid_through >= today):
        is_waiting = comes_again or any(lot.held for lot in lots)
        return WAITING if is_waiting and not used else USED_UP
    if all(lot.valid_from > today for lot in lots if lot.available and lot.valid_through >= today):
        return NOT_YET
    return SUSPENDED if _is_suspended(voucher, today) else USABLE


def _is_suspended(voucher: Voucher, today: date) -> bool:
    first, last = voucher.suspended_from, voucher.suspended_through
    runs = first is not None and first <= today and (last is None or today <= last)
    return voucher.state == SUSPENDED or runs
