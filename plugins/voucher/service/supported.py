"""What vouchers do for a party to a purpose: a resident's vouchers, what a provider is paid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, func, or_

from core import benefits as double
from core import clock
from core.benefits import Benefit, Purpose, plans_of
from core.db import db
from core.parties import Organisation
from plugins.voucher.models import Lot, Programme, Redemption, Terms, Voucher
from plugins.voucher.rules import Span
from plugins.voucher.service.lives import REVOKED
from plugins.voucher.service.membership import CAPTURED

COMPONENT = "voucher"


def source(programme_id: int) -> str:
    """Return the name under which a programme's support is known."""
    return f"programme:{programme_id}"


def benefits(party_ids: list[int], purpose: Purpose) -> list[Benefit]:
    """Return the vouchers of residents for these days, and what providers redeemed in them."""
    return [*_held(party_ids, purpose), *_redeemed(party_ids, purpose)]


def refuse_double(
    programme: Programme, terms: Terms, resident_ids: Sequence[int], spans: Sequence[Span]
) -> None:
    """Refuse DOUBLE_BENEFIT where a subsidy already supports one of some residents in the same."""
    today = clock.today()
    begin = max(today, min((one.valid_from for one in spans), default=today))
    end = max((one.valid_through for one in spans), default=today)
    double.refuse_double(
        resident_ids,
        double.purpose_of(terms.purchase_id or programme.purchase_id, begin, end),
        component=COMPONENT,
        source=source(programme.id),
    )


def _held(party_ids: list[int], purpose: Purpose) -> list[Benefit]:
    """Return vouchers with a lot on these days of which anything was, or may still be, used."""
    lost = Lot.expired + Lot.forfeited + Lot.cancelled
    days = func.min(Lot.valid_from), func.max(Lot.valid_through)
    spent = func.sum(Lot.committed_fen - Lot.released_fen)
    rows = db.session.execute(
        db.select(Voucher, Programme, *days, spent)
        .join(Programme, Programme.id == Voucher.programme_id)
        .join(Terms, Terms.id == Voucher.terms_id)
        .join(Lot, Lot.voucher_id == Voucher.id)
        .where(
            Voucher.resident_id.in_(party_ids),
            _carries_out(purpose),
            Voucher.state != REVOKED,
            or_(Voucher.ended_on.is_(None), Voucher.ended_on > purpose.begin),
            Lot.valid_from <= purpose.end,
            Lot.valid_through >= purpose.begin,
            Lot.granted > lost,
        )
        .group_by(Voucher.id, Programme.id)
        .order_by(Voucher.id)
    )
    found = [
        Benefit(
            **_of(programme, purpose),
            number=voucher.number,
            party_id=voucher.resident_id,
            # Before it was issued nobody could use it.
            begin=max(begin, clock.day_of(voucher.issued_at)),
            end=end,
            amount_fen=int(fen),
            endpoint="voucher_staff.vouchers.show",
            values={"number": voucher.id},
            permission="voucher.view",
        )
        for voucher, programme, begin, end, fen in rows
    ]
    return [one for one in found if one.begin <= purpose.end]


def _redeemed(party_ids: list[int], purpose: Purpose) -> list[Benefit]:
    """Return what providers are paid for the service itself on these days, by programme."""
    providers = list(
        db.session.scalars(db.select(Organisation.id).where(Organisation.id.in_(party_ids)))
    )
    if not providers:
        return []
    days = func.min(Redemption.service_on), func.max(Redemption.service_on)
    paid = func.sum(Redemption.amount_fen - Redemption.reversed_fen)
    programmes = (
        db.select(Programme.id)
        .join(Terms, Terms.programme_id == Programme.id)
        .where(_carries_out(purpose))
    )
    rows = db.session.execute(
        db.select(Redemption.provider_id, Programme, *days, paid)
        .join(Programme, Programme.id == Redemption.programme_id)
        .where(
            Redemption.programme_id.in_(programmes),
            Redemption.provider_id.in_(providers),
            Redemption.state == CAPTURED,
            Redemption.service_on.between(purpose.begin, purpose.end),
        )
        .group_by(Redemption.provider_id, Programme.id)
        .order_by(Redemption.provider_id, Programme.id)
    )
    return [
        Benefit(
            **_of(programme, purpose),
            number=programme.code,
            party_id=provider_id,
            begin=begin,
            end=end,
            amount_fen=int(fen),
            endpoint="voucher_staff.programmes.show",
            values={"number": programme.id},
            permission="programme.view",
        )
        for provider_id, programme, begin, end, fen in rows
    ]


def _carries_out(purpose: Purpose) -> ColumnElement[bool]:
    """Return the condition of terms, or else their programme, that carry out a plan of the item."""
    plan = func.coalesce(Terms.purchase_id, Programme.purchase_id)
    return plan.in_(plans_of(purpose.item_code))


def _of(programme: Programme, purpose: Purpose) -> dict[str, Any]:
    return {
        "component": COMPONENT,
        "source": source(programme.id),
        "form": _("凭单"),
        "name": programme.name,
        "item_code": purpose.item_code,
    }
