"""Redemptions as slips (小票): where, what, who paid how much; for holder, till and manager."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Row, and_, case, func

from core import privacy
from core.access import Actor, User, visible
from core.db import db
from core.errors import NotFound
from core.parties import Office, Organisation, Resident
from plugins.voucher.models import (
    Admission,
    Lot,
    LotMove,
    Programme,
    Redemption,
    Reversal,
    Terms,
    Voucher,
)
from plugins.voucher.rules import Terms as Rules
from plugins.voucher.rules import read_terms
from plugins.voucher.service.membership import CAPTURED
from plugins.voucher.service.reversing import APPROVED

AVAILABLE = "available"
PAGE = 50


@dataclass(frozen=True)
class Slip:
    """One redemption; amounts in fen, quantity in thousandths of the service's unit.

    The service cost `price_fen`: others paid `others_fen` (`others` by name), the voucher
    `amount_fen`, the holder `self_pay_fen`, and `lost_fen` of the voucher was forfeited beside it.
    `reversed_fen` of the amount was corrected since. The voucher counts in `voucher_unit`. A
    quantity of minutes has `measure` minute. `holder` is masked.
    """

    id: int
    receipt: str
    state: str
    redeemed_at: datetime
    service_on: date
    programme: str
    voucher_id: int
    voucher: str
    holder: str
    provider: str
    office: str
    address: str
    telephone: str
    clerk: str
    service: str
    unit: str
    measure: str
    quantity: int
    price_fen: int
    others: tuple[tuple[str, int], ...]
    others_fen: int
    amount_fen: int
    self_pay_fen: int
    lost_fen: int
    reversed_fen: int
    voucher_unit: str
    pays_holder: bool
    started_at: datetime | None
    ended_at: datetime | None
    result: str
    journal_id: int

    @property
    def paid_fen(self) -> int:
        """Return what the voucher still pays after corrections."""
        return self.amount_fen - self.reversed_fen


@dataclass(frozen=True)
class Undone:
    """What was taken back of a redemption, or all of it: when, why, and how much.

    `given_back` is what the voucher regained, in its unit; `fen` the money.
    """

    at: datetime
    reason: str
    given_back: int
    fen: int


@dataclass(frozen=True)
class Slips:
    """One page of slips, newest first; `next_before` is the id to go on from, None at the end."""

    items: list[Slip]
    next_before: int | None


def own_slips(
    actor: Actor, *, voucher_id: int | None = None, before: int | None = None, limit: int = PAGE
) -> Slips:
    """Return what the actor's own vouchers were used for."""
    chosen = _own(actor)
    if voucher_id is not None:
        chosen &= Redemption.voucher_id == voucher_id
    return _page(chosen, before, limit)


def own_slip(actor: Actor, receipt: str) -> Slip:
    """Return one use of the actor's own vouchers; raises NotFound."""
    return _one(_own(actor), receipt)


def provider_slips(
    actor: Actor,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    before: int | None = None,
    limit: int = PAGE,
) -> Slips:
    """Return the redemptions of the actor's provider, made from `since` to before `until`."""
    return _page(_made(_at_own_provider(actor), since, until), before, limit)


def provider_slip(actor: Actor, receipt: str) -> Slip:
    """Return one redemption of the actor's provider; raises NotFound."""
    return _one(visible(Redemption, actor, "redemption.view"), receipt)


def provider_total(
    actor: Actor, *, since: datetime | None = None, until: datetime | None = None
) -> tuple[int, int]:
    """Return how many redemptions of the actor's provider stand, and their fen less corrections."""
    chosen = _made(_at_own_provider(actor), since, until)
    net = Redemption.amount_fen - Redemption.reversed_fen
    count, fen = db.session.execute(
        db.select(func.count(), func.coalesce(func.sum(net), 0)).where(
            chosen, Redemption.state == CAPTURED
        )
    ).one()
    return int(count), int(fen)


def used_here(actor: Actor, *, voucher_id: int, since: datetime) -> list[Slip]:
    """Return what a voucher was used for at the actor's provider since an instant."""
    own = visible(Redemption, actor, "redemption.view")
    chosen = _made(own, since, None) & (Redemption.voucher_id == voucher_id)
    return _slips(_rows(chosen & (Redemption.state == CAPTURED), None, 3))


def remaining_after(slip: Slip) -> int:
    """Return what the voucher still held in its unit right after a use, by the book of its lots."""
    last = (
        db.select(func.max(LotMove.id))
        .where(LotMove.redemption_id == slip.id, LotMove.journal_id == slip.journal_id)
        .scalar_subquery()
    )
    signed = case(
        (LotMove.to_state == AVAILABLE, LotMove.quantity),
        (LotMove.from_state == AVAILABLE, -LotMove.quantity),
        else_=0,
    )
    in_force = and_(Lot.valid_from <= slip.service_on, Lot.valid_through >= slip.service_on)
    left = db.session.scalar(
        db.select(func.coalesce(func.sum(signed), 0))
        .join(Lot, Lot.id == LotMove.lot_id)
        .where(Lot.voucher_id == slip.voucher_id, in_force, LotMove.id <= last)
    )
    return int(left or 0)


def drawn(slip: Slip) -> int:
    """Return what a use took from the voucher, in the voucher's unit."""
    taken = db.select(func.coalesce(func.sum(LotMove.quantity), 0)).where(
        LotMove.redemption_id == slip.id,
        LotMove.journal_id == slip.journal_id,
        LotMove.to_state == "redeemed",
    )
    return int(db.session.scalar(taken) or 0)


