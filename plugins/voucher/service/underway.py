"""Services under way at a provider, as its till shows them: begun, to be ended, or ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, and_, func

from core import privacy
from core.access import Actor, User, fetch, scoped
from core.db import db
from core.parties import Organisation, Resident
from plugins.voucher.models import HeldLot, Hold, Programme, Redemption, Terms, Voucher
from plugins.voucher.rules import Service, read_terms
from plugins.voucher.rules import Terms as Rules
from plugins.voucher.service.visits import OPEN

PERMISSION = "voucher.redeem"
MOST = 100


@dataclass(frozen=True)
class Underway:
    """A service that was begun; `held` in the programme's unit, with its money in fen.

    `receipt` is what it came to, empty while it is open and where it earned nothing. `holder` is
    masked.
    """

    id: int
    state: str
    is_visit: bool
    holder: str
    programme: str
    voucher: str
    service: Service
    terms: Rules
    price_fen: int
    quantity: int
    started_at: datetime
    ends_on: date
    provider: str
    clerk: str
    held: int
    held_fen: int
    receipt: str

    @property
    def needs_form(self) -> bool:
        """Tell whether something must be entered before its end can be calculated."""
        return bool(self.service.results or self.terms.other_payers)


def count(actor: Actor) -> int:
    """Return how many services of the actor's provider are open."""
    query = scoped(Hold, actor, PERMISSION).where(Hold.state == OPEN)
    rows = query.with_only_columns(func.count()).order_by(None)
    return int(db.session.scalar(rows) or 0) if actor.may(PERMISSION) else 0


def open_services(actor: Actor) -> list[Underway]:
    """Return the open services of the actor's provider, the oldest first."""
    chosen = scoped(Hold, actor, PERMISSION).where(Hold.state == OPEN)
    return _read(chosen.with_only_columns(Hold.id).order_by(Hold.id).limit(MOST))


def of_voucher(voucher_id: int) -> list[Underway]:
    """Return the open services of a voucher that may be seen, the oldest first."""
    return _read(db.select(Hold.id).filter_by(voucher_id=voucher_id, state=OPEN))


def service(actor: Actor, number: int) -> Underway:
    """Return one service of the actor's provider, open or not; raises NotFound."""
    hold = fetch(Hold, number, actor, PERMISSION)
    (found,) = _read(db.select(Hold.id).filter_by(id=hold.id))
    return found


def _read(ids: Any) -> list[Underway]:
    # Redemptions are found by their voucher.
    ended = and_(Redemption.voucher_id == Hold.voucher_id, Redemption.hold_id == Hold.id)
    rows = db.session.execute(
        db.select(Hold, Voucher.number, Terms, Programme.name, Resident.name)
        .add_columns(Organisation.name, User.name)
        .add_columns(_held(HeldLot.quantity), _held(HeldLot.amount_fen), Redemption.receipt)
        .join(Voucher, Voucher.id == Hold.voucher_id)
        .join(Terms, Terms.id == Voucher.terms_id)
        .join(Programme, Programme.id == Hold.programme_id)
        .join(Resident, Resident.id == Hold.resident_id)
        .join(Organisation, Organisation.id == Hold.provider_id)
        .join(User, User.id == Hold.clerk_id)
        .outerjoin(Redemption, ended)
        .where(Hold.id.in_(ids))
        .order_by(Hold.id)
    )
    return [_underway(row) for row in rows]


def _held(column: Any) -> Any:
    return (
        db.select(func.coalesce(func.sum(column), 0))
        .where(HeldLot.hold_id == Hold.id)
        .correlate(Hold)
        .scalar_subquery()
    )


def _underway(row: Row[Any]) -> Underway:
    hold, number, terms, programme, holder, provider, clerk, held, held_fen, receipt = row
    rules = read_terms(terms.document)
    return Underway(
        id=hold.id,
        state=hold.state,
        is_visit=hold.is_visit,
        holder=privacy.mask_name(holder),
        programme=programme,
        voucher=number,
        service=rules.services[hold.service_code],
        terms=rules,
        price_fen=hold.price_fen or 0,
        quantity=hold.quantity,
        started_at=hold.started_at,
        ends_on=hold.ends_on,
        provider=provider,
        clerk=clerk,
        held=int(held),
        held_fen=int(held_fen),
        receipt=receipt or "",
    )
