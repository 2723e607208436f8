"""What a resident holds and whether it can be used today: the facts from which pages make words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from flask_babel import gettext as _

from core import clock
from core.access import Actor, visible
from core.db import db
from core.errors import NotFound
from core.parties import Organisation
from plugins.voucher.models import Credential, Lot, Programme, Terms, Voucher
from plugins.voucher.rules import Terms as Rules
from plugins.voucher.rules import read_terms
from plugins.voucher.service.lives import ACTIVE, REVOKED, SUSPENDED
from plugins.voucher.service.programmes import CLOSED

USABLE, NOT_YET, USED_UP, EXPIRED = "usable", "not_yet", "used_up", "expired"
ORDER = (USABLE, NOT_YET, SUSPENDED, USED_UP, EXPIRED, REVOKED)


@dataclass(frozen=True)
class Holding:
    """A voucher as its holder sees it; amounts in fen, days inclusive.

    `standing` is one of `ORDER`. `available_fen` may still be used up to `last_on`, `used_fen` was
    paid to providers, `lost_fen` was forfeited because no change is given.
    """

    id: int
    programme_id: int
    programme: str
    class_code: str
    class_name: str
    office: str
    services: tuple[tuple[str, str], ...]
    standing: str
    available_fen: int
    used_fen: int
    lost_fen: int
    first_on: date
    last_on: date
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
    with_card = set(db.session.scalars(cards))
    return [
        _holding(
            voucher, programme, read_terms(terms.document), office, lots[voucher.id], with_card
        )
        for voucher, programme, terms, office in rows
    ]


def _holding(  # noqa: PLR0917 - one row of the query, in its order
    voucher: Voucher,
    programme: Programme,
    terms: Rules,
    office: str,
    lots: list[Lot],
    with_card: set[int],
) -> Holding:
    today, covered = clock.today(), terms.classes[voucher.class_code]
    return Holding(
        id=voucher.id,
        programme_id=programme.id,
        programme=programme.name,
        class_code=covered.code,
        class_name=covered.name,
        office=office,
        services=tuple((code, terms.services[code].name) for code in covered.services),
        standing=_standing(voucher, programme, terms, lots),
        available_fen=sum(lot.available for lot in lots if lot.valid_through >= today),
        used_fen=sum(lot.redeemed for lot in lots),
        lost_fen=sum(lot.forfeited for lot in lots),
        first_on=min((lot.valid_from for lot in lots), default=terms.valid_from),
        last_on=max((lot.valid_through for lot in lots), default=terms.valid_through),
        single_use=terms.single_use,
        has_card=voucher.id in with_card,
    )


def _standing(voucher: Voucher, programme: Programme, terms: Rules, lots: Iterable[Lot]) -> str:
    """Return the most final reason first, in the order in which the till refuses."""
    today, lots = clock.today(), list(lots)
    if voucher.state == REVOKED:
        return REVOKED
    if programme.state == CLOSED or all(lot.valid_through < today for lot in lots):
        return EXPIRED
    used = terms.single_use and any(lot.redeemed for lot in lots)
    if used or not any(lot.available for lot in lots if lot.valid_through >= today):
        return USED_UP
    if all(lot.valid_from > today for lot in lots if lot.available):
        return NOT_YET
    return SUSPENDED if voucher.state == SUSPENDED else USABLE