def undone(slip: Slip) -> Undone | None:
    """Return how a redemption was taken back as a whole, None while it stands."""
    if slip.state == CAPTURED:
        return None
    return next(iter(_taken_back(slip, is_partial=False)), None)


def corrections(slip: Slip) -> list[Undone]:
    """Return what was corrected of a redemption since, the oldest first."""
    return _taken_back(slip, is_partial=True)


def _taken_back(slip: Slip, *, is_partial: bool) -> list[Undone]:
    query = (
        db.select(Reversal)
        .filter_by(redemption_id=slip.id, state=APPROVED, is_partial=is_partial)
        .order_by(Reversal.id)
    )
    return [
        Undone(row.ordered_at, row.reason, _given_back(slip, row), row.amount_fen)
        for row in db.session.scalars(query)
    ]


def _given_back(slip: Slip, reversal: Reversal) -> int:
    """Return what a reversal gave back to the voucher; a price alone gives none of its unit."""
    signed = case(
        (LotMove.to_state == AVAILABLE, LotMove.quantity),
        (LotMove.from_state == AVAILABLE, -LotMove.quantity),
        else_=0,
    )
    query = db.select(func.coalesce(func.sum(signed), 0)).where(
        LotMove.redemption_id == slip.id, LotMove.journal_id == reversal.journal_id
    )
    return int(db.session.scalar(query) or 0)


# --- reading -----------------------------------------------------------------------------------


def _own(actor: Actor) -> ColumnElement[bool]:
    own = db.select(Voucher.id).where(visible(Voucher, actor, "voucher.own"))
    return Redemption.voucher_id.in_(own)


def _at_own_provider(actor: Actor) -> ColumnElement[bool]:
    """Return the condition of the own provider's redemptions.

    Its programmes are named, because the index of redemptions begins with the programme.
    """
    programmes = db.select(Admission.programme_id).where(
        visible(Admission, actor, "redemption.view")
    )
    return visible(Redemption, actor, "redemption.view") & Redemption.programme_id.in_(programmes)


def _made(
    chosen: ColumnElement[bool], since: datetime | None, until: datetime | None
) -> ColumnElement[bool]:
    if since is not None:
        chosen &= Redemption.redeemed_at >= since
    if until is not None:
        chosen &= Redemption.redeemed_at < until
    return chosen


def _page(chosen: ColumnElement[bool], before: int | None, limit: int) -> Slips:
    items = _slips(_rows(chosen, before, limit))
    return Slips(items, items[-1].id if len(items) == limit else None)


def _one(chosen: ColumnElement[bool], receipt: str) -> Slip:
    for slip in _slips(_rows(chosen & (Redemption.receipt == receipt), None, 1)):
        return slip
    raise NotFound("NOT_FOUND", _("没有找到这张小票，或它不是您的。请核对小票编号。"))


def _rows(chosen: ColumnElement[bool], before: int | None, limit: int) -> Sequence[Row[Any]]:
    query = (
        db.select(Redemption, Voucher, Programme.name, Organisation.name, Office)
        .add_columns(Resident.name, User.name)
        .join(Voucher, Voucher.id == Redemption.voucher_id)
        .join(Programme, Programme.id == Redemption.programme_id)
        .join(Organisation, Organisation.id == Redemption.provider_id)
        .join(Resident, Resident.id == Voucher.resident_id)
        .join(User, User.id == Redemption.clerk_id)
        .outerjoin(Office, Office.id == Redemption.office_id)
        .where(chosen)
        .order_by(Redemption.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(Redemption.id < before)
    return db.session.execute(query).all()


def _slips(rows: Sequence[Row[Any]]) -> list[Slip]:
    numbers = {row[1].terms_id for row in rows}
    terms = {
        row.id: read_terms(row.document)
        for row in db.session.scalars(db.select(Terms).where(Terms.id.in_(numbers)))
    }
    return [_slip(row, terms[row[1].terms_id]) for row in rows]


def _slip(row: Row[Any], terms: Rules) -> Slip:
    redemption, voucher, programme, provider, office, holder, clerk = row
    service = terms.services[redemption.service_code]
    return Slip(
        id=redemption.id,
        receipt=redemption.receipt,
        state=redemption.state,
        redeemed_at=redemption.redeemed_at,
        service_on=redemption.service_on,
        programme=programme,
        voucher_id=voucher.id,
        voucher=voucher.number,
        holder=privacy.mask_name(holder),
        provider=provider,
        office=office.name if office else "",
        address=office.address if office else "",
        telephone=office.telephone if office else "",
        clerk=clerk,
        service=service.name,
        unit=service.unit,
        measure=service.measure,
        quantity=redemption.quantity,
        price_fen=redemption.price_fen,
        others=tuple(
            (payer.name, redemption.others[code])
            for code, payer in terms.other_payers.items()
            if redemption.others and redemption.others.get(code)
        ),
        others_fen=redemption.others_fen,
        amount_fen=redemption.amount_fen,
        self_pay_fen=redemption.price_fen - redemption.others_fen - redemption.amount_fen,
        lost_fen=redemption.forfeited_fen,
        reversed_fen=redemption.reversed_fen,
        voucher_unit=terms.unit,
        pays_holder=terms.payee == "resident",
        started_at=redemption.started_at,
        ended_at=redemption.ended_at,
        result=next((one.name for one in service.results if one.code == redemption.result), ""),
        journal_id=redemption.journal_id,
    )
